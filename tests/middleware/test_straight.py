"""Applications that function middleware runs without a task of their own."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import anyio
import pytest
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivace._endpoint.sending import RESPONSE_STARTED
from vivace._straight import runs_straight, taker_of
from vivace.middleware.functions import CallNext, FunctionMiddleware


class StraightApp:
    """An application of ours in small: it sends a plain response itself, and leaves any other to the taker."""

    def __init__(self, *responses: Response | Exception) -> None:
        self.responses = list(responses)
        self.tasks: list[object] = []

    def runs_straight(self, scope: Scope) -> bool:
        return bool(scope["path"] != "/not-straight")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.tasks.append(asyncio.current_task())
        response = self.responses.pop(0) if self.responses else PlainTextResponse("ok")
        if isinstance(response, Exception):
            raise response
        taker = taker_of(scope)
        if taker is None or (type(response).__call__ is Response.__call__ and response.background is None):
            await response(scope, receive, send)
        else:
            await taker.start(partial(response, scope, receive, send))


async def just_next(request: Request, call_next: CallNext) -> Response:
    return await call_next(request)


class Client:
    """Sends one request and keeps what comes back, with what else happened in between."""

    def __init__(self, path: str = "/") -> None:
        self.scope: Scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
        self.scope["headers"] = [(b"origin", b"http://a"), (b"accept-encoding", b"gzip")]
        self.events: list[Any] = []
        self.body = b""
        self.has_sent_body = False
        self.is_answered = anyio.Event()

    async def receive(self) -> Message:
        if not self.has_sent_body:
            self.has_sent_body = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.is_answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
            self.status_code = message["status"]
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                self.events.append("response sent")
                self.is_answered.set()

    async def request(self, app: ASGIApp) -> Client:
        async with asyncio.timeout(10):
            await app(self.scope, self.receive, self.send)
        return self


def test_it_runs_in_the_task_of_the_function() -> None:
    async def main() -> bool:
        app = StraightApp()
        await Client().request(FunctionMiddleware(FunctionMiddleware(app, dispatch=just_next), dispatch=just_next))
        return app.tasks == [asyncio.current_task()]

    assert asyncio.run(main())


def test_it_has_a_task_of_its_own_for_a_request_that_is_not_straight() -> None:
    async def main() -> bool:
        app = StraightApp()
        await Client("/not-straight").request(FunctionMiddleware(app, dispatch=just_next))
        return app.tasks == [asyncio.current_task()]

    assert not asyncio.run(main())


async def in_a_cancel_scope(request: Request, call_next: CallNext) -> Response:
    with anyio.fail_after(5):
        response = await call_next(request)
    return response


async def in_another_task(request: Request, call_next: CallNext) -> Response:
    return await asyncio.create_task(call_next(request))  # type: ignore[arg-type]  # it is a coroutine


@pytest.mark.parametrize("dispatch", [in_a_cancel_scope, in_another_task])
def test_it_has_a_task_of_its_own_if_the_function_may_give_up_waiting(dispatch: Any) -> None:
    async def main() -> tuple[bool, bytes]:
        app = StraightApp()
        client = await Client().request(FunctionMiddleware(app, dispatch=dispatch))
        return app.tasks == [asyncio.current_task()], client.body

    assert asyncio.run(main()) == (False, b"ok")


def test_a_scope_around_the_whole_request_changes_nothing() -> None:
    async def main() -> bool:
        app = StraightApp()
        async with anyio.create_task_group():
            await Client().request(FunctionMiddleware(app, dispatch=just_next))
        return app.tasks == [asyncio.current_task()]

    assert asyncio.run(main())


@pytest.mark.parametrize(
    ("wrap", "expected"),
    [
        (lambda app: CORSMiddleware(app, allow_origins=["*"]), True),
        (lambda app: GZipMiddleware(CORSMiddleware(app)), True),
        (lambda app: SessionMiddleware(app, secret_key="s"), False),
        (lambda app: BaseHTTPMiddleware(app, dispatch=just_next), False),
    ],
    ids=["CORS", "gzip and CORS", "unknown", "BaseHTTPMiddleware"],
)
def test_middleware_known_to_pass_things_through_is_as_straight_as_what_is_inside(wrap: Any, expected: bool) -> None:
    assert runs_straight(wrap(StraightApp()), {"path": "/"}) is expected
    assert not runs_straight(wrap(StraightApp()), {"path": "/not-straight"})
    assert not runs_straight(wrap(just_next), {"path": "/"})


def test_middleware_in_between_sees_the_response() -> None:
    async def main() -> Client:
        app = CORSMiddleware(GZipMiddleware(StraightApp(PlainTextResponse("x" * 1000))), allow_origins=["*"])
        return await Client().request(FunctionMiddleware(app, dispatch=just_next))

    client = asyncio.run(main())
    assert client.headers[b"access-control-allow-origin"] == b"*"
    assert client.headers[b"content-encoding"] == b"gzip"
    assert len(client.body) < 1000


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_left_to_the_taker_comes_after_the_function(count: int) -> None:
    async def main() -> Client:
        client = Client()

        async def chunks() -> AsyncIterator[bytes]:
            for number in range(3):
                client.events.append(number)
                yield b"%d" % number

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response = await call_next(request)
            client.events.append("function")
            return response

        background = BackgroundTask(client.events.append, "background")
        app: ASGIApp = StraightApp(StreamingResponse(chunks(), background=background))
        for _ in range(count):
            app = FunctionMiddleware(app, dispatch=dispatch)
        return await client.request(app)

    client = asyncio.run(main())
    assert client.body == b"012"
    events = [event for event in client.events if not isinstance(event, int)]
    assert events == [*["function"] * count, "response sent", "background"]
    # However many functions there are, the stream is not drained before they have seen the response.
    assert client.events.index("function") < client.events.index(2)


def test_a_background_task_of_a_plain_response_comes_after_it() -> None:
    async def main() -> Client:
        client = Client()
        response = PlainTextResponse("ok", background=BackgroundTask(client.events.append, "background"))
        return await client.request(FunctionMiddleware(StraightApp(response), dispatch=just_next))

    assert asyncio.run(main()).events == ["response sent", "background"]


def test_an_exception_comes_out_of_call_next() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        with pytest.raises(LookupError, match="from the app"):
            await call_next(request)
        return PlainTextResponse("caught")

    async def main() -> bytes:
        app = StraightApp(LookupError("from the app"))
        return (await Client().request(FunctionMiddleware(app, dispatch=dispatch))).body

    assert asyncio.run(main()) == b"caught"


def test_an_exception_of_what_is_left_to_the_taker_comes_out_of_the_application() -> None:
    class FailingResponse(PlainTextResponse):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise LookupError("before the start")

    caught = []

    class CatchingApp(StraightApp):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await super().__call__(scope, receive, send)
            except LookupError as exc:
                caught.append(exc)
                await PlainTextResponse("an error")(scope, receive, send)

    async def main() -> bytes:
        app = FunctionMiddleware(CatchingApp(FailingResponse("")), dispatch=just_next)
        return (await Client().request(app)).body

    assert asyncio.run(main()) == b"an error"
    assert len(caught) == 1


def test_an_exception_after_the_start_comes_after_the_response() -> None:
    async def fail() -> None:
        raise LookupError("in the background")

    async def main() -> list[Any]:
        client = Client()
        response = PlainTextResponse("ok", background=BackgroundTask(fail))
        with pytest.raises(LookupError, match="in the background"):
            await client.request(FunctionMiddleware(StraightApp(response), dispatch=just_next))
        return client.events

    assert asyncio.run(main()) == ["response sent"]


@pytest.mark.parametrize("kind", ["stream", "background", "iterator"])
def test_a_function_inside_another_may_make_a_response_that_takes_its_time(kind: str) -> None:
    async def main() -> Client:
        client = Client()

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response: Any = await call_next(request)
            if kind == "stream":
                return StreamingResponse(chunks())
            if kind == "background":
                response.background = BackgroundTask(client.events.append, "background")
            else:
                response.body_iterator = chunks()
            return response  # type: ignore[no-any-return]

        inner = FunctionMiddleware(StraightApp(PlainTextResponse("ab")), dispatch=dispatch)
        del client.scope["headers"][:]
        return await client.request(FunctionMiddleware(inner, dispatch=just_next))

    client = asyncio.run(main())
    assert client.body == b"ab"
    assert client.events == ["response sent", *(["background"] if kind == "background" else [])]


def test_a_second_call_does_not_see_the_start_of_the_first() -> None:
    seen = []

    class NotingApp(StraightApp):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope[RESPONSE_STARTED])
            scope[RESPONSE_STARTED] = True
            await super().__call__(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return await call_next(request)

    async def main() -> bytes:
        app = NotingApp(PlainTextResponse("first"), PlainTextResponse("second"))
        return (await Client().request(FunctionMiddleware(app, dispatch=dispatch))).body

    assert asyncio.run(main()) == b"second"
    assert seen == [False, False]


def test_context_variables_go_in_and_do_not_come_out() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    seen = []

    class SettingApp(StraightApp):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(variable.get())
            variable.set("app")
            await asyncio.sleep(0)
            seen.append(variable.get())
            await super().__call__(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        variable.set("function")
        response = await call_next(request)
        seen.append(variable.get())
        return response

    asyncio.run(Client().request(FunctionMiddleware(SettingApp(), dispatch=dispatch)))
    assert seen == ["function", "app", "function"]


def test_cancelling_reaches_the_application() -> None:
    events = []

    class WaitingApp(StraightApp):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                async with asyncio.timeout(0.01):
                    await asyncio.Event().wait()
            except TimeoutError:
                events.append("its own time-out")
            try:
                await asyncio.Event().wait()
            finally:
                events.append("cancelled")

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        async with asyncio.timeout(0.05):
            return await call_next(request)
        raise AssertionError

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await Client().request(FunctionMiddleware(WaitingApp(), dispatch=dispatch))

    asyncio.run(main())
    assert events == ["its own time-out", "cancelled"]
