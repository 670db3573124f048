"""What stands before a response body: status line and header fields, checked, as bytes.

The one rule: what leaves here is well-formed HTTP/1.1, whatever the app passed. This module knows no connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

__all__ = ["Head", "Heads"]

Field = tuple[bytes, bytes]

# RFC 9110 5.6.2 (token) and 5.5: no line break, no NUL, no control character but the tab.
_BAD_NAME = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]|\A\Z")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# Fields whose values are another one in each response, or a secret: a head with one of them is not kept.
_CHANGING = frozenset(
    (
        b"age",
        b"content-range",
        b"etag",
        b"expires",
        b"last-modified",
        b"location",
        b"retry-after",
        b"server-timing",
        b"set-cookie",
        b"traceparent",
        b"x-correlation-id",
        b"x-process-time",
        b"x-request-id",
    )
)
_MAX_KNOWN = 1024  # kinds of heads: far above what one app sends; lengths vary most
_MAX_KNOWN_BYTES = 512  # a head; bounds what is known to half a MiB


# PERF: a frozen dataclass takes 1.5 µs to make, this 0.4.
class Head(NamedTuple):
    """Status line and header fields of one response.

    Attributes:
        lines: As they are sent, each with its line break, without the empty line at the end and Transfer-Encoding,
            which not every client and not every response may have.
        text: The same with the empty line: what is sent when nothing is added.
        length: Bytes of the body that the fields announce; None when they do not say.
        is_plain: Whether nothing has to be added or considered: the length is known, the connection stays.
        is_chunked: Whether the app asked for the chunked coding.
        closes: Whether the connection ends with this response.
        is_event_stream: Whether the body is a stream of server-sent events.
    """

    lines: bytes
    text: bytes
    length: int | None
    is_plain: bool
    is_chunked: bool
    closes: bool
    is_event_stream: bool


class _HasDefaultHeaders(Protocol):
    default_headers: list[Field]


class Heads:
    """Writes down the heads of responses, with the server's own fields in each.

    Args:
        state: Has the server's own fields. Uvicorn replaces the list once a second, for the date.
    """

    __slots__ = ("_closes_always", "_default_headers", "_known", "_prefixes", "_state")

    def __init__(self, state: _HasDefaultHeaders) -> None:
        self._state = state
        self._prefixes: dict[int, bytes] = {}
        self._known: dict[tuple[Any, ...], Head] = {}
        self._renew()

    def of(self, status: int, headers: Iterable[Field]) -> Head:
        """Return the head for a status and the header fields of an app.

        Raises:
            RuntimeError: The status is none, a name or value must not be sent, or the fields tell two lengths.
        """
        if self._default_headers is not self._state.default_headers:
            self._renew()
        # PERF: most responses of an app have one of a few heads; finding it again costs a tenth of writing it
        # (benchmarks/compare.py, plain_json).
        key: tuple[Any, ...] = (status, *headers)
        try:
            return self._known.get(key) or self._write(key, status, key[1:])
        except TypeError:  # a field that is a list
            return self._write((), status, [(name, value) for name, value in key[1:]])

    def of_whole(self, status: int, content_type: bytes, length: int) -> Head:
        """Return the head of a response of which no more is said than type and length."""
        if self._default_headers is not self._state.default_headers:
            self._renew()
        key = (status, content_type, length)
        return self._known.get(key) or self._write(
            key, status, ((b"content-length", b"%d" % length), (b"content-type", content_type))
        )

    def _renew(self) -> None:
        headers = self._default_headers = self._state.default_headers
        self._closes_always = any(name == b"connection" and b"close" in _tokens(value) for name, value in headers)
        self._prefixes.clear()
        self._known.clear()

    def _write(self, key: tuple[Any, ...], status: int, headers: Iterable[Field]) -> Head:
        """Write a head down, and keep it under `key` if that is not empty."""
        lines = [self._prefixes.get(status) or self._prefix(status)]
        length: int | None = None
        length_line = b""
        is_chunked = is_event_stream = False
        closes = self._closes_always
        repeats = True
        for name, value in headers:
            _check_field(name, value)
            name = name.lower()
            if name in _CHANGING:
                repeats = False
            if name == b"transfer-encoding":
                _check_coding(value)
                is_chunked = True
                continue
            line = b"%b: %b\r\n" % (name, value)
            lines.append(line)
            if name == b"content-length":
                length, length_line = _read_length(value, length), line
            elif name == b"connection":
                closes = closes or b"close" in _tokens(value)
            elif name == b"content-type":
                is_event_stream = value.lower().startswith(b"text/event-stream")
        if is_chunked and length is not None:
            # RFC 9112 6.2: both must not be sent; two answers to where the body ends are how responses get smuggled.
            lines = [line for line in lines if line != length_line]
            length = None
        text = b"".join(lines)
        head = Head(
            lines=text,
            text=text + b"\r\n",
            length=length,
            is_plain=length is not None and not closes and status != 304,
            is_chunked=is_chunked,
            closes=closes,
            is_event_stream=is_event_stream,
        )
        if key and repeats and len(text) <= _MAX_KNOWN_BYTES:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[key] = head
        return head

    def _prefix(self, status: int) -> bytes:
        if not (isinstance(status, int) and 200 <= status <= 999):  # an interim answer would leave the request open
            raise RuntimeError(f"Invalid HTTP status: {status!r}.")
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = ""
        lines = [b"HTTP/1.1 %d %b\r\n" % (status, phrase.encode())]
        for name, value in self._default_headers:
            _check_field(name, value)
            lines += (name, b": ", value, b"\r\n")
        prefix = self._prefixes[int(status)] = b"".join(lines)
        return prefix


def _check_field(name: bytes, value: bytes) -> None:
    if _BAD_NAME.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    if _BAD_VALUE.search(value):
        raise RuntimeError("Invalid HTTP header value.")


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.lower().split(b",")]


def _check_coding(value: bytes) -> None:
    if value.strip().lower() != b"chunked":
        raise RuntimeError(f"Response has a Transfer-Encoding other than chunked: {value!r}.")


def _read_length(value: bytes, earlier: int | None) -> int:
    if not value.isdigit():
        raise RuntimeError(f"Response has an invalid Content-Length: {value!r}.")
    length = int(value)
    if earlier not in (None, length):
        raise RuntimeError("Response has two different Content-Lengths.")
    return length
