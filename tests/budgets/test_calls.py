"""How much Python a request may run. What counts as a call is written at the head of `benchmarks/in_process.py`."""

import asyncio
import types
from collections.abc import Callable
from typing import Any

import pytest
from in_process import CallCount, count_calls
from workloads import Request

from vivace import APIRouter, FastAPI

MAX_FRAMES_ABOVE_HANDLER = 5
MAX_CALLS = 45  # the reference makes 197


def count(app: FastAPI, path: str) -> CallCount:
    return asyncio.run(count_calls(app, Request(path=path)))


def make_app(routes: int = 1) -> tuple[FastAPI, Callable[..., Any]]:
    """Return an app with some routes that have one `int` in the path, and the handler of the last."""
    app = FastAPI()
    for number in range(routes):

        @app.get(f"/resource-{number}/{{item_id}}")
        async def read_item(item_id: int) -> dict[str, int]:
            return {"item_id": item_id}

    return app, read_item


def code_of(handler: Callable[..., Any]) -> types.CodeType:
    code: types.CodeType = handler.__code__
    return code


def test_few_frames_stand_above_the_handler_of_a_get_with_an_int_in_the_path() -> None:
    app, handler = make_app()

    counted = count(app, "/resource-0/7")

    assert counted.frames_above[code_of(handler)] <= MAX_FRAMES_ABOVE_HANDLER


def test_a_get_with_an_int_in_the_path_makes_few_python_calls() -> None:
    app, handler = make_app()

    counted = count(app, "/resource-0/7")

    assert counted.calls[code_of(handler)] == 1
    # All of them but the handler's own: the framework's, those of the packages below it and the standard library's.
    assert counted.total - 1 <= MAX_CALLS, counted.describe()


def test_the_last_of_a_thousand_routes_is_matched_by_the_calls_of_the_last_of_ten() -> None:
    few, _ = make_app(10)
    many, _ = make_app(1000)

    assert count(many, "/resource-999/7").total == count(few, "/resource-9/7").total


def test_the_last_of_a_thousand_routes_is_matched_by_the_calls_of_the_first() -> None:
    app, _ = make_app(1000)

    assert count(app, "/resource-999/7").total == count(app, "/resource-0/7").total


def test_a_path_that_nothing_matches_makes_the_same_calls_among_ten_routes_and_a_thousand() -> None:
    few, _ = make_app(10)
    many, _ = make_app(1000)

    assert count(many, "/nothing/here/at-all").total == count(few, "/nothing/here/at-all").total


def test_a_route_of_an_included_router_makes_the_calls_of_a_route_of_the_app() -> None:
    direct, _ = make_app()
    app, router = FastAPI(), APIRouter()

    @router.get("/{item_id}")
    async def read_item(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    app.include_router(router, prefix="/resource-0")

    assert count(app, "/resource-0/7").total == count(direct, "/resource-0/7").total


@pytest.mark.parametrize("path", ["/plain", "/typed/7?limit=5"], ids=["plain", "typed parameters"])
def test_a_plain_route_opens_no_exit_stack_and_makes_no_request_object(path: str) -> None:
    app = FastAPI()

    @app.get("/plain")
    async def read_plain() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/typed/{item_id}")
    async def read_typed(item_id: int, limit: int = 10) -> dict[str, int]:
        return {"item_id": item_id, "limit": limit}

    entered = {f"{code.co_filename}:{code.co_qualname}" for code in count(app, path).calls}

    assert not [name for name in entered if "ExitStack" in name or "requests.py:" in name]
