"""The loads that `wrk` cannot give: large bodies both ways, websockets, idle connections.

Its rule: plain sockets, one thread, as few calls as the exchange allows, and every loop ends at a deadline. What a
server answers is checked while it is counted.
"""

import base64
import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from load import LoadResult
from workloads import Request

READ_BYTES = 1 << 18
DRAIN_LIMIT_S = 20.0  # for what is in flight at the end of a window
CONNECT_LIMIT_S = 10.0
IDLE_BATCH = 100  # connections that are opened together: below the smallest usual backlog
HOST = "127.0.0.1"

HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"\r\n0\r\n\r\n"

ECHO_TEXT = b"The quick brown fox jumps over the lazy dog, sixty-four times ok"  # 64 bytes
ECHO_MASK = b"\x12\x34\x56\x78"
TEXT_FRAME = 0x81


class LoadError(RuntimeError):
    """The server did not answer as it should."""


class Conversation(Protocol):
    """One connection that repeats an exchange."""

    connection: socket.socket

    def begin(self) -> None:
        """Start the next exchange."""

    def write(self) -> bool:
        """Send more of it, and tell whether there is still more to send."""

    def read(self) -> bool:
        """Take what has arrived, and tell whether the exchange is complete."""


def request_bytes(request: Request, port: int) -> bytes:
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {HOST}:{port}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = b"" if request.body is None else request.body.encode()
    if request.body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + HEAD_END + body


