"""What a case is made of: a program, and the exact bytes sent to it. This module knows no framework."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "Case",
    "Conversation",
    "Exchange",
    "Log",
    "case",
    "connect",
    "delete",
    "form",
    "get",
    "head",
    "multipart",
    "options",
    "patch",
    "post",
    "put",
    "send",
    "without_length",
]

HeaderItems = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]


class Log:
    """The order of events: what the program says, between the messages that it sends."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, *values: object) -> None:
        """Record one event; text stands as it is, anything else by its repr."""
        line = " ".join(value if isinstance(value, str) else repr(value) for value in values)
        self.lines.append(line.encode("utf-8", "backslashreplace").decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request, byte for byte.

    `chunks` are the body's `http.request` messages. With `disconnects`, the client leaves after them instead of
    ending the body. `scope` overlays the ASGI scope. Without `compares_body` only status and headers (and not
    the length) are compared, for bodies that name files of the framework.
    """

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    chunks: tuple[bytes, ...] = (b"",)
    disconnects: bool = False
    compares_body: bool = True
    scope: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One websocket: what the client sends after connecting, before it leaves.

    `messages` are what the program receives: text, bytes, or a whole message. After them the client leaves with
    `code`. With `is_gone`, nothing can be sent any more once the program has been told so.
    """

    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    messages: tuple[str | bytes | Mapping[str, Any], ...] = ()
    code: int = 1001
    is_gone: bool = False
    scope: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """What stands for the method where requests are told."""
        return "WEBSOCKET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A program with the requests it is sent, in order.

    Attributes:
        build: the program; called with a `Log` if it takes a parameter.
        has_lifespan: run the app's lifespan around the requests, as a server does.
        is_concurrent: send all requests at once instead of one after the other.
        has_openapi: compare `app.openapi()` too.
        error_text: what the text of the declaration error contains on both sides.
        is_hostile: where the reference fails with 500, Vivace must blame the client instead.
    """

    name: str
    build: Callable[..., Any]
    exchanges: tuple[Exchange | Conversation, ...]
    has_lifespan: bool
    is_concurrent: bool
    has_openapi: bool
    error_text: str | None
    is_hostile: bool


def case(
    *exchanges: Exchange | Conversation,
    lifespan: bool = False,
    concurrent: bool = False,
    openapi: bool = True,
    error_text: str | None = None,
    hostile: bool = False,
) -> Callable[[Callable[..., Any]], Case]:
    """Make the decorated program a case."""

    def decorate(build: Callable[..., Any]) -> Case:
        return Case(
            name=build.__name__,
            build=build,
            exchanges=exchanges,
            has_lifespan=lifespan,
            is_concurrent=concurrent,
            has_openapi=openapi,
            error_text=error_text,
            is_hostile=hostile,
        )

    return decorate


_UNSET: Any = object()


def send(
    method: str,
    target: str,
    headers: HeaderItems = (),
    *,
    json: Any = _UNSET,
    content: bytes | list[bytes] = b"",
    content_type: str | None = None,
    **details: Any,
) -> Exchange:
    """Describe one request: `json` is encoded and declared as JSON, `content` is sent as it is (a list in chunks)."""
    if json is not _UNSET:
        content, content_type = json_module.dumps(json).encode(), content_type or "application/json"
    chunks = tuple(content) if isinstance(content, list) else (content,)
    items = _header_items(headers)
    if content_type is not None:
        items.append((b"content-type", _latin(content_type)))
    if any(chunks):
        items.append((b"content-length", str(sum(map(len, chunks))).encode()))
    return Exchange(method=method, target=target, headers=tuple(items), chunks=chunks, **details)


def connect(
    target: str, *messages: str | bytes | Mapping[str, Any], headers: HeaderItems = (), **details: Any
) -> Conversation:
    """Describe a websocket: where to, and what the client sends."""
    return Conversation(target=target, headers=tuple(_header_items(headers)), messages=messages, **details)


def _header_items(headers: HeaderItems) -> list[tuple[bytes, bytes]]:
    given = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    items = [(_latin(name).lower(), _latin(value)) for name, value in given]
    if not any(name == b"host" for name, _ in items):
        items.insert(0, (b"host", b"testserver"))
    return items


def _latin(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def get(target: str, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe a GET request."""
    return send("GET", target, headers, **details)


def head(target: str, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe a HEAD request."""
    return send("HEAD", target, headers, **details)


def options(target: str, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe an OPTIONS request."""
    return send("OPTIONS", target, headers, **details)


def post(target: str, json: Any = _UNSET, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe a POST request."""
    return send("POST", target, headers, json=json, **details)


def put(target: str, json: Any = _UNSET, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe a PUT request."""
    return send("PUT", target, headers, json=json, **details)


def patch(target: str, json: Any = _UNSET, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe a PATCH request."""
    return send("PATCH", target, headers, json=json, **details)


def delete(target: str, headers: HeaderItems = (), **details: Any) -> Exchange:
    """Describe a DELETE request."""
    return send("DELETE", target, headers, **details)


def form(target: str, content: bytes | list[bytes] = b"", **details: Any) -> Exchange:
    """Describe a POST request with an urlencoded form."""
    return send("POST", target, content=content, content_type="application/x-www-form-urlencoded", **details)


def multipart(
    target: str, *parts: tuple[str, str | None, bytes], end: bytes = b"--B--\r\n", **details: Any
) -> Exchange:
    """Describe a POST request with a multipart form of `(name, file name or None, content)`."""
    body = b""
    for name, file_name, content in parts:
        body += b'--B\r\nContent-Disposition: form-data; name="%s"' % name.encode()
        if file_name is not None:
            body += b'; filename="%s"\r\nContent-Type: text/plain' % file_name.encode()
        body += b"\r\n\r\n" + content + b"\r\n"
    kind = "multipart/form-data; boundary=B"
    return send("POST", target, content=body + end, content_type=kind, **details)


def without_length(asked: Exchange) -> Exchange:
    """Take the content length away, as with chunked transfer coding."""
    return replace(asked, headers=tuple(item for item in asked.headers if item[0] != b"content-length"))
