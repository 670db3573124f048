"""Function middleware shows a function what Starlette's ``BaseHTTPMiddleware`` shows it.

Most tests run a scene on both and compare what the client got and in which order things happened.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivace.middleware.functions import CallNext, FunctionMiddleware

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


@dataclass(slots=True, kw_only=True)
class Scene:
    """A client and a server around one request, and a list of what happened."""

    requests: list[Message] = field(default_factory=lambda: [{"type": "http.request", "body": b""}])
    events: list[Any] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    has_left: anyio.Event = field(default_factory=anyio.Event)
    scope: Scope = field(default_factory=dict)
    spec_version: str = "2.3"

    def __post_init__(self) -> None:
        self.scope.update(
            type="http",
            method="POST",
            path="/",
            headers=[],
            query_string=b"",
            asgi={"spec_version": self.spec_version},
            extensions={"http.response.pathsend": {}, "http.response.debug": {}},
        )

    async def receive(self) -> Message:
        if self.requests:
            return self.requests.pop(0)
        if not self.has_left.is_set():
            await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.start":
            self.events.append("start sent")
        elif message["type"] == "http.response.pathsend" or not message.get("more_body", False):
            self.events.append("response sent")
            self.has_left.set()

    async def request(self, app: ASGIApp) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except Exception as exc:
            self.events.append(f"the server sees {exc!r}")

    def outcome(self) -> dict[str, Any]:
        kinds = [message["type"] for message in self.sent if message["type"] != "http.response.body"]
        bodies = [message.get("body", b"") for message in self.sent if message["type"] == "http.response.body"]
        starts = [(m["status"], list(m["headers"])) for m in self.sent if m["type"] == "http.response.start"]
        return {"kinds": kinds, "starts": starts, "body": b"".join(bodies), "events": self.events}


async def plain_app(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"a": 1}, headers={"x-app": "yes"})(scope, receive, send)


async def just_next(request: Request, call_next: CallNext) -> Response:
    return await call_next(request)


Dispatch = Callable[[Request, CallNext], Awaitable[Response]]
Play = Callable[[Scene, type[BaseHTTPMiddleware]], Awaitable[None]]


def outcome_of(play: Play, middleware: type[BaseHTTPMiddleware], **options: Any) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        scene = Scene(**options)
        async with asyncio.timeout(10):
            await play(scene, middleware)
        return scene.outcome()

    return asyncio.run(main())


def compare(play: Play, **options: Any) -> dict[str, Any]:
    """Play a scene on both, demand the same outcome and return it."""
    copies = [{key: list(value) if isinstance(value, list) else value for key, value in options.items()} for _ in "ab"]
    reference = outcome_of(play, BaseHTTPMiddleware, **copies[0])
    ours = outcome_of(play, FunctionMiddleware, **copies[1])
    assert ours == reference
    return ours


def scene_of(app: ASGIApp, dispatch: Dispatch) -> Play:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        await scene.request(middleware(app, dispatch=dispatch))

    return play


# What the function does with the response


def test_a_response_passes_as_it_is() -> None:
    outcome = compare(scene_of(plain_app, just_next))

    assert outcome["body"] == b'{"a":1}'
    assert outcome["starts"][0][0] == 200


def test_a_response_of_one_body_is_sent_in_two_messages() -> None:
    async def main() -> list[Message]:
        scene = Scene()
        await scene.request(FunctionMiddleware(plain_app, dispatch=just_next))
        return scene.sent

    start, body = asyncio.run(main())
    assert (b"content-length", b"7") in start["headers"]
    assert body == {"type": "http.response.body", "body": b'{"a":1}'}


def test_the_function_changes_status_and_headers() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-new"] = "1"
        del response.headers["x-app"]
        response.set_cookie("c", "v")
        response.status_code = 418
        return response

    outcome = compare(scene_of(plain_app, dispatch))
    assert outcome["starts"][0][0] == 418


def test_changed_headers_leave_the_list_of_the_application_alone() -> None:
    headers = [(b"x-app", b"yes")]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-new"] = "1"
        return response

    outcome_of(scene_of(app, dispatch), FunctionMiddleware)
    assert headers == [(b"x-app", b"yes")]


def test_the_function_answers_without_calling_next() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        return PlainTextResponse("no", status_code=403)

    assert compare(scene_of(plain_app, dispatch))["body"] == b"no"


def chunked(chunks: list[bytes], scene_events: list[Any] | None = None) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def body() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        await StreamingResponse(body())(scope, receive, send)

    return app


@pytest.mark.parametrize("spec_version", ["2.0", "2.3", "2.4"])
def test_a_stream_passes_chunk_by_chunk(spec_version: str) -> None:
    outcome = compare(scene_of(chunked([b"a", b"", b"b", b"c"]), just_next), spec_version=spec_version)

    assert outcome["body"] == b"abc"


def test_the_function_reads_the_body_and_answers_anew() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response: Any = await call_next(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        return Response(body.upper(), response.status_code, dict(response.headers), response.media_type)

    assert compare(scene_of(plain_app, dispatch))["body"] == b'{"A":1}'


def test_the_function_wraps_the_body_iterator() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response: Any = await call_next(request)
        inner = response.body_iterator

        async def louder() -> AsyncIterator[bytes]:
            async for chunk in inner:
                yield chunk.upper() + b"!"

        response.body_iterator = louder()
        return response  # type: ignore[no-any-return]

    assert compare(scene_of(chunked([b"a", b"b"]), dispatch))["body"] == b"A!B!"


def test_the_function_reads_a_part_of_the_body_and_leaves_the_rest() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response: Any = await call_next(request)
        await anext(response.body_iterator)
        return response  # type: ignore[no-any-return]

    assert compare(scene_of(chunked([b"a", b"b", b"c"]), dispatch))["body"] == b"bc"


def test_the_response_has_the_attributes_of_starlettes() -> None:
    async def main(middleware: type[BaseHTTPMiddleware]) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response: Any = await call_next(request)
            names = ("status_code", "media_type", "charset", "background", "info", "raw_headers")
            found.extend((name, getattr(response, name)) for name in names)
            found.append(("body", hasattr(response, "body")))
            found.append(("iterator", hasattr(response.body_iterator, "__aiter__")))
            assert isinstance(response, Response)
            return response

        await Scene().request(middleware(plain_app, dispatch=dispatch))
        return found

    assert asyncio.run(main(FunctionMiddleware)) == asyncio.run(main(BaseHTTPMiddleware))


def test_a_background_task_set_by_the_function_runs_after_the_response() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response = await call_next(request)
            response.background = BackgroundTask(scene.events.append, "background of the function")
            return response

        await scene.request(middleware(plain_app, dispatch=dispatch))

    assert compare(play)["events"] == ["start sent", "response sent", "background of the function"]


# What the application does after its response


async def app_with_afterwork(scene: Scene, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        response = PlainTextResponse("ok", background=BackgroundTask(scene.events.append, "background"))
        await response(scope, receive, send)
    finally:
        scene.events.append("clean-up")


@pytest.mark.parametrize("answer", [None, "another"])
def test_background_and_clean_up_come_after_the_response(answer: str | None) -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await app_with_afterwork(scene, scope, receive, send)

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response = await call_next(request)
            scene.events.append("function")
            return response if answer is None else PlainTextResponse(answer)

        await scene.request(middleware(app, dispatch=dispatch))
        scene.events.append("request done")

    outcome = compare(play)
    assert outcome["events"] == ["function", "start sent", "response sent", "background", "clean-up", "request done"]
    assert outcome["body"] == (answer or "ok").encode()


def test_a_stream_that_the_function_drops_runs_to_its_end_unheard() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for number in range(3):
                await send({"type": "http.response.body", "body": b"x", "more_body": number < 2})
                scene.events.append(number)
            scene.events.append(await receive())

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            await call_next(request)
            return PlainTextResponse("other")

        await scene.request(middleware(app, dispatch=dispatch))

    events = compare(play)["events"]
    assert events == ["start sent", "response sent", 0, 1, 2, {"type": "http.disconnect"}]


def test_an_application_that_waits_to_receive_is_told_when_the_response_was_sent() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        never = anyio.Event()

        async def receive_for_ever() -> Message:
            await never.wait()
            raise AssertionError

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async with anyio.create_task_group() as task_group:

                async def listen() -> None:
                    scene.events.append(await receive())

                task_group.start_soon(listen)
                await PlainTextResponse("ok")(scope, receive, send)

        await middleware(app, dispatch=just_next)(scene.scope, receive_for_ever, scene.send)

    assert compare(play)["events"] == ["start sent", "response sent", {"type": "http.disconnect"}]


# Exceptions


@pytest.mark.parametrize("is_caught", [True, False], ids=["caught", "not caught"])
def test_an_exception_before_the_response_comes_out_of_call_next(is_caught: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("app")

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        if not is_caught:
            return await call_next(request)
        try:
            return await call_next(request)
        except LookupError as exc:
            return PlainTextResponse(f"caught {exc}", status_code=500)

    outcome = compare(scene_of(app, dispatch))
    assert outcome["body"] == (b"caught app" if is_caught else b"")


@pytest.mark.parametrize("answer", [None, "another"])
def test_an_exception_after_the_start_comes_after_the_response(answer: str | None) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("app")

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        return response if answer is None else PlainTextResponse(answer)

    outcome = compare(scene_of(app, dispatch))
    assert outcome["body"] == (b"half" if answer is None else b"another")
    assert outcome["events"] == ["start sent", "response sent", "the server sees LookupError('app')"]


def test_an_exception_in_a_background_task_reaches_the_server() -> None:
    async def fail() -> None:
        raise LookupError("background")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("ok", background=BackgroundTask(fail))(scope, receive, send)

    events = compare(scene_of(app, just_next))["events"]
    assert events[-1] == "the server sees LookupError('background')"


def test_an_application_without_a_response_is_an_error() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    assert compare(scene_of(app, just_next))["events"] == ["the server sees RuntimeError('No response returned.')"]


def test_a_body_before_the_start_is_an_error_that_says_so() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.body", "body": b""})

    events = outcome_of(scene_of(app, just_next), FunctionMiddleware)["events"]
    assert events == [
        "the server sees RuntimeError(\"The application sent 'http.response.body' before 'http.response.start'. "
        'Send the start first.")'
    ]


def test_an_exception_of_the_function_cancels_the_application() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await app_with_afterwork(scene, scope, receive, send)

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            await call_next(request)
            raise LookupError("function")

        await scene.request(middleware(app, dispatch=dispatch))

    assert compare(play)["events"] == ["clean-up", "the server sees LookupError('function')"]


def test_a_failing_connection_ends_the_application() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await chunked([b"a"] * 5)(scope, receive, send)
            finally:
                scene.events.append("clean-up")

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                raise OSError("gone")
            await scene.send(message)

        with pytest.raises(OSError, match="gone"):
            await middleware(app, dispatch=just_next)(scene.scope, scene.receive, send)

    assert compare(play, spec_version="2.4")["events"] == ["start sent", "clean-up"]


# The body of the request

BODY = [
    {"type": "http.request", "body": b"one ", "more_body": True},
    {"type": "http.request", "body": b"two ", "more_body": True},
    {"type": "http.request", "body": b"three", "more_body": False},
]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    try:
        text = (await request.body()).decode()
    except ClientDisconnect:
        text = "disconnected"
    await PlainTextResponse(text)(scope, receive, send)


async def read_nothing(request: Request) -> None:
    pass


async def read_body(request: Request) -> None:
    assert await request.body() == b"one two three"


async def read_stream(request: Request) -> None:
    assert [chunk async for chunk in request.stream()] == [b"one ", b"two ", b"three", b""]


async def read_first_chunk(request: Request) -> None:
    async for chunk in request.stream():
        assert chunk == b"one "
        break


@pytest.mark.parametrize(
    ("read", "seen_inside"),
    [
        (read_nothing, b"one two three"),
        (read_body, b"one two three"),
        (read_stream, b""),
        (read_first_chunk, b"two three"),
    ],
)
def test_what_the_function_leaves_of_the_body_reaches_the_application(
    read: Callable[[Request], Awaitable[None]], seen_inside: bytes
) -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await read(request)
        return await call_next(request)

    assert compare(scene_of(echo, dispatch), requests=BODY)["body"] == seen_inside


def test_a_body_that_the_application_read_is_gone_for_the_function() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        try:
            await request.body()
        except RuntimeError as exc:
            return PlainTextResponse(str(exc))
        raise AssertionError

    assert compare(scene_of(echo, dispatch), requests=BODY)["body"] == b"Stream consumed"


def test_the_application_receives_a_disconnect_after_the_body() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            while (message := await receive())["type"] != "http.disconnect":
                scene.events.append(message.get("body"))
                if not message.get("more_body"):
                    scene.has_left.set()
            scene.events.append(await receive())
            await plain_app(scope, receive, send)

        await scene.request(middleware(app, dispatch=just_next))

    compare(play, requests=BODY)
    compare(play, requests=[BODY[0], {"type": "http.disconnect"}])
    compare(play, requests=[{"type": "http.disconnect"}])


def test_a_client_that_leaves_while_the_body_is_read() -> None:
    outcome = compare(scene_of(echo, just_next), requests=[BODY[0], {"type": "http.disconnect"}])

    assert outcome["body"] == b"disconnected"


# Inside, Starlette's never finds out: a receive that has to be immediate is cut off by its task group.
@pytest.mark.parametrize("where", ["function", "application"])
def test_asking_whether_the_client_is_there(where: str) -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def ask(request: Request) -> None:
            await request.body()
            scene.events.append(await request.is_disconnected())
            scene.has_left.set()
            scene.events.append(await request.is_disconnected())

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if where == "application":
                await ask(Request(scope, receive))
            await plain_app(scope, receive, send)

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            if where == "function":
                await ask(request)
            return await call_next(request)

        await scene.request(middleware(app, dispatch=dispatch))

    assert outcome_of(play, FunctionMiddleware, requests=list(BODY))["events"][:2] == [False, True]
    if where == "function":
        compare(play, requests=BODY)


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
def test_a_stream_stops_when_the_client_leaves(spec_version: str) -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def body() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
            finally:
                scene.events.append("stream closed")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            chunks = body()
            try:
                await StreamingResponse(chunks)(scope, receive, send)
            except ClientDisconnect:
                scene.events.append("ClientDisconnect")
            finally:
                await chunks.aclose()  # type: ignore[attr-defined]

        async def send(message: Message) -> None:
            scene.sent.append(message)
            if len(scene.sent) == 4:
                if spec_version == "2.4":
                    raise OSError("gone")
                scene.has_left.set()
            await anyio.sleep(0)

        app_with_function = middleware(app, dispatch=just_next)
        try:
            await app_with_function(scene.scope, scene.receive, send)
        except OSError:
            scene.events.append("OSError")
        scene.sent.clear()  # how many chunks come after the client left is left open

    events = compare(play, spec_version=spec_version)["events"]
    assert events == (["stream closed"] if spec_version == "2.3" else ["stream closed", "OSError"])


# Unusual functions


def test_a_function_may_try_again() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        status_codes = [503, 200]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            status_code = status_codes.pop(0)
            scene.events.append(f"app {status_code}")
            await PlainTextResponse(str(status_code), status_code=status_code)(scope, receive, send)

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response: Any = await call_next(request)
            [_ async for _ in response.body_iterator]
            return await call_next(request)

        await scene.request(middleware(app, dispatch=dispatch))

    assert compare(play)["body"] == b"200"


def test_a_function_may_try_again_without_reading_the_first_body() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return await call_next(request)

    assert outcome_of(scene_of(plain_app, dispatch), FunctionMiddleware)["body"] == b'{"a":1}'


def test_functions_nest() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        def named(name: str) -> Dispatch:
            async def dispatch(request: Request, call_next: CallNext) -> Response:
                scene.events.append(f"{name} in")
                response = await call_next(request)
                response.headers.append("x-passed", name)
                scene.events.append(f"{name} out")
                return response

            return dispatch

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await Request(scope, receive).body()
            await app_with_afterwork(scene, scope, receive, send)

        stack: ASGIApp = app
        for name in "cba":
            stack = middleware(stack, dispatch=named(name))
        await scene.request(stack)

    events = compare(play, requests=BODY)["events"]
    assert events == [
        *("a in", "b in", "c in", "c out", "b out", "a out"),
        *("start sent", "response sent", "background", "clean-up"),
    ]


@pytest.mark.parametrize("outer", [BaseHTTPMiddleware, FunctionMiddleware])
@pytest.mark.parametrize("inner", [BaseHTTPMiddleware, FunctionMiddleware])
@pytest.mark.parametrize("app", [plain_app, chunked([b"a", b"b"]), echo], ids=["plain", "stream", "echo"])
def test_functions_mix_with_starlettes_middleware(
    outer: type[BaseHTTPMiddleware], inner: type[BaseHTTPMiddleware], app: ASGIApp
) -> None:
    async def main() -> bytes:
        scene = Scene(requests=list(BODY))
        await scene.request(outer(inner(app, dispatch=just_next), dispatch=just_next))
        return bytes(scene.outcome()["body"])

    assert asyncio.run(main()) in (b'{"a":1}', b"ab", b"one two three")


def test_the_function_gives_up_waiting_and_the_application_finishes() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        may_go_on = anyio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scene.events.append("app waits")
            await may_go_on.wait()
            await app_with_afterwork(scene, scope, receive, send)

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            with anyio.move_on_after(0.01):
                return await call_next(request)
            may_go_on.set()
            return PlainTextResponse("late", status_code=504)

        await scene.request(middleware(app, dispatch=dispatch))

    outcome = compare(play)
    assert outcome["body"] == b"late"
    assert sorted(map(str, outcome["events"][-2:])) == ["background", "clean-up"]


def test_an_application_that_still_receives_when_the_function_has_answered() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        never = anyio.Event()

        async def receive_for_ever() -> Message:
            await never.wait()
            raise AssertionError

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scene.events.append(await receive())

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            with anyio.move_on_after(0.01):
                return await call_next(request)
            return PlainTextResponse("late")

        await middleware(app, dispatch=dispatch)(scene.scope, receive_for_ever, scene.send)

    assert compare(play)["events"] == ["start sent", "response sent", {"type": "http.disconnect"}]


def test_both_sides_hold_scopes_open_that_overlap() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async with anyio.create_task_group(), asyncio.timeout(5):
                with anyio.fail_after(5):
                    await PlainTextResponse("ok")(scope, receive, send)

        async def dispatch(request: Request, call_next: CallNext) -> Response:
            response: Response
            with anyio.fail_after(5):
                response = await call_next(request)
            async with anyio.create_task_group():
                response.headers["x-new"] = "1"
            return response

        await scene.request(middleware(app, dispatch=dispatch))

    assert compare(play)["events"] == ["start sent", "response sent"]


def test_an_application_may_send_from_other_tasks() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})

            async def send_chunk() -> None:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})

            async with anyio.create_task_group() as task_group:
                for _ in range(3):
                    task_group.start_soon(send_chunk)
            await send({"type": "http.response.body", "body": b"."})

        await scene.request(middleware(app, dispatch=just_next))

    assert compare(play)["body"] == b"xxx."


def test_a_slow_client_holds_the_application_back() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        produced = 0

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal produced
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(50):
                produced += 1
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await send({"type": "http.response.body"})

        async def send(message: Message) -> None:
            for _ in range(20):
                await anyio.sleep(0)
            ahead = produced - sum(len(message.get("body", b"")) for message in scene.sent)
            scene.events.append(ahead <= 3)
            scene.sent.append(message)

        await middleware(app, dispatch=just_next)(scene.scope, scene.receive, send)
        scene.events[:] = [all(scene.events)]

    assert compare(play)["events"] == [True]


# Cancellation


@pytest.mark.parametrize("how", ["task", "scope"])
@pytest.mark.parametrize("when", ["before the response", "while it is sent", "in the background"])
def test_cancelling_the_request_cancels_the_application(how: str, when: str) -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        is_there, never = anyio.Event(), anyio.Event()

        async def stop(place: str) -> None:
            if place == when:
                is_there.set()
                try:
                    await never.wait()
                finally:
                    scene.events.append(f"cancelled {place}")
                    with anyio.CancelScope(shield=True):
                        await anyio.sleep(0)
                    scene.events.append("clean-up done")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await stop("before the response")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await stop("while it is sent")
            await send({"type": "http.response.body"})
            await stop("in the background")

        async def request() -> None:
            await scene.request(middleware(app, dispatch=just_next))
            scene.events.append("never")

        with anyio.CancelScope() as cancel_scope:
            task = asyncio.create_task(request()) if how == "task" else None

            async def cancel_when_there() -> None:
                await is_there.wait()
                if task is None:
                    cancel_scope.cancel()
                else:
                    task.cancel()

            canceller = asyncio.create_task(cancel_when_there())
            if task is None:
                await request()
            else:
                await asyncio.wait([task])
        await canceller

    events = compare(play)["events"]
    assert events[-2:] == [f"cancelled {when}", "clean-up done"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs Python 3.12 for eager tasks")
@pytest.mark.parametrize("app", [plain_app, chunked([b"a", b"b"]), echo], ids=["plain", "stream", "echo"])
def test_tasks_may_be_eager(app: ASGIApp) -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
        await scene.request(middleware(middleware(app, dispatch=just_next), dispatch=just_next))

    outcome = compare(play, requests=BODY)
    assert outcome["events"] == ["start sent", "response sent"]


# Around the request


def test_websockets_and_the_lifespan_go_past_the_function() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["type"], receive, send))

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    middleware = FunctionMiddleware(app, dispatch=just_next)
    asyncio.run(middleware({"type": "websocket"}, receive, send))
    asyncio.run(middleware({"type": "lifespan"}, receive, send))

    assert seen == [("websocket", receive, send), ("lifespan", receive, send)]


def test_the_function_sees_what_the_application_puts_into_the_scope() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = "the route"
        Request(scope).state.user = "someone"
        await plain_app(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return PlainTextResponse(f"{request.scope['route']}, {request.state.user}")

    assert compare(scene_of(app, dispatch))["body"] == b"the route, someone"


def test_context_variables_go_in_with_the_request() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = VARIABLE.get()
        VARIABLE.set("application")
        await PlainTextResponse(body)(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        VARIABLE.set("function")
        response = await call_next(request)
        response.headers["x-variable"] = VARIABLE.get()
        return response

    outcome = compare(scene_of(app, dispatch))
    assert outcome["body"] == b"function"
    assert (b"x-variable", b"function") in outcome["starts"][0][1]


def test_messages_other_than_the_response_pass() -> None:
    async def play(scene: Scene, middleware: type[BaseHTTPMiddleware]) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.early_hint", "links": [b"</a.css>"]})
            await send({"type": "http.response.debug", "info": {"template": "t"}})
            await plain_app(scope, receive, send)

        await scene.request(middleware(app, dispatch=just_next))

    kinds = compare(play)["kinds"]
    assert kinds == ["http.response.early_hint", "http.response.debug", "http.response.start"]


@pytest.mark.parametrize("reads_iterator", [False, True], ids=["untouched", "iterator taken"])
def test_a_file_may_be_sent_by_its_path(reads_iterator: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await FileResponse(__file__)(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response: Any = await call_next(request)
        if reads_iterator:
            assert response.body_iterator is response.body_iterator
        return response  # type: ignore[no-any-return]

    outcome = compare(scene_of(app, dispatch))
    assert outcome["kinds"] == ["http.response.start", "http.response.pathsend"]
    assert outcome["body"] == b""


def test_a_subclass_may_have_the_function_as_its_method() -> None:
    class Middleware(FunctionMiddleware):
        async def dispatch(self, request: Request, call_next: CallNext) -> Response:
            return PlainTextResponse("from the method")

    async def main() -> bytes:
        scene = Scene()
        await scene.request(Middleware(plain_app))
        return bytes(scene.outcome()["body"])

    assert asyncio.run(main()) == b"from the method"


def test_on_trio_starlettes_own_code_does_the_work() -> None:
    async def main() -> bytes:
        scene = Scene()
        await scene.request(FunctionMiddleware(plain_app, dispatch=just_next))
        return bytes(scene.outcome()["body"])

    assert anyio.run(main, backend="trio") == b'{"a":1}'


@pytest.mark.parametrize("fails", [False, True], ids=["good", "failing"])
def test_a_request_leaves_no_cycle_behind(fails: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if fails:
            raise LookupError("app")
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        try:
            response = await call_next(request)
        except LookupError:
            return PlainTextResponse("failed")
        response.headers["x-new"] = "1"
        return response

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        pass

    async def main() -> int:
        middleware = FunctionMiddleware(app, dispatch=dispatch)
        for _ in range(10):
            await middleware({"type": "http", "headers": []}, receive, send)
        gc.collect()
        for _ in range(100):
            await middleware({"type": "http", "headers": []}, receive, send)
        return gc.collect()

    gc.disable()
    try:
        assert asyncio.run(main()) < 20
    finally:
        gc.enable()


def test_a_stream_whose_client_leaves_is_finished_without_the_garbage_collector() -> None:
    events: list[str] = []

    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            events.append("finished")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(stream())(scope, receive, send)

    async def pass_on(request: Request, call_next: CallNext) -> Response:
        return await call_next(request)

    async def main() -> None:
        scene = Scene(spec_version="2.5")
        left = 3

        async def send(message: Message) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise OSError("the client has left")

        with pytest.raises(OSError):
            await FunctionMiddleware(app, dispatch=pass_on)(scene.scope, scene.receive, send)
        for _ in range(5):
            await asyncio.sleep(0)
        assert events == ["finished"]  # here: at its end, a loop finishes what is left

    gc.collect()
    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()
