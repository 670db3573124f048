"""Where function middleware and the application inside it meet.

The one rule: one message at a time. The application's side waits until what it sent is taken, so that a slow client
holds it back as it would without middleware.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any, Final

import anyio
from starlette.middleware.base import _StreamingResponse as StarletteInnerResponse
from starlette.responses import Response

from vivace.types import Message, Receive, Scope, Send

__all__ = ["DISCONNECT", "Exchange", "InnerResponse", "cancel"]

DISCONNECT: Final[Message] = {"type": "http.disconnect"}


class Exchange:
    """Takes the messages of the application and hands them to the function's side.

    An application that runs straight leaves its messages and returns. One that runs in a task waits until its message
    is taken, and with the message that completes the response until everything was sent: what it does from then on
    (background tasks, clean-up) comes after the response.
    """

    __slots__ = (
        "_failure",
        "_givers",
        "_info",
        "_interrupted",
        "_is_ended",
        "_messages",
        "_outer_receive",
        "_outer_send",
        "_receiver",
        "_start",
        "_taker",
        "_task",
        "is_running",
    )

    def __init__(self, receive: Receive, send: Send) -> None:
        self._outer_receive = receive
        self._outer_send = send
        self._info: Any = None  # what Starlette's test client wants to know of a template
        self._start: Message | None = None
        self._messages: deque[Message] = deque()  # of the body, still to be taken
        self._givers: list[asyncio.Future[None]] = []  # more than one if several tasks of the application send
        self._taker: asyncio.Future[None] | None = None
        self._receiver: asyncio.Task[Any] | None = None
        self._interrupted: asyncio.Task[Any] | None = None
        self._failure: Exception | None = None
        self._is_ended = False  # the response was sent
        self._task: asyncio.Task[None] | None = None
        self.is_running = False  # the application, or what is left of it, in a task

    # The application's side

    async def start(self, rest: Callable[[], Awaitable[None]]) -> None:
        """Run the application, or what is left of it, in a task; return when its response has started.

        Raises:
            Exception: Whatever it raises before its response starts.
        """
        self.is_running = True  # before the task is made, which may run at once (asyncio.eager_task_factory)
        self._task = asyncio.get_running_loop().create_task(self._run(rest))
        while self._start is None and self.is_running:
            await self._wait_as_taker()
        if self._start is None:
            self.raise_failure()

    async def _run(self, rest: Callable[[], Awaitable[None]]) -> None:
        try:
            await rest()
        except Exception as exc:
            self._failure = exc
        finally:
            self.is_running = False
            # A cancelled task keeps what cancelled it, and that keeps this frame: without the cycle, a generator that
            # was cut off runs its `finally` at once.
            self._task = None
            self._wake_taker()

    async def receive(self) -> Message:
        """Receive for the application. Once the response was sent there is nothing more to wait for."""
        if self._is_ended:
            return DISCONNECT
        self._receiver = task = asyncio.current_task()
        try:
            return await self._outer_receive()
        except asyncio.CancelledError:
            if task is None or task is not self._interrupted:
                raise
            self._interrupted = None
            if task.uncancel() > 0:
                raise  # someone else cancels it as well
            return DISCONNECT
        finally:
            self._receiver = None

    async def send(self, message: Message) -> None:
        """Send for the application."""
        if self._is_ended:
            return  # another response was sent in place of this one
        if self._start is None:
            await self._send_start(message)
            return
        self._messages.append(message)
        if not self.is_running:
            return  # it runs straight
        self._wake_taker()
        is_complete = _completes(message)
        while not self._is_ended and (is_complete or self._messages):
            future = asyncio.get_running_loop().create_future()
            self._givers.append(future)
            await future

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

    def _wake_taker(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    # The function's side

    def response(self) -> Response:
        """Return the response that has started.

        Raises:
            RuntimeError: There is none.
        """
        if self._start is None:
            raise RuntimeError("No response returned.")
        return InnerResponse(self._start, self._info, self)

    async def take(self) -> Message | None:
        """Take the next message after the head; None if the application ended before it completed the response."""
        while not self._messages:
            if not self.is_running:
                return None
            await self._wait_as_taker()
        message = self._messages.popleft()
        if self._givers and not _completes(message):
            self._wake_givers()
        return message

    async def forward(self, send: Send) -> None:
        """Send what is left of the response as the application made it."""
        messages = self._messages
        while messages or self.is_running:
            # PERF: an application that ran straight has left all of them.
            message = await self.take() if self.is_running else messages.popleft()
            if message is None:
                break
            await send(message)
            if _completes(message):
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

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
        self._messages.clear()
        self._wake_givers()
        if self._receiver is not None:
            # The task is suspended in receive(), so that is where the cancellation arrives.
            self._interrupted = self._receiver
            self._receiver.cancel()

    async def wait_for_finish(self) -> None:
        """Wait until the application has returned."""
        while self.is_running:
            await self._wait_as_taker()

    def running_task(self) -> asyncio.Task[None] | None:
        """Return the task of the application while it runs."""
        return self._task if self.is_running else None

    def raise_failure(self) -> None:
        """Raise what the application raised, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # its traceback holds this frame: a cycle

    async def _wait_as_taker(self) -> None:
        self._taker = asyncio.get_running_loop().create_future()
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


async def cancel(exchanges: Iterable[Exchange]) -> None:
    """Cancel what still runs, and wait for its clean-up."""
    tasks = [task for exchange in exchanges if (task := exchange.running_task()) is not None]
    for task in tasks:
        task.cancel()
    if tasks:
        # Shielded, since a cancelled scope around the function cancels every wait of this task anew.
        with anyio.CancelScope(shield=True):
            await asyncio.wait(tasks)


class InnerResponse(StarletteInnerResponse):
    """The response of the application, whose body is still to come. Headers and status code may be changed."""

    def __init__(self, start: Message, info: Any, exchange: Exchange) -> None:
        self.status_code = start["status"]
        self.raw_headers = list(start.get("headers", ()))  # the application may keep its list for other responses
        self.media_type = None
        self.background = None
        self.info = info
        self._exchange = exchange
        self._body_iterator: Any = None

    @property
    def has_iterator(self) -> bool:
        """Whether someone has asked for the iterator, or set another one."""
        return self._body_iterator is not None

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
        if self.has_iterator:
            await super().__call__(scope, receive, send)
            return
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await self._exchange.forward(send)
        if self.background is not None:
            await self.background()
