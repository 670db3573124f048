"""Which requests of an app function middleware runs without a task, and that nobody can tell from the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from starlette.background import BackgroundTask
from starlette.requests import Request

from vivace import BackgroundTasks, Depends, FastAPI, Response
from vivace.middleware.functions import CallNext
from vivace.responses import FileResponse, JSONResponse, StreamingResponse
from vivace.testclient import TestClient

events: list[Any] = []
app = FastAPI()


@app.middleware("http")
async def outer(request: Request, call_next: CallNext) -> Response:
    events.append(asyncio.current_task())
    response = await call_next(request)
    events.append("function")
    response.headers["x-outer"] = "1"
    return response


@app.middleware("http")
async def inner(request: Request, call_next: CallNext) -> Response:
    return await call_next(request)


async def opened() -> AsyncIterator[str]:
    yield "open"
    events.append("closed")


def chunks() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


@app.get("/plain/{number}")
async def plain(number: int) -> int:
    events.append(asyncio.current_task())
    return number


@app.get("/yield")
async def with_yield(resource: Annotated[str, Depends(opened)]) -> str:
    events.append(asyncio.current_task())
    return resource


@app.get("/injected")
async def injected(tasks: BackgroundTasks) -> int:
    events.append(asyncio.current_task())
    tasks.add_task(events.append, "background")
    return 1


@app.get("/background")
async def background() -> Response:
    events.append(asyncio.current_task())
    return JSONResponse(1, background=BackgroundTask(events.append, "background"))


@app.get("/stream")
async def stream() -> Response:
    events.append(asyncio.current_task())
    return StreamingResponse(chunks())


@app.get("/file")
async def file() -> Response:
    events.append(asyncio.current_task())
    return FileResponse(__file__)


@pytest.mark.parametrize(
    ("path", "is_straight", "after"),
    [
        ("/plain/3", True, []),
        ("/yield", False, ["closed"]),
        ("/injected", False, ["background"]),
        ("/background", True, ["background"]),
        ("/stream", True, []),
        ("/file", True, []),
    ],
)
def test_a_handler_runs_in_the_task_of_the_function_if_it_can(path: str, is_straight: bool, after: list[str]) -> None:
    events.clear()
    response = TestClient(app).get(path)

    assert response.status_code == 200
    assert response.headers["x-outer"] == "1"
    assert (events[0] is events[1]) is is_straight
    assert events[2:] == ["function", *after]


async def original() -> str:
    return "original"


def test_a_handler_with_overrides_in_force_has_a_task_of_its_own() -> None:
    straight_app = FastAPI()
    straight_app.middleware("http")(outer)

    @straight_app.get("/")
    async def handler(value: Annotated[str, Depends(original)]) -> str:
        events.append(asyncio.current_task())
        return value

    async def override() -> AsyncIterator[str]:
        yield "override"
        events.append("closed")

    events.clear()
    client = TestClient(straight_app)
    assert client.get("/").json() == "original"
    assert events[0] is events[1]

    events.clear()
    straight_app.dependency_overrides[original] = override
    assert client.get("/").json() == "override"
    assert events[0] is not events[1]
    assert events[2:] == ["function", "closed"]


@pytest.mark.parametrize(("path", "status_code"), [("/plain/x", 422), ("/nothing", 404)])
def test_errors_pass_the_function(path: str, status_code: int) -> None:
    response = TestClient(app).get(path)

    assert response.status_code == status_code
    assert response.headers["x-outer"] == "1"
