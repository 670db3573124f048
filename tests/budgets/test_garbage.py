"""Objects of a request die by reference count: the garbage collector has nothing to find, whatever the route."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated

import pytest
from in_process import App, call_app
from pydantic import BaseModel
from workloads import Request

from vivace import Depends, FastAPI, Header, HTTPException
from vivace import Request as HTTPRequest
from vivace.responses import JSONResponse, Response

REQUESTS = 1000
# Objects that are made once in a while (a resized cache, a worker thread's state) are not made per request.
ALLOWED = REQUESTS // 10

JSON = {"content-type": "application/json"}


class Item(BaseModel):
    name: str
    price: float


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/plain")
    async def read_plain() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/typed/{item_id}")
    async def read_typed(item_id: int, limit: int = 10) -> dict[str, int]:
        return {"item_id": item_id, "limit": limit}

    @app.post("/model")
    async def create_item(item: Item) -> Item:
        return item

    @app.get("/sync")
    def read_sync() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/request")
    async def read_request(request: HTTPRequest) -> dict[str, str]:
        return {"path": request.url.path}

    @app.get("/response")
    async def read_response() -> JSONResponse:
        return JSONResponse({"hello": "world"})

    @app.get("/forbidden")
    async def refuse() -> None:
        raise HTTPException(status_code=403, detail="no")

    add_dependent_routes(app)
    return app


def add_dependent_routes(app: FastAPI) -> None:
    async def first(x_token: Annotated[str, Header()] = "none") -> str:
        return x_token

    async def second(value: Annotated[str, Depends(first)]) -> str:
        return value

    async def open_connection() -> AsyncIterator[object]:
        yield object()

    def open_file() -> Iterator[object]:
        yield object()

    @app.get("/chain")
    async def read_chain(value: Annotated[str, Depends(second)]) -> dict[str, str]:
        return {"value": value}

    @app.get("/yield")
    async def read_rows(connection: Annotated[object, Depends(open_connection)]) -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/sync-yield")
    async def read_file(file: Annotated[object, Depends(open_file)]) -> dict[str, str]:
        return {"hello": "world"}


def find_garbage(app: App, request: Request, status: int) -> dict[str, int]:
    """Return the types, and how many of each, that only the collector can free after many requests."""

    async def drive() -> None:
        for _ in range(REQUESTS):
            # In a task of its own, as a server does it.
            exchange = await asyncio.create_task(call_app(app, request))
            assert exchange.status == status

    async def find() -> "Counter[str]":
        await asyncio.create_task(call_app(app, request))
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await drive()
            gc.collect()
            return Counter(type(each).__qualname__ for each in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    found = asyncio.run(find())
    return {name: number for name, number in found.items() if number > ALLOWED}


CASES = {
    "plain": (Request(path="/plain"), 200),
    "typed parameters": (Request(path="/typed/7?limit=5"), 200),
    "model": (Request(method="POST", path="/model", headers=JSON, body='{"name":"lamp","price":1.5}'), 200),
    "def handler": (Request(path="/sync"), 200),
    "request object": (Request(path="/request"), 200),
    "response returned": (Request(path="/response"), 200),
    "dependencies": (Request(path="/chain", headers={"x-token": "secret"}), 200),
    "yield dependency": (Request(path="/yield"), 200),
    "def yield dependency": (Request(path="/sync-yield"), 200),
    "not found": (Request(path="/nothing"), 404),
    "method not allowed": (Request(method="DELETE", path="/plain"), 405),
    "HTTPException": (Request(path="/forbidden"), 403),
    "validation error": (Request(path="/typed/x"), 422),
}


@pytest.mark.slow
def test_a_handler_that_makes_a_reference_cycle_is_found_out() -> None:
    app = FastAPI()

    class Node:
        def __init__(self) -> None:
            self.itself = self

    @app.get("/")
    async def make_cycle() -> dict[str, str]:
        Node()
        return {"hello": "world"}

    assert find_garbage(app, Request(path="/"), 200)[Node.__qualname__] == REQUESTS


@pytest.mark.slow
@pytest.mark.parametrize(("request_", "status"), CASES.values(), ids=CASES.keys())
def test_a_thousand_requests_leave_nothing_to_the_garbage_collector(request_: Request, status: int) -> None:
    assert find_garbage(make_app(), request_, status) == {}


@pytest.mark.slow
def test_a_thousand_requests_through_a_middleware_function_leave_nothing_to_the_garbage_collector() -> None:
    app = make_app()

    @app.middleware("http")
    async def add_header(request: HTTPRequest, call_next: Callable[[HTTPRequest], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers["x-middleware"] = "seen"
        return response

    assert find_garbage(app, Request(path="/plain"), 200) == {}