def connect(port: int) -> socket.socket:
    connection = socket.create_connection((HOST, port), timeout=CONNECT_LIMIT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


@dataclass(slots=True, kw_only=True)
class HttpExchange:
    """One request at a time, of any size both ways.

    Attributes:
        body_bytes: What the answer must have.
    """

    connection: socket.socket
    message: memoryview
    body_bytes: int
    buffer: bytearray = field(default_factory=lambda: bytearray(READ_BYTES))
    sent: int = 0
    head: bytes = b""
    expected: int | None = None  # bytes after the head; None while the head or the end of the chunks is awaited
    is_chunked: bool = False
    received: int = 0
    tail: bytes = b""

    def begin(self) -> None:
        self.sent = self.received = 0
        self.head = self.tail = b""
        self.expected = None
        self.is_chunked = False

    def write(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self.sent += self.connection.send(self.message[self.sent :])
        return self.sent < len(self.message)

    def read(self) -> bool:
        try:
            got = self.connection.recv_into(self.buffer)
        except BlockingIOError:
            return False
        if not got:
            raise LoadError(f"The connection was closed after {self.received} bytes of an answer: {self.head[:200]!r}")
        data = memoryview(self.buffer)[:got]
        if not self.is_chunked and self.expected is None:
            self.head += bytes(data)
            if HEAD_END not in self.head:
                return False
            data = self.read_head()
        return self.take_body(data)

    def read_head(self) -> memoryview:
        """Find out how the body ends, and return what has arrived of it."""
        head, _, rest = self.head.partition(HEAD_END)
        status_line, *lines = head.decode("latin-1").split("\r\n")
        if status_line.split()[1] != "200":
            raise LoadError(f"The answer is {status_line!r}.")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.is_chunked = headers.get("transfer-encoding") == "chunked"
        if not self.is_chunked:
            self.expected = int(headers["content-length"])
        self.head = head
        return memoryview(rest)

    def take_body(self, data: memoryview) -> bool:
        self.received += len(data)
        if self.is_chunked:
            self.tail = (self.tail + bytes(data[-len(LAST_CHUNK) :]))[-len(LAST_CHUNK) :]
            is_complete = self.tail == LAST_CHUNK
        else:
            is_complete = self.received == self.expected
        if is_complete and self.received < self.body_bytes:
            raise LoadError(f"The body has {self.received} bytes, not {self.body_bytes}.")
        return is_complete


@dataclass(slots=True, kw_only=True)
class Echo:
    """One websocket that sends the same text again when it has come back."""

    connection: socket.socket
    frame: bytes
    expected: bytes
    received: bytes = b""

    def begin(self) -> None:
        self.received = b""

    def write(self) -> bool:
        # A frame of 70 bytes fits into an empty socket buffer.
        self.connection.sendall(self.frame)
        return False

    def read(self) -> bool:
        try:
            got = self.connection.recv(READ_BYTES)
        except BlockingIOError:
            return False
        if not got:
            raise LoadError("The websocket was closed.")
        self.received = self.received + got if self.received else got
        if len(self.received) < len(self.expected):
            return False
        if self.received != self.expected:
            raise LoadError(f"The websocket answered {self.received[:80]!r}, not {self.expected[:80]!r}.")
        return True


def open_echo(port: int, path: str) -> Echo:
    """Connect, and upgrade to a websocket without extensions."""
    connection = connect(port)
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
    connection.sendall(request_bytes(Request(path=path, headers=headers), port))
    head = b""
    while HEAD_END not in head:
        got = connection.recv(4096)
        if not got:
            raise LoadError(f"The connection was closed instead of upgraded: {head!r}")
        head += got
    if b" 101 " not in head.split(b"\r\n", 1)[0]:
        raise LoadError(f"The upgrade is answered with {head.splitlines()[0]!r}.")
    if not head.endswith(HEAD_END):
        raise LoadError("The server speaks first.")
    masked = bytes(byte ^ ECHO_MASK[i % 4] for i, byte in enumerate(ECHO_TEXT))
    frame = struct.pack("!BB", TEXT_FRAME, 0x80 | len(ECHO_TEXT)) + ECHO_MASK + masked
    return Echo(connection=connection, frame=frame, expected=bytes([TEXT_FRAME, len(ECHO_TEXT)]) + ECHO_TEXT)


def run_echoes(port: int, path: str, connections: int, seconds: float) -> LoadResult:
    with contextlib.ExitStack() as closing:
        echoes = [open_echo(port, path) for _ in range(connections)]
        for echo in echoes:
            closing.callback(echo.connection.close)
        return converse(echoes, seconds)


def run_exchanges(port: int, request: Request, body_bytes: int, connections: int, seconds: float) -> LoadResult:
    message = memoryview(request_bytes(request, port))
    with contextlib.ExitStack() as closing:
        exchanges = []
        for _ in range(connections):
            connection = closing.enter_context(contextlib.closing(connect(port)))
            exchanges.append(HttpExchange(connection=connection, message=message, body_bytes=body_bytes))
        return converse(exchanges, seconds)


def converse(conversations: "list[Echo] | list[HttpExchange]", seconds: float) -> LoadResult:
    """Repeat every exchange for some time, let the last ones end, and count them.

    Raises:
        LoadError: The last ones did not end in time, or an answer was wrong.
    """
    poll = select.epoll()
    by_number: dict[int, Conversation] = {}
    begun: dict[int, float] = {}
    took: list[float] = []

    def begin(number: int) -> None:
        conversation = by_number[number]
        conversation.begin()
        begun[number] = time.perf_counter()
        if conversation.write():
            poll.modify(number, select.EPOLLIN | select.EPOLLOUT)

    def advance(number: int, event: int) -> bool:
        conversation = by_number[number]
        if event & select.EPOLLOUT and not conversation.write():
            poll.modify(number, select.EPOLLIN)
        return bool(event & ~select.EPOLLOUT) and conversation.read()

    try:
        for conversation in conversations:
            conversation.connection.setblocking(False)
            by_number[conversation.connection.fileno()] = conversation
            poll.register(conversation.connection.fileno(), select.EPOLLIN)
        started = time.perf_counter()
        end, limit = started + seconds, started + seconds + DRAIN_LIMIT_S
        for number in by_number:
            begin(number)
        while begun:
            for number, event in poll.poll(1.0):
                if advance(number, event):
                    now = time.perf_counter()
                    took.append(now - begun.pop(number))
                    if now < end:
                        begin(number)
            if time.perf_counter() > limit:
                raise LoadError(f"{len(begun)} of {len(conversations)} exchanges did not end in {DRAIN_LIMIT_S:g} s.")
        elapsed = time.perf_counter() - started
    finally:
        poll.close()
    took.sort()
    return LoadResult(requests=len(took), seconds=elapsed, p99_ms=took[int(len(took) * 0.99)] * 1e3)


@contextlib.contextmanager
def idle_connections(port: int, request: Request, count: int) -> Iterator[list[socket.socket]]:
    """Open connections that have had one answer each and stay open until the block ends."""
    message = memoryview(request_bytes(request, port))
    opened: list[socket.socket] = []
    buffer = bytearray(READ_BYTES)
    try:
        while len(opened) < count:
            batch = [connect(port) for _ in range(min(IDLE_BATCH, count - len(opened)))]
            opened += batch
            for connection in batch:
                connection.sendall(message)
            for connection in batch:
                exchange = HttpExchange(connection=connection, message=message, body_bytes=1, buffer=buffer)
                while not exchange.read():
                    pass
        yield opened
    finally:
        for connection in opened:
            # Reset instead of closed: ten thousand waiting ends would use up the ports of the servers to come.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


def count_open(connections: list[socket.socket]) -> int:
    """Return how many the server has not closed."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN | select.POLLRDHUP)
    return len(connections) - len(poll.poll(0))
