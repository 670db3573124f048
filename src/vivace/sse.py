"""Server-sent events: one event, its form on the wire, and the response class that asks for a stream of them.

The one rule: what is written here follows the standard's event stream format and knows no endpoint.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from vivace.responses import EventSourceResponse

__all__ = ["KEEPALIVE_COMMENT", "EventSourceResponse", "ServerSentEvent", "format_sse_event"]

KEEPALIVE_COMMENT: Final = b": ping\n\n"
"""Sent when a stream has been silent, so that proxies keep the connection. Clients ignore comments."""

# Seconds of silence before a ping, well below what proxies wait for (often 60). To change it, set the same name in
# `vivace.routing`, which is where the reference looks for it too.
_PING_INTERVAL: float = 15.0

# One event in an OpenAPI document.
_SSE_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}

# These end a line in the format, and no others do: not the vertical tab, not U+2028.
_LINE_END = re.compile(r"\r\n|\r|\n")


def _single_line_event(value: str | None) -> str | None:
    if value is not None and _LINE_END.search(value):
        raise ValueError("SSE 'event' must be a single line")
    return value


def _single_line_id(value: str | None) -> str | None:
    if value is not None and "\0" in value:  # a browser would ignore the whole field
        raise ValueError("SSE 'id' must not contain null characters")
    if value is not None and _LINE_END.search(value):
        raise ValueError("SSE 'id' must be a single line")
    return value


class ServerSentEvent(BaseModel):
    """One event of a stream, for handlers that say more than its data.

    What is yielded otherwise becomes the data of an event that has nothing else.
    """

    # PERF: building a validator looks for Pydantic's plugins in every installed package (benchmark: startup).
    model_config = ConfigDict(defer_build=True)

    data: Any = None
    """What the event carries, sent as JSON: a string arrives quoted. None sends no data."""
    raw_data: str | None = None
    """Text that is sent as it is, in place of `data`."""
    event: Annotated[str | None, AfterValidator(_single_line_event)] = None
    """The type that `addEventListener` in a browser names; without one it is "message". One line."""
    id: Annotated[str | None, AfterValidator(_single_line_id)] = None
    """What a browser sends back in `Last-Event-ID` when it connects again. One line, without NUL."""
    retry: Annotated[int | None, Field(ge=0)] = None
    """Milliseconds that a browser waits before it connects again."""
    comment: str | None = None
    """Lines that clients ignore."""

    @model_validator(mode="after")
    def _has_one_kind_of_data(self) -> Self:
        if self.data is not None and self.raw_data is not None:
            raise ValueError(
                "Cannot set both 'data' and 'raw_data' on the same ServerSentEvent. "
                "Use 'data' for JSON-serialized payloads or 'raw_data' for pre-formatted strings."
            )
        return self


def format_sse_event(
    *,
    data_str: str | None = None,
    event: str | None = None,
    id: str | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    """Write one event: a field per line, several lines of data or comment as several fields, and a blank line.

    Args:
        data_str: The data as it is sent.
        event: The type of the event.
        id: The id of the event.
        retry: Milliseconds before a client connects again.
        comment: What clients ignore; it comes first.
    """
    lines: list[str] = []
    if comment is not None:
        lines += [f": {line}" for line in _LINE_END.split(comment)]
    if event is not None:
        lines.append(f"event: {event}")
    if data_str is not None:
        lines += [f"data: {line}" for line in _LINE_END.split(data_str)]
    if id is not None:
        lines.append(f"id: {id}")
    if retry is not None:
        lines.append(f"retry: {retry}")
    return "".join([f"{line}\n" for line in (*lines, "")]).encode("utf-8")
