"""Where the body of a request comes from and how it is parsed. A body source is chosen once per route.

Forms will be another source of the same shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic_core import PydanticUndefined, SchemaValidator
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from vivace._endpoint.json_mode import is_fit_for_json_mode
from vivace._endpoint.plan import BodyPlan
from vivace.exceptions import EndpointContext, RequestValidationError
from vivace.types import Message, Receive, Scope

__all__ = [
    "FAILED_REQUEST",
    "RECEIVED_BODY",
    "body_parser_of",
    "is_json_content",
    "keep_body",
    "parse_body",
    "read_body_bytes",
    "read_body_of",
    "replaying",
    "unreadable_body",
]


# The key in the scope of a body that was received, for exception handlers, which get a request of their own.
RECEIVED_BODY = "vivace.body"
# The Request of a handler that failed, for exception handlers: it knows what was read of the body. It stands in the
# scope on failure only, and is taken out by whoever answers: the Request holds the scope, so together they are a cycle.
FAILED_REQUEST = "vivace.failed_request"


def unreadable_body() -> HTTPException:
    """Make the error of a body that could not be received or decoded."""
    return HTTPException(status_code=400, detail="There was an error parsing the body")


async def read_body_bytes(receive: Receive) -> bytes:
    """Receive the whole body.

    Raises:
        HTTPException: 400, the client left before it had sent everything.
    """
    message = await receive()
    if message["type"] != "http.request":
        raise unreadable_body() from ClientDisconnect()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    chunks = [body]
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise unreadable_body() from ClientDisconnect()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def replaying(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was received already once more, then goes on with `receive`."""
    is_pending = True

    async def replay() -> Message:
        nonlocal is_pending
        if not is_pending:
            return await receive()
        is_pending = False
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def is_json_content(scope: Scope, *, is_strict: bool) -> bool:
    """Tell whether the body is to be parsed as JSON: `application/json` or `application/*+json`.

    A missing content type counts as JSON unless `is_strict`.
    """
    for name, value in scope["headers"]:
        if name == b"content-type":
            return value == b"application/json" or _is_json_media_type(value) or (not value and not is_strict)
    return not is_strict


def _is_json_media_type(content_type: bytes) -> bool:
    media_type = content_type.partition(b";")[0].strip().lower()
    main, _, sub = media_type.partition(b"/")
    return main == b"application" and (sub == b"json" or sub.endswith(b"+json"))


def parse_json(body: bytes) -> Any:
    """Parse JSON as the standard library does: any UTF encoding, `NaN`, the last of duplicate keys."""
    return json.loads(body)


def parse_body(body: bytes, plan: BodyPlan, scope: Scope, make_context: Callable[[], EndpointContext]) -> Any:
    """Return the parsed body, the bytes themselves when they are not JSON, or `PydanticUndefined` when there are none.

    Raises:
        RequestValidationError: the body says it is JSON and is not.
        HTTPException: 400, the body cannot be decoded at all.
    """
    if not body:
        return PydanticUndefined
    if not is_json_content(scope, is_strict=plan.strict_content_type):
        return body
    try:
        return parse_json(body)
    except json.JSONDecodeError as exc:
        error = {
            "type": "json_invalid",
            "loc": ("body", exc.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": exc.msg},
        }
        raise RequestValidationError([error], body=exc.doc, endpoint_ctx=make_context()) from exc
    except Exception as exc:  # undecodable bytes, a number of too many digits, too deep
        raise unreadable_body() from exc


def body_parser_of(plan: BodyPlan, validator: SchemaValidator | None) -> Callable[[bytes, Scope, dict[str, Any]], bool]:
    """Return the function that parses a received body for the compiled path, into `data["body"]`.

    It tells whether that went well: False for anything but JSON that says it is JSON.

    Args:
        plan: How the body is read.
        validator: Validates the body in the same go, straight from its bytes, where that gives the same value.
    """
    is_strict, embed = plan.strict_content_type, plan.embed
    validate_json = None if validator is None else validator.validate_json
    validate_python = None if validator is None else validator.validate_python

    def parse(body: bytes, scope: Scope, data: dict[str, Any]) -> bool:
        if not body or not is_json_content(scope, is_strict=is_strict):
            return False
        try:
            if validate_json is not None and is_fit_for_json_mode(body):
                data["body"] = validate_json(body)
                return True
            parsed = parse_json(body)
            data["body"] = parsed if validate_python is None else validate_python(parsed)
        except Exception:  # whatever it is, the exact path knows whose turn it is
            return False
        return not embed or isinstance(parsed, dict)

    return parse


def keep_body(request: Request | None, body: bytes, parsed: Any) -> None:
    """Give a request the body that was read for it, so that whoever has the request may ask for it too."""
    if request is not None:
        request._body = body
        request._json = parsed


async def read_body_of(request: Request, plan: BodyPlan, make_context: Callable[[], EndpointContext]) -> Any:
    """Read and parse the body of a `Request`, which keeps it for the handler.

    `make_context` says where the handler stands; it is asked only when there is an error to place.

    Raises:
        RequestValidationError: the body says it is JSON and is not.
        HTTPException: 400, the body cannot be received or decoded.
    """
    try:
        body = await request.body()
    except HTTPException:
        raise
    except Exception as exc:
        raise unreadable_body() from exc
    request.scope[RECEIVED_BODY] = body
    parsed = parse_body(body, plan, request.scope, make_context)
    if parsed is not PydanticUndefined and not isinstance(parsed, bytes):
        request._json = parsed
    return parsed
