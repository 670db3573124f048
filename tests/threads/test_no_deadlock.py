"""Requests that wait for threads do not deadlock each other, however few tokens there are and whoever holds what.

Each program has a pool of few resources, and more requests than tokens. A resource that does not come in time fails the
test, so that nothing hangs.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware

from vivace import BackgroundTasks, Depends, Request, Response, Vivace
from vivace.concurrency import run_in_threadpool

DEADLINE_S = 10.0

App = Callable[..., Awaitable[None]]


class Pool:
    """A few resources, for which threads wait: like the connections of a database."""

    def __init__(self, size: int) -> None:
        self._free = threading.BoundedSemaphore(size)

    def take(self) -> object:
        if not self._free.acquire(timeout=DEADLINE_S / 2):
            raise TimeoutError("no resource of the pool came back in time")
        return object()

    def give_back(self) -> None:
        self._free.release()


async def get(app: App, path: str) -> tuple[int, bytes]:
    status, body = 0, b""
    has_request = True

    async def receive() -> dict[str, Any]:
        nonlocal has_request
        if not has_request:
            await asyncio.Event().wait()
        has_request = False
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1"}
    scope |= {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": ""}
    scope |= {"headers": [], "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {}}
    await app(scope, receive, send)
    return status, body


def serve(app: App, paths: list[str], tokens: int) -> list[int]:
    """Return the status codes of all these requests, sent at the same moment."""

    async def main() -> list[int]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = tokens
        async with asyncio.timeout(DEADLINE_S):
            answers = await asyncio.gather(*(get(app, path) for path in paths))
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0
        return [status for status, _ in answers]

    return asyncio.run(main())


class Case:
    """An app with a pool, and how its handlers and dependencies use it."""

    def __init__(self, pool_size: int) -> None:
        self.app = Vivace()
        self.pool = Pool(pool_size)

    def get_connection(self) -> Iterator[object]:
        connection = self.pool.take()
        try:
            yield connection
        finally:
            self.pool.give_back()


async def suspend() -> None:
    """Leave the others a few steps of the loop each, as a look-up somewhere else does."""
    for _ in range(5):
        await asyncio.sleep(0)


Add = Callable[[Case], None]
ADDS: dict[str, Add] = {}


def example(add: Add) -> Add:
    ADDS[add.__name__] = add
    return add


@example
def the_dependency_takes_and_the_handler_needs_a_thread(case: Case) -> None:
    @case.app.get("/")
    def handler(connection: Annotated[object, Depends(case.get_connection)]) -> int:
        return 1


@example
def the_handler_takes_what_the_exit_gives_back(case: Case) -> None:
    def get_session() -> Iterator[list[object]]:
        connections: list[object] = []
        yield connections
        for _ in connections:
            case.pool.give_back()

    @case.app.get("/")
    def handler(session: Annotated[list[object], Depends(get_session)]) -> int:
        session.append(case.pool.take())
        return 1


@example
def the_handler_takes_and_its_result_needs_a_thread(case: Case) -> None:
    class Item(BaseModel):
        number: int

    def get_session() -> Iterator[list[object]]:
        connections: list[object] = []
        yield connections
        for _ in connections:
            case.pool.give_back()

    @case.app.get("/", response_model=Item)
    def handler(response: Response, session: Annotated[list[object], Depends(get_session)]) -> Any:
        response.headers["x-number"] = "1"
        session.append(case.pool.take())
        return {"number": 1}


@example
def something_is_awaited_between_dependency_and_handler(case: Case) -> None:
    @case.app.get("/")
    def handler(
        connection: Annotated[object, Depends(case.get_connection)], _: Annotated[None, Depends(suspend)]
    ) -> int:
        return 1


@example
def an_async_handler_runs_one_function_after_the_other(case: Case) -> None:
    @case.app.get("/")
    async def handler(connection: Annotated[object, Depends(case.get_connection)]) -> int:
        total = 0
        for _ in range(3):
            await suspend()
            total += await run_in_threadpool(int, "1")
        return total


@example
def an_async_handler_runs_several_functions_at_once(case: Case) -> None:
    @case.app.get("/")
    async def handler(connection: Annotated[object, Depends(case.get_connection)]) -> int:
        await suspend()
        return sum(await asyncio.gather(*(run_in_threadpool(int, "1") for _ in range(3))))


@example
def an_async_dependency_takes_and_gives_back_in_threads(case: Case) -> None:
    async def get_connection() -> AsyncIterator[object]:
        connection = await run_in_threadpool(case.pool.take)
        try:
            yield connection
        finally:
            await run_in_threadpool(case.pool.give_back)

    @case.app.get("/")
    async def handler(connection: Annotated[object, Depends(get_connection)]) -> int:
        await suspend()
        return 1


@example
def several_dependencies_run_in_threads(case: Case) -> None:
    def first(request: Request) -> None:
        request.state.connection = case.pool.take()

    def second(_: Annotated[None, Depends(first)]) -> None:
        pass

    def third(_: Annotated[None, Depends(second)]) -> None:
        pass

    @case.app.get("/")
    def handler(_: Annotated[None, Depends(third)]) -> int:
        case.pool.give_back()
        return 1


@example
def dependencies_are_overridden(case: Case) -> None:
    def stand_in() -> object:
        raise NotImplementedError

    case.app.dependency_overrides[stand_in] = case.get_connection

    @case.app.get("/")
    def handler(connection: Annotated[object, Depends(stand_in)], _: Annotated[None, Depends(suspend)]) -> int:
        return 1


@example
def middleware_wraps_the_app_in_a_cancel_scope(case: Case) -> None:
    async def passing(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    case.app.add_middleware(BaseHTTPMiddleware, dispatch=passing)
    something_is_awaited_between_dependency_and_handler(case)


@example
def function_middleware_is_around_the_handler(case: Case) -> None:
    @case.app.middleware("http")
    async def passing(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    something_is_awaited_between_dependency_and_handler(case)


@example
def the_handler_asks_the_loop_for_another_thread(case: Case) -> None:
    @case.app.get("/")
    def handler() -> int:
        case.pool.take()
        try:
            return anyio.from_thread.run(run_in_threadpool, int, "1")
        finally:
            case.pool.give_back()


@example
def the_handler_asks_the_loop_for_another_thread_within_a_scope(case: Case) -> None:
    async def nested() -> int:
        with anyio.CancelScope():
            number = await run_in_threadpool(lambda: anyio.from_thread.run(run_in_threadpool, int, "1"))
        return number

    @case.app.get("/")
    def handler() -> int:
        return anyio.from_thread.run(nested)


@example
def the_dependency_fails_after_the_handler_has_failed(case: Case) -> None:
    @case.app.exception_handler(LookupError)
    def answer(request: Request, exc: LookupError) -> Response:
        return Response(status_code=200)

    @case.app.get("/")
    def handler(
        connection: Annotated[object, Depends(case.get_connection)], _: Annotated[None, Depends(suspend)]
    ) -> int:
        raise LookupError


@example
def background_tasks_run_before_the_exit(case: Case) -> None:
    @case.app.get("/")
    async def handler(connection: Annotated[object, Depends(case.get_connection)], background: BackgroundTasks) -> int:
        background.add_task(int, "1")
        background.add_task(int, "2")
        return 1


@example
def a_place_of_another_dependency_is_waited_for(case: Case) -> None:
    def get_permission() -> None:
        pass

    permission = Depends(get_permission, max_concurrency=1)

    @case.app.get("/")
    async def handler(
        connection: Annotated[object, Depends(case.get_connection)], _: Annotated[None, permission]
    ) -> int:
        return 1

    @case.app.get("/without")
    async def without(_: Annotated[None, permission]) -> int:
        return 1


@pytest.mark.slow
@pytest.mark.parametrize(("tokens", "pool_size"), [(1, 1), (2, 1), (40, 5)], ids=["1 token", "2 tokens", "40 tokens"])
@pytest.mark.parametrize("add", ADDS.values(), ids=ADDS)
def test_all_requests_are_served_when(add: Add, tokens: int, pool_size: int) -> None:
    case = Case(pool_size)
    add(case)

    paths = ["/"] * (2 * tokens + 20)
    if any(getattr(route, "path", None) == "/without" for route in case.app.routes):
        paths[::3] = ["/without"] * len(paths[::3])

    assert serve(case.app, paths, tokens) == [200] * len(paths)


@pytest.mark.slow
@pytest.mark.parametrize("tokens", [1, 40])
def test_handlers_in_threads_may_wait_for_what_an_async_dependency_holds(tokens: int) -> None:
    app = Vivace()
    places = anyio.Semaphore(1)

    async def get_place() -> AsyncIterator[None]:
        async with places:
            await suspend()
            yield

    @app.get("/holding")
    def holding(place: Annotated[None, Depends(get_place)]) -> int:
        return 1

    @app.get("/waiting")
    def waiting() -> int:
        anyio.from_thread.run(places.acquire)
        anyio.from_thread.run_sync(places.release)
        return 1

    paths = ["/holding", *["/waiting"] * (tokens + 5), "/holding"]

    assert serve(app, paths, tokens) == [200] * len(paths)
