"""Robyn on its own server, with its conversion of parameters and its support of Pydantic."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from robyn import Request, Response, Robyn, StreamingResponse, WebSocketDisconnect

from peer_programs.models import ITEMS, Item, ItemIn
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


class ItemOut(BaseModel):
    name: str
    price: float
    quantity: int
    tags: list[str]


def plain_json() -> Robyn:
    app = Robyn(__file__)

    @app.get("/")
    async def read_root() -> dict[str, str]:
        return {"hello": "world"}

    return app


def idle() -> Robyn:
    return plain_json()


def typed_parameters() -> Robyn:
    app = Robyn(__file__)

    @app.get("/items/:item_id")
    async def read_item(item_id: int, q: str, limit: int = 10, exact: bool = False) -> dict[str, Any]:
        return {"item_id": item_id, "q": q, "limit": limit, "exact": exact}

    return app


def model_in_out() -> Robyn:
    app = Robyn(__file__)

    @app.post("/items")
    async def create_item(item: ItemIn) -> ItemOut:
        return ItemOut(name=item.name, price=item.price, quantity=item.quantity, tags=item.tags)

    return app


def model_list() -> Robyn:
    app = Robyn(__file__)

    @app.get("/items")
    async def list_items() -> list[Item]:
        return ITEMS

    return app


def sync_handler() -> Robyn:
    app = Robyn(__file__)

    @app.get("/sync")
    def read_sync() -> dict[str, str]:
        return {"hello": "world"}

    return app


def function_middleware() -> Robyn:
    app = plain_json()

    @app.after_request()
    async def add_header(response: Response) -> Response:
        response.headers.set("x-middleware", "seen")
        return response

    return app


def many_routes() -> Robyn:
    app = Robyn(__file__)

    def declare(number: int) -> None:
        @app.get(f"/resource-{number}/:item_id")
        async def read_item(item_id: int) -> dict[str, int]:
            return {"resource": number, "item_id": item_id}

    for number in range(ROUTES):
        declare(number)
    return app


def waiting() -> Robyn:
    app = Robyn(__file__)

    @app.get("/wait")
    async def wait() -> dict[str, bool]:
        await asyncio.sleep(0.05)
        return {"waited": True}

    return app


def upload() -> Robyn:
    app = Robyn(__file__)

    @app.post("/upload")
    async def take(request: Request) -> dict[str, int]:
        return {"size": len(request.body)}

    return app


def download() -> Robyn:
    app = Robyn(__file__)

    def make_chunks() -> Iterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @app.get("/download")
    async def give() -> StreamingResponse:
        return StreamingResponse(make_chunks(), media_type="application/octet-stream")

    return app


def websocket() -> Robyn:
    app = Robyn(__file__)

    @app.websocket("/echo")
    async def echo(websocket: Any) -> None:
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            pass

    return app


if __name__ == "__main__":
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
    app.start(host="127.0.0.1", port=int(os.environ["PORT"]), _check_port=False, keep_alive_timeout=120)
