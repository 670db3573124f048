"""The plan of an endpoint in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import pytest
from pydantic import BaseModel

from vivace import Depends, FastAPI, Header, Query, Response
from vivace.options import RouteOptions
from vivace.responses import HTMLResponse, StreamingResponse
from vivace.routing import APIRoute, RouteContext, iter_route_contexts
from vivace.sse import EventSourceResponse


class Item(BaseModel):
    name: str


def limit(limit: int = 5) -> int:
    return limit


def connection() -> Iterator[str]:
    yield "open"


async def session(first: Annotated[str, Depends(connection)]) -> AsyncIterator[str]:
    yield first


def explain(app: FastAPI) -> list[str]:
    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    return route.explain().splitlines()


def test_a_compiled_endpoint_tells_what_it_reads_calls_and_sends() -> None:
    app = FastAPI(openapi_url=None)

    @app.post("/items/{item_id}", status_code=201)
    async def create(
        item_id: int,
        item: Item,
        size: Annotated[int, Depends(limit)],
        database: Annotated[str, Depends(session)],
        q: Annotated[list[str], Query()] = [],  # noqa: B006  that is how defaults are declared
        x_token: Annotated[str | None, Header()] = None,
    ) -> Item:
        return item

    here = __file__
    lines = explain(app)
    assert lines[0] == "POST /items/{item_id}"
    assert lines[1].startswith("handler: ") and lines[1].endswith(", awaited")
    assert lines[2] == "path taken: compiled"
    assert "reads path: 'item_id' as int, for " in lines[3]
    assert any("reads query: 'q' as list[str], default []" in line for line in lines)
    assert any("reads header: 'x-token' as str | None, default None" in line for line in lines)
    assert any("reads query: 'limit' as int, default 5, for limit()" in line for line in lines)
    assert "the body is validated straight from its bytes" in lines
    calls = [line for line in lines if line.startswith("calls ")]
    assert [line.partition(f" in {here}")[0] for line in calls] == [
        "calls 1: limit()",
        "calls 2: connection()",
        "calls 3: session()",
    ]
    assert calls[0].endswith("in a thread")
    assert calls[1].endswith("in threads, finished after the response")
    assert calls[2].endswith("awaited, finished after the response")
    assert lines[-1] == f"reply: JSON bytes, validated as {Item}, status 201"


@pytest.mark.parametrize("response_class", [None, EventSourceResponse, StreamingResponse])
def test_a_handler_that_yields_takes_the_compiled_path(response_class: type[Response] | None) -> None:
    app = FastAPI(openapi_url=None)
    options: RouteOptions = {} if response_class is None else {"response_class": response_class}

    @app.get("/items/{item_id}", **options)
    async def stream(item_id: int, database: Annotated[str, Depends(session)]) -> AsyncIterator[str]:
        yield database

    assert explain(app)[2] == "path taken: compiled"


def test_an_endpoint_on_the_exact_path_says_why() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/", response_class=HTMLResponse)
    def page(
        size: Annotated[int, Depends(limit, scope="function")] = 1, x: str = Depends(connection, scope="function")
    ) -> str:
        return f"{size}{x}"

    lines = explain(app)
    assert lines[2] == 'path taken: exact, because a dependency that yields has scope "function"'
    assert lines[-1] == f"reply: HTMLResponse, validated as {str}, status 200"


def test_a_route_context_is_the_route_as_it_is_served() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/x", name="named")
    def read() -> None: ...

    [context] = iter_route_contexts(app.routes)
    assert isinstance(context, RouteContext)
    assert (context.path, context.name, context.methods) == ("/x", "named", {"GET"})
    assert context.original_route is app.routes[0]
    assert "RouteContext" in repr(context)
