"""The HTTP protocol for Uvicorn: one connection, its parser, its timer, its flow.

`uvicorn --http vivace.server:HttpProtocol` serves any ASGI app with it. It does what Uvicorn's own protocols do, in
fewer calls per request: what can be known per process is known in `Service`, per connection in `connection_made`.
"""

from __future__ import annotations

import asyncio
import contextvars
import urllib.parse
from collections import deque
from time import monotonic
from typing import Any, ClassVar, cast

import httptools
from uvicorn.config import Config
from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from vivace.server.exchange import HIGH_WATER_BYTES, Exchange
from vivace.server.known import METHODS, KnownFields, know_fields, split_plain_line
from vivace.server.limits import Limits
from vivace.server.refusals import Refusal, check_fields, check_head_size, known_hosts, split_target
from vivace.server.service import Service
from vivace.types import ASGIApp, Scope

__all__ = ["HttpProtocol"]

SPEC_VERSION = "2.5"  # of the HTTP part of ASGI: `send` raises OSError when the client has left (since 2.4)
MAX_PIPELINED = 256  # requests that wait on one connection; real clients send a few, and one read holds thousands
LINGER_S = 5.0  # for a client to hear a last response and stop sending, before the connection is cut
TAKE_S = 30.0  # for a client to take another piece of a last response; systems tell of progress in lumps
BODY_BYTES_PER_S = 1024  # what a slow client must send to go on: see Limits.timeout_body
CHUNK_OVERHEAD = 16  # bytes of chunk headers for each byte of the body; chunks of a single byte need 5
NO_WEBSOCKETS = (
    "No supported WebSocket library detected. Please use \"pip install 'uvicorn[standard]'\", or install 'websockets' "
    "or 'wsproto' manually."
)

