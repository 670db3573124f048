"""``@app.middleware("http")``: a function around the application, from a request and ``call_next`` to a response.

The one rule: what a function can observe is what Starlette's ``BaseHTTPMiddleware`` shows it, at a tenth of the cost.

The application inside runs in a task of its own, as it does there, because it may hold a time-out or a task group open
while it sends: in one task with the function these would cut across each other. But no task group and no memory stream
join the two tasks. They meet in an ``_Exchange``, which hands one message at a time from the application to whoever
sends the response. docs/decisions/020-function-middleware.md has the measurements.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Final

import anyio
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.base import _StreamingResponse as StarletteInnerResponse
from starlette.requests import Request
from starlette.responses import Response

from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CallNext", "DispatchFunction", "FunctionMiddleware"]

CallNext = Callable[[Request], Awaitable[Response]]
DispatchFunction = Callable[[Request, CallNext], Awaitable[Response]]

_DISCONNECT: Final[Message] = {"type": "http.disconnect"}


class FunctionMiddleware(BaseHTTPMiddleware):
    """Run a function around an ASGI application.

    Args:
        app: The application inside.
        dispatch: The function. Without one, the method ``dispatch`` of a subclass is it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; websockets and the lifespan go past the function."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not _is_on_asyncio():  # trio, where a task needs a nursery
            await super().__call__(scope, receive, send)
        else:
            await _Round(self.app, scope, receive, send).run(self.dispatch_func)


class _Round:
    """One request on its way through the function, with every call of ``call_next`` that the function makes."""

    __slots__ = ("_app", "_exchanges", "_loop", "_receive", "_request", "_scope", "_send")

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        self._app = app
        self._scope = scope
        self._send = send
        self._request = _SharedRequest(scope, receive, send)
        self._receive = self._request.receive_inside
        self._exchanges: list[_Exchange] = []

    async def run(self, dispatch: DispatchFunction) -> None:
        exchanges = self._exchanges
        try:
            response = await dispatch(self._request, self.call_next)
            await response(self._scope, self._receive, self._send)
            for exchange in exchanges:
                exchange.end()
            for exchange in exchanges:
                await exchange.wait_for_finish()
        except BaseException:
            await _cancel([exchange.task for exchange in exchanges if not exchange.task.done()])
            raise
        for exchange in exchanges:
            exchange.raise_failure()

    async def call_next(self, request: Request) -> Response:
        """Run the application inside, up to the start of its response.

        Raises:
            Exception: Whatever the application raises before its response starts.
            RuntimeError: It ended without a response.
        """
        exchange = _Exchange(self._loop, self._receive, self._send)
        exchange.task = self._loop.create_task(exchange.run(self._app, self._scope))
        self._exchanges.append(exchange)
        response = await exchange.wait_for_response()
        if response is None:
            exchange.raise_failure()
            raise RuntimeError("No response returned.")
        return response


