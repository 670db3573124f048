"""Makes the result of a handler into a response: the kind of reply is chosen once, by the planner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from vivace._endpoint.plan import EndpointPlan, ReplyPlan
from vivace._endpoint.planner import BACKGROUND, RESPONSE
from vivace._endpoint.sending import RESPONSE_STARTED, send_response
from vivace._inspection.callables import CallableKind
from vivace._params.field import ModelField, located_errors
from vivace.background import BackgroundTasks
from vivace.concurrency import run_in_threadpool
from vivace.encoders import encode_json, jsonable_encoder
from vivace.exceptions import EndpointContext, ResponseValidationError
from vivace.responses import is_body_allowed_for_status_code
from vivace.types import Receive, Scope, Send

__all__ = [
    "Encode",
    "InvalidResult",
    "Reply",
    "build_response",
    "content_of",
    "direct_encoder_of",
    "encoding_in_place",
    "json_encoder_of",
    "make_response",
    "model_encoder",
    "reply_of",
]

Encode = Callable[[Any], bytes]
Reply = Callable[[Any, Sequence[Any], Scope, Receive, Send], Awaitable[None]]
"""Sends the result of the handler. The second argument holds the slots of the request."""

SEND_WHOLE = "vivace_send_whole"  # a method of whoever `send` belongs to: see `vivace.server.exchange.Exchange`

_JSON_CONTENT_TYPE = (b"content-type", b"application/json")


class InvalidResult(Exception):
    """The result does not fit the response model; the endpoint adds where it stands."""

    def __init__(self, errors: list[dict[str, Any]], result: Any) -> None:
        super().__init__(errors)
        self.errors = errors
        self.result = result

    def located(self, context: EndpointContext) -> ResponseValidationError:
        """Make the error that the program sees."""
        return ResponseValidationError(errors=self.errors, body=self.result, endpoint_ctx=context)


def _validated(field: ModelField, result: Any) -> Any:
    value, errors = field.validate(result, loc=("response",))
    if errors:
        raise InvalidResult(errors, result)
    return value


def json_encoder_of(plan: ReplyPlan) -> Encode | None:
    """Return the function from a result to JSON bytes, or None when the response class renders the body itself.

    The function raises `InvalidResult`.
    """
    field = plan.field
    if field is None:
        is_json = plan.is_default_class or plan.response_class is JSONResponse
        return encode_json if is_json else None
    if not plan.is_default_class:
        return None
    return model_encoder(field, plan.serialization)


def model_encoder(field: ModelField, serialization: dict[str, Any]) -> Encode:
    """Return the function from a value to JSON bytes by its declared type. It raises `InvalidResult`."""
    validate = field.validator.validate_python
    to_json = field.adapter.serializer.to_json
    own_type = _type_that_needs_no_validation(field)
    # What means nothing is not passed. `by_alias` always means something: without it the model's own setting holds.
    options = {name: value for name, value in serialization.items() if name == "by_alias" or value not in (None, False)}

    def encode(result: Any) -> bytes:
        if type(result) is not own_type:
            try:
                result = validate(result, from_attributes=True)
            except ValidationError as exc:
                raise InvalidResult(located_errors(exc, ("response",)), result) from exc
        return to_json(result, **options)

    return encode


def _type_that_needs_no_validation(field: ModelField) -> type | None:
    # Pydantic returns an instance of exactly the declared model as it is, unless the model asks for revalidation.
    if field.field_info.metadata:
        return None
    schema: Any = field.adapter.core_schema
    if schema["type"] != "model" or schema.get("revalidate_instances", "never") != "never":
        return None
    if schema.get("config", {}).get("revalidate_instances", "never") != "never":
        return None
    model: type = schema["cls"]
    return model


def content_of(plan: ReplyPlan, result: Any) -> Any:
    """Return what the response class gets: JSON bytes for the default class with a declared type, else Python data."""
    field = plan.field
    if field is None:
        return jsonable_encoder(result)
    value = _validated(field, result)
    if plan.is_default_class:
        return field.serialize_json(value, **plan.serialization)
    return field.serialize(value, **plan.serialization)


def build_response(
    plan: EndpointPlan, content: Any, injected: Response | None, background: BackgroundTasks | None
) -> Response:
    """Make the response around `content`, with what the handler set on the injected response."""
    reply = plan.reply
    arguments: dict[str, Any] = {"background": background}
    status_code = (injected and injected.status_code) or reply.status_code
    if status_code is not None:
        arguments["status_code"] = status_code
    if reply.field is not None and reply.is_default_class:
        response = Response(content=content, media_type="application/json", **arguments)
    else:
        response = reply.response_class(content, **arguments)
    if not is_body_allowed_for_status_code(response.status_code):
        _blank(response)
    if injected is not None:
        response.headers.raw.extend(injected.headers.raw)
    return response


def _blank(response: Response) -> None:
    response.body = b""
    if "content-length" in response.headers:  # RFC 9110 15.3.6: a 205 has no content
        response.headers["content-length"] = "0"


def direct_encoder_of(plan: EndpointPlan, *, has_injected: bool) -> Encode | None:
    """Return the function to JSON bytes when nothing but the result makes the response, else None.

    Args:
        plan: What the endpoint is.
        has_injected: Whether the handler may have set something on an injected response or added background tasks.
    """
    if has_injected or not is_body_allowed_for_status_code(plan.reply.status_code):
        return None
    return json_encoder_of(plan.reply)


def reply_of(plan: EndpointPlan, encode: Encode | None, *, has_injected: bool) -> Reply:
    """Choose how results are sent: as two messages with what `encode` makes of them, or through a response object."""
    if encode is None:
        return _reply_through_response(plan, has_injected=has_injected)
    if plan.kind is not CallableKind.ASYNC:
        encode = _body_from_thread
    status_code = plan.reply.status_code or 200

    # PERF: two messages and no Response object (benchmark: plain GET).
    async def reply(result: Any, _slots: Sequence[Any], scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(result, Response):
            return await send_response(result, scope, receive, send)
        try:
            body = encode(result)
        except InvalidResult as exc:
            raise exc.located(plan.context(scope)) from exc.__cause__
        scope[RESPONSE_STARTED] = True
        # PERF: when the `send` in hand is that of our own server, it takes the whole response at once.
        send_whole = getattr(getattr(send, "__self__", None), SEND_WHOLE, None)
        if send_whole is not None and send_whole(status_code, b"application/json", body):
            return
        headers = [(b"content-length", b"%d" % len(body)), _JSON_CONTENT_TYPE]
        await send({"type": "http.response.start", "status": status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return reply


def _reply_through_response(plan: EndpointPlan, *, has_injected: bool) -> Reply:
    async def reply(result: Any, slots: Sequence[Any], scope: Scope, receive: Receive, send: Send) -> None:
        injected = slots[RESPONSE] if has_injected else None
        background = slots[BACKGROUND] if has_injected else None
        response = await make_response(plan, result, scope, injected, background)
        await send_response(response, scope, receive, send)

    return reply


async def make_response(
    plan: EndpointPlan, result: Any, scope: Scope, injected: Response | None, background: BackgroundTasks | None
) -> Response:
    """Make the response of a result, with what the handler set on the injected response.

    Raises:
        ResponseValidationError: the result does not fit its declared type.
    """
    if isinstance(result, Response):
        if result.background is None:
            result.background = background
        return result
    try:
        if plan.kind is CallableKind.ASYNC or plan.reply.field is None:
            content = content_of(plan.reply, result)
        else:
            # Reading attributes may block (an ORM that loads them): it stays in the threads of a `def` handler.
            content = await run_in_threadpool(content_of, plan.reply, result)
    except InvalidResult as exc:
        raise exc.located(plan.context(scope)) from exc.__cause__
    return build_response(plan, content, injected, background)


class _Encoded:
    """A result that was made into JSON in the thread of its handler, or the error of trying."""

    __slots__ = ("body", "error")

    def __init__(self, body: bytes = b"", error: Exception | None = None) -> None:
        self.body = body
        self.error = error


def encoding_in_place(call: Callable[..., Any], encode: Encode) -> Callable[..., Any]:
    """Return `call` with its result encoded where it runs, for a `reply` that only sends it."""

    def call_and_encode(**arguments: Any) -> Any:
        result = call(**arguments)
        if isinstance(result, Response):
            return result
        try:
            return _Encoded(encode(result))
        except Exception as exc:
            return _Encoded(error=exc)

    return call_and_encode


def _body_from_thread(result: _Encoded) -> bytes:
    if result.error is not None:
        raise result.error
    return result.body
