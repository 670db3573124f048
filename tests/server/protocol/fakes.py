"""A connection without a network: a transport that keeps what is written, on an event loop whose clock is set by hand.

Nothing here waits. A test says what arrives, lets the loop turn until nothing is left to do, and looks at what left.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from vivace.server import HttpProtocol
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = [
    "GET",
    "Connect",
    "Connection",
    "FakeLoop",
    "FakeTransport",
    "Responses",
    "collect_body",
    "make_request",
    "reply",
    "split_responses",
    "stream",
]

GET = b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"
TURNS = 40  # of the loop; far above what any request here takes to come to rest
CLIENT = ("192.0.2.7", 50000)
SERVER = ("192.0.2.1", 8000)

Responses = list[tuple[bytes, dict[bytes, bytes], bytes]]


class FakeLoop(asyncio.SelectorEventLoop):
    """A loop that never waits: its time stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.problems: list[dict[str, Any]] = []
        super().__init__()
        self.set_exception_handler(lambda _, context: self.problems.append(context))

    def time(self) -> float:
        return self.now

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.call_soon(self.stop)
            self.run_forever()

    def count_timers(self) -> int:
        scheduled = cast(Any, self)._scheduled  # nothing public tells what is waiting
        return sum(not handle.cancelled() for handle in scheduled)


class FakeTransport(asyncio.Transport):
    """Keeps what is written, write by write; when closed, it tells the protocol in the loop's next turn."""

    def __init__(self, loop: FakeLoop, *, is_tls: bool = False) -> None:
        super().__init__({"sockname": SERVER, "peername": CLIENT, "sslcontext": object() if is_tls else None})
        self.writes: list[bytes] = []
        self.is_reading_paused = False
        self.is_eof_written = False
        self.is_aborted = False
        self.is_stuck = False  # the client takes nothing: closing does not come to its end
        self.protocol: Any = None
        self._loop = loop
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self._is_closing, "something was written after the end"
        self.writes.append(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        raise AssertionError("asyncio's own never pauses its writer in some versions of Python")

    def write_eof(self) -> None:
        self.is_eof_written = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.writes)) if self.is_stuck else 0

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            if not self.is_stuck:
                self._loop.call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.is_aborted = True
        was_stuck, self.is_stuck = self.is_stuck, False
        if not self._is_closing:
            self.close()
        elif was_stuck:
            self._loop.call_soon(self.protocol.connection_lost, None)

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol


class Connection:
    """One connection to an app, and both of its ends."""

    def __init__(
        self,
        loop: FakeLoop,
        app: Any,
        *,
        state: dict[str, Any] | None = None,
        server_state: ServerState | None = None,
        is_tls: bool = False,
        protocol_class: type[Any] = HttpProtocol,
        **options: Any,
    ) -> None:
        self.loop = loop
        self.config = Config(app=app, **{"log_config": None, **options})
        self.server_state = server_state or ServerState()
        self.transport = FakeTransport(loop, is_tls=is_tls)
        self.protocol: HttpProtocol = protocol_class(
            config=self.config, server_state=self.server_state, app_state={} if state is None else state, _loop=loop
        )
        self.transport.protocol = self.protocol
        self.call(self.protocol.connection_made, self.transport)

    def call(self, callback: Callable[..., Any], *args: Any, turns: int = TURNS) -> None:
        """Call something as the loop would, and let everything come to rest."""
        self.loop.call_soon(callback, *args)
        self.loop.turn(turns)
        assert not self.loop.problems, self.loop.problems

    def receive(self, data: bytes, *, turns: int = TURNS) -> bytes:
        """Let bytes arrive from the client; return what was sent to it since."""
        written = len(self.transport.writes)
        self.call(self.transport.protocol.data_received, data, turns=turns)
        return b"".join(self.transport.writes[written:])

    def lose(self, exc: Exception | None = None) -> None:
        """Let the client leave."""
        self.transport.is_stuck = True  # its end is told below, once
        self.transport.close()
        self.call(self.transport.protocol.connection_lost, exc)

    def pass_time(self, seconds: float) -> None:
        self.loop.now += seconds
        self.call(lambda: None)

    @property
    def sent(self) -> bytes:
        return b"".join(self.transport.writes)

    @property
    def writes(self) -> list[bytes]:
        return self.transport.writes

    @property
    def is_closed(self) -> bool:
        """Whether the client sees the end. The server may hear it out for a moment more."""
        return self.transport.is_closing() or self.transport.is_eof_written


Connect = Callable[..., Connection]


def reply(body: bytes = b"hello", status: int = 200, headers: Any = (), *, length: bool = True) -> ASGIApp:
    """Return an app that answers with one body, and with its length unless told otherwise."""
    fields = [*headers, (b"content-length", b"%d" % len(body))] if length else list(headers)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return app


def stream(*pieces: bytes, status: int = 200, headers: Any = ()) -> ASGIApp:
    """Return an app that sends pieces and then an empty last one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    return app


async def collect_body(receive: Receive) -> bytes:
    """Receive all of a request's body."""
    body, more = b"", True
    while more:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        more = message["more_body"]
    return body


def make_request(method: str = "GET", target: str = "/", body: bytes | None = None, **fields: str) -> bytes:
    """Write down a request; `x_y="z"` is the field `x-y: z`."""
    fields = {"host": "example.org"} | fields
    if body is not None and "transfer_encoding" not in fields:
        fields.setdefault("content_length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def split_responses(data: bytes) -> Responses:
    """Split responses with lengths, chunks or no body into status lines, fields and bodies."""
    responses: Responses = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        fields = dict(line.split(b": ", 1) for line in lines)
        if fields.get(b"transfer-encoding") == b"chunked":
            body, data = _take_chunks(data)
        else:
            length = int(fields.get(b"content-length", b"0"))
            body, data = data[:length], data[length:]
        responses.append((status, fields, body))
    return responses


def _take_chunks(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size_line, _, data = data.partition(b"\r\n")
        size = int(size_line, 16)
        body, data = body + data[:size], data[size + 2 :]
        if size == 0:
            return body, data
