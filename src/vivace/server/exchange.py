"""One request and its response: what an app's `receive` and `send` do.

The one rule: an exchange lives as long as its task. Nothing that it holds holds it, so it dies by reference count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import ClientDisconnect
from uvicorn.protocols.utils import ClientDisconnected, get_client_addr, get_path_with_query_string

from vivace.server.heads import Head
from vivace.types import ASGIApp, Message, Scope

if TYPE_CHECKING:
    from vivace.server.protocol import HttpProtocol

__all__ = ["Exchange"]

HIGH_WATER_BYTES = 64 * 1024  # of a request body waiting for the app; above it the client has to wait
STREAMED_BYTES = 128 * 1024  # of a response sent in one turn of the loop, twice what a transport buffers
PIECE_BYTES = 256  # what a piece counts beside its bytes: small ones take time too
_COPY_BYTES = 32 * 1024  # above it, handing the transport several pieces is cheaper than joining them

_NO_BODY_STATUS = frozenset((204, 304))

_INTERNAL_SERVER_ERROR: list[Message] = [
    {
        "type": "http.response.start",
        "status": 500,
        "headers": [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"21"),
            (b"connection", b"close"),
        ],
    },
    {"type": "http.response.body", "body": b"Internal Server Error"},
]


class Exchange:
    """A request on its way to the app, and the response on its way back."""

    # Defaults stand on the class: a plain request sets few of them.
    # PERF: an instance costs 0.3 µs so, 0.9 with all set in __init__ (20 attributes).
    keep_alive = True
    expects_continue = False
    is_http_1_0 = False
    request_complete = True
    response_complete = False
    ends_at_drain = False  # a stream of events, which would go on for ever
    received_bytes = 0  # of the body
    waiting_bytes = 0  # of these, what the app has not asked for yet
    task: asyncio.Task[None] | None = None
    vivace_when_gone: Callable[[], None] | None = None  # what a stream wants to be called once the client has left
    ended_at_once = False  # before there was a task: event loops may start tasks eagerly (Python 3.12)
    log_scope: Scope | None = None  # what the access log tells; held only until the response starts

    _chunks: list[bytes] | None = None  # of the body, waiting for the app
    _end_told = False  # the app has received the last of the body
    _waiters: list[asyncio.Future[None]] | None = None
    is_started = False
    _held: bytes | None = None  # a head that waits for the first of the body: one write for both
    _pieces: list[bytes] | None = None  # of a stream, waiting for the end of the turn: one write for all
    _is_chunked = False
    _left: int | None = None  # bytes of the body to come; None: nobody counts
    _streamed_bytes = 0  # since others have had their turn
    _is_told_to_end = False
    _is_told_gone = False
    _is_misused = False  # the app broke the protocol: nothing more on this connection can be trusted

    def __init__(self, connection: HttpProtocol, method: str) -> None:
        self._connection = connection
        self.method = method

    # The request

    def feed(self, chunk: bytes) -> None:
        """Take a piece of the body from the parser."""
        self.received_bytes += len(chunk)
        if self.response_complete:
            return
        if self._chunks is None:
            self._chunks = [chunk]
        else:
            self._chunks.append(chunk)
        self.waiting_bytes += len(chunk)
        self.wake()

    def wake(self) -> None:
        """Let a waiting `receive` look again."""
        waiters = self._waiters
        if waiters is not None:
            self._waiters = None
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def tell_gone(self) -> None:
        """Tell the app that the client has left: a waiting `receive`, and a stream that does not wait for one."""
        self.wake()
        call, self.vivace_when_gone = self.vivace_when_gone, None
        if call is not None:
            self._is_told_gone = True
            call()

    async def receive(self) -> Message:
        connection = self._connection
        if self.expects_continue:
            self.expects_continue = False
            connection.send_continue()
        while True:
            if self.response_complete:
                return {"type": "http.disconnect"}
            if not self._end_told:
                if self.request_complete:
                    # Also when the client has left since: what was accepted is delivered.
                    self._end_told = True
                    if self.waiting_bytes > HIGH_WATER_BYTES:
                        connection.resume_reading()  # else nobody would notice that the client leaves
                    return {"type": "http.request", "body": self._take(), "more_body": False}
                if self._chunks and not connection.is_lost:
                    return {"type": "http.request", "body": self._take(), "more_body": True}
            if connection.is_lost:
                self._is_told_gone = True
                return {"type": "http.disconnect"}
            connection.resume_reading()
            waiter = asyncio.get_running_loop().create_future()
            if self._waiters is None:
                self._waiters = []
            self._waiters.append(waiter)
            await waiter

    def _take(self) -> bytes:
        chunks, self._chunks = self._chunks, None
        self.waiting_bytes = 0
        if chunks is None:
            return b""
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    # The response

    async def send(self, message: Message) -> None:
        connection = self._connection
        if connection.is_write_paused:
            await connection.drain()
        elif self._streamed_bytes > STREAMED_BYTES:
            # An app that sends without end, to a client that takes it all, would let nobody else have a turn; nor would
            # anyone hear that the client has left.
            self._streamed_bytes = 1  # not 0: it is still a stream
            await asyncio.sleep(0)
        if connection.is_lost or (self._streamed_bytes and connection.transport.is_closing()):
            self._is_told_gone = True
            raise ClientDisconnected
        if not self.is_started:
            self._start(message)
        elif not self.response_complete:
            self._continue(message)
        else:
            self._is_misused = True
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}' sent, after response already completed.")

    def vivace_send_whole(self, status: int, content_type: bytes, body: bytes) -> bool:
        """Send a response in one go, if there is nothing to wait for or to consider.

        For frameworks that have the whole response in hand and hold this exchange's own `send`; what it does is what
        `send` would have done with two messages.

        Returns:
            Whether it was sent. If not, nothing has happened.
        """
        # PERF: two coroutines and two messages less, 4 % of a plain GET (benchmarks/compare.py, plain_json).
        connection = self._connection
        if (
            self.is_started
            or not self.keep_alive
            or self.expects_continue
            or self.method == "HEAD"
            or connection.is_lost
            or connection.is_write_paused
            or connection.is_draining
            or len(body) > _COPY_BYTES
        ):
            return False
        head = connection.heads.of_whole(status, content_type, len(body))
        if not head.is_plain:
            return False
        self.is_started = True
        if self.log_scope is not None:
            self._log_access(self.log_scope, status)
        connection.transport.write(head.text + body)
        self._complete()
        return True

    def vivace_send_piece(self, body: bytes) -> bool:
        """Take a piece of a stream, if there is nothing to wait for or to consider.

        For frameworks that make many small pieces and hold this exchange's own `send`; the client sees what it would
        have seen of a message for each. The pieces of one turn of the loop leave in one write, at its end.

        Returns:
            Whether it was taken. If not, nothing has happened.
        """
        connection = self._connection
        if (
            not (self._is_chunked and body)
            or len(body) > _COPY_BYTES
            or self._streamed_bytes > STREAMED_BYTES
            or self.response_complete
            or self.method == "HEAD"
            or connection.is_lost
            or connection.is_write_paused
        ):
            return False
        pieces = self._pieces
        if pieces is None:
            if connection.transport.is_closing():
                return False  # `send` says so
            head, self._held = self._held, None
            pieces = self._pieces = [head] if head else []
            connection.loop.call_soon(self.flush)
        pieces += (b"%x\r\n" % len(body), body, b"\r\n")
        self._streamed_bytes += len(body) + PIECE_BYTES
        return True

    def _start(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{message['type']}'.")
        connection = self._connection
        status: int = message["status"]
        self.is_started = True  # also with a head that must not leave: the connection ends then, without an answer
        head = connection.heads.of(status, message.get("headers", ()))
        if self.log_scope is not None:
            self._log_access(self.log_scope, status)
        if head.is_plain and self.keep_alive and not (self.expects_continue or connection.is_draining):
            self._left = head.length
            self._held = head.text
        else:
            self._held = self._finish_head(status, head)

    def _finish_head(self, status: int, head: Head) -> bytes:
        connection = self._connection
        self._left = head.length
        if head.closes or (connection.is_draining and not connection.has_waiting):
            self.keep_alive = False
        if self.expects_continue:
            self.expects_continue = False
            self.keep_alive = False  # whether the client sends its body now, nobody knows
        has_no_body = self.method == "HEAD" or status in _NO_BODY_STATUS or status < 200
        if has_no_body:
            self._left = 0
        elif head.length is None:
            if self.is_http_1_0:
                # RFC 9112 6.1: no transfer coding to a client that does not know them; the end of the connection
                # ends the body.
                self.keep_alive = False
            else:
                self._is_chunked = True
                # A stream: its first piece may be long in coming, and its client wants to know that it is open.
                connection.flush_soon(self)
            self.ends_at_drain = head.is_event_stream
            if head.is_event_stream and connection.is_draining:
                connection.end_stream_soon(self)
        lines = head.lines
        if not self.keep_alive and not head.closes:
            lines += b"connection: close\r\n"
        if self._is_chunked or (head.is_chunked and self.method == "HEAD" and not self.is_http_1_0):
            lines += b"transfer-encoding: chunked\r\n"
        return lines + b"\r\n"

    def flush(self) -> None:
        """Send a head that still waits for its body, and pieces that wait for the end of the turn."""
        head, self._held = self._held, None
        pieces, self._pieces = self._pieces, None
        if self._connection.is_lost:
            return
        if pieces is not None:
            self._connection.transport.write(b"".join(pieces))
        elif head is not None:
            self._connection.transport.write(head)

    def _continue(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            raise RuntimeError(f"Expected ASGI message 'http.response.body', but got '{message['type']}'.")
        if self._pieces is not None:
            self.flush()
        body: bytes = message.get("body", b"")
        is_last = not message.get("more_body", False)
        head, self._held = self._held, None
        if is_last and head is not None and len(body) == self._left and self.method != "HEAD":
            # PERF: the common case, the whole body at once, takes a third of the time of the general one.
            if len(body) > _COPY_BYTES and self._connection.takes_pieces:
                self._connection.transport.writelines((head, body))
            else:
                self._connection.transport.write(head + body)
            self._complete()
            return
        if self.method == "HEAD":
            pieces: Iterable[bytes] = (head,) if head else ()
        elif self._is_chunked:
            pieces = self._in_chunks(head, body, is_last=is_last)
        else:
            if self._left is not None:
                self._count(body, is_last=is_last, head=head)
            pieces = (head, body) if head else (body,)
        self._write(pieces, len(body))
        if is_last:
            self._complete()
        else:
            self._streamed_bytes += len(body) + PIECE_BYTES

    def _count(self, body: bytes, *, is_last: bool, head: bytes | None) -> None:
        left: int = self._left  # type: ignore[assignment]  # the caller asked
        size = len(body)
        if size == left:
            self._left = 0
            return
        if size > left:
            self._held = head
            raise RuntimeError("Response content longer than Content-Length")
        self._left = left - size
        if is_last:
            self._write((head, body) if head else (body,), size)
            raise RuntimeError("Response content shorter than Content-Length")

    @staticmethod
    def _in_chunks(head: bytes | None, body: bytes, *, is_last: bool) -> list[bytes]:
        pieces = [head] if head else []
        if body:
            pieces += (b"%x\r\n" % len(body), body, b"\r\n")
        if is_last:
            pieces.append(b"0\r\n\r\n")
        return pieces

    def _write(self, pieces: Iterable[bytes], size: int) -> None:
        transport = self._connection.transport
        if size > _COPY_BYTES and self._connection.takes_pieces:
            transport.writelines(pieces)
        elif content := b"".join(pieces):
            transport.write(content)

    def _complete(self) -> None:
        self.response_complete = True
        if self._chunks is not None:
            self._chunks = None
            self.waiting_bytes = 0
        if self._waiters is not None:
            self.wake()
        self._connection.on_response_complete(self)

    def end_stream(self) -> None:
        """Tell a stream of events, at a drain, that it ends: its iterator is cancelled, its client sees a clean end."""
        if self.ends_at_drain and not self.response_complete and self.task is not None:
            self._is_told_to_end = True
            self.task.cancel("The server is shutting down")

    # The task

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Call the app, and see to it that there is a response."""
        try:
            result: Any = await app(scope, self.receive, self.send)  # type: ignore[func-returns-value]
        except BaseException as exc:
            self._fail(exc)
        else:
            if result is not None or not self.response_complete:
                self._end_early(result)
        finally:
            task, self.task = self.task, None
            if task is None:
                self.ended_at_once = True
            else:
                self._connection.tasks.discard(task)

    def _fail(self, exc: BaseException) -> None:
        connection = self._connection
        if self._is_told_to_end and isinstance(exc, asyncio.CancelledError):
            self._end_told_stream()
        elif self._is_told_gone and _is_of_the_client(exc):
            connection.logger.debug("The client left before the response was complete.")
        else:
            connection.logger.error("Exception in ASGI application\n", exc_info=exc)
            self._give_up()

    def _end_told_stream(self) -> None:
        if self._connection.is_lost or self.response_complete:
            return
        self.keep_alive = False
        if self._pieces is not None:
            self.flush()
        self._write(self._in_chunks(self._held, b"", is_last=True) if self._is_chunked else (), 0)
        self._complete()

    def _end_early(self, result: Any) -> None:
        connection = self._connection
        if result is not None:
            connection.logger.error("ASGI callable should return None, but returned '%s'.", result)
            self._is_misused = True
        elif connection.is_lost:
            return
        elif not self.is_started:
            connection.logger.error("ASGI callable returned without starting response.")
        else:
            connection.logger.error("ASGI callable returned without completing response.")
        self._give_up()

    def _give_up(self) -> None:
        """Answer 500 if nothing was sent yet; else end the connection, so that the client sees that it was not all."""
        connection = self._connection
        if connection.is_lost:
            return
        if not self.is_started:
            start, body = _INTERNAL_SERVER_ERROR
            self._start(start)
            self._continue(body)
        elif not self.response_complete:
            self.flush()
            connection.close()
        elif self._is_misused and connection.exchange is self:
            connection.close()

    def _log_access(self, scope: Scope, status: int) -> None:
        self.log_scope = None
        self._connection.access_logger.info(
            '%s - "%s %s HTTP/%s" %d',
            get_client_addr(cast(Any, scope)),  # Uvicorn's own types of the same thing
            self.method,
            get_path_with_query_string(cast(Any, scope)),
            scope["http_version"],
            status,
        )


def _is_of_the_client(exc: BaseException) -> bool:
    if isinstance(exc, BaseExceptionGroup):
        return all(map(_is_of_the_client, exc.exceptions))
    return isinstance(exc, (ClientDisconnected, ClientDisconnect))
