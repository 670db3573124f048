"""What a dependency does after its `yield` is done, whatever happened meanwhile, and in the right order."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
from endpoint.asgi import Client, answer

from vivace import BackgroundTasks, Depends, FastAPI, HTTPException
from vivace.exceptions import FastAPIError
from vivace.responses import PlainTextResponse, StreamingResponse

Log = list[str]


class Refused(Exception):
    pass


class Odd(BaseException):
    """Not even an `Exception`."""


def make_app(log: Log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Refused)
    async def refused(request: Any, exc: Refused) -> PlainTextResponse:
        log.append("handled")
        return PlainTextResponse("refused", 418)

    return app


def opening(log: Log, name: str, *, in_thread: bool = False) -> Callable[[], Any]:
    """Return a dependency that logs what it sees at its `yield`."""

    async def opens() -> AsyncIterator[str]:
        log.append(f"{name} in")
        try:
            yield name
        except BaseException as exc:
            log.append(f"{name} saw {type(exc).__name__}")
            raise
        finally:
            log.append(f"{name} out")

    def opens_in_thread() -> Iterator[str]:
        log.append(f"{name} in")
        try:
            yield name
        except BaseException as exc:
            log.append(f"{name} saw {type(exc).__name__}")
            raise
        finally:
            log.append(f"{name} out")

    return opens_in_thread if in_thread else opens


def answer_logged(app: FastAPI, log: Log, target: str = "/") -> Client:
    """Send a request and log the start of the answer among the other events."""

    async def app_logged(scope: Any, receive: Any, send: Any) -> None:
        async def send_logged(message: Any) -> None:
            if message["type"] == "http.response.start":
                log.append(f"start {message['status']}")
            await send(message)

        await app(scope, receive, send_logged)

    return answer(app_logged, target)


KINDS = pytest.mark.parametrize("in_thread", [False, True], ids=["async", "threaded"])


@KINDS
def test_the_rest_runs_after_response_and_tasks_the_last_one_entered_first(path: str, in_thread: bool) -> None:
    log: Log = []
    app = make_app(log)

    @app.get("/")
    async def read(
        tasks: BackgroundTasks,
        a: str = Depends(opening(log, "a", in_thread=in_thread)),
        b: str = Depends(opening(log, "b", in_thread=not in_thread)),
    ) -> list[str]:
        tasks.add_task(log.append, "task")
        return [a, b]

    assert answer_logged(app, log).json == ["a", "b"]
    assert log == ["a in", "b in", "start 200", "task", "b out", "a out"]


@KINDS
def test_with_scope_function_the_rest_runs_before_the_response(path: str, in_thread: bool) -> None:
    log: Log = []
    app = make_app(log)

    @app.get("/")
    async def read(
        tasks: BackgroundTasks,
        a: str = Depends(opening(log, "a")),
        b: str = Depends(opening(log, "b", in_thread=in_thread), scope="function"),
    ) -> None:
        tasks.add_task(log.append, "task")

    answer_logged(app, log)
    assert log == ["a in", "b in", "b out", "start 200", "task", "a out"]


@KINDS
@pytest.mark.parametrize("exc", [Refused(), HTTPException(418)], ids=["own", "http"])
def test_an_exception_of_the_handler_passes_through_and_is_answered_last(
    path: str, in_thread: bool, exc: Exception
) -> None:
    log: Log = []
    app = make_app(log)

    @app.get("/")
    def read(a: str = Depends(opening(log, "a", in_thread=in_thread)), b: str = Depends(opening(log, "b"))) -> None:
        raise exc

    name = type(exc).__name__
    assert answer_logged(app, log).status == 418
    handled = ["handled"] if isinstance(exc, Refused) else []
    assert log == ["a in", "b in", f"b saw {name}", "b out", f"a saw {name}", "a out", *handled, "start 418"]


@KINDS
def test_an_exception_may_be_replaced(path: str, in_thread: bool) -> None:
    log: Log = []
    app = make_app(log)

    async def converts(a: str = Depends(opening(log, "a", in_thread=in_thread))) -> AsyncIterator[None]:
        try:
            yield
        except ValueError as exc:
            raise Refused from exc

    @app.get("/")
    async def read(c: None = Depends(converts)) -> None:
        raise ValueError

    assert answer(app, "/").status == 418
    assert log == ["a in", "a saw Refused", "a out", "handled"]


@KINDS
def test_an_exception_that_is_swallowed_leaves_no_response(path: str, in_thread: bool) -> None:
    log: Log = []
    app = make_app(log)

    def swallows() -> Iterator[None]:
        with suppress(ValueError):
            yield

    async def swallows_async() -> AsyncIterator[None]:
        with suppress(ValueError):
            yield

    @app.get("/")
    async def read(s: None = Depends(swallows if in_thread else swallows_async)) -> None:
        raise ValueError

    got = answer(app, "/")
    assert isinstance(got.error, FastAPIError)
    assert str(got.error) == (
        "Response not awaited. There's a high chance that the application code is raising an exception "
        "and a dependency with yield has a block with a bare except, or a block with except Exception, "
        "and is not raising the exception again. Read more about it in the docs: "
        "https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"
        "#dependencies-with-yield-and-except"
    )
    assert got.status == 500


@KINDS
def test_what_one_raises_on_its_way_out_the_earlier_ones_see(path: str, in_thread: bool) -> None:
    log: Log = []
    app = make_app(log)

    async def fails(a: str = Depends(opening(log, "a", in_thread=in_thread))) -> AsyncIterator[None]:
        yield
        raise ValueError("too late")

    @app.get("/")
    async def read(f: None = Depends(fails)) -> int:
        return 1

    got = answer(app, "/")
    assert (got.status, got.json) == (200, 1)
    assert isinstance(got.error, ValueError)
    assert log == ["a in", "a saw ValueError", "a out"]


@KINDS
def test_an_earlier_one_may_swallow_what_a_later_one_raises_on_its_way_out(path: str, in_thread: bool) -> None:
    log: Log = []
    app = make_app(log)

    async def swallows(a: str = Depends(opening(log, "a", in_thread=in_thread))) -> AsyncIterator[None]:
        with suppress(ValueError):
            yield

    async def fails(s: None = Depends(swallows)) -> AsyncIterator[None]:
        yield
        raise ValueError("too late")

    @app.get("/")
    async def read(f: None = Depends(fails)) -> int:
        return 1

    got = answer(app, "/")
    assert (got.status, got.json, got.error) == (200, 1, None)
    assert log == ["a in", "a out"]


def test_an_exception_that_has_a_handler_comes_too_late_once_the_response_has_started(path: str) -> None:
    log: Log = []
    app = make_app(log)

    async def fails() -> AsyncIterator[None]:
        yield
        raise Refused

    @app.get("/")
    async def read(f: None = Depends(fails)) -> int:
        return 1

    got = answer(app, "/")
    assert got.status == 200
    assert isinstance(got.error, RuntimeError)
    assert str(got.error) == "Caught handled exception, but response already started."
    assert log == []


def test_an_exception_of_a_stream_passes_through(path: str) -> None:
    log: Log = []
    app = make_app(log)

    async def part() -> AsyncIterator[bytes]:
        yield b"part"
        raise ValueError("in the middle")

    @app.get("/")
    async def read(a: str = Depends(opening(log, "a"))) -> StreamingResponse:
        return StreamingResponse(part())

    got = answer(app, "/")
    assert (got.status, got.body) == (200, b"part")
    assert isinstance(got.error, ValueError | BaseExceptionGroup)
    assert log[0] == "a in"
    assert log[-1] == "a out"


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("yields", "text"), [(0, "generator didn't yield"), (2, "generator didn't stop")], ids=["none", "two"]
)
def test_a_dependency_yields_once(path: str, is_async: bool, yields: int, text: str) -> None:
    log: Log = []
    app = make_app(log)

    async def yields_async(a: str = Depends(opening(log, "a"))) -> AsyncIterator[int]:
        for number in range(yields):
            yield number

    def yields_in_thread(a: str = Depends(opening(log, "a"))) -> Iterator[int]:
        yield from range(yields)

    @app.get("/")
    async def read(n: int = Depends(yields_async if is_async else yields_in_thread)) -> int:
        return n

    got = answer(app, "/")
    assert isinstance(got.error, RuntimeError)
    assert str(got.error) == text
    assert log == ["a in", "a saw RuntimeError", "a out"]


def test_what_fails_before_its_yield_ends_those_that_were_entered(path: str) -> None:
    log: Log = []
    app = make_app(log)

    async def fails(a: str = Depends(opening(log, "a")), b: str = Depends(opening(log, "b", in_thread=True))) -> Any:
        raise Refused

    @app.get("/")
    async def read(f: None = Depends(fails)) -> None: ...

    assert answer(app, "/").status == 418
    assert log == ["a in", "b in", "b saw Refused", "b out", "a saw Refused", "a out", "handled"]


def test_wrong_values_pass_through_what_was_entered(path: str) -> None:
    log: Log = []
    app = make_app(log)

    @app.get("/")
    async def read(x: int, a: str = Depends(opening(log, "a"))) -> None: ...

    assert answer(app, "/?x=y").status == 422
    assert log == ["a in", "a saw RequestValidationError", "a out"]


def test_not_even_exceptions_are_seen_too(path: str) -> None:
    log: Log = []
    app = make_app(log)

    @app.get("/")
    async def read(a: str = Depends(opening(log, "a")), b: str = Depends(opening(log, "b", in_thread=True))) -> None:
        raise Odd

    with pytest.raises(Odd):
        answer(app, "/")
    assert log == ["a in", "b in", "b saw Odd", "b out", "a saw Odd", "a out"]


# -- cancellation -----------------------------------------------------------------------------------------------------


class Pause:
    """A place where a request waits until it is cancelled."""

    def __init__(self) -> None:
        self.is_reached = asyncio.Event()

    async def __call__(self) -> None:
        self.is_reached.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("where", ["entering", "between", "in the handler", "while sending"])
@pytest.mark.parametrize("how", ["task", "scope"])
def test_a_cancelled_request_ends_what_was_entered(path: str, where: str, how: str) -> None:
    log: Log = []

    async def run() -> None:
        app, pause = make_app(log), Pause()

        async def stop(name: str) -> None:
            if where == name:
                await pause()

        async def enters(a: str = Depends(opening(log, "a", in_thread=True))) -> AsyncIterator[None]:
            await stop("entering")
            yield

        async def between(e: None = Depends(enters), b: str = Depends(opening(log, "b"))) -> None:
            await stop("between")

        @app.get("/")
        async def read(w: None = Depends(between)) -> None:
            await stop("in the handler")

        class StoppingClient(Client):
            async def send(self, message: Any) -> None:
                await stop("while sending")
                await super().send(message)

        await cancel_at(pause, StoppingClient().call(app, "/"), how)

    log_expected = ["a in", "b in", "b saw CancelledError", "b out", "a saw CancelledError", "a out"]
    asyncio.run(run())
    assert log == (log_expected if where != "entering" else ["a in", "a saw CancelledError", "a out"])


async def cancel_at(pause: Pause, call: Any, how: str) -> None:
    """Cancel a call when it has come to the pause: natively, or by an anyio scope around it."""
    scope = anyio.CancelScope()

    async def run() -> None:
        with scope:
            await call

    task = asyncio.create_task(run() if how == "scope" else call)
    await asyncio.wait_for(pause.is_reached.wait(), 10)
    if how == "scope":
        scope.cancel()
    else:
        task.cancel()
    done, _ = await asyncio.wait({task}, timeout=10)
    assert done


def test_clean_up_that_awaits_is_shielded_from_cancelled_scopes(path: str) -> None:
    log: Log = []

    async def run() -> None:
        app, pause = make_app(log), Pause()

        async def opens() -> AsyncIterator[None]:
            try:
                yield
            finally:
                await anyio.sleep(0)
                await anyio.lowlevel.checkpoint()
                log.append("cleaned up")

        @app.get("/")
        async def read(o: None = Depends(opens), p: None = Depends(opens, use_cache=False)) -> None:
            await pause()

        await cancel_at(pause, Client().call(app, "/"), "scope")

    asyncio.run(run())
    assert log == ["cleaned up", "cleaned up"]


def test_clean_up_after_the_response_is_shielded_too(path: str) -> None:
    log: Log = []

    async def run() -> None:
        app, pause = make_app(log), Pause()
        may_go_on = asyncio.Event()

        async def opens() -> AsyncIterator[None]:
            yield
            pause.is_reached.set()
            await may_go_on.wait()
            log.append("cleaned up")

        @app.get("/")
        async def read(o: None = Depends(opens)) -> None: ...

        asyncio.get_running_loop().call_later(0.01, may_go_on.set)
        await cancel_at(pause, Client().call(app, "/"), "scope")

    asyncio.run(run())
    assert log == ["cleaned up"]


def test_clean_up_does_not_see_that_its_request_was_cancelled_before(path: str) -> None:
    log: Log = []

    async def run() -> None:
        app, scope = make_app(log), anyio.CancelScope()

        async def opens() -> AsyncIterator[None]:
            yield
            async with anyio.Lock():  # waits for its cancellation where a cancelled scope is in sight
                log.append("cleaned up")

        @app.get("/")
        async def read(o: None = Depends(opens)) -> None:
            scope.cancel()

        async def call() -> None:
            with scope:
                await Client().call(app, "/")

        await asyncio.wait_for(call(), 10)

    asyncio.run(run())
    assert log == ["cleaned up"]


def test_nothing_is_left_unclosed_or_unawaited(path: str) -> None:
    """What is forgotten would warn when it is collected, and warnings are errors."""
    log: Log = []
    app = make_app(log)

    async def fails(x: int = 0) -> AsyncIterator[None]:
        if x:
            raise Refused
        yield

    @app.get("/")
    async def read(a: str = Depends(opening(log, "a")), f: None = Depends(fails), y: int = 0) -> None:
        if y:
            raise Refused

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for target in ("/", "/?x=1", "/?y=1", "/?y=z", "/?x=z"):
            answer(app, target)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