_SLASH = ord("/")
_IN_METHOD = frozenset(bytes((byte,)) for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ- \r")


class HttpProtocol(asyncio.Protocol):
    """An HTTP/1.1 connection.

    Args:
        config: Uvicorn's configuration. Its attribute `limits`, if it has one, comes before the class's.
        server_state: What the connections of the process share.
        app_state: The state that the app's lifespan has made.

    Attributes:
        limits: For servers that know nothing of them. Subclass to change them.
    """

    limits: ClassVar[Limits] = Limits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        service = Service.of(config, server_state, type(self).limits)
        self.config = config
        self.server_state = server_state
        self.app_state = app_state
        self.loop = _loop or asyncio.get_event_loop()
        self.ws_protocol_class = config.ws_protocol_class
        self.heads = service.heads
        self.logger = service.logger
        self.access_logger = service.access_logger
        self.access_log = service.access_logger.hasHandlers()
        self.exchange: Exchange | None = None  # the one whose response is due next, or was the last
        self.scope: Scope = {}  # of the last request
        self.is_lost = False
        self.is_write_paused = False
        self.takes_pieces = False  # whether large responses are handed to the transport without joining their pieces
        self._service = service
        self._app: ASGIApp = service.app
        self._trusts_client = False
        self._limits = service.limits
        self._quick_size = min(service.limits.limit_head_size, service.limits.limit_target_size)
        self._limit_concurrency = config.limit_concurrency
        self._context = contextvars.copy_context()
        self._connections: set[Any] = server_state.connections  # Uvicorn's type names its own protocols
        self.tasks: set[Any] = server_state.tasks
        self._root_path = config.root_path
        self._asgi = {"version": config.asgi_version, "spec_version": SPEC_VERSION}
        # The request that is being read
        self._make_parser()
        self._data = b""  # the last read, with the start of an unfinished head from earlier ones
        # Where in _data the next request line is due; negative while that is behind a head not looked at since, whose
        # own line ends there.
        self._line_at = 0
        self._is_body_chunked = False  # the last body: where it ends is known by and large only
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._reading: Exchange | None = None  # the exchange whose body is being read
        self._read_bytes = 0  # while its body is being read
        self._is_ignoring = False  # nothing that still comes is read
        self._upgrade_head: tuple[bytes, bytes, list[tuple[bytes, bytes]]] | None = None
        self._replayed_head = b""
        self._known: KnownFields | None = None  # the fields of the last request: most clients repeat them
        # Requests whose turn has not come
        self._waiting: deque[tuple[Exchange, ASGIApp, Scope]] = deque()
        self._refusal: Refusal | None = None
        # Time: one timer a connection, which looks when it is due whether the deadline has moved
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        # Flow
        self._is_reading_paused = False
        self._writable: asyncio.Event | None = None
        self._unsent_bytes = 0  # when the connection was to be cut last
        self.is_draining = False

    def _make_parser(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        # A request that follows one with `Connection: close` is ignored, not an error: the first has its answer due.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._feed = self._parser.feed_data

    # The transport's calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.server = get_local_addr(transport)
        self.client = get_remote_addr(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        # Where asyncio's `writelines` does not join (from Python 3.12), some versions never pause the writer.
        self.takes_pieces = type(transport).__module__.startswith("uvloop")
        self._log_trace("HTTP connection made")
        is_full = self._service.is_full()
        self._connections.add(self)
        if is_full:
            self._refuse(Refusal(503, "Service Unavailable: too many connections."))
            return
        self._trusts_client = self._service.trusts(self.client)
        self._set_deadline(self._limits.timeout_head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._log_trace("HTTP connection lost")
        self._abandon()
        if exc is None and not self.transport.is_closing():
            self.transport.close()
        # Each holds this object and is held by it; a task that still runs holds its own exchange.
        self.exchange = self._reading = None
        self._forget_parser()

    def eof_received(self) -> None:
        pass

    def data_received(self, data: bytes) -> None:
        if self._is_ignoring:
            return
        if self._known is not None and not self._data and self._reading is None:
            try:
                if self._read_known(self._known, data):
                    return
            except Refusal as refusal:
                self._refuse(refusal)
                return
        # The parser has seen the start of an unfinished head; it is kept for the look at the request line.
        is_first_read = not self._target
        self._data = self._data + data if self._data else data
        self._line_at = 0
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade as exc:
            head_end: int = exc.args[0]
        except httptools.HttpParserError as exc:
            self._refuse(_refusal_of(exc))
            return
        else:
            if self._target:
                self._on_partial_head(is_first_read=is_first_read)
            elif self._reading is not None:
                self._on_partial_body()
            else:
                # What may be the start of a method is kept; the parser tells of it only when it is complete.
                self._data = self._data[self._find_place() :][-64:] if data[-1:] in _IN_METHOD else b""
            return
        # Not while the exception is handled: it would take the place of a refusal as the context of later ones.
        self._on_upgrade(data[head_end:])

    def pause_writing(self) -> None:
        self.is_write_paused = True
        if self._writable is None:
            self._writable = asyncio.Event()
        self._writable.clear()

    def resume_writing(self) -> None:
        if self.is_write_paused and self._writable is not None:
            self.is_write_paused = False
            self._writable.set()

    # Uvicorn's calls

    def shutdown(self) -> None:
        """End the connection as soon as nothing is in flight on it."""
        self.begin_drain()
        if self._is_idle():
            self.close()

    def begin_drain(self) -> None:
        """Make the responses from now on the last ones, and tell streams of events to end.

        An idle connection stays open, so that a request on its way is still answered.
        """
        self.is_draining = True
        exchange = self.exchange
        if exchange is not None:
            if exchange.is_started and not self._waiting:
                exchange.keep_alive = False  # its head did not say so, but nothing more is expected
            exchange.end_stream()

    @property
    def timeout_keep_alive_task(self) -> asyncio.TimerHandle | None:
        """The timer of an idle connection; None while there is something to do. Uvicorn's name."""
        return self._timer if self._deadline is not None and self._is_idle() else None

    # The parser's calls

    def on_url(self, target: bytes) -> None:
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        target, fields = self._target, self._fields
        self._target, self._fields = b"", []
        if self._is_ignoring or self._replayed_head:
            return
        raw_method: bytes = self._parser.get_method()
        data = self._data
        # PERF: asking the parser for the version formats a string. Comparing the line costs less and says more.
        line = b"%b %b HTTP/1.1\r\n" % (raw_method, target)
        is_alone = not self._line_at and data.startswith(line)
        if is_alone:
            self._line_at = -len(line)
            is_http_1_0 = False
        else:
            is_http_1_0 = self._check_request_line(raw_method, target)
        values = dict(fields)
        if len(data) > self._quick_size or len(fields) > self._limits.limit_headers:
            size = self._find_place() + self._line_at + len(raw_method) + len(target) + len("  HTTP/1.1\r\n")
            check_head_size(target, fields, size, self._limits)
        if (
            is_http_1_0
            or len(values) != len(fields)
            or values.get(b"host") not in known_hosts
            or b"transfer-encoding" in values
        ):
            check_fields(fields, values, is_http_1_0=is_http_1_0)
        if raw_method == b"CONNECT":
            raise Refusal(501, "CONNECT is not implemented: this server is no proxy.")
        if b"upgrade" in values and self._parser.should_upgrade():
            is_websocket = values[b"upgrade"].lower() == b"websocket" and not is_http_1_0
            if is_websocket and self.ws_protocol_class is not None:
                self._upgrade_head = (raw_method, target, fields)
                return
            self._ignore_upgrade(values)

        exchange = Exchange(self, METHODS.get(raw_method) or raw_method.decode("ascii"))
        if is_http_1_0:
            exchange.is_http_1_0 = True
            exchange.keep_alive = False
        elif b"connection" in values and not self._parser.should_keep_alive():
            exchange.keep_alive = False
        self._deadline = None
        if b"content-length" in values or b"transfer-encoding" in values:
            self._expect_body(exchange, values)
        app = self._app
        if self._trusts_client and (b"x-forwarded-for" in values or b"x-forwarded-proto" in values):
            app = self._service.outer_app
        self._known = know_fields(data, len(line) - 2, fields, values, app) if is_alone else None
        self._begin(exchange, app, target, fields)

    def _begin(self, exchange: Exchange, app: ASGIApp, target: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        """Hand a request to the app, or let it wait for its turn."""
        if target[0] == _SLASH and b"#" not in target:
            raw_path, _, query = target.partition(b"?")
        else:
            raw_path, query = split_target(target, exchange.method, fields)
        path = raw_path.decode("ascii")
        if "%" in path:
            path = urllib.parse.unquote(path)
        root_path = self._root_path
        if root_path:
            path = root_path + path
            raw_path = root_path.encode("ascii") + raw_path
        self.scope = scope = {
            "type": "http",
            "asgi": self._asgi.copy(),
            "http_version": "1.0" if exchange.is_http_1_0 else "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": root_path,
            "headers": fields,
            "state": self.app_state.copy(),
            "method": exchange.method,
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
        }
        if self.access_log:
            exchange.log_scope = scope
        limit = self._limit_concurrency
        if limit is not None and (len(self._connections) >= limit or len(self.tasks) >= limit):
            self.logger.warning("Exceeded concurrency limit.")
            app = cast(ASGIApp, service_unavailable)
        if self.exchange is None or self.exchange.response_complete:
            self._start(exchange, app, scope)
        else:
            self._wait(exchange, app, scope)

    def _read_known(self, known: KnownFields, data: bytes) -> bool:
        """Read a whole request whose fields are those of the last one. Tells whether it was one."""
        line_end = data.find(b"\r")
        if len(data) != line_end + known.size or not data.startswith(known.text, line_end):
            return False
        request_line = split_plain_line(data[:line_end])
        if request_line is None:
            return False
        method, target = request_line
        if len(data) > self._quick_size:
            return False
        exchange = Exchange(self, method)
        self._deadline = None
        if known.body_size:
            exchange.feed(data[-known.body_size :])
        self._begin(exchange, known.app, target, known.fields.copy())
        return True

    def on_body(self, chunk: bytes) -> None:
        exchange = self._reading
        if exchange is None:
            return
        exchange.feed(chunk)
        if self._is_body_chunked:
            self._line_at = max(self._line_at, self._data.find(chunk, self._line_at))
        self._line_at += len(chunk)
        limit = self._limits.limit_body_size
        if limit and exchange.received_bytes > limit:
            raise Refusal(413, f"The request's body is larger than {limit} bytes.")
        if exchange.waiting_bytes > HIGH_WATER_BYTES:
            self._pause_reading()

    def on_message_complete(self) -> None:
        if self._fields:
            self._fields = []  # trailer fields: nothing in ASGI takes them
        exchange = self._reading
        if exchange is not None and not self._replayed_head:
            self._reading = None
            exchange.request_complete = True
            self._deadline = None
            exchange.wake()
            if exchange.response_complete and exchange is self.exchange:
                self._set_deadline(self.config.timeout_keep_alive)

    # Reading

    def _check_request_line(self, method: bytes, target: bytes) -> bool:
        """Return whether it says HTTP/1.0. The parser is lenient about spaces and other protocols; this is not."""
        data, at = self._data, self._find_place()
        version = self._parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise Refusal(505, "This server speaks HTTP/1.1 and HTTP/1.0.")
        line = b"%b %b HTTP/%b\r\n" % (method, target, version.encode())
        if self._is_body_chunked:
            self._is_body_chunked = False
            at = max(at, data.find(line, at))
        while data.startswith((b"\r", b"\n"), at):
            at += 1  # RFC 9112 2.2: an empty line before a request is not an error.
        if not data.startswith(line, at):
            raise Refusal(400, "The request line is malformed.")
        self._line_at = -at - len(line)
        return version == "1.0"

    def _find_place(self) -> int:
        """Return where in the last read the next request line is due."""
        at = self._line_at
        return at if at >= 0 else self._data.find(b"\r\n\r\n", -at - 2) + 4

    def _on_partial_head(self, *, is_first_read: bool) -> None:
        self._data = self._data[self._find_place() :]  # the read may have begun with other requests
        try:
            check_head_size(self._target, self._fields, len(self._data), self._limits)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if is_first_read and self.exchange is not None and self._is_idle():
            self._set_deadline(self._limits.timeout_head)

    def _expect_body(self, exchange: Exchange, values: dict[bytes, bytes]) -> None:
        length = values.get(b"content-length")
        if length is not None:
            size, limit = int(length), self._limits.limit_body_size
            if limit and size > limit:
                raise Refusal(413, f"The request's body is larger than {limit} bytes.")
            if size == 0:
                return
        exchange.request_complete = False
        if b"expect" in values and not exchange.is_http_1_0:  # RFC 9110 10.1.1: of HTTP/1.0 it is ignored.
            exchange.expects_continue = values[b"expect"].lower() == b"100-continue"
        self._reading = exchange
        self._is_body_chunked = length is None
        self._line_at = self._find_place()
        self._read_bytes = -self._line_at  # what stands before the body in this read is none of it

    def _on_partial_body(self) -> None:
        exchange: Exchange = self._reading  # type: ignore[assignment]  # the caller asked
        size = len(self._data)
        self._data = b""
        self._read_bytes += size
        # Chunk headers, their extensions and trailers are read and dropped; unbounded, they would keep a server busy.
        overhead = self._read_bytes - exchange.received_bytes
        if overhead > self._limits.limit_head_size + CHUNK_OVERHEAD * exchange.received_bytes:
            self._refuse(Refusal(400, "There is too much beside the request's body."))
        elif len(self._fields) > self._limits.limit_headers:
            self._refuse(Refusal(431, f"There are more than {self._limits.limit_headers} trailer fields."))
        elif not self._is_reading_paused and not exchange.expects_continue:
            full = monotonic() + self._limits.timeout_body
            if self._deadline is None:
                self._set_deadline(self._limits.timeout_body)
            else:
                self._deadline = min(self._deadline + size / BODY_BYTES_PER_S, full)

    def _pause_reading(self) -> None:
        if not self._is_reading_paused:
            self._is_reading_paused = True
            self._deadline = None  # it is the app that takes its time
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, if the requests that wait allow it."""
        if (
            self._is_reading_paused
            and not self._waiting
            and self._upgrade_head is None
            and not self.transport.is_closing()
        ):
            self._is_reading_paused = False
            # What is read from now on would else be read with the context variables of the app that asked.
            self._context.copy().run(self.transport.resume_reading)
            if self._reading is not None:
                self._set_deadline(self._limits.timeout_body)

    def send_continue(self) -> None:
        """Tell a client that waits with its body to send it. RFC 9110 10.1.1."""
        if not self.is_lost and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._reading is not None:
                self._set_deadline(self._limits.timeout_body)

    # Responding

    def _start(self, exchange: Exchange, app: ASGIApp, scope: Scope) -> None:
        self.exchange = exchange
        if self.config.reset_contextvars:
            task = self.loop.create_task(exchange.run(app, scope), context=contextvars.Context())
        else:
            task = self.loop.create_task(exchange.run(app, scope))
        if not exchange.ended_at_once:
            exchange.task = task
            self.tasks.add(task)

    def _wait(self, exchange: Exchange, app: ASGIApp, scope: Scope) -> None:
        if len(self._waiting) >= MAX_PIPELINED:
            raise Refusal(400, f"More than {MAX_PIPELINED} requests wait for their turn on this connection.")
        self._waiting.append((exchange, app, scope))
        self._pause_reading()

    @property
    def has_waiting(self) -> bool:
        """Whether requests wait for their turn."""
        return bool(self._waiting)

    def on_response_complete(self, exchange: Exchange) -> None:
        """Go on to the next request, or to being idle."""
        self.server_state.total_requests += 1
        if not exchange.keep_alive:
            self.close()
        elif self._waiting:
            self._context.copy().run(self._start, *self._waiting.popleft())
            if (following := self.exchange) is None or following.waiting_bytes <= HIGH_WATER_BYTES:
                self.resume_reading()  # so that it is seen when the client leaves
        elif self._refusal is not None or self._upgrade_head is not None:
            self._go_on_after_last()
        else:
            if self._is_reading_paused:
                self.resume_reading()
            if self._reading is None:
                # PERF: the timer stands and is moved when it is due; one for each request costs 1.3 µs more
                # (benchmarks/compare.py, floor).
                self._set_deadline(self.config.timeout_keep_alive)

    def _go_on_after_last(self) -> None:
        if self._refusal is not None:
            self._answer_refusal(self._refusal)
        else:
            self._context.copy().run(self._upgrade)

    def flush_soon(self, exchange: Exchange) -> None:
        """Send the head of a stream in the next turn of the loop, if its first piece has not come with it by then."""
        self.loop.call_later(0, exchange.flush)

    def end_stream_soon(self, exchange: Exchange) -> None:
        """End a stream of events that begins while the server drains."""
        self.loop.call_soon(exchange.end_stream)

    async def drain(self) -> None:
        """Wait until the client has taken what was written."""
        if self._writable is not None:
            await self._writable.wait()

    # Ending

    def _is_idle(self) -> bool:
        return self.exchange is None or (self.exchange.response_complete and not self._waiting)

    def close(self) -> None:
        """Close the connection when what was written has been sent, or after a while in any case."""
        self._is_ignoring = True
        if not self.transport.is_closing():
            if self._reading is not None or self._is_reading_paused:
                self._hear_out()
            else:
                self.transport.close()
            self._set_linger()

    def _set_linger(self) -> None:
        # Stand-ins for transports, as Uvicorn's tests have them, lack some methods.
        self._unsent_bytes = getattr(self.transport, "get_write_buffer_size", int)()
        self._set_deadline(TAKE_S if self._unsent_bytes else LINGER_S)

    def _hear_out(self) -> None:
        """Let a client that is sending still do so for a moment, unheard.

        Closing a connection with unread data on it makes the client's system discard the answer. RFC 9112 9.6.
        """
        if not hasattr(self.transport, "can_write_eof"):
            self.transport.close()
            return
        if self._is_reading_paused:
            self._is_reading_paused = False
            self.transport.resume_reading()
        try:
            if self.transport.can_write_eof():  # not over TLS, where the answer itself says that it was the last
                self.transport.write_eof()
        except OSError:  # the client has gone
            self.transport.abort()

    def _cut(self) -> None:
        """End a connection that was to close by itself, unless its client still takes what was written for it."""
        if self._unsent_bytes and self.transport.get_write_buffer_size() < self._unsent_bytes:
            self._set_linger()
        else:
            self.transport.abort()

    def _abandon(self) -> None:
        """Tell everything that is under way on this connection that the client is gone."""
        self.is_lost = self._is_ignoring = True
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        exchanges = [exchange for exchange, _, _ in self._waiting]
        self._waiting.clear()
        exchanges += [exchange for exchange in (self.exchange, self._reading) if exchange is not None]
        for exchange in exchanges:
            exchange.wake()
        self.resume_writing()

    def _forget_parser(self) -> None:
        # It holds methods of this object, and this object the parser.
        self._parser = self._feed = cast(Any, None)

    def _refuse(self, refusal: Refusal) -> None:
        self._is_ignoring = True
        self._data = b""
        self._refusal = refusal
        if refusal.status == 400:
            self.logger.warning("Invalid HTTP request received.")
        if self._waiting and self._waiting[-1][0] is self._reading:
            self._waiting.pop()
        # Requests before this one are answered first.
        if self._is_idle() or self.exchange is self._reading:
            self._answer_refusal(refusal)

    def _answer_refusal(self, refusal: Refusal) -> None:
        if self.transport.is_closing():
            return
        exchange = self.exchange
        if exchange is None or exchange.response_complete or not exchange.is_started:
            text = refusal.text.encode()
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(text)),
                (b"connection", b"close"),
            ]
            try:
                self.transport.write(self.heads.of(refusal.status, headers).text + text)
            except RuntimeError as exc:
                self.logger.error("The server's own header fields must not be sent: %s", exc)
        self._abandon()
        if refusal.lingers:
            self._hear_out()
        else:
            self.transport.close()
        self._set_linger()

    # Upgrades

    def _on_upgrade(self, rest: bytes) -> None:
        """Go on after a request that asks for another protocol: the parser has stopped behind its head."""
        self._data = b""
        if self._upgrade_head is not None:
            if rest:
                self._upgrade_head = None
                self._refuse(Refusal(400, "Data follows a request for an upgrade that was not answered yet."))
            elif self._is_idle():
                self._upgrade()
            else:
                self._pause_reading()
            return
        self.logger.warning("Unsupported upgrade request.")
        if self.ws_protocol_class is None:
            self.logger.warning(NO_WEBSOCKETS)
        if self._replayed_head:
            self._make_parser()
            self._feed(self._replayed_head)
            self._replayed_head = b""
        if rest:
            self.data_received(rest)

    def _ignore_upgrade(self, values: dict[bytes, bytes]) -> None:
        # RFC 9110 7.8: an upgrade may be ignored. The parser has taken it for granted, and a body for the other
        # protocol's data: a second parser reads it, shown a head without the upgrade.
        for name in (b"content-length", b"transfer-encoding"):
            if name in values:
                self._replayed_head = b"POST / HTTP/1.1\r\n%b: %b\r\n\r\n" % (name, values[name])

    def _upgrade(self) -> None:
        self._log_trace("Upgrading to WebSocket")
        method, target, fields = self._upgrade_head  # type: ignore[misc]  # the callers asked
        lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
        for name, value in fields:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n")
        protocol: Any = self.ws_protocol_class(  # type: ignore[call-arg, misc]  # Uvicorn's own contract
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        self._connections.discard(self)
        self._abandon()
        self._forget_parser()
        protocol.connection_made(self.transport)
        protocol.data_received(b"".join(lines))
        self.transport.set_protocol(protocol)
        if self._is_reading_paused:
            self.transport.resume_reading()

    # Time

    def _set_deadline(self, seconds: float) -> None:
        due = self._deadline = monotonic() + seconds
        if self._timer is None:
            self._arm(seconds, due)
        elif due < self._timer_due:
            self._timer.cancel()
            self._arm(seconds, due)

    def _arm(self, seconds: float, due: float) -> None:
        self._timer_due = due
        self._timer = self.loop.call_later(seconds, self._on_timer, due)

    def _on_timer(self, due: float) -> None:
        if due != self._timer_due:
            return  # another has taken its place
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        if deadline != self._timer_due:
            self._arm(max(0.0, deadline - monotonic()), deadline)
        elif self._is_ignoring:
            self._cut()
        elif self._target or self._reading is not None:
            what = "body" if self._reading is not None else "head"
            self._refuse(Refusal(408, f"The request's {what} did not arrive in time."))
        else:
            self.close()

    def _log_trace(self, event: str) -> None:
        if self.logger.level <= TRACE_LOG_LEVEL:
            client = "{}:{} - ".format(*self.client) if self.client else ""
            self.logger.log(TRACE_LOG_LEVEL, "%s%s", client, event)


def _refusal_of(exc: httptools.HttpParserError) -> Refusal:
    if isinstance(exc.__context__, Refusal):
        return exc.__context__
    return Refusal(505 if str(exc) == "Invalid HTTP version" else 400)
