"""The HTTP protocol for Uvicorn: one connection, its responses in their order, its flow and its end.

`uvicorn --http vivace.server:HttpProtocol` serves any ASGI app with it. It does what Uvicorn's own protocols do, in
fewer calls per request: what can be known per process is known in `Service`, per connection in `connection_made`.
"""

from __future__ import annotations

import asyncio
import contextvars
import urllib.parse
from collections import deque
from typing import Any, ClassVar, cast

from uvicorn.config import Config
from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from vivace.server.exchange import HIGH_WATER_BYTES, Exchange
from vivace.server.limits import Limits
from vivace.server.reading import RequestReader
from vivace.server.refusals import Refusal, split_target
from vivace.server.service import Service
from vivace.types import ASGIApp, Scope

__all__ = ["HttpProtocol"]

SPEC_VERSION = "2.5"  # of the HTTP part of ASGI: `send` raises OSError when the client has left (since 2.4)
MAX_PIPELINED = 256  # requests that wait on one connection; real clients send a few, and one read holds thousands
READ_AHEAD = 16  # requests that may wait before reading pauses
READ_AHEAD_BYTES = 4096  # of one such request; bounds, with READ_AHEAD, what a connection holds
LINGER_S = 5.0  # for a client to hear a last response and stop sending, before the connection is cut
TLS_LINGER_S = 1.0  # the same over TLS, which has no half-closed connections: the client sees no end until then
TAKE_S = 30.0  # for a client to take another piece of a last response; systems tell of progress in lumps
NO_WEBSOCKETS = (
    "No supported WebSocket library detected. Please use \"pip install 'uvicorn[standard]'\", or install 'websockets' "
    "or 'wsproto' manually."
)

_SLASH = ord("/")


class HttpProtocol(RequestReader):
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
        super().__init__(_loop or asyncio.get_event_loop(), service.limits)
        self.config = config
        self.server_state = server_state
        self.app_state = app_state
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
        self._makes_tasks = False  # without asking the loop, which would make the same
        self._limit_concurrency = config.limit_concurrency
        self._context = contextvars.copy_context()
        self._connections: set[Any] = server_state.connections  # Uvicorn's type names its own protocols
        self.tasks: set[Any] = server_state.tasks
        self._root_path = config.root_path
        self._asgi = {"version": config.asgi_version, "spec_version": SPEC_VERSION}
        # Requests whose turn has not come
        self._waiting: deque[tuple[Exchange, ASGIApp, Scope]] = deque()
        self._refusal: Refusal | None = None
        # Flow
        self._writable: asyncio.Event | None = None
        self._unsent_bytes = 0  # when the connection was to be cut last
        self.is_draining = False

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
        self._makes_tasks = not self.config.reset_contextvars and _makes_plain_tasks(self.loop)
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

    # The reader's calls

    def _choose_app(self, values: dict[bytes, bytes]) -> ASGIApp:
        if self._trusts_client and (b"x-forwarded-for" in values or b"x-forwarded-proto" in values):
            return self._service.outer_app
        return self._app

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

    def _end_request(self, exchange: Exchange) -> None:
        if exchange.response_complete and exchange is self.exchange:
            self._set_deadline(self.config.timeout_keep_alive)

    def _pause_reading(self) -> None:
        if not self._is_reading_paused:
            self._is_reading_paused = True
            self._deadline = None  # it is the app that takes its time
            self.transport.pause_reading()

    # Responding

    def resume_reading(self) -> None:
        """Read on, if the requests that wait allow it."""
        reading = self._reading
        if (
            self._is_reading_paused
            and len(self._waiting) < READ_AHEAD
            and (reading is None or reading is self.exchange or reading.waiting_bytes <= HIGH_WATER_BYTES)
            and self._upgrade_head is None
            and not self.transport.is_closing()
        ):
            self._is_reading_paused = False
            # What is read from now on would else be read with the context variables of the app that asked.
            self._context.copy().run(self.transport.resume_reading)
            if reading is not None:
                self._set_deadline(self._limits.timeout_body)

    def send_continue(self) -> None:
        """Tell a client that waits with its body to send it. RFC 9110 10.1.1."""
        if not self.is_lost and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._reading is not None:
                self._set_deadline(self._limits.timeout_body)

    def _start(self, exchange: Exchange, app: ASGIApp, scope: Scope) -> None:
        self.exchange = exchange
        if self._makes_tasks:
            # PERF: a task that names itself formats a number; with a name given this is a quarter cheaper.
            task = asyncio.Task(exchange.run(app, scope), loop=self.loop, name="vivace.request")
        elif self.config.reset_contextvars:
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
        if len(self._waiting) >= READ_AHEAD or len(self._data) > READ_AHEAD_BYTES:
            self._pause_reading()  # until then it is read on: a client that leaves is seen only so

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

    def _on_deadline(self) -> None:
        if self._is_ignoring:
            self._cut()
        elif self._target or self._reading is not None:
            what = "body" if self._reading is not None else "head"
            self._refuse(Refusal(408, f"The request's {what} did not arrive in time."))
        else:
            self.close()

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
        if self._unsent_bytes:
            self._set_deadline(TAKE_S)
        else:
            self._set_deadline(TLS_LINGER_S if is_ssl(self.transport) else LINGER_S)

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
        self._stop_timer()
        exchanges = [exchange for exchange, _, _ in self._waiting]
        self._waiting.clear()
        exchanges += [exchange for exchange in (self.exchange, self._reading) if exchange is not None]
        for exchange in exchanges:
            exchange.tell_gone()
        self.resume_writing()

    def _refuse(self, refusal: Refusal) -> None:
        self._is_ignoring = True
        self._data = b""
        self._refusal = refusal
        if refusal.status == 400:
            self.logger.warning("Invalid HTTP request received.")
        self.logger.info("%s - refused with %d: %s", _place(self.client), refusal.status, refusal.text)
        if self._waiting and self._waiting[-1][0] is self._reading:
            self._waiting.pop()
        # Requests before this one are answered first.
        if self._is_idle() or self.exchange is self._reading:
            self._answer_refusal(refusal)

    def _answer_refusal(self, refusal: Refusal) -> None:
        if self.transport.is_closing():
            return
        exchange = self.exchange
        is_of_last = exchange is self._reading  # its own body is at fault: if it was answered, that is its answer
        if exchange is None or not exchange.is_started or (exchange.response_complete and not is_of_last):
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

    def _upgrade(self) -> None:
        self._log_trace("Upgrading to WebSocket")
        method, target, fields = self._upgrade_head  # type: ignore[misc]  # the callers asked
        lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
        for name, value in fields:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n")
        protocol: Any = self.ws_protocol_class(  # Uvicorn's own contract
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

    def _log_trace(self, event: str) -> None:
        if self.logger.level <= TRACE_LOG_LEVEL:
            self.logger.log(TRACE_LOG_LEVEL, "%s%s", f"{_place(self.client)} - " if self.client else "", event)


def _place(client: tuple[str, int] | None) -> str:
    return "{}:{}".format(*client) if client else "a client"


def _makes_plain_tasks(loop: asyncio.AbstractEventLoop) -> bool:
    if type(loop).__module__.partition(".")[0] not in ("asyncio", "uvloop"):
        return False
    return loop.get_task_factory() is None
