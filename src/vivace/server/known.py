"""Requests whose header fields are those of the request before on the same connection.

Clients that keep a connection send the same fields again and again. The parser has checked them once; what is left to
read is the request line, which is read here only where there is nothing to doubt about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vivace.types import ASGIApp

__all__ = ["METHODS", "KnownFields", "know_fields", "split_plain_line"]

METHODS = {
    method.encode(): method for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY")
}

# What RFC 3986 3.3 and 3.4 have in path and query. The parser allows some more.
_TARGET_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%"
_MAX_BYTES = 4096  # of fields kept by a connection
_MAX_BODY_BYTES = 16 * 1024  # above it the time for the fields is nothing

# Fields after which a request is not plain.
_SPECIAL = frozenset((b"connection", b"expect", b"transfer-encoding", b"upgrade"))


@dataclass(frozen=True, slots=True)
class KnownFields:
    """The fields of a request that was served.

    Attributes:
        text: As they were received, from the line break before them to the empty line after them.
        fields: The same, parsed.
        app: Who answers requests with these fields.
        body_size: Bytes of the body that they announce.
        size: Bytes of a request without its request line.
    """

    text: bytes
    fields: list[tuple[bytes, bytes]]
    app: ASGIApp
    body_size: int
    size: int


def know_fields(
    data: bytes, start: int, fields: list[tuple[bytes, bytes]], values: Mapping[bytes, Any], app: ASGIApp
) -> KnownFields | None:
    """Return the fields of a request for the next one, or None when they ask for more than an answer.

    Args:
        data: What was read last, with the whole head.
        start: Where the line break before the fields is in it.
    """
    if not _SPECIAL.isdisjoint(values) and (values.keys() & _SPECIAL != {b"connection"} or not _stays(values)):
        return None
    end = data.find(b"\r\n\r\n", start) + 4
    body_size = int(values.get(b"content-length", 0))
    if end - start > _MAX_BYTES or body_size > _MAX_BODY_BYTES:
        return None
    return KnownFields(data[start:end], fields.copy(), app, body_size, end - start + body_size)


def _stays(values: Mapping[bytes, Any]) -> bool:
    return bool(values[b"connection"].lower() == b"keep-alive")


def split_plain_line(line: bytes) -> tuple[str, bytes] | None:
    """Return method and target of a request line, or None when it takes a parser to say what it is."""
    raw_method, _, rest = line.partition(b" ")
    method = METHODS.get(raw_method)
    if method is None or not rest.startswith(b"/") or not rest.endswith(b" HTTP/1.1"):
        return None
    target = rest[:-9]
    return None if target.translate(None, _TARGET_BYTES) else (method, target)
