"""Parameter models: a Pydantic model whose fields are parameters of their own. This module reads no request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from vivace._inspection.annotations import is_model, is_sequence, union_members, without_none
from vivace._params.field import ModelField, is_json_annotation, is_json_field
from vivace._params.markers import Header, Path

__all__ = [
    "RequestKey",
    "flat_fields",
    "model_fields",
    "parameter_model",
    "request_keys",
    "missed_key",
    "takes_others",
]


def parameter_model(field: ModelField) -> type[BaseModel] | None:
    """Return the model when the field is a parameter model (`Model` or `Model | None`), else None."""
    info = field.field_info
    annotation = without_none(info.annotation)
    if not is_model(annotation) or is_json_field(info):
        return None
    # `Json[Model] | None` is one string, too.
    is_json = any(is_json_annotation(member) for member in union_members(info.annotation))
    return None if is_json else annotation


def takes_others(model: type[BaseModel]) -> bool:
    """Whether a model has to do with values that it has no field for: to keep them, or to refuse them."""
    return model.model_config.get("extra") in ("allow", "forbid")


_fields_by_model: WeakKeyDictionary[type[BaseModel], tuple[ModelField, ...]] = WeakKeyDictionary()


def model_fields(model: type[BaseModel]) -> tuple[ModelField, ...]:
    """Return the fields of a model as fields of a request."""
    fields = _fields_by_model.get(model)
    if fields is None:
        fields = tuple(ModelField(field_info=info, name=name) for name, info in model.model_fields.items())
        _fields_by_model[model] = fields
    return fields


def flat_fields(fields: Sequence[ModelField]) -> list[ModelField]:
    """Return the fields with each parameter model replaced by its own fields."""
    flat: list[ModelField] = []
    for field in fields:
        model = parameter_model(field)
        flat.extend([field] if model is None else model_fields(model))
    return flat


class RequestKey(NamedTuple):
    """One name under which a value may stand in the request."""

    name: str
    """The name to look up in the request."""
    key: str
    """The name under which a parameter model expects the value."""
    is_list: bool
    """Whether repeated values are collected."""
    is_json_list: bool = False
    """Whether the one value is a list written as JSON. An empty text is an empty list then, and as good as none."""


def _aliases(info: FieldInfo, name: str, *, by_alias: bool, by_name: bool) -> list[str]:
    alias = info.validation_alias or info.alias
    names: list[str] = []
    if by_alias and isinstance(alias, AliasChoices) and all(isinstance(choice, str) for choice in alias.choices):
        names += [choice for choice in alias.choices if isinstance(choice, str)]
        if isinstance(info, Path) and (own := info.alias or name) not in names:
            names.append(own)  # what stands in a path that has none of the choices
    elif by_alias:
        names.append(alias if isinstance(alias, str) else info.alias or name)
    if by_name and name not in names:
        names.append(name)
    return names


def missed_key(field: ModelField, keys: Sequence[RequestKey]) -> RequestKey:
    """Return the key that a field has when none of its keys is present: the first, or for a path the plain name."""
    if isinstance(field.field_info, Path):
        return next((key for key in keys if key.name == field.alias), keys[0])
    return keys[0]


def request_keys(
    field: ModelField, marker: FieldInfo | None = None, model: type[BaseModel] | None = None
) -> tuple[RequestKey, ...]:
    """Return the names a value may have in the request, in the order in which they are tried.

    Args:
        field: The parameter, or one field of a parameter model.
        marker: The marker of the parameter model that the field belongs to, when it does.
        model: That model.
    """
    info = field.field_info
    config: Any = model.model_config if model is not None else {}
    by_alias = config.get("validate_by_alias", True)
    by_name = config.get("populate_by_name", False) or config.get("validate_by_name", False) or not by_alias
    names = _aliases(info, field.name, by_alias=by_alias, by_name=by_name)
    is_list, is_json = is_sequence(info.annotation), is_json_field(info)
    has_alias = info.alias is not None or info.validation_alias is not None
    converts = isinstance(marker, Header) and marker.convert_underscores
    return tuple(
        RequestKey(
            name=name.replace("_", "-") if converts and (name == field.name or not has_alias) else name,
            key=name,
            is_list=is_list and not is_json,
            is_json_list=is_list and is_json,
        )
        for name in names
    )
