"""The responses of an operation: its own, those declared beside it, and the one for invalid requests."""

from __future__ import annotations

import http.client
import inspect
from typing import Any
from weakref import WeakKeyDictionary

from starlette.responses import JSONResponse, Response

from vivace.openapi._json import JsonObject, copy_of, merge_deep, plain
from vivace.openapi._reading import DocumentedRoute, has_parameters, response_class_of
from vivace.openapi._schemas import SchemaSource
from vivace.openapi.constants import REF_PREFIX
from vivace.sse import _SSE_EVENT_SCHEMA

__all__ = [
    "operation_responses",
    "status_code_ranges",
    "validation_error_definition",
    "validation_error_definitions",
    "validation_error_response_definition",
]

validation_error_definition: JsonObject = {
    "title": "ValidationError",
    "type": "object",
    "properties": {
        "loc": {
            "title": "Location",
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "msg": {"title": "Message", "type": "string"},
        "type": {"title": "Error Type", "type": "string"},
        "input": {"title": "Input"},
        "ctx": {"title": "Context", "type": "object"},
    },
    "required": ["loc", "msg", "type"],
}

validation_error_response_definition: JsonObject = {
    "title": "HTTPValidationError",
    "type": "object",
    "properties": {
        "detail": {"title": "Detail", "type": "array", "items": {"$ref": REF_PREFIX + "ValidationError"}},
    },
}

status_code_ranges: dict[str, str] = {
    "1XX": "Information",
    "2XX": "Success",
    "3XX": "Redirection",
    "4XX": "Client Error",
    "5XX": "Server Error",
    "DEFAULT": "Default Response",
}

_INVALID_REQUEST = "422"
_COVERS_INVALID_REQUESTS = (_INVALID_REQUEST, "4XX", "default")


def operation_responses(route: DocumentedRoute, schemas: SchemaSource) -> JsonObject:
    """Return the responses of an operation by status code."""
    response_class = response_class_of(route)
    own = _own_response(route, response_class, schemas)
    responses: JsonObject = {_own_status(route, response_class): own}
    for status, declared in route.responses.items():
        _add_declared(responses, route, (status, declared), schemas)
    may_be_invalid = route.body_field is not None or has_parameters(route.dependant)
    if may_be_invalid and not any(status in responses for status in _COVERS_INVALID_REQUESTS):
        responses[_INVALID_REQUEST] = {
            "description": "Validation Error",
            "content": {"application/json": {"schema": {"$ref": REF_PREFIX + "HTTPValidationError"}}},
        }
    return responses


def validation_error_definitions(responses: JsonObject) -> JsonObject:
    """Return the definitions that the responses need when one of them is that for invalid requests."""
    content = responses.get(_INVALID_REQUEST, {}).get("content", {})
    schema = content.get("application/json", {}).get("schema") if isinstance(content, dict) else None
    if schema != {"$ref": REF_PREFIX + "HTTPValidationError"}:
        return {}
    return {
        "ValidationError": copy_of(validation_error_definition),
        "HTTPValidationError": copy_of(validation_error_response_definition),
    }


def _own_status(route: DocumentedRoute, response_class: type[Response]) -> str:
    return str(route.status_code) if route.status_code is not None else _default_status(response_class)


# Looked up once per class: reading a signature takes longer than describing the rest of a plain response.
_default_statuses: WeakKeyDictionary[type[Response], str] = WeakKeyDictionary()


def _default_status(response_class: type[Response]) -> str:
    status = _default_statuses.get(response_class)
    if status is None:
        parameter = inspect.signature(response_class.__init__).parameters.get("status_code")
        status = str(parameter.default) if parameter is not None and isinstance(parameter.default, int) else "200"
        _default_statuses[response_class] = status
    return status


def _own_response(route: DocumentedRoute, response_class: type[Response], schemas: SchemaSource) -> JsonObject:
    response: JsonObject = {"description": route.response_description}
    if not _may_have_body(route.status_code):
        return response
    if getattr(route, "is_sse_stream", False):
        response["content"] = {"text/event-stream": {"itemSchema": _event_schema(route, schemas)}}
    elif getattr(route, "is_json_stream", False):
        item = route.stream_item_field
        response["content"] = {"application/jsonl": {"itemSchema": schemas.schema_of(item) if item else {}}}
    elif response_class.media_type:
        response["content"] = {response_class.media_type: {"schema": _own_schema(route, response_class, schemas)}}
    return response


def _own_schema(route: DocumentedRoute, response_class: type[Response], schemas: SchemaSource) -> JsonObject:
    if not issubclass(response_class, JSONResponse):
        return {"type": "string"}
    return schemas.schema_of(route.response_field) if route.response_field is not None else {}


def _event_schema(route: DocumentedRoute, schemas: SchemaSource) -> JsonObject:
    schema: JsonObject = copy_of(_SSE_EVENT_SCHEMA)
    if route.stream_item_field is not None:
        schema["properties"]["data"] |= {
            "contentMediaType": "application/json",
            "contentSchema": schemas.schema_of(route.stream_item_field),
        }
        schema["required"] = ["data"]
    return schema


def _may_have_body(status_code: int | None) -> bool:
    # RFC 9110 6.4.1: 1xx, 204 and 304 have no content; 205 must not send any.
    return status_code is None or not (status_code < 200 or status_code in (204, 205, 304))


def _add_declared(
    responses: JsonObject, route: DocumentedRoute, declared: tuple[int | str, dict[str, Any]], schemas: SchemaSource
) -> None:
    status, options = declared
    key = str(status).upper()
    response: JsonObject = plain({name: value for name, value in options.items() if name != "model"})
    field = route.response_fields.get(status)
    if field is not None:
        media_type = response_class_of(route).media_type or "application/json"
        media = response.setdefault("content", {}).setdefault(media_type, {})
        merge_deep(media.setdefault("schema", {}), schemas.schema_of(field))
    present = responses.setdefault("default" if key == "DEFAULT" else key, {})
    description = response.get("description") or present.get("description") or _describe_status(str(status))
    merge_deep(present, response)
    present["description"] = description


def _describe_status(status: str) -> str:
    if (key := status.upper()) in status_code_ranges:
        return status_code_ranges[key]
    return http.client.responses.get(int(status)) or "Additional Response"
