"""Raw JSON Schema made into what a document shows: keys in order, none without a value, floats, references by name.

The one rule: the result is what the schema would be after a round through `openapi.models.Schema`. Each keyword has the
small function that says so; a schema that holds anything else takes that round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from vivace.openapi._checked import checked_schema
from vivace.openapi._json import JsonObject, rank_in
from vivace.openapi.constants import REF_PREFIX

__all__ = ["component_schema", "inline_schema", "schema_in_order"]

Names = Mapping[str, str]


class _NeedsModel(Exception):
    """A keyword holds what only the model can judge: convert, or refuse."""


def component_schema(schema: JsonObject, names: Names, name: str) -> JsonObject:
    """Return the schema called `name` as `components.schemas` shows it.

    Raises:
        pydantic.ValidationError: the schema is not one of JSON Schema, because of what a user added to it.
    """
    try:
        result = _schema(schema, names)
    except _NeedsModel:
        result = inline_schema(checked_schema(schema, name), names)
    description = result.get("description")
    if isinstance(description, str) and "\f" in description:
        result["description"] = description.partition("\f")[0]
    return result


def inline_schema(schema: Any, names: Names) -> Any:
    """Return a schema as it stands inside an operation: named references, no keys without a value, else untouched.

    Infinity and the like have no form in JSON: they are no value.
    """
    if isinstance(schema, dict):
        return {key: value for key, item in schema.items() if (value := inline_schema(item, names)) is not None}
    if isinstance(schema, list):
        return [inline_schema(item, names) for item in schema]
    if isinstance(schema, str):
        return _renamed(schema, names)
    return None if isinstance(schema, float) and not math.isfinite(schema) else schema


def schema_in_order(schema: Any) -> Any:
    """Return a schema that stands inside an operation as the models leave it."""
    try:
        return _schema(schema, {})
    except _NeedsModel:
        return schema


def _renamed(text: str, names: Names) -> str:
    if not text.startswith(REF_PREFIX):
        return text
    key = text[len(REF_PREFIX) :]
    return REF_PREFIX + names.get(key, key)


def _schema(schema: Any, names: Names) -> JsonObject:
    if type(schema) is not dict:
        raise _NeedsModel
    return {
        key: _KEYWORDS.get(key, _anything)(schema[key], names)
        for key in sorted(schema, key=_rank)
        if schema[key] is not None
    }


def _anything(value: Any, names: Names) -> Any:
    kind = type(value)
    if kind is str:
        return _renamed(value, names)
    if kind is bool or kind is int or value is None:
        return value
    if kind is dict:
        return {_text(key, names): _anything(item, names) for key, item in value.items() if item is not None}
    if kind is list:
        return [_anything(item, names) for item in value]
    if kind is float and math.isfinite(value):
        return value
    raise _NeedsModel


def _schema_or_bool(value: Any, names: Names) -> Any:
    return value if type(value) is bool else _schema(value, names)


def _schemas(value: Any, names: Names) -> list[Any]:
    if type(value) is not list:
        raise _NeedsModel
    return [_schema_or_bool(item, names) for item in value]


def _schemas_by_name(value: Any, names: Names) -> JsonObject:
    if type(value) is not dict:
        raise _NeedsModel
    return {_text(key, names): _schema_or_bool(item, names) for key, item in value.items()}


def _text(value: Any, names: Names) -> str:
    if type(value) is not str:
        raise _NeedsModel
    return value


def _reference(value: Any, names: Names) -> str:
    return _renamed(_text(value, names), names)


def _texts(value: Any, names: Names) -> list[str]:
    if type(value) is not list:
        raise _NeedsModel
    return [_text(item, names) for item in value]


def _flag(value: Any, names: Names) -> bool:
    if type(value) is not bool:
        raise _NeedsModel
    return value


def _number(value: Any, names: Names) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _NeedsModel
    return float(value)


def _count(value: Any, names: Names) -> int:
    if type(value) is not int or value < 0:
        raise _NeedsModel
    return value


def _values(value: Any, names: Names) -> list[Any]:
    if type(value) is not list:
        raise _NeedsModel
    return [_anything(item, names) for item in value]


def _type(value: Any, names: Names) -> str:
    if type(value) is not str or value not in _TYPES:
        raise _NeedsModel
    return value


def _discriminator(value: Any, names: Names) -> JsonObject:
    if type(value) is not dict or value.keys() - {"propertyName", "mapping"} or "propertyName" not in value:
        raise _NeedsModel
    result: JsonObject = {"propertyName": _text(value["propertyName"], names)}
    if (mapping := value.get("mapping")) is not None:
        if type(mapping) is not dict:
            raise _NeedsModel
        result["mapping"] = {_text(key, names): _reference(item, names) for key, item in mapping.items()}
    return result


def _model_only(value: Any, names: Names) -> Any:
    raise _NeedsModel


_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

_KEYWORDS: dict[str, Callable[[Any, Names], Any]] = {
    **dict.fromkeys(
        (
            "$schema $vocabulary $id $anchor $dynamicAnchor $dynamicRef $comment"
            " pattern format contentEncoding contentMediaType title description"
        ).split(),
        _text,
    ),
    **dict.fromkeys("allOf anyOf oneOf prefixItems".split(), _schemas),
    **dict.fromkeys("$defs dependentSchemas properties patternProperties".split(), _schemas_by_name),
    **dict.fromkeys(
        (
            "not if then else items contains additionalProperties propertyNames"
            " unevaluatedItems unevaluatedProperties contentSchema"
        ).split(),
        _schema_or_bool,
    ),
    **dict.fromkeys("multipleOf maximum exclusiveMaximum minimum exclusiveMinimum".split(), _number),
    **dict.fromkeys(
        "maxLength minLength maxItems minItems maxContains minContains maxProperties minProperties".split(), _count
    ),
    **dict.fromkeys("uniqueItems deprecated readOnly writeOnly".split(), _flag),
    **dict.fromkeys("enum examples".split(), _values),
    **dict.fromkeys("xml externalDocs dependentRequired".split(), _model_only),
    "$ref": _reference,
    "type": _type,
    "required": _texts,
    "discriminator": _discriminator,
}

_rank = rank_in(
    "$schema $vocabulary $id $anchor $dynamicAnchor $ref $dynamicRef $defs $comment"
    " allOf anyOf oneOf not if then else dependentSchemas prefixItems items contains"
    " properties patternProperties additionalProperties propertyNames unevaluatedItems unevaluatedProperties"
    " type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern"
    " maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired"
    " format contentEncoding contentMediaType contentSchema title description default deprecated readOnly writeOnly"
    " examples discriminator xml externalDocs example"
)
