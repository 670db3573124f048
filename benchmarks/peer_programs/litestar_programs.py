"""Litestar, with msgspec structs: its own and fastest kind of model."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Litestar, Request, Response, get, post, websocket_listener
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Dependency, Parameter
from litestar.response import Stream
from msgspec import Struct

from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


class ItemIn(Struct):
    name: str
    price: float
    quantity: int = 1
    tags: list[str] = []
    secret: str | None = None


class ItemOut(Struct):
    name: str
    price: float
    quantity: int
    tags: list[str]


class Item(Struct):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]


ITEMS = [Item(id=i, name=f"item {i}", price=i * 1.25, in_stock=i % 3 > 0, tags=["a", "b"]) for i in range(100)]


def make(*handlers: Any, **options: Any) -> Litestar:
    return Litestar(route_handlers=list(handlers), openapi_config=None, **options)


def plain_json() -> Litestar:
    @get("/")
    async def read_root() -> dict[str, str]:
        return {"hello": "world"}

    return make(read_root)


def idle() -> Litestar:
    return plain_json()


def typed_parameters() -> Litestar:
    @get("/items/{item_id:int}")
    async def read_item(item_id: int, q: str, limit: int = 10, exact: bool = False) -> dict[str, Any]:
        return {"item_id": item_id, "q": q, "limit": limit, "exact": exact}

    return make(read_item)


def model_in_out() -> Litestar:
    @post("/items", status_code=200)
    async def create_item(data: ItemIn) -> ItemOut:
        return ItemOut(name=data.name, price=data.price, quantity=data.quantity, tags=data.tags)

    return make(create_item)


def model_list() -> Litestar:
    @get("/items")
    async def list_items() -> list[Item]:
        return ITEMS

    return make(list_items)


def dependency_chain() -> Litestar:
    async def first(start: int = 0) -> int:
        return start + 1

    async def second(one: int) -> int:
        return one + 1

    async def third(two: int) -> int:
        return two + 1

    async def fourth(three: int) -> int:
        return three + 1

    async def fifth(four: int) -> int:
        return four + 1

    needed = {"one": first, "two": second, "three": third, "four": fourth, "five": fifth}

    @get("/chain", dependencies={name: Provide(function) for name, function in needed.items()})
    async def read_chain(five: int) -> dict[str, int]:
        return {"value": five}

    return make(read_chain)


def sync_handler() -> Litestar:
    @get("/sync", sync_to_thread=True)
    def read_sync() -> dict[str, str]:
        return {"hello": "world"}

    return make(read_sync)


def yield_dependency() -> Litestar:
    class Connection:
        def __init__(self) -> None:
            self.is_open = True

        def close(self) -> None:
            self.is_open = False

    async def open_connection() -> AsyncIterator[Connection]:
        connection = Connection()
        try:
            yield connection
        finally:
            connection.close()

    @get("/rows", dependencies={"connection": Provide(open_connection)})
    async def read_rows(
        connection: Annotated[Connection, Dependency(skip_validation=True)],
        token: Annotated[str, Parameter(header="x-token")],
    ) -> dict[str, Any]:
        return {"open": connection.is_open, "token": token}

    return make(read_rows)


def function_middleware() -> Litestar:
    async def add_header(response: Response[Any]) -> Response[Any]:
        response.headers["x-middleware"] = "seen"
        return response

    @get("/")
    async def read_root() -> dict[str, str]:
        return {"hello": "world"}

    return make(read_root, after_request=add_header)


def many_routes() -> Litestar:
    def declare(number: int) -> HTTPRouteHandler:
        @get(f"/resource-{number}/{{item_id:int}}")
        async def read_item(item_id: int) -> dict[str, int]:
            return {"resource": number, "item_id": item_id}

        return read_item

    return make(*map(declare, range(ROUTES)))


def waiting() -> Litestar:
    @get("/wait")
    async def wait() -> dict[str, bool]:
        await asyncio.sleep(0.05)
        return {"waited": True}

    return make(wait)


def upload() -> Litestar:
    @post("/upload", status_code=200, request_max_body_size=None)
    async def take(request: Request[Any, Any, Any]) -> dict[str, int]:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return {"size": size}

    return make(take)


def download() -> Litestar:
    async def make_chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @get("/download")
    async def give() -> Stream:
        return Stream(make_chunks(), media_type="application/octet-stream")

    return make(give)


def websocket() -> Litestar:
    @websocket_listener("/echo")
    async def echo(data: str) -> str:
        return data

    return make(echo)


app = selected(
    plain_json,
    typed_parameters,
    model_in_out,
    model_list,
    dependency_chain,
    sync_handler,
    yield_dependency,
    function_middleware,
    many_routes,
    waiting,
    upload,
    download,
    websocket,
    idle,
)