class _Exchange:
    """Hands the messages of the application to the function's side, one at a time.

    The application's side waits until its message is taken. With the message that completes the response it waits until
    everything was sent: what it does from then on (background tasks, clean-up) comes after the response.
    """

    __slots__ = (
        "_failure",
        "_givers",
        "_info",
        "_interrupted",
        "_is_ended",
        "_is_finished",
        "_loop",
        "_message",
        "_outer_receive",
        "_outer_send",
        "_receiver",
        "_start",
        "_taker",
        "task",
    )

    task: asyncio.Task[None]

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self._loop = loop
        self._outer_receive = receive
        self._outer_send = send
        self._info: Any = None  # what Starlette's test client wants to know of a template
        self._start: Message | None = None
        self._message: Message | None = None
        self._givers: list[asyncio.Future[None]] = []  # more than one if several tasks of the application send
        self._taker: asyncio.Future[None] | None = None
        self._receiver: asyncio.Task[Any] | None = None
        self._interrupted: asyncio.Task[Any] | None = None
        self._failure: Exception | None = None
        self._is_ended = False  # the response was sent
        self._is_finished = False  # the application has returned

    # The application's side

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Run the application; this is the whole of its task."""
        try:
            await app(scope, self.receive, self.send)
        except Exception as exc:
            self._failure = exc
        finally:
            self._is_finished = True
            self._wake_taker()

    async def receive(self) -> Message:
        """Receive for the application. Once the response was sent there is nothing more to wait for."""
        if self._is_ended:
            return _DISCONNECT
        self._receiver = task = asyncio.current_task()
        try:
            return await self._outer_receive()
        except asyncio.CancelledError:
            if task is None or task is not self._interrupted:
                raise
            self._interrupted = None
            if task.uncancel() > 0:
                raise  # someone else cancels it as well
            return _DISCONNECT
        finally:
            self._receiver = None

    async def send(self, message: Message) -> None:
        """Send for the application."""
        if self._is_ended:
            return  # another response was sent in place of this one
        if self._start is None:
            await self._send_start(message)
            return
        while self._message is not None:
            await self._wait_as_giver()
        self._message = message
        self._wake_taker()
        is_complete = _completes(message)
        while not self._is_ended and (is_complete or self._message is message):
            await self._wait_as_giver()

    async def _send_start(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._start = message
            self._wake_taker()
        elif kind == "http.response.debug":
            self._info = message["info"]
        elif kind == "http.response.early_hint":
            await self._outer_send(message)
        else:
            raise RuntimeError(f"The application sent {kind!r} before 'http.response.start'. Send the start first.")

    async def _wait_as_giver(self) -> None:
        future = self._loop.create_future()
        self._givers.append(future)
        await future

    def _wake_taker(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    # The function's side

    async def wait_for_response(self) -> Response | None:
        """Wait for the head of the response; None if the application ended without one."""
        while self._start is None:
            if self._is_finished:
                return None
            await self._wait_as_taker()
        return _InnerResponse(self._start, self._info, self)

    async def take(self) -> Message | None:
        """Take the next message after the head; None if the application ended before it completed the response."""
        while self._message is None:
            if self._is_finished:
                return None
            await self._wait_as_taker()
        message, self._message = self._message, None
        if not _completes(message):
            self._wake_givers()
        return message

    async def forward(self, send: Send) -> None:
        """Send what is left of the response as the application made it."""
        while True:
            message = await self.take()
            if message is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            await send(message)
            if _completes(message):
                return

    async def iterate(self) -> AsyncGenerator[Any, None]:
        """Yield what is left of the body, as bytes; a file to be sent by its path comes as its message."""
        while (message := await self.take()) is not None:
            if message["type"] == "http.response.pathsend":
                yield message
                return
            if message.get("body"):
                yield message["body"]
            if _completes(message):
                return

    def end(self) -> None:
        """Let the application run to its end: the response was sent, its own or another in its place."""
        self._is_ended = True
        self._message = None
        self._wake_givers()
        if self._receiver is not None:
            # The task is suspended in receive(), so that is where the cancellation arrives.
            self._interrupted = self._receiver
            self._receiver.cancel()

    async def wait_for_finish(self) -> None:
        """Wait until the application has returned."""
        while not self._is_finished:
            await self._wait_as_taker()

    def raise_failure(self) -> None:
        """Raise what the application raised, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # its traceback holds this frame: a cycle

    async def _wait_as_taker(self) -> None:
        self._taker = self._loop.create_future()
        await self._taker

    def _wake_givers(self) -> None:
        givers, self._givers = self._givers, []
        for future in givers:
            if not future.done():
                future.set_result(None)


def _completes(message: Message) -> bool:
    kind = message["type"]
    if kind == "http.response.body":
        return not message.get("more_body", False)
    return bool(kind == "http.response.pathsend")


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        # Shielded, since a cancelled scope around the function cancels every wait of this task anew.
        with anyio.CancelScope(shield=True):
            await asyncio.wait(tasks)


class _InnerResponse(StarletteInnerResponse):
    """The response of the application, whose body is still to come. Headers and status code may be changed."""

    def __init__(self, start: Message, info: Any, exchange: _Exchange) -> None:
        self.status_code = start["status"]
        self.raw_headers = list(start.get("headers", ()))  # the application may keep its list for other responses
        self.media_type = None
        self.background = None
        self.info = info
        self._exchange = exchange
        self._body_iterator: Any = None

    @property
    def body_iterator(self) -> Any:
        """The body in chunks. Setting it sends another body."""
        # PERF: most functions leave the body alone, and then its messages go past without an iterator.
        if self._body_iterator is None:
            self._body_iterator = self._exchange.iterate()
        return self._body_iterator

    @body_iterator.setter
    def body_iterator(self, chunks: Any) -> None:
        self._body_iterator = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._body_iterator is not None:
            await super().__call__(scope, receive, send)
            return
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await self._exchange.forward(send)
        if self.background is not None:
            await self.background()


class _SharedRequest(Request):
    """The request as the function has it, which leaves to the application what of the body it has read itself."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._is_body_passed_on = False
        self._is_disconnect_passed_on = False

    async def receive_inside(self) -> Message:
        """Receive for the application."""
        if self._is_disconnect_passed_on:
            return _DISCONNECT
        if self._is_body_passed_on:
            message = _DISCONNECT if self._is_disconnected else await self.receive()
            if message["type"] != "http.disconnect":
                raise RuntimeError(f"Unexpected message received: {message['type']}")
            self._is_disconnect_passed_on = True
            return message
        body: bytes | None = getattr(self, "_body", None)
        if body is not None or self._stream_consumed:
            # The function has read it. If it kept nothing, an empty body is better than one that never comes.
            self._is_body_passed_on = True
            return {"type": "http.request", "body": body or b"", "more_body": False}
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self._is_disconnected = self._is_disconnect_passed_on = True
        elif not message.get("more_body", False):
            self._stream_consumed = self._is_body_passed_on = True
        return message


def _is_on_asyncio() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
