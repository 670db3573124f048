"""Responses: Starlette's, a class for server-sent events, two deprecated JSON classes, which codes carry a body."""

from __future__ import annotations

import importlib
from typing import Any

from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from typing_extensions import deprecated

from vivace.exceptions import FastAPIDeprecationWarning

__all__ = [
    "EventSourceResponse",
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "ORJSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "UJSONResponse",
    "is_body_allowed_for_status_code",
]

# RFC 9110, sections 6.4.1 and 15.3.6: these answers end with their head.
_STATUS_CODES_WITHOUT_BODY = frozenset({204, 205, 304})


class EventSourceResponse(StreamingResponse):
    """A stream of server-sent events.

    As the `response_class` of a route it makes events of what the handler yields. An instance sends its content as it
    is, like any other stream.
    """

    media_type = "text/event-stream"


def is_body_allowed_for_status_code(status_code: int | str | None) -> bool:
    """Tell whether an answer with this status code has a body. Ranges (``"5XX"``), ``"default"`` and ``None`` may."""
    if status_code is None or status_code in _STATUS_RANGES:
        return True
    code = int(status_code)
    return code >= 200 and code not in _STATUS_CODES_WITHOUT_BODY


_STATUS_RANGES = frozenset({"default", "1XX", "2XX", "3XX", "4XX", "5XX"})

_ADVICE = (
    "{name} is deprecated, data is serialized directly to JSON bytes by Pydantic when a return type or response model "
    "is set, which is faster and needs no response class of its own. Declare a return type, or use JSONResponse."
)


def _import_json_library(name: str, needed_by: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as exc:
        # AssertionError, because that is what programs that run on the reference catch.
        raise AssertionError(f"{name} must be installed to use {needed_by}") from exc


@deprecated(_ADVICE.format(name="UJSONResponse"), category=FastAPIDeprecationWarning, stacklevel=2)
class UJSONResponse(JSONResponse):
    """JSON written by the package ujson."""

    def render(self, content: Any) -> bytes:
        """Return the content as JSON."""
        ujson = _import_json_library("ujson", "UJSONResponse")
        text: str = ujson.dumps(content, ensure_ascii=False)
        return text.encode("utf-8")


@deprecated(_ADVICE.format(name="ORJSONResponse"), category=FastAPIDeprecationWarning, stacklevel=2)
class ORJSONResponse(JSONResponse):
    """JSON written by the package orjson."""

    def render(self, content: Any) -> bytes:
        """Return the content as JSON."""
        orjson = _import_json_library("orjson", "ORJSONResponse")
        body: bytes = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
        return body
