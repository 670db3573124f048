"""The request side of an operation: its parameters, its body, its security. This module makes no schemas itself."""

from __future__ import annotations

from typing import Any

from vivace._deps.graph import Dependant
from vivace._params.field import ModelField
from vivace.encoders import jsonable_encoder
from vivace.openapi._json import JsonObject, plain
from vivace.openapi._reading import Parameter, parameters, security_needs
from vivace.openapi._schemas import SchemaSource

__all__ = ["operation_parameters", "operation_security", "request_body"]


def operation_parameters(dependant: Dependant, schemas: SchemaSource) -> list[JsonObject]:
    """Return the parameters, each name once per location: the last declaration counts, a required one most of all."""
    described: dict[tuple[str, str], JsonObject] = {}
    required: dict[tuple[str, str], JsonObject] = {}
    for parameter in parameters(dependant):
        description = _describe(parameter, schemas)
        described[parameter.location, parameter.name] = description
        if description["required"]:
            required[parameter.location, parameter.name] = description
    described.update(required)
    return list(described.values())


def _describe(parameter: Parameter, schemas: SchemaSource) -> JsonObject:
    info = parameter.field.field_info
    described: JsonObject = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.is_required,
        "schema": schemas.schema_of(parameter.field, parameter.alias),
    }
    if info.description:
        described["description"] = info.description
    _add_examples(described, info)
    if info.deprecated:
        described["deprecated"] = True
    return described


def request_body(body_field: ModelField | None, schemas: SchemaSource) -> JsonObject | None:
    """Return what the body of a request is, or None when the operation has none."""
    if body_field is None:
        return None
    info: Any = body_field.field_info
    alias = info.validation_alias if isinstance(info.validation_alias, str) else None
    media: JsonObject = {"schema": schemas.schema_of(body_field, alias)}
    _add_examples(media, info)
    content = {info.media_type: media}
    return {"required": True, "content": content} if info.is_required() else {"content": content}


def _add_examples(described: JsonObject, info: Any) -> None:
    if openapi_examples := getattr(info, "openapi_examples", None):
        described["examples"] = _plain_example(openapi_examples)
    elif (example := getattr(info, "example", None)) is not None and not _is_unset(example):
        if (example := _plain_example(example)) is not None:
            described["example"] = example


def _plain_example(example: Any) -> Any:
    # Shown as an app would send it, which is not always how Pydantic would write it: decimals as numbers, for one.
    return plain(jsonable_encoder(example))


def _is_unset(value: Any) -> bool:
    # Pydantic's mark, or one of ours.
    return type(value).__name__ in ("PydanticUndefinedType", "DefaultPlaceholder")


def operation_security(dependant: Dependant) -> tuple[JsonObject, list[dict[str, list[str]]]]:
    """Return the security schemes by name, and the list of needs, each scheme once with all scopes asked of it."""
    schemes: JsonObject = {}
    scopes_by_name: dict[str, list[str]] = {}
    for need in security_needs(dependant):
        schemes[need.name] = plain(need.model)
        scopes = scopes_by_name.setdefault(need.name, [])
        scopes += [scope for scope in need.scopes if scope not in scopes]
    return schemes, [{name: scopes} for name, scopes in scopes_by_name.items()]
