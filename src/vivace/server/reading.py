"""From bytes to requests: the parser of a connection, and what it leaves to be checked.

The one rule: whatever pieces the bytes come in, the requests are the same. This module writes nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools

from vivace.server.deadline import TimedProtocol
from vivace.server.exchange import HIGH_WATER_BYTES, Exchange
from vivace.server.known import METHODS, KnownFields, know_fields, split_plain_line
from vivace.server.limits import Limits
from vivace.server.refusals import Refusal, body_too_large, check_fields, check_head_size, known_hosts
from vivace.types import ASGIApp

__all__ = ["RequestReader"]

BODY_BYTES_PER_S = 1024  # what a slow client must send to go on: see Limits.timeout_body
CHUNK_OVERHEAD = 16  # bytes of chunk headers for each byte of the body; chunks of a single byte need 5

_IN_METHOD = frozenset(bytes((byte,)) for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ- \r")


class RequestReader(TimedProtocol):
    """Reads the requests of one connection, and says of each that it has begun.

    Args:
        loop: The event loop.
        limits: What a request may be.
    """

    ws_protocol_class: Any
    exchange: Exchange | None

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        super().__init__(loop)
        self._limits = limits
        self._quick_size = min(limits.limit_head_size, limits.limit_target_size)  # no head in fewer bytes is too large
        self._make_parser()
        self._data = b""  # the last read, with the start of an unfinished head from earlier ones
        # Where in _data the next request line is due; negative while that is behind a head not looked at since, whose
        # own line ends there.
        self._line_at = 0
        self._is_body_chunked = False  # the last body: where it ends is known by and large only
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._known: KnownFields | None = None  # the fields of the last request: most clients repeat them
        self._reading: Exchange | None = None  # the exchange whose body is being read
        self._read_bytes = 0  # while its body is being read
        self._is_reading_paused = False
        self._is_ignoring = False  # nothing that still comes is read
        self._upgrade_head: tuple[bytes, bytes, list[tuple[bytes, bytes]]] | None = None
        self._replayed_head = b""

    def _make_parser(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        # A request that follows one with `Connection: close` is ignored, not an error: the first has its answer due.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._feed = self._parser.feed_data

    def _forget_parser(self) -> None:
        # It holds methods of this object, and this object the parser.
        self._parser = self._feed = cast(Any, None)

    # What becomes of what was read is the heir's

    def _choose_app(self, values: dict[bytes, bytes]) -> ASGIApp:
        """Return who answers a request with these fields."""
        raise NotImplementedError

    def _begin(self, exchange: Exchange, app: ASGIApp, target: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        """Hand a request to its app. Its body may still be to come."""
        raise NotImplementedError

    def _end_request(self, exchange: Exchange) -> None:
        """Take notice that a body has come to its end."""
        raise NotImplementedError

    def _refuse(self, refusal: Refusal) -> None:
        raise NotImplementedError

    def _on_upgrade(self, rest: bytes) -> None:
        """Go on behind the head of a request for another protocol."""
        raise NotImplementedError

    def _pause_reading(self) -> None:
        raise NotImplementedError

    def _is_idle(self) -> bool:
        raise NotImplementedError

    # The transport's call

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

        exchange = Exchange(self, METHODS.get(raw_method) or raw_method.decode("ascii"))  # type: ignore[arg-type]  # the heir is the connection
        if is_http_1_0:
            exchange.is_http_1_0 = True
            exchange.keep_alive = False
        elif b"connection" in values and not self._parser.should_keep_alive():
            exchange.keep_alive = False
        self._deadline = None
        if b"content-length" in values or b"transfer-encoding" in values:
            self._expect_body(exchange, values)
        app = self._choose_app(values)
        self._known = know_fields(data, len(line) - 2, fields, values, app) if is_alone else None
        self._begin(exchange, app, target, fields)

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
            raise body_too_large(limit)
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
            self._end_request(exchange)

    # Heads

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
        exchange = Exchange(self, method)  # type: ignore[arg-type]  # the heir is the connection
        self._deadline = None
        if known.body_size:
            exchange.feed(data[-known.body_size :])
        self._begin(exchange, known.app, target, known.fields.copy())
        return True

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

    def _ignore_upgrade(self, values: dict[bytes, bytes]) -> None:
        # RFC 9110 7.8: an upgrade may be ignored. The parser has taken it for granted, and a body for the other
        # protocol's data: a second parser reads it, shown a head without the upgrade.
        for name in (b"content-length", b"transfer-encoding"):
            if name in values:
                self._replayed_head = b"POST / HTTP/1.1\r\n%b: %b\r\n\r\n" % (name, values[name])

    # Bodies

    def _expect_body(self, exchange: Exchange, values: dict[bytes, bytes]) -> None:
        length = values.get(b"content-length")
        if length is not None:
            size, limit = int(length), self._limits.limit_body_size
            if limit and size > limit:
                raise body_too_large(limit)
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
            self._extend_deadline(size / BODY_BYTES_PER_S, at_most=self._limits.timeout_body)


def _refusal_of(exc: httptools.HttpParserError) -> Refusal:
    if isinstance(exc.__context__, Refusal):
        return exc.__context__
    return Refusal(505 if str(exc) == "Invalid HTTP version" else 400)
