"""A server in a thread, and a client that sends raw bytes to it.

The app is the simplest that shows what reached it; this module asserts nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vivace.server.config import ServerConfig
from vivace.server.limits import Limits
from vivace.server.serving import Server
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Answer", "Client", "Live", "record_app", "serving", "wait_until"]

PATIENCE_S = 10.0  # above what any of these servers needs; a test that waits so long has failed


def wait_until(is_so: Callable[[], bool], *, within_s: float = PATIENCE_S, what: str = "") -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, what or "It did not come to be in time."
        time.sleep(0.005)


class LogTexts(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" {record.exc_info[1]!r}"
        self.texts.append(text)


@dataclass
class Live:
    """A server that runs.

    Attributes:
        requests: What the recording app was called for: method, path, body.
        log: Texts of the server's and the event loop's loggers.
    """

    port: int
    server: Server
    loop: asyncio.AbstractEventLoop
    log: LogTexts
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)

    @property
    def connections(self) -> set[Any]:
        return self.server.server_state.connections

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        return self.server.server_state.tasks

    def crashes(self) -> list[str]:
        """Return what was logged that no client may ever cause."""
        signs = ("Exception in callback", "Fatal error", "never retrieved", "Unhandled", "Task was destroyed")
        return [text for text in self.log.texts if any(sign in text for sign in signs)]

    def wait_until_quiet(self) -> None:
        wait_until(lambda: not self.connections and not self.tasks, what=f"{self.connections} {self.tasks}")

    def client(self, *, receive_bytes: int | None = None) -> Client:
        return Client(self.port, receive_bytes=receive_bytes)

    def ask(self, data: bytes) -> list[Answer]:
        """Send `data`, read until the server closes, and return what it answered."""
        with self.client() as client:
            client.send(data)
            return client.read_to_end()


@dataclass(frozen=True)
class Answer:
    status: int
    fields: list[tuple[str, str]]
    body: bytes
    version: str = "1.1"

    def __getitem__(self, name: str) -> str | None:
        values = [value for key, value in self.fields if key == name]
        assert len(values) <= 1, f"{name} stands twice"
        return values[0] if values else None


class Client:
    """A connection; reads answers as strictly as RFC 9112 lets one write them."""

    def __init__(self, port: int, *, receive_bytes: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_in_pieces(self, pieces: list[bytes]) -> None:
        """Send so that the server reads each piece by itself: never certain over TCP, nearly always so on loopback."""
        for piece in pieces:
            self.socket.sendall(piece)

    def read_some(self) -> bytes:
        data = self.socket.recv(65536)
        self.received += data
        return data

    def read_all(self) -> bytes:
        """Read until the server closes in an orderly way; a reset raises."""
        while self.read_some():
            pass
        return self.received

    def read_to_end(self, methods: tuple[str, ...] = ()) -> list[Answer]:
        self.read_all()
        return self.take_answers(methods)

    def read_answer(self, method: str = "GET") -> Answer:
        """Read one answer; more may follow."""
        while True:
            parsed = parse_answer(self.received, method, is_ended=False)
            if parsed is not None:
                answer, self.received = parsed
                return answer
            if not self.read_some():
                parsed = parse_answer(self.received, method, is_ended=True)
                assert parsed is not None, f"No whole answer: {self.received!r}"
                answer, self.received = parsed
                return answer

    def take_answers(self, methods: tuple[str, ...] = ()) -> list[Answer]:
        answers: list[Answer] = []
        while self.received:
            method = methods[len(answers)] if len(answers) < len(methods) else "GET"
            parsed = parse_answer(self.received, method, is_ended=True)
            assert parsed is not None, f"Not a whole answer: {self.received!r}"
            answer, self.received = parsed
            answers.append(answer)
        return answers


_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-9]\d\d) ([\t\x20-\x7e]*)\r\n")
_FIELD = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9a-z]+): ([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\r\n"
)


def parse_answer(data: bytes, method: str, *, is_ended: bool) -> tuple[Answer, bytes] | None:
    """Return the first answer in `data` and what follows; None when it is not complete."""
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    line = _LINE.match(data)
    assert line is not None, f"Not a status line: {data[:80]!r}"
    at = line.end()
    fields: list[tuple[str, str]] = []
    while at < head_end + 2:
        match = _FIELD.match(data, at)
        assert match is not None, f"Not a header field: {data[at : at + 80]!r}"
        fields.append((match[1].decode(), (match[2] or b"").decode("latin-1")))
        at = match.end()
    answer = Answer(int(line[2]), fields, b"", line[1].decode())
    rest = data[head_end + 4 :]
    if method == "HEAD" or answer.status < 200 or answer.status in (204, 304):
        return answer, rest
    if answer["transfer-encoding"] is not None:
        assert answer["content-length"] is None
        return _in_chunks(answer, rest)
    if answer["content-length"] is not None:
        size = int(answer["content-length"])
        return (Answer(answer.status, fields, rest[:size], answer.version), rest[size:]) if len(rest) >= size else None
    return (Answer(answer.status, fields, rest, answer.version), b"") if is_ended else None


def _in_chunks(answer: Answer, rest: bytes) -> tuple[Answer, bytes] | None:
    body = b""
    while True:
        size_text, found, rest = rest.partition(b"\r\n")
        if not found:
            return None
        size = int(size_text, 16)
        if len(rest) < size + 2:
            return None
        assert rest[size : size + 2] == b"\r\n"
        body, rest = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return Answer(answer.status, answer.fields, body, answer.version), rest


def record_app(requests: list[tuple[str, str, bytes]]) -> ASGIApp:
    """Return an app that notes each request and tells its method, path and body."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, is_more = b"", True
        while is_more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                requests.append((scope["method"], scope["path"], b"<disconnect>"))
                return
            body += message["body"]
            is_more = message["more_body"]
        requests.append((scope["method"], scope["path"], body))
        text = f"{scope['method']} {scope['path']} {len(body)} ".encode() + body[:100]
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text))],
            }
        )
        await send({"type": "http.response.body", "body": text})

    return app


@contextlib.contextmanager
def serving(app: ASGIApp | None = None, *, limits: Limits | None = None, **options: Any) -> Iterator[Live]:
    """Run a server in a thread while the block runs."""
    requests: list[tuple[str, str, bytes]] = []
    options = {"lifespan": "off", "log_config": None, "access_log": False, "timeout_graceful_shutdown": 1, **options}
    config = ServerConfig(app or record_app(requests), limits=limits, **options)
    log = LogTexts()
    loggers = [logging.getLogger("uvicorn.error"), logging.getLogger("asyncio")]
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    def run() -> None:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(serve())

    port: int = listener.getsockname()[1]
    thread = threading.Thread(target=run, name="server", daemon=True)
    for logger in loggers:
        logger.addHandler(log)
    try:
        thread.start()
        wait_until(lambda: server.started or not thread.is_alive())
        yield Live(port, server, loops[0], log, requests)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        for logger in loggers:
            logger.removeHandler(log)
        assert not thread.is_alive(), "The server did not stop."
