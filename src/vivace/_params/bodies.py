"""Several bodies in one: when declared bodies are keys of the received one, and the model that says so.

Reads no request.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any, ClassVar

from pydantic import AliasChoices, BaseModel, GetJsonSchemaHandler, create_model
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticUndefined

from vivace._inspection.annotations import is_model, union_members
from vivace._params.field import ModelField
from vivace._params.forms import form_model, form_union
from vivace._params.markers import Body, File, Form
from vivace._params.models import takes_others
from vivace._params.read import model_keys

__all__ = ["combined_body_field", "is_embedded"]

JsonSchema = dict[str, Any]
Resolve = Callable[[JsonSchema], JsonSchema]


def is_embedded(fields: Sequence[ModelField]) -> bool:
    """Tell whether each field is a key of the received body, rather than the whole of it."""
    if not fields:
        return False
    if len({field.name for field in fields}) > 1:
        return True
    info = fields[0].field_info
    if not isinstance(info, Form):
        return isinstance(info, Body) and bool(info.embed)
    if is_model(info.annotation):  # a form that is read twice is still one
        return not all(isinstance(each.field_info, Form) and each.type_ == info.annotation for each in fields)
    return len(fields) > 1 or not form_union(fields[0]) or _is_optional(fields[0])


def _is_optional(field: ModelField) -> bool:
    return NoneType in union_members(field.field_info.annotation)


def _is_spread(field: ModelField) -> bool:
    return form_model(field) is not None or bool(form_union(field))


def combined_body_field(fields: Sequence[ModelField], name: str) -> ModelField:
    """Make one field of several: a model with a key for each, named after the operation."""
    spread = any(map(_is_spread, fields))
    members: dict[str, Any] = {}
    for number, field in enumerate(fields):
        # Where forms are spread, the schema gives the names: there, several fields may have the same.
        member_name, info = (_key(number), _renamed(field, _key(number))) if spread else (field.name, field.field_info)
        members[member_name] = (info.annotation, info)
    model = create_model(f"Body_{name}", __base__=_base_of_combined_bodies(), **members)
    model.spread = tuple(fields) if spread else ()
    infos = [field.field_info for field in fields]
    marker = next((kind for kind in (File, Form) if any(isinstance(info, kind) for info in infos)), Body)
    options: dict[str, Any] = {"annotation": model, "alias": "body"}
    media_types = {info.media_type for info in infos if isinstance(info, marker)}
    if marker is Form and "multipart/form-data" in media_types:  # carries whatever the others can
        options["media_type"] = "multipart/form-data"
    elif marker is not File and len(media_types) == 1:
        options["media_type"] = media_types.pop()
    default = PydanticUndefined if any(field.required for field in fields) else None
    return ModelField(field_info=marker(default, **options), name="body")


def _key(number: int) -> str:
    return f"field_{number}"


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
                _spread(handler.resolve_ref_schema(described), cls.spread, handler.resolve_ref_schema)
            return described

    return CombinedBody


def _renamed(field: ModelField, name: str) -> FieldInfo:
    renamed = copy.copy(field.field_info)
    renamed.alias = renamed.validation_alias = renamed.serialization_alias = name
    if not _is_spread(field):
        renamed.title = _title_of(field)
    return renamed


def _title_of(field: ModelField) -> str:
    return field.field_info.title or field.name.replace("_", " ").title()


def _spread(described: JsonSchema, fields: Sequence[ModelField], resolve: Resolve) -> None:
    """Give the fields of a form their names, and put the models beside them."""
    schemas = described.pop("properties")
    described.pop("required", None)
    properties: JsonSchema = {}
    required: list[str] = []
    beside: list[JsonSchema] = []
    for number, field in enumerate(fields):
        schema, name = schemas[_key(number)], _name_in_form(field)
        if _is_spread(field):
            beside += _all_of(field, schema, resolve)
            continue
        if field.required and name not in required:
            required.append(name)
        if name in properties:
            beside.append({"properties": {name: schema}})
        else:
            properties[name] = schema
    described["allOf"] = beside
    if properties:
        described["properties"] = properties
    if required:
        described["required"] = required


def _name_in_form(field: ModelField) -> str:
    alias = field.field_info.validation_alias
    first = alias.choices[0] if isinstance(alias, AliasChoices) else alias
    return first if isinstance(first, str) else field.alias


def _all_of(field: ModelField, schema: JsonSchema, resolve: Resolve) -> list[JsonSchema]:
    schema.pop("default", None)
    if "$ref" not in schema:  # what it refers to has a title
        schema["title"] = _title_of(field)
    if not _is_optional(field):
        return [_under_any_name(field, schema, resolve)]
    schema["anyOf"].remove({"type": "null"})
    schema["anyOf"] = [_under_any_name(field, each, resolve) for each in schema["anyOf"]]
    if field.required:
        return [{"not": _when_absent(field)}, schema]
    return [{"anyOf": [_when_absent(field), schema]}]


def _under_any_name(field: ModelField, schema: JsonSchema, resolve: Resolve) -> JsonSchema:
    """Describe a form model by itself where what it needs may come under one of several names."""
    model = form_model(field)
    if model is None:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    described = {**copy.deepcopy(resolve(schema)), **beside}
    required: list[str] = described.get("required", [])
    names = [list(dict.fromkeys(key.name for key in keys)) for keys in model_keys(field, model)]
    choices = [each for each in names if len(each) > 1 and each[0] in required]
    if not choices:
        return schema
    described["required"] = [name for name in required if all(each[0] != name for each in choices)]
    described["allOf"] = [{"anyOf": [{"required": [name]} for name in each]} for each in choices]
    return described


def _when_absent(field: ModelField) -> JsonSchema:
    """Describe a form that has nothing of an optional model."""
    model = form_model(field)
    models = form_union(field) if model is None else (model,)
    if any(takes_others(each) for each in models):
        return {"maxProperties": 0}
    names = {key.name for each in models for keys in model_keys(field, each) for key in keys}
    return {"not": {"anyOf": [{"required": [name]} for name in sorted(names)]}}
