"""A websocket's handshake between HTTP and ASGI: the scope of a request, and the response that refuses it."""

from __future__ import annotations

import email.utils
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from uvicorn.config import Config
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response

from vivace.types import Scope

__all__ = ["denial", "extensions_of", "scope_of"]

SPEC_VERSION = "2.4"  # of the websocket part of ASGI: `send` raises OSError when the client has left


def scope_of(request: Request, config: Config, app_state: dict[str, Any]) -> Scope:
    """Return the ASGI scope of a websocket, without what the transport knows."""
    raw_path, _, query_string = request.path.partition("?")
    asked = request.headers.get_all("Sec-WebSocket-Protocol")
    root_path = config.root_path
    return {
        "type": "websocket",
        "asgi": {"version": config.asgi_version, "spec_version": SPEC_VERSION},
        "http_version": "1.1",
        "root_path": root_path,
        "path": root_path + unquote(raw_path),
        "raw_path": (root_path + raw_path).encode("ascii"),
        "query_string": query_string.encode("ascii"),
        "headers": [(name.encode("ascii"), _bytes_of(value)) for name, value in request.headers.raw_items()],
        "subprotocols": [name.strip() for field in asked for name in field.split(",")],
        "state": app_state.copy(),
        "extensions": {"websocket.http.response": {}},
    }


def _bytes_of(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:  # `websockets` before 17 keeps bytes beyond ASCII in another way
        return value.encode("ascii", "surrogateescape")


def denial(status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes) -> Response:
    """Return the HTTP response by which an app refuses a websocket."""
    headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields])
    headers.setdefault("Date", email.utils.formatdate(usegmt=True))
    headers.setdefault("Connection", "close")
    headers.setdefault("Content-Length", str(len(body)))
    headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    return Response(status, _phrase(status), headers, body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def extensions_of(config: Config) -> list[ServerPerMessageDeflateFactory]:
    """Return what may be agreed upon with a client: compression."""
    if not config.ws_per_message_deflate:
        return []
    # As in Uvicorn: 2**12 bytes of memory for each direction instead of 2**15.
    factory = ServerPerMessageDeflateFactory(
        server_max_window_bits=12, client_max_window_bits=12, compress_settings={"memLevel": 5}
    )
    return [factory]
