"""What a request must be to be served, and the answer to one that is not.

The one rule: where two readers of a message could disagree about it, it is refused (RFC 9112 11.2, request smuggling).
This module knows no connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from vivace.server.limits import Limits

__all__ = ["Refusal", "body_too_large", "check_fields", "check_head_size", "known_hosts", "split_target"]

Field = tuple[bytes, bytes]

_INVALID = "Invalid HTTP request received."

# RFC 9110 7.2 and RFC 3986 3.2.2: a name, an IPv4 address or an IPv6 address in brackets, and a port. May be empty.
_HOST = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+;=%]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
known_hosts: set[bytes] = set()  # well-formed, and seen before
_MAX_KNOWN_HOSTS = 1024


class Refusal(Exception):
    """A request that is not served.

    Attributes:
        status: Of the answer.
        text: The answer.
        lingers: Whether the client may be sending still, and is heard out for a moment. Not where there are too many
            connections already.
    """

    def __init__(self, status: int, reason: str = "") -> None:
        text = reason or HTTPStatus(status).phrase
        if status == 400:
            text = f"{_INVALID} {reason}".rstrip()
        super().__init__(text)
        self.status = status
        self.text = text
        self.lingers = status != 503


def check_fields(fields: Sequence[Field], values: Mapping[bytes, bytes], *, is_http_1_0: bool) -> None:
    """Check the fields that say whom a request is for and where it ends.

    The parser has refused these already: bad names and values, Content-Length that is not a number or stands twice or
    beside Transfer-Encoding, codings after `chunked`.

    Args:
        fields: All header fields in order, names in lower case.
        values: The same by name; the last one of each name.
        is_http_1_0: Whether the client speaks HTTP/1.0.

    Raises:
        Refusal: One of them is missing, repeated or unknown.
    """
    host = values.get(b"host")
    if host is None:
        if not is_http_1_0:
            raise Refusal(400, "HTTP/1.1 requires a Host header.")  # RFC 9112 3.2
    elif host not in known_hosts:
        _check_host(host)
    if len(values) != len(fields) and sum(name == b"host" for name, _ in fields) > 1:
        raise Refusal(400, "There is more than one Host header.")
    if b"transfer-encoding" in values:
        if is_http_1_0:
            raise Refusal(400, "HTTP/1.0 has no Transfer-Encoding.")  # RFC 9112 6.1: such a message is faulty
        # All of them: `gzip` in one line and `chunked` in the next are two codings.
        if [value.lower() for name, value in fields if name == b"transfer-encoding"] != [b"chunked"]:
            raise Refusal(501, "The only transfer coding that is known is chunked.")  # RFC 9112 6.1


def _check_host(host: bytes) -> None:
    if not _HOST.fullmatch(host):
        raise Refusal(400, "The Host header is malformed.")
    if len(known_hosts) >= _MAX_KNOWN_HOSTS:
        known_hosts.clear()
    known_hosts.add(host)


def check_head_size(target: bytes, fields: Sequence[Field], size_bytes: int, limits: Limits) -> None:
    """Check what has arrived of a head.

    Args:
        target: The request target.
        fields: The header fields.
        size_bytes: All of the head, with the spaces that are in neither.
        limits: What is allowed.

    Raises:
        Refusal: It is larger than `limits` allow.
    """
    if len(target) > limits.limit_target_size:
        raise Refusal(414, f"The request target is longer than {limits.limit_target_size} bytes.")
    if len(fields) > limits.limit_headers:
        raise Refusal(431, f"There are more than {limits.limit_headers} header fields.")
    if size_bytes > limits.limit_head_size:
        raise Refusal(431, f"The request's head is larger than {limits.limit_head_size} bytes.")


def body_too_large(limit_bytes: int) -> Refusal:
    """Return the refusal of a body that is, or announces itself, larger than allowed."""
    return Refusal(413, f"The request's body is larger than {limit_bytes} bytes.")


def split_target(target: bytes, method: str, fields: Sequence[Field]) -> tuple[bytes, bytes]:
    """Split a request target into path and query string, both still encoded.

    Args:
        target: As it stands in the request line.
        method: Of the request.
        fields: Its header fields.

    Raises:
        Refusal: It is in none of the forms of RFC 9112 3.2 that a server of resources can answer.
    """
    if b"#" in target:
        raise Refusal(400, "The request target has a fragment.")
    if target == b"*":
        if method != "OPTIONS":
            raise Refusal(400, "The request target is malformed.")  # RFC 9112 3.2.4
    elif not target.startswith(b"/"):
        scheme, separator, rest = target.partition(b"://")
        if not separator or scheme.lower() not in (b"http", b"https"):
            raise Refusal(400, "The request target is malformed.")
        authority = re.split(rb"[/?]", rest, maxsplit=1)[0]
        # RFC 9110 4.2.1 and 4.2.4: never empty, and without a user's name.
        if not authority or not _HOST.fullmatch(authority):
            raise Refusal(400, "The request target is malformed.")
        if dict(fields).get(b"host", authority).lower() != authority.lower():
            # RFC 9112 3.2.2: they are the same, else an app that asks the Host field answers for another host.
            raise Refusal(400, "The request target and the Host header differ.")
        target = rest[len(authority) :]
        if not target.startswith(b"/"):
            target = b"/" + target  # RFC 9110 4.2.3: an empty path is the same as "/"
    path, _, query = target.partition(b"?")
    return path, query
