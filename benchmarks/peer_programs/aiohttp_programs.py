"""aiohttp on its own server and uvloop, Pydantic by hand."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from aiohttp import WSMsgType, web
from pydantic import ValidationError

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn, Params
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


def make(*routes: web.RouteDef, **options: Any) -> web.Application:
    app = web.Application(**options)
    app.add_routes(routes)
    return app


async def read_root(request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


def plain_json() -> web.Application:
    return make(web.get("/", read_root))


def idle() -> web.Application:
    return plain_json()


def typed_parameters() -> web.Application:
    async def read_item(request: web.Request) -> web.Response:
        try:
            params = Params.model_validate(dict(request.query))
        except ValidationError as exc:
            raise web.HTTPUnprocessableEntity(text=exc.json(), content_type="application/json") from None
        return web.json_response({"item_id": int(request.match_info["item_id"]), **params.model_dump()})

    return make(web.get(r"/items/{item_id:\d+}", read_item))


def model_in_out() -> web.Application:
    async def create_item(request: web.Request) -> web.Response:
        try:
            item = ItemIn.model_validate_json(await request.read())
        except ValidationError as exc:
            raise web.HTTPUnprocessableEntity(text=exc.json(), content_type="application/json") from None
        return web.json_response(text=item.model_dump_json(exclude=HIDDEN))

    return make(web.post("/items", create_item))


def model_list() -> web.Application:
    async def list_items(request: web.Request) -> web.Response:
        return web.json_response(body=ITEM_LIST.dump_json(ITEMS))

    return make(web.get("/items", list_items))


def function_middleware() -> web.Application:
    @web.middleware
    async def add_header(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        response = await handler(request)
        response.headers["x-middleware"] = "seen"
        return response

    return make(web.get("/", read_root), middlewares=[add_header])


def many_routes() -> web.Application:
    def declare(number: int) -> web.RouteDef:
        async def read_item(request: web.Request) -> web.Response:
            return web.json_response({"resource": number, "item_id": int(request.match_info["item_id"])})

        return web.get(rf"/resource-{number}/{{item_id:\d+}}", read_item)

    return make(*map(declare, range(ROUTES)))


def waiting() -> web.Application:
    async def wait(request: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return web.json_response({"waited": True})

    return make(web.get("/wait", wait))


def upload() -> web.Application:
    async def take(request: web.Request) -> web.Response:
        size = 0
        async for chunk in request.content.iter_any():
            size += len(chunk)
        return web.json_response({"size": size})

    return make(web.post("/upload", take))


def download() -> web.Application:
    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "application/octet-stream"})
        await response.prepare(request)
        for _ in range(CHUNKS):
            await response.write(CHUNK)
        await response.write_eof()
        return response

    return make(web.get("/download", give))


def websocket() -> web.Application:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(message.data)
        return socket

    return make(web.get("/echo", echo))


if __name__ == "__main__":
    app = selected(
        plain_json,
        typed_parameters,
        model_in_out,
        model_list,
        function_middleware,
        many_routes,
        waiting,
        upload,
        download,
        websocket,
        idle,
    )
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=None,
        keepalive_timeout=120,
        backlog=2048,
        print=None,
    )
