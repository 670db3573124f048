"""Handlers that yield, on both paths: clients that leave, pings, turns for others, and what nothing may be left of."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from endpoint.asgi import Client, answer, make_scope
from starlette.requests import ClientDisconnect

from vivace import BackgroundTasks, Depends, FastAPI, Response, routing
from vivace.exceptions import ResponseValidationError
from vivace.responses import EventSourceResponse, StreamingResponse
from vivace.sse import ServerSentEvent
from vivace.types import ASGIApp, Message

pytestmark = pytest.mark.usefixtures("path")

KINDS = pytest.mark.parametrize(
    "options",
    [{}, {"response_class": EventSourceResponse}, {"response_class": StreamingResponse}],
    ids=["lines", "events", "raw"],
)
Handler = Callable[[], Any]


def ping_interval() -> object:
    return vars(type(routing))["_PING_INTERVAL"].fget(routing)


class Leaving:
    """A client that leaves after some pieces, in the way of a server that tells or of one whose `send` raises."""

    def __init__(self, after: int, *, raises: bool = False) -> None:
        self.after = after
        self.raises = raises
        self.pieces: list[bytes] = []
        self.is_complete = False
        self.has_left = asyncio.Event()
        self._has_asked = False

    async def receive(self) -> Message:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        if self.raises:
            await asyncio.Event().wait()
        await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            return
        if self.raises and len(self.pieces) == self.after:
            raise OSError("gone")
        self.is_complete = not message.get("more_body", False)
        self.pieces.append(message["body"])
        if len(self.pieces) == self.after:
            self.has_left.set()

    async def get(self, app: ASGIApp, target: str = "/") -> BaseException | None:
        """Ask for the stream, and return what the app raised."""
        try:
            async with asyncio.timeout(5):
                await app(make_scope(target), self.receive, self.send)
        except Exception as exc:
            return exc
        return None


def app_of(handler: Callable[..., Any], options: dict[str, Any], **more: Any) -> FastAPI:
    app = FastAPI()
    app.get("/", **options, **more)(handler)
    return app


@KINDS
@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "never-waiting"])
def test_a_client_that_leaves_stops_the_handler_and_then_its_dependencies(options: dict[str, Any], waits: bool) -> None:
    events: list[str] = []

    async def opened() -> AsyncIterable[None]:
        yield
        events.append("dependency finished")

    async def handler(tasks: BackgroundTasks, _: None = Depends(opened)) -> AsyncIterable[str]:
        tasks.add_task(events.append, "task")
        try:
            while True:
                yield "x"
                if waits:
                    await asyncio.sleep(0)
                    await asyncio.Event().wait() if len(client.pieces) > 1 else None
        finally:
            await asyncio.sleep(0)  # cleaning up may wait
            events.append("handler finished")

    client = Leaving(after=2)

    async def run() -> BaseException | None:
        nonlocal client
        client = Leaving(after=2)
        return await client.get(app_of(handler, options))

    assert asyncio.run(run()) is None
    assert events == ["handler finished", "task", "dependency finished"]
    assert not client.is_complete


@KINDS
def test_a_server_that_raises_when_the_client_has_left_stops_the_handler(options: dict[str, Any]) -> None:
    events: list[str] = []

    async def handler() -> AsyncIterable[str]:
        try:
            while True:
                yield "x"
        finally:
            events.append("finished")

    exc = asyncio.run(Leaving(after=2, raises=True).get(app_of(handler, options)))

    if options.get("response_class") is EventSourceResponse:
        assert isinstance(exc, ExceptionGroup)
        (exc,) = exc.exceptions
    assert isinstance(exc, ClientDisconnect)
    assert events == ["finished"]


@KINDS
def test_a_client_that_leaves_stops_a_sync_handler_when_its_step_is_done(options: dict[str, Any]) -> None:
    events: list[str] = []
    may_go_on = threading.Event()

    def opened() -> Iterator[None]:
        yield
        events.append("dependency finished")

    def handler(_: None = Depends(opened)) -> Iterable[str]:
        try:
            yield "x"
            events.append("step")
            may_go_on.wait(5)
            events.append("step done")
            yield "x"
        finally:
            events.append("handler finished")

    async def run() -> BaseException | None:
        client = Leaving(after=3)
        asked = asyncio.ensure_future(client.get(app_of(handler, options)))
        while "step" not in events:
            await asyncio.sleep(0)
        client.has_left.set()
        await asyncio.sleep(0)
        may_go_on.set()
        return await asked

    assert asyncio.run(run()) is None
    assert events == ["step", "step done", "handler finished", "dependency finished"]


@KINDS
@pytest.mark.parametrize("scope", [anyio.move_on_after, None], ids=["by-a-scope", "by-the-task"])
def test_a_request_that_is_cancelled_closes_its_handler(options: dict[str, Any], scope: Any) -> None:
    events: list[str] = []

    async def handler() -> AsyncIterable[str]:
        try:
            while True:
                yield "x"
        finally:
            await asyncio.sleep(0)
            events.append("finished")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    sent = 0

    async def send(_: Message) -> None:
        nonlocal sent
        sent += 1

    async def run() -> None:
        called: Awaitable[None] = app_of(handler, options)(make_scope("/"), receive, send)
        if scope is not None:
            with scope(0.01):
                await called
            return
        task = asyncio.ensure_future(called)
        while sent < 3:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert events == ["finished"]


@KINDS
def test_others_have_their_turn_while_a_handler_never_waits(options: dict[str, Any]) -> None:
    turns = 0

    async def handler() -> AsyncIterable[str]:
        for _ in range(20_000):
            if turns >= 5:
                return
            yield "x"

    async def run() -> None:
        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(other())
        await Client().call(app_of(handler, options), "/")
        task.cancel()

    asyncio.run(run())
    assert turns >= 5


@pytest.mark.parametrize("is_sync", [False, True], ids=["async", "sync"])
def test_a_silent_stream_of_events_sends_pings(monkeypatch: pytest.MonkeyPatch, is_sync: bool) -> None:
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.01)
    has_pings = threading.Event()

    async def handler() -> AsyncIterable[int]:
        yield 1
        while not has_pings.is_set():
            await asyncio.sleep(0.001)
        yield 2

    def sync_handler() -> Iterable[int]:
        yield 1
        has_pings.wait(5)
        yield 2

    class Listening(Client):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if self.body.count(b": ping\n\n") == 2:
                has_pings.set()

    app = app_of(sync_handler if is_sync else handler, {"response_class": EventSourceResponse})
    client = asyncio.run(Listening().call(app, "/"))

    assert client.body.replace(b": ping\n\n", b"") == b"data: 1\n\ndata: 2\n\n"
    assert client.body.startswith(b"data: 1\n\n: ping\n\n: ping\n\n")


def test_other_streams_send_no_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.001)

    async def handler() -> AsyncIterable[int]:
        yield 1
        await asyncio.sleep(0.01)
        yield 2

    assert answer(app_of(handler, {}), "/").body == b"1\n2\n"


def test_the_ping_interval_is_what_was_set_last(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ping_interval() == 15.0
    monkeypatch.setattr("vivace.routing._PING_INTERVAL", 3.0)
    assert ping_interval() == 3.0
    monkeypatch.undo()
    assert ping_interval() == 15.0


def test_a_handler_of_events_that_wraps_its_body_still_sends_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.01)

    class Wrapping(routing.APIRoute):
        def get_route_handler(self) -> Any:
            handler = super().get_route_handler()

            async def handle(request: Any) -> Any:
                response: Any = await handler(request)
                inner = response.body_iterator

                async def wrapped() -> AsyncIterable[bytes]:
                    async for piece in inner:
                        if piece.startswith(b":"):
                            has_ping.set()
                        yield piece

                response.body_iterator = wrapped()
                return response

            return handle

    has_ping = asyncio.Event()

    async def handler() -> AsyncIterable[int]:
        yield 1
        await has_ping.wait()
        yield 2
        raise ValueError("after the last")

    app = FastAPI()
    app.router.route_class = Wrapping
    app.get("/", response_class=EventSourceResponse)(handler)

    client = answer(app, "/")

    assert client.body.replace(b": ping\n\n", b"") == b"data: 1\n\ndata: 2\n\n"
    assert isinstance(client.error, ExceptionGroup)


def test_a_stream_of_events_may_be_returned() -> None:
    def made() -> Iterator[str]:
        yield "data: made\n\n"

    async def response() -> StreamingResponse:
        return EventSourceResponse(made())

    async def items() -> list[object]:
        return [1, ServerSentEvent(event="e")]

    async def number() -> int:
        return 3

    events = {"response_class": EventSourceResponse}
    assert answer(app_of(response, events), "/").body == b"data: made\n\n"
    assert answer(app_of(items, events, response_model=None), "/").body == b"data: 1\n\nevent: e\n\n"
    client = answer(app_of(number, events), "/")
    assert client.status == 500
    assert "returned 'int' for a stream of items. Let it yield" in str(client.error)


@KINDS
@pytest.mark.parametrize("status_code", [204, 205, 304])
def test_a_status_without_content_has_no_pieces(options: dict[str, Any], status_code: int) -> None:
    seen: list[str] = []

    async def handler() -> AsyncIterable[str]:
        yield "x"
        seen.append("went on")

    client = answer(app_of(handler, options, status_code=status_code), "/")

    assert (client.status, client.body, seen) == (status_code, b"", ["went on"])


def test_an_item_that_comes_before_an_error_is_delivered() -> None:
    async def handler() -> AsyncIterable[int]:
        yield 1
        raise ValueError("late")

    client = answer(app_of(handler, {"response_class": EventSourceResponse}), "/")

    assert client.body == b"data: 1\n\n"
    assert isinstance(client.error, ExceptionGroup)
    assert repr(client.error.exceptions) == "(ValueError('late'),)"


def test_an_invalid_item_says_where_it_comes_from() -> None:
    async def handler() -> AsyncIterable[int]:
        yield "x"  # type: ignore[misc]  # the mistake

    error = answer(app_of(handler, {}), "/").error

    assert isinstance(error, ResponseValidationError)
    assert "GET /" in str(error) and "handler" in str(error)
    assert type(error.__cause__).__name__ == "ValidationError"


def test_an_error_of_the_handler_that_is_an_oserror_is_not_taken_for_a_client_that_left() -> None:
    async def handler() -> AsyncIterable[int]:
        yield 1
        raise FileNotFoundError("data.csv")

    assert isinstance(answer(app_of(handler, {}), "/").error, FileNotFoundError)


def test_the_handler_sees_context_variables_of_its_dependencies() -> None:
    variable = ContextVar("variable", default="nothing")

    async def set_variable() -> None:
        variable.set("set")

    async def handler(_: None = Depends(set_variable)) -> AsyncIterable[str]:
        yield variable.get()

    def sync_handler(_: None = Depends(set_variable)) -> Iterable[str]:
        yield variable.get()

    assert answer(app_of(handler, {}), "/").body == b'"set"\n'
    assert answer(app_of(sync_handler, {}), "/").body == b'"set"\n'


@KINDS
def test_nothing_is_left_of_a_stream(options: dict[str, Any]) -> None:
    async def handler(response: Response) -> AsyncIterable[str]:
        yield "x"

    async def run() -> int:
        app = app_of(handler, options)
        await Client().call(app, "/")
        gc.collect()
        gc.disable()
        for _ in range(50):
            await Client().call(app, "/")
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1
        try:
            return gc.collect()
        finally:
            gc.enable()

    # Threads of earlier tests may leave something behind meanwhile; each time, they do not.
    assert min(asyncio.run(run()) for _ in range(3)) < 10


@KINDS
def test_streams_run_on_trio(options: dict[str, Any]) -> None:
    trio = pytest.importorskip("trio", reason="needs trio")

    async def handler() -> AsyncIterable[str]:
        yield "x"
        await anyio.sleep(0)
        yield "y"

    sent: list[bytes] = []

    async def receive() -> Message:
        await trio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    trio.run(app_of(handler, options), make_scope("/"), receive, send)
    assert len(sent) == 4 and b"y" in sent[2]
