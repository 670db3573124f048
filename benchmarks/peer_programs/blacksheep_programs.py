"""BlackSheep, with its binding by annotation and Pydantic models."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from blacksheep import Application, Content, FromJSON, Request, Response, StreamedContent, WebSocket, json
from pydantic import BaseModel

from peer_programs.models import ITEMS, Item, ItemIn
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


class ItemOut(BaseModel):
    name: str
    price: float
    quantity: int
    tags: list[str]


def plain_json() -> Application:
    app = Application()

    @app.router.get("/")
    async def read_root() -> Response:
        return json({"hello": "world"})

    return app


def idle() -> Application:
    return plain_json()


def typed_parameters() -> Application:
    app = Application()

    @app.router.get("/items/{item_id}")
    async def read_item(item_id: int, q: str, limit: int = 10, exact: bool = False) -> Response:
        return json({"item_id": item_id, "q": q, "limit": limit, "exact": exact})

    return app


def model_in_out() -> Application:
    app = Application()

    @app.router.post("/items")
    async def create_item(item: FromJSON[ItemIn]) -> ItemOut:
        given = item.value
        return ItemOut(name=given.name, price=given.price, quantity=given.quantity, tags=given.tags)

    return app


def model_list() -> Application:
    app = Application()

    @app.router.get("/items")
    async def list_items() -> list[Item]:
        return ITEMS

    return app


def function_middleware() -> Application:
    app = plain_json()

    async def add_header(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await handler(request)
        response.add_header(b"x-middleware", b"seen")
        return response

    app.middlewares.append(add_header)
    return app


def many_routes() -> Application:
    app = Application()

    def declare(number: int) -> None:
        @app.router.get(f"/resource-{number}/{{item_id}}")
        async def read_item(item_id: int) -> Response:
            return json({"resource": number, "item_id": item_id})

    for number in range(ROUTES):
        declare(number)
    return app


def waiting() -> Application:
    app = Application()

    @app.router.get("/wait")
    async def wait() -> Response:
        await asyncio.sleep(0.05)
        return json({"waited": True})

    return app


def upload() -> Application:
    app = Application()

    @app.router.post("/upload")
    async def take(request: Request) -> Response:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return json({"size": size})

    return app


def download() -> Application:
    app = Application()

    async def make_chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @app.router.get("/download")
    async def give() -> Response:
        content: Content = StreamedContent(b"application/octet-stream", make_chunks)
        return Response(200, content=content)

    return app


def websocket() -> Application:
    app = Application()

    @app.router.ws("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.send_text(await websocket.receive_text())

    return app


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
