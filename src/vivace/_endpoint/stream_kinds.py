"""Whether the items of a handler are streamed, and as what: decided by its kind and the class of its response."""

from __future__ import annotations

from typing import Any

from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse

from vivace._endpoint.plan import StreamKind
from vivace._inspection.annotations import is_subclass
from vivace._inspection.callables import describe_callable, kind_of
from vivace._params.refusals import refused
from vivace.datastructures import DefaultPlaceholder
from vivace.options import RouteConfig
from vivace.responses import EventSourceResponse
from vivace.types import Handler

__all__ = ["refuse_unfit_class", "stream_kind"]

# None of them can do anything with a generator. A subclass may: what it makes of its content is its own affair.
_WHOLE_RESPONSES = (FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse)


def stream_kind(handler: Handler, response_class: Any) -> StreamKind | None:
    """Return what the items of a handler become, or None when it has no items.

    Args:
        handler: The handler. One that does not yield has items if its response class is for events.
        response_class: The class of the response, or a placeholder when nobody chose one.
    """
    if is_subclass(response_class, EventSourceResponse):
        return StreamKind.EVENTS
    if not kind_of(handler).yields:
        return None
    return StreamKind.LINES if isinstance(response_class, DefaultPlaceholder) else StreamKind.RAW


def refuse_unfit_class(handler: Handler, config: RouteConfig) -> None:
    """Refuse a handler that yields with a response class that takes no items.

    Raises:
        AssertionError: the two do not fit.
    """
    response_class = config.response_class if "response_class" in config.given else None
    if response_class in _WHOLE_RESPONSES and kind_of(handler).yields:
        raise refused(
            f"A handler that yields cannot answer with {response_class.__name__}",
            f"leave `response_class` out of {describe_callable(handler)} for JSON lines, or set it to "
            "EventSourceResponse or StreamingResponse, or return what is yielded as a whole.",
        )
