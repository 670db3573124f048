"""Several bodies in one: when declared bodies are keys of the received one, and the model that says so.

Reads no request.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import NoneType
from typing import Any, ClassVar

from pydantic import BaseModel, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, PydanticUndefined

from vivace._inspection.annotations import is_model, union_members
from vivace._params.field import ModelField
from vivace._params.forms import form_model, form_union
from vivace._params.markers import Body, File, Form
from vivace._params.models import takes_others
from vivace._params.read import model_keys

__all__ = ["combined_body_field", "is_embedded"]

JsonSchema = dict[str, Any]


def is_embedded(fields: Sequence[ModelField]) -> bool:
    """Tell whether each field is a key of the received body, rather than the whole of it."""
    if not fields:
        return False
    if len({field.name for field in fields}) > 1:
        return True
    info = fields[0].field_info
    if isinstance(info, Body) and info.embed:
        return True
    return isinstance(info, Form) and not is_model(info.annotation) and not _is_required_union(fields[0])


def _is_required_union(field: ModelField) -> bool:
    return bool(form_union(field)) and not _is_optional(field)


def _is_optional(field: ModelField) -> bool:
    return NoneType in union_members(field.field_info.annotation)


def combined_body_field(fields: Sequence[ModelField], name: str) -> ModelField:
    """Make one field of several: a model with a key for each, named after the operation."""
    members: dict[str, Any] = {field.name: (field.field_info.annotation, field.field_info) for field in fields}
    model = create_model(f"Body_{name}", __base__=_base_of_combined_bodies(), **members)
    model.spread = tuple(field for field in fields if form_model(field) is not None or form_union(field))
    infos = [field.field_info for field in fields]
    marker = next((kind for kind in (File, Form) if any(isinstance(info, kind) for info in infos)), Body)
    options: dict[str, Any] = {"annotation": model, "alias": "body"}
    media_types = {info.media_type for info in infos if isinstance(info, Body)}
    if marker is Body and len(media_types) == 1:
        options["media_type"] = media_types.pop()
    default = PydanticUndefined if any(field.required for field in fields) else None
    return ModelField(field_info=marker(default, **options), name="body")


@functools.cache
def _base_of_combined_bodies() -> Any:
    # PERF: the first model of a process starts Pydantic's search for plugins: not at import (benchmark: startup).
    class CombinedBody(BaseModel):
        """In its JSON schema, the fields of form models stand beside the other fields, where they are in the form."""

        spread: ClassVar[tuple[ModelField, ...]] = ()

        @classmethod
        def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchema:
            described = handler(schema)
            if cls.spread:
                _spread(handler.resolve_ref_schema(described), cls.spread)
            return described

    return CombinedBody


def _spread(described: JsonSchema, fields: Sequence[ModelField]) -> None:
    properties, required = described["properties"], described.get("required", [])
    described["allOf"] = []
    for field in fields:
        property_schema = properties.pop(_property_name(field))
        if field.required:
            required.remove(_property_name(field))
        described["allOf"] += _all_of(field, property_schema)
    for name in ("properties", "required"):
        if not described.get(name, True):
            del described[name]


def _property_name(field: ModelField) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else field.alias


def _all_of(field: ModelField, property_schema: JsonSchema) -> list[JsonSchema]:
    property_schema.pop("default", None)
    if not _is_optional(field):
        return [property_schema]
    property_schema["anyOf"].remove({"type": "null"})
    property_schema.setdefault("title", field.name.replace("_", " ").title())
    if field.required:
        return [{"not": _when_absent(field)}, property_schema]
    return [{"anyOf": [_when_absent(field), property_schema]}]


def _when_absent(field: ModelField) -> JsonSchema:
    """Describe a form that has nothing of an optional model."""
    model = form_model(field)
    models = form_union(field) if model is None else (model,)
    if any(takes_others(each) for each in models):
        return {"maxProperties": 0}
    names = {key.name for each in models for keys in model_keys(field, each) for key in keys}
    return {"not": {"anyOf": [{"required": [name]} for name in sorted(names)]}}
