"""Reads declared values out of what was received, the exact way: every error, in its order and with its location.

This is the interpreted path. The compiled one (`vivace._endpoint.fetch`) must accept nothing that this one refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from starlette.datastructures import Headers

from vivace._params.field import ErrorList, ModelField, missing_error
from vivace._params.markers import Body, Form
from vivace._params.models import RequestKey, missed_key, model_fields, parameter_model, request_keys, takes_others

__all__ = [
    "asks_to_be_embedded",
    "collect_model_input",
    "look_up",
    "model_keys",
    "read_body",
    "read_params",
    "validated",
    "values_by_name",
]

Received = Mapping[str, Any]


class Looked(Protocol):
    """Where names are looked up: a mapping, or a view of one."""

    def get(self, name: str, /) -> Any:
        """Return the one value of a name, or None."""


def read_params(fields: Sequence[ModelField], received: Received, source: str) -> tuple[dict[str, Any], ErrorList]:
    """Read the values of path, query, header or cookie fields.

    Returns:
        The values by argument name, and the errors, whose locations start with `source`.
    """
    values: dict[str, Any] = {}
    errors: ErrorList = []
    for field in fields:
        model = parameter_model(field)
        if model is None:
            value, found = _read_scalar(field, received, source)
        else:
            value, found = _read_model(field, model, received, source)
        if found:
            errors.extend(found)
        else:
            values[field.name] = value
    return values, errors


def asks_to_be_embedded(field: ModelField) -> bool:
    """Tell whether a field is a key of the received body even if it is the only one.

    So is a field of a form where no form can be: at a websocket, or where an override takes one and the route does not.
    """
    info = field.field_info
    return isinstance(info, Form) or (isinstance(info, Body) and bool(info.embed))


def read_body(fields: Sequence[ModelField], body: Any, *, embed: bool) -> tuple[dict[str, Any], ErrorList]:
    """Read the values of body fields from the parsed body. `PydanticUndefined` stands for a body that is not there."""
    field = fields[0]
    if len(fields) == 1 and not (embed or asks_to_be_embedded(field)):
        value, errors = validated(field, body, ("body",))
        return ({} if errors else {field.name: value}), errors
    values: dict[str, Any] = {}
    collected: ErrorList = []
    absent = body is PydanticUndefined or isinstance(body, bytes)
    for field in fields:
        keys = request_keys(field)
        if not absent and not isinstance(body, Mapping):
            collected.append(missing_error(("body", keys[0].name)))
            continue
        key = keys[0] if absent else next((key for key in keys if key.name in body), keys[0])
        received = PydanticUndefined if absent else body.get(key.name, PydanticUndefined)
        value, errors = validated(field, received, ("body", key.name))
        if errors:
            collected.extend(errors)
        else:
            values[field.name] = value
    return values, collected


def validated(field: ModelField, value: Any, loc: tuple[str, ...]) -> tuple[Any, ErrorList]:
    """Validate a value, or give the default for one that is not there."""
    if value is not PydanticUndefined:
        return field.validate(value, loc=loc)
    if field.field_info.is_required():
        return None, [missing_error(loc)]
    default = field.get_default()
    return field.validate(default, loc=loc) if field.field_info.validate_default else (default, [])


def look_up(received: Looked, keys: Iterable[RequestKey]) -> tuple[RequestKey | None, Any]:
    """Return the first key that is present, with its value (a list for lists), or None.

    An empty text where a list is expected is no value, but its key was present: later ones are not tried.
    """
    for key in keys:
        if key.is_list and hasattr(received, "getlist"):
            if values := received.getlist(key.name):
                return key, values
        elif (value := received.get(key.name)) is not None:
            # A list of cookies stands in one, too.
            is_empty = value == "" and (key.is_list or key.is_json_list)
            return key, PydanticUndefined if is_empty else value
    return None, PydanticUndefined


def _read_scalar(field: ModelField, received: Received, source: str) -> tuple[Any, ErrorList]:
    keys = request_keys(field)
    key, value = look_up(received, keys)
    return validated(field, value, (source, (key or missed_key(field, keys)).name))


def model_keys(field: ModelField, model: type[BaseModel]) -> tuple[tuple[RequestKey, ...], ...]:
    """Return the request keys of each field of a parameter model."""
    return tuple(request_keys(part, field.field_info, model) for part in model_fields(model))


def collect_model_input(
    received: Looked,
    keys_by_field: Sequence[Sequence[RequestKey]],
    everything: Received,
    *,
    takes_others: bool = False,
) -> tuple[dict[str, Any], bool]:
    """Gather what a parameter model validates: its own fields, then everything else that was received there.

    Args:
        received: Where the fields are looked up.
        keys_by_field: The names of each field.
        everything: What was received, for the rest.
        takes_others: Whether the rest counts as well.

    Returns:
        The data, and whether there is any that counts for the model.
    """
    data: dict[str, Any] = {}
    tried: set[str] = set()
    is_present = False
    for keys in keys_by_field:
        key, value = look_up(received, keys)
        # What is called like a field stays out although it was not found: a header `x_token` is no `x-token`. Names
        # that come after the one that was found are not the field's any more.
        for each in keys if key is None else keys[: keys.index(key) + 1]:
            tried.update((each.name, each.key))
        is_present = is_present or key is not None
        if key is not None and value is not PydanticUndefined:
            data[key.key] = value
    if isinstance(everything, Headers):  # RFC 9110 5.1: header names have no case
        tried = {name.lower() for name in tried}
    pairs = everything.multi_items() if hasattr(everything, "multi_items") else everything.items()
    data.update(values_by_name(pairs, besides=tried))
    return data, is_present or (takes_others and bool(data))


def values_by_name(pairs: Iterable[tuple[str, Any]], *, besides: Set[str] = frozenset()) -> dict[str, Any]:
    """Return the value of each name, a list where it has several; one pass, as a client chooses how many there are."""
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        if name not in besides:
            values.setdefault(name, []).append(value)
    return {name: several[0] if len(several) == 1 else several for name, several in values.items()}


def _read_model(field: ModelField, model: type[BaseModel], received: Received, source: str) -> tuple[Any, ErrorList]:
    keys_by_field = model_keys(field, model)
    data, is_present = collect_model_input(received, keys_by_field, received, takes_others=takes_others(model))
    if not is_present and field.field_info.annotation is not model:  # `Model | None`
        return validated(field, PydanticUndefined, (source,))
    value, errors = field.validate(data, loc=(source,))
    if errors and isinstance(received, Headers):
        _name_headers(errors, keys_by_field)
    return value, errors


def _name_headers(errors: ErrorList, keys_by_field: Sequence[Sequence[RequestKey]]) -> None:
    # The model knows `x_token`; who sent the request knows `x-token`.
    names = {key.key: key.name for keys in keys_by_field for key in keys}
    for error in errors:
        source, *rest = error["loc"]
        if rest and rest[0] in names:
            error["loc"] = (source, names[rest[0]], *rest[1:])
