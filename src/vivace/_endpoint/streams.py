"""Makes the response of a handler that yields: what its items become is chosen once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response, StreamingResponse

from vivace._deps.graph import flat_dependants
from vivace._endpoint.events import event_encoder, ping_interval_s
from vivace._endpoint.items import items_of
from vivace._endpoint.plan import EndpointPlan, StreamKind, StreamPlan
from vivace._endpoint.planner import BACKGROUND, RESPONSE
from vivace._endpoint.pump import ItemStream
from vivace._endpoint.reply import Encode, InvalidResult, Reply, model_encoder
from vivace._endpoint.sending import send_response
from vivace._inspection.annotations import is_subclass
from vivace.background import BackgroundTasks
from vivace.encoders import encode_json_line
from vivace.responses import is_body_allowed_for_status_code
from vivace.types import Receive, Scope, Send

__all__ = ["MakeStream", "stream_maker_of", "stream_reply_of"]

MakeStream = Callable[[Any, Scope, Response | None, BackgroundTasks | None], Response]
"""Makes the response of what the handler has returned, with what was set on the injected response."""

Wrap = Callable[[ItemStream, dict[str, Any]], Response]


def stream_maker_of(plan: EndpointPlan, stream: StreamPlan) -> MakeStream:
    """Return the function that makes the response of the handler's items."""
    if stream.kind is StreamKind.RAW and not is_subclass(plan.reply.response_class, StreamingResponse):
        return _handing_over(plan)
    write, wrap = _writer_of(plan, stream), _WRAPS.get(stream.kind) or _in_class_of(plan)
    is_events = stream.kind is StreamKind.EVENTS
    # Whoever takes the request may read its body while it streams.
    may_receive = not any(
        node.request_param_name or node.http_connection_param_name for node in flat_dependants(plan.dependant)
    )

    def make(result: Any, scope: Scope, injected: Response | None, background: BackgroundTasks | None) -> Response:
        if isinstance(result, Response):
            if result.background is None:
                result.background = background
            return result

        def explain(exc: Exception) -> Exception:
            if isinstance(exc, InvalidResult):
                invalid, exc = exc, exc.located(plan.context(scope))
                exc.__cause__ = invalid.__cause__
            # The reference runs a handler of events in a task group, and this is how errors leave one.
            return ExceptionGroup("unhandled errors in a TaskGroup", [exc]) if is_events else exc

        arguments = _arguments(plan, injected, background)
        has_body = is_body_allowed_for_status_code(arguments.get("status_code"))
        body = ItemStream(
            items_of(result, write if has_body else _write_nothing, plan.dependant.call),
            explain,
            ping_every_s=ping_interval_s() if is_events and has_body else None,
            may_receive=may_receive,
        )
        response = wrap(body, arguments)
        if injected is not None:
            response.headers.raw.extend(injected.headers.raw)
        return response

    return make


def _arguments(plan: EndpointPlan, injected: Response | None, background: BackgroundTasks | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {"background": background}
    status_code = (injected and injected.status_code) or plan.reply.status_code
    if status_code is not None:
        arguments["status_code"] = status_code
    return arguments


def _handing_over(plan: EndpointPlan) -> MakeStream:
    """Return the function that gives what was returned to a response class that may know what to do with it."""

    def make(result: Any, _scope: Scope, injected: Response | None, background: BackgroundTasks | None) -> Response:
        response = plan.reply.response_class(content=result, **_arguments(plan, injected, background))
        if injected is not None:
            response.headers.raw.extend(injected.headers.raw)
        return response

    return make


def _writer_of(plan: EndpointPlan, stream: StreamPlan) -> Encode:
    if stream.kind is StreamKind.RAW:
        charset = plan.reply.response_class.charset

        def encode_text(chunk: Any) -> Any:
            return chunk if isinstance(chunk, bytes | memoryview) else chunk.encode(charset)

        return encode_text
    field = stream.field
    encode = encode_json_line if field is None else model_encoder(field, plan.reply.serialization)
    return event_encoder(encode) if stream.kind is StreamKind.EVENTS else lambda item: encode(item) + b"\n"


def _write_nothing(_item: Any) -> bytes:
    return b""  # RFC 9110 6.4.1: the status code allows no body


def _as_lines(body: ItemStream, arguments: dict[str, Any]) -> Response:
    return StreamingResponse(body, media_type="application/jsonl", **arguments)


def _as_events(body: ItemStream, arguments: dict[str, Any]) -> Response:
    response = StreamingResponse(body, media_type="text/event-stream", **arguments)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would gather events before it passes them on
    return response


def _in_class_of(plan: EndpointPlan) -> Wrap:
    response_class: Callable[..., Response] = plan.reply.response_class
    return lambda body, arguments: response_class(content=body, **arguments)


_WRAPS: dict[StreamKind, Wrap] = {StreamKind.LINES: _as_lines, StreamKind.EVENTS: _as_events}


def stream_reply_of(plan: EndpointPlan, stream: StreamPlan, *, has_injected: bool) -> Reply:
    """Return how the compiled path sends items."""
    make = stream_maker_of(plan, stream)

    async def reply(result: Any, slots: Sequence[Any], scope: Scope, receive: Receive, send: Send) -> None:
        injected = slots[RESPONSE] if has_injected else None
        background = slots[BACKGROUND] if has_injected else None
        await send_response(make(result, scope, injected, background), scope, receive, send)

    return reply
