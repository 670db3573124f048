"""What a connection is called in telemetry: the names and values of OpenTelemetry's semantic conventions for HTTP.

This module knows the ASGI scope and nothing of OpenTelemetry's packages. What others exported is not trusted to be
well formed: no client can make these functions fail.

Source: https://opentelemetry.io/docs/specs/semconv/http/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from vivace.types import Scope

__all__ = ["KNOWN_METHODS", "function_name", "connection_attributes", "exception_name", "measured_attributes"]

# Others would let clients make up as many time series as they like.
KNOWN_METHODS: Final = frozenset("CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split())
# Keys of signed URLs: whoever has the value has the access.
SECRET_QUERY_KEYS: Final = frozenset(
    "X-Amz-Signature X-Amz-Credential X-Amz-Security-Token X-Goog-Signature sig".split()
)
DEFAULT_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def connection_attributes(scope: Scope) -> dict[str, Any]:
    """Return the attributes that the span of a request or a websocket starts with."""
    if scope["type"] == "websocket":
        attributes = {"url.scheme": scope.get("scheme", "ws"), "network.protocol.name": "websocket"}
        return attributes | _server_attributes(scope)
    attributes = measured_attributes(scope)
    method = scope["method"]
    if method not in KNOWN_METHODS:
        attributes["http.request.method_original"] = method
    attributes |= _protocol_attributes(scope)
    attributes |= _server_attributes(scope)
    attributes["url.path"] = scope["path"]
    query = scope.get("query_string", b"")
    if query:
        attributes["url.query"] = _without_secrets(query)
    return attributes


def measured_attributes(scope: Scope) -> dict[str, Any]:
    """Return the attributes that requests are counted by."""
    method = scope["method"]
    return {
        "url.scheme": scope.get("scheme", "http"),
        "http.request.method": method if method in KNOWN_METHODS else "_OTHER",
    }


def _protocol_attributes(scope: Scope) -> dict[str, Any]:
    version = scope.get("http_version")
    return {"network.protocol.version": version} if version else {}


def _server_attributes(scope: Scope) -> dict[str, Any]:
    """Return the server's name as the client gave it in the field Host, or else the address that was connected to."""
    for name, value in scope.get("headers", ()):
        if name == b"host":
            address, port = _split_host(value.decode("latin-1"))
            port = DEFAULT_PORTS.get(scope.get("scheme", "")) if port is None else port
            break
    else:
        address, port = scope.get("server") or (None, None)
    if not address:
        return {}
    return {"server.address": address} if port is None else {"server.address": address, "server.port": port}


def _split_host(text: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit("//" + text)
        port = parts.port
    except ValueError:
        return None, None
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None, None
    return parts.hostname, port


def _without_secrets(query: bytes) -> str:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return urlencode([(key, "REDACTED" if key in SECRET_QUERY_KEYS else value) for key, value in pairs])


def function_name(function: Callable[..., Any]) -> str:
    """Return the full name of a function, or of the class of another callable."""
    named: Any = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def exception_name(exc: BaseException) -> str:
    """Return the full name of the class of an exception; a built-in one has no module."""
    cls = type(exc)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
