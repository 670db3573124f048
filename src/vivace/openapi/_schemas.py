"""The JSON schemas of all fields of a document, made at once because their names depend on each other.

The one rule: fields that look alike share the work, never the result: every schema handed out is a fresh copy.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Protocol

from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaMode
from pydantic_core import CoreSchema, PydanticUndefined

from vivace._params.field import ModelField
from vivace.openapi._generator import SchemaGenerator
from vivace.openapi._json import JsonObject, copy_of
from vivace.openapi._naming import name_definitions
from vivace.openapi._normalise import component_schema, inline_schema

__all__ = ["FieldMapping", "MappedSchemas", "SchemaSource", "SchemaTable"]

FieldMapping = Mapping[tuple[ModelField, JsonSchemaMode], JsonObject]


class SchemaSource(Protocol):
    """What knows the schema of a field."""

    def schema_of(self, field: ModelField, alias: str | None = None) -> JsonObject:
        """Return a schema of the caller's own, titled after the field, or after `alias`."""


class SchemaTable:
    """The schemas of one document: of its fields, and the named definitions that they refer to."""

    def __init__(self, fields: Iterable[ModelField], *, separate_input_output_schemas: bool = True) -> None:
        self._separate = separate_input_output_schemas
        self._fields = list(fields)  # held, so that no id is used again while the table lives
        self._indexes_by_key: dict[Hashable, int] = {}
        self._indexes_by_field: dict[int, int] = {}
        inputs: list[tuple[CoreSchema, JsonSchemaMode]] = []
        for field in self._fields:
            if id(field) in self._indexes_by_field:
                continue
            mode = self._mode_of(field)
            key = _likeness(field, mode)
            index = self._indexes_by_key.setdefault(key, len(inputs))
            self._indexes_by_field[id(field)] = index
            if index == len(inputs):
                inputs.append((_core_schema_of(field), mode))
        generator = SchemaGenerator()
        schemas = generator.generate_all(inputs)
        raw: dict[str, JsonObject] = {str(key): schema for key, schema in generator.definitions.items()}
        names = name_definitions(raw, {key: generator.names_for(key) for key in raw})
        self._schemas: list[JsonObject] = [inline_schema(schema, names) for schema in schemas]
        self.definitions: dict[str, JsonObject] = {
            names[key]: component_schema(generator.sort(schema), names, names[key]) for key, schema in raw.items()
        }

    def _mode_of(self, field: ModelField) -> JsonSchemaMode:
        if self._separate or field.mode == "validation":
            return field.mode
        # Without separate schemas one stands for both directions, except where answers have fields that requests lack.
        return field.mode if _has_computed_fields(field._type_adapter.core_schema) else "validation"

    def schema_of(self, field: ModelField, alias: str | None = None) -> JsonObject:
        """Return a schema of the caller's own, titled after the field, or after `alias`."""
        schema: JsonObject = copy_of(self._schemas[self._indexes_by_field[id(field)]])
        return _titled(schema, field, alias)

    def field_mapping(self) -> dict[tuple[ModelField, JsonSchemaMode], JsonObject]:
        """Return the schemas by field and mode, as `get_openapi_path()` takes them."""
        return {
            (field, self._mode_of(field)): copy_of(self._schemas[self._indexes_by_field[id(field)]])
            for field in self._fields
        }


class MappedSchemas:
    """Schemas that a caller of `get_openapi_path()` brings."""

    def __init__(self, mapping: FieldMapping, *, separate_input_output_schemas: bool = True) -> None:
        self._mapping = mapping
        self._separate = separate_input_output_schemas

    def schema_of(self, field: ModelField, alias: str | None = None) -> JsonObject:
        """Return a schema of the caller's own, titled after the field, or after `alias`."""
        mode = field.mode if self._separate else "validation"
        schema = self._mapping[(field, mode)] if (field, mode) in self._mapping else self._mapping[(field, field.mode)]
        return _titled(copy_of(schema), field, alias)


def _titled(schema: JsonObject, field: ModelField, alias: str | None) -> JsonObject:
    if "$ref" not in schema:
        schema["title"] = field.field_info.title or (alias or field.alias).title().replace("_", " ")
    return schema


def _core_schema_of(field: ModelField) -> CoreSchema:
    info = field.field_info
    says_more = any(text is not None for text in (info.title, info.description, info.deprecated))
    if says_more or info.metadata or _is_special(info) or field.config is not None or not info.is_required():
        return field._type_adapter.core_schema
    # PERF: requests use this adapter as well, so that none is built for the document alone.
    adapter = getattr(field, "adapter", None) or field._type_adapter
    return adapter.core_schema


def _has_computed_fields(core: Any) -> bool:
    if isinstance(core, dict):
        return bool(core.get("computed_fields")) or any(
            _has_computed_fields(item) for item in core.values() if isinstance(item, (dict, list, tuple))
        )
    return isinstance(core, (list, tuple)) and any(_has_computed_fields(item) for item in core)


# Constraints whose repr says all there is to say. Others are compared by identity of their field.
_DESCRIBED_IN_FULL = ("annotated_types", "pydantic.types", "pydantic.fields", "pydantic._internal._fields")


def _likeness(field: ModelField, mode: JsonSchemaMode) -> Hashable:
    """Return a key that is the same for fields whose schemas, before their titles, are the same."""
    info = field.field_info
    own = (mode, id(field))
    if _is_special(info):
        return own
    # By repr as well, since `int | str == str | int`, `Literal[1] | None` and the like are equal but not alike.
    annotation = info.annotation
    text = None if isinstance(annotation, type) and not hasattr(annotation, "__args__") else repr(annotation)
    constraints = []
    for item in info.metadata:
        if type(item).__module__ not in _DESCRIBED_IN_FULL:
            return own
        constraints.append(repr(item))
    default = info.default
    key = (
        mode,
        annotation,
        text,
        tuple(constraints),
        (type(default), default),
        info.title,
        info.description,
        bool(info.deprecated),
        None if field.config is None else id(field.config),
    )
    try:
        hash(key)
    except TypeError:
        return own
    return key


_PLAIN_DEFAULTS = (str, int, float, bool, type(None), type(PydanticUndefined))


def _is_special(info: FieldInfo) -> bool:
    return (
        info.examples is not None
        or info.json_schema_extra is not None
        or info.discriminator is not None
        or info.field_title_generator is not None
        or type(info.default) not in _PLAIN_DEFAULTS
    )
