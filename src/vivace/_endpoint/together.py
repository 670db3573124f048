"""One Pydantic validator for everything that a callable reads: a typed dict whose keys are the arguments.

The rule: an argument's value must be what it would be if it were validated alone.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from vivace._params.field import ModelField

__all__ = ["UnfitSchema", "part_of", "runs_code_of_the_program", "validator_of"]

Schemas = dict[str, core_schema.CoreSchema]
Parts = dict[str, core_schema.TypedDictField]

# Values of these types cannot change, so one default serves every request.
_IMMUTABLE = (
    *(str, bytes, int, float, bool, type(None), enum.Enum),
    *(datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID),
)

# What has fields of its own shows validators those, and not the arguments beside it.
_WITH_FIELDS = frozenset({"model", "model-fields", "dataclass", "dataclass-args", "typed-dict"})


class UnfitSchema(Exception):
    """The argument would see that it is validated together with others, or cannot be validated."""


def part_of(field: ModelField, paths: list[list[str | int]], definitions: Schemas) -> core_schema.TypedDictField:
    """Return the part of a field in the schema of all arguments.

    Args:
        field: The argument.
        paths: Where its value stands in what was received, in the order in which places are tried.
        definitions: Schemas that are referred to by name; those of the field are added.

    Raises:
        UnfitSchema: a validator or a default factory asks for what else there is, or the type names something that
            does not exist. Then a request is served as long as it has no such value.
    """
    if not field.is_complete():
        raise UnfitSchema
    schema: Any = field._type_adapter.core_schema
    if schema["type"] == "definitions":
        definitions.update({definition["ref"]: definition for definition in schema["definitions"]})
        schema = schema["schema"]
    if any(_asks_for_neighbours(node) for node in _nodes(schema, stop_at=_WITH_FIELDS)):
        raise UnfitSchema
    if schema["type"] == "default" and "default" in schema and not isinstance(schema["default"], _IMMUTABLE):
        # Pydantic copies only what cannot be hashed. Here every request gets a copy of its own.
        schema = {key: value for key, value in schema.items() if key not in ("default", "copy_default")}
        schema["default_factory"] = field.get_default
    return core_schema.typed_dict_field(schema, required=field.required, validation_alias=paths)


def validator_of(parts: Parts, definitions: Schemas) -> SchemaValidator:
    """Return the validator from `{source: {name: value}}` to keyword arguments.

    Raises:
        SchemaError: Pydantic cannot put the parts together.
    """
    schema: core_schema.CoreSchema = core_schema.typed_dict_schema(parts)
    if definitions:
        schema = core_schema.definitions_schema(schema, list(definitions.values()))
    return SchemaValidator(schema)


def runs_code_of_the_program(parts: Parts) -> bool:
    """Tell whether validation calls functions, which may look at what dependencies have set."""
    return any(
        node["type"].startswith("function-") or "default_factory" in node
        for part in parts.values()
        for node in _nodes(part["schema"], stop_at=frozenset())
    )


def _asks_for_neighbours(node: Mapping[str, Any]) -> bool:
    function = node.get("function")
    with_info = isinstance(function, dict) and function.get("type") == "with-info"
    return with_info or bool(node.get("default_factory_takes_data"))


def _nodes(schema: Any, *, stop_at: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    """Yield a core schema and all schemas inside it."""
    pending = [schema]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            kind = item.get("type")
            if kind in stop_at:
                continue
            if isinstance(kind, str):
                yield item
            pending.extend(value for key, value in item.items() if key not in ("metadata", "serialization", "default"))
        elif isinstance(item, list | tuple):
            pending.extend(item)
