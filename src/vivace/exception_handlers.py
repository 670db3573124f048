"""The handlers that answer for the framework's own exceptions, until a program sets others.

The one rule: whatever a client sent, the answer that refuses it can be written.
"""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket

from vivace.encoders import encode_json, jsonable_encoder
from vivace.exceptions import RequestValidationError, WebSocketRequestValidationError
from vivace.responses import is_body_allowed_for_status_code

__all__ = [
    "http_exception_handler",
    "request_validation_exception_handler",
    "websocket_request_validation_exception_handler",
]

MAX_DEPTH_SHOWN = 100  # levels of a rejected value that the answer repeats; deeper ones can exhaust the stack


async def http_exception_handler(request: Request, exc: HTTPException) -> Response:
    """Answer with the exception's status code and headers, and ``{"detail": ...}`` where a body is allowed."""
    if is_body_allowed_for_status_code(exc.status_code):
        return JSONResponse({"detail": exc.detail}, status_code=exc.status_code, headers=exc.headers)
    return Response(status_code=exc.status_code, headers=exc.headers)


async def request_validation_exception_handler(request: Request, exc: RequestValidationError) -> JSONResponse:
    """Answer 422 with the list of errors."""
    try:
        return _DirectJSONResponse(status_code=422, content={"detail": exc.errors()})
    except (ValueError, RecursionError):
        return _PresentableJSONResponse(status_code=422, content={"detail": _presentable(exc.errors())})


async def websocket_request_validation_exception_handler(
    websocket: WebSocket, exc: WebSocketRequestValidationError
) -> None:
    """Close the websocket with 1008 and the list of errors as the reason."""
    try:
        reason = jsonable_encoder(exc.errors())
    except (ValueError, RecursionError):
        reason = _presentable(exc.errors())
    await websocket.close(code=WS_1008_POLICY_VIOLATION, reason=reason)


class _DirectJSONResponse(JSONResponse):
    """JSON of any object in one pass, which goes as deep as the parser of the request."""

    def render(self, content: Any) -> bytes:
        return encode_json(content)


class _PresentableJSONResponse(JSONResponse):
    """JSON in ASCII, so that a lone surrogate is an escape instead of an error."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def _presentable(value: Any, depth: int = 0) -> Any:
    """Return the value with what JSON cannot say put otherwise.

    The numbers that are not finite become null, bytes that are not UTF-8 get replacement characters, and what lies
    too deep is cut off. ``input`` repeats what the client sent, so all of these can arrive from outside.
    """
    if depth > MAX_DEPTH_SHOWN:
        return "..."
    if isinstance(value, dict):
        return {
            _presentable(key) if isinstance(key, str | bytes | int) else str(key): _presentable(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_presentable(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    try:
        return jsonable_encoder(value)
    except (ValueError, RecursionError):
        return repr(value)
