"""What an item becomes as a server-sent event, and when a silent stream sends a ping."""

from __future__ import annotations

from typing import Any

from vivace._endpoint.reply import Encode
from vivace.encoders import encode_json_line
from vivace.sse import _PING_INTERVAL, ServerSentEvent, format_sse_event

__all__ = ["event_encoder", "ping_interval_s", "set_ping_interval"]

_interval_s: float = _PING_INTERVAL


def ping_interval_s() -> float:
    """Return the seconds of silence before a ping, as they are now."""
    return _interval_s


def set_ping_interval(seconds: float) -> None:
    """Change what holds for streams that start from now on."""
    global _interval_s
    _interval_s = seconds


def event_encoder(encode: Encode) -> Encode:
    """Return the function from an item to an event, `encode` making JSON of what is not an event already."""

    def encode_event(item: Any) -> bytes:
        if isinstance(item, ServerSentEvent):
            return _format(item)
        # JSON has no line ends but the escaped ones, so it fits into one field.
        return b"data: " + encode(item) + b"\n\n"

    return encode_event


def _format(event: ServerSentEvent) -> bytes:
    data = event.raw_data
    if data is None and event.data is not None:
        data = _json_of(event.data)
    return format_sse_event(data_str=data, event=event.event, id=event.id, retry=event.retry, comment=event.comment)


def _json_of(data: Any) -> str:
    # A model says itself how it is written, with its own names for its fields; that differs from what happens to one
    # that is yielded, and programs rely on both.
    if hasattr(data, "model_dump_json"):
        return data.model_dump_json()  # type: ignore[no-any-return]  # Pydantic's method
    return encode_json_line(data).decode("ascii")
