"""Falcon: its own converters, Pydantic by hand. ASGI, and WSGI where the handler is a `def` function."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import falcon
import falcon.asgi
from falcon.asgi import Request, Response
from pydantic import ValidationError

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected

App = falcon.asgi.App | falcon.App


class Root:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = {"hello": "world"}


def make(path: str, resource: object, **options: Any) -> falcon.asgi.App:
    app = falcon.asgi.App(**options)
    app.add_route(path, resource)
    return app


def plain_json() -> App:
    return make("/", Root())


def idle() -> App:
    return plain_json()


def typed_parameters() -> App:
    class OneItem:
        async def on_get(self, req: Request, resp: Response, item_id: int) -> None:
            resp.media = {
                "item_id": item_id,
                "q": req.get_param("q", required=True),
                "limit": req.get_param_as_int("limit", default=10),
                "exact": req.get_param_as_bool("exact", default=False),
            }

    return make("/items/{item_id:int}", OneItem())


def model_in_out() -> App:
    class Items:
        async def on_post(self, req: Request, resp: Response) -> None:
            try:
                item = ItemIn.model_validate_json(await req.stream.read())
            except ValidationError as exc:
                raise falcon.HTTPUnprocessableEntity(description=exc.json()) from None
            resp.data = item.model_dump_json(exclude=HIDDEN).encode()
            resp.content_type = falcon.MEDIA_JSON

    return make("/items", Items())


def model_list() -> App:
    class Items:
        async def on_get(self, req: Request, resp: Response) -> None:
            resp.data = ITEM_LIST.dump_json(ITEMS)
            resp.content_type = falcon.MEDIA_JSON

    return make("/items", Items())


def sync_handler() -> App:
    class Sync:
        def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
            resp.media = {"hello": "world"}

    app = falcon.App()
    app.add_route("/sync", Sync())
    return app


def function_middleware() -> App:
    class AddHeader:
        async def process_response(self, req: Request, resp: Response, resource: object, req_succeeded: bool) -> None:
            resp.set_header("x-middleware", "seen")

    return make("/", Root(), middleware=[AddHeader()])


def many_routes() -> App:
    class OneItem:
        def __init__(self, number: int) -> None:
            self.number = number

        async def on_get(self, req: Request, resp: Response, item_id: int) -> None:
            resp.media = {"resource": self.number, "item_id": item_id}

    app = falcon.asgi.App()
    for number in range(ROUTES):
        app.add_route(f"/resource-{number}/{{item_id:int}}", OneItem(number))
    return app


def waiting() -> App:
    class Wait:
        async def on_get(self, req: Request, resp: Response) -> None:
            await asyncio.sleep(0.05)
            resp.media = {"waited": True}

    return make("/wait", Wait())


def upload() -> App:
    class Upload:
        async def on_post(self, req: Request, resp: Response) -> None:
            size = 0
            async for chunk in req.stream:
                size += len(chunk)
            resp.media = {"size": size}

    return make("/upload", Upload())


def download() -> App:
    async def make_chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    class Download:
        async def on_get(self, req: Request, resp: Response) -> None:
            resp.content_type = "application/octet-stream"
            resp.stream = make_chunks()

    return make("/download", Download())


def websocket() -> App:
    class EchoText:
        async def on_websocket(self, req: Request, ws: falcon.asgi.WebSocket) -> None:
            await ws.accept()
            try:
                while True:
                    await ws.send_text(await ws.receive_text())
            except falcon.WebSocketDisconnected:
                pass

    return make("/echo", EchoText())


app = selected(
    plain_json,
    typed_parameters,
    model_in_out,
    model_list,
    sync_handler,
    function_middleware,
    many_routes,
    waiting,
    upload,
    download,
    websocket,
    idle,
)
