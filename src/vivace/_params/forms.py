"""Reads declared values out of a form, the exact way. Of a form, only this module knows what counts as missing.

Empty text is missing, and so is a file input that was left empty. In lists, empty text stands and empty files do not.
What no field of a form model asks for reaches the model as it was received.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Discriminator, Tag, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined
from starlette.datastructures import FormData, UploadFile

from vivace._inspection.annotations import is_model, is_sequence, is_subclass, union_members, without_annotated
from vivace._params.field import ErrorList, ModelField, located_errors
from vivace._params.markers import File, Form
from vivace._params.models import RequestKey, parameter_model, request_keys, takes_others
from vivace._params.read import collect_model_input, look_up, model_keys, validated, values_by_name

__all__ = ["FilledIn", "form_model", "form_union", "read_form"]

Keys = Sequence[Sequence[RequestKey]]


def form_model(field: ModelField) -> type[BaseModel] | None:
    """Return the model whose fields are fields of the form, when the field is one (`Model` or `Model | None`)."""
    return parameter_model(field) if isinstance(field.field_info, Form) else None


def form_union(field: ModelField) -> tuple[type[BaseModel], ...]:
    """Return the models of a form that is one of several, or nothing when the field is no such form."""
    if not isinstance(field.field_info, Form):
        return ()
    given = [without_annotated(member) for member in union_members(field.field_info.annotation)]
    members = tuple(member for member in given if member is not type(None))
    return members if len(members) > 1 and all(map(is_model, members)) else ()


class FilledIn:
    """A form without what was left empty."""

    def __init__(self, form: FormData) -> None:
        self.form = form

    def __iter__(self) -> Iterator[str]:
        return iter(self.form)

    def __getitem__(self, name: str) -> Any:
        return self.form[name]

    def get(self, name: str) -> Any:
        """Return the last value of a name, or None when it is empty."""
        value: Any = self.form.get(name)
        return None if value == "" or _is_empty_upload(value) else value

    def getlist(self, name: str) -> list[Any]:
        """Return all values of a name but the empty files."""
        return [value for value in self.form.getlist(name) if not _is_empty_upload(value)]


def _is_empty_upload(value: Any) -> bool:
    return isinstance(value, UploadFile) and not value.filename and value.size == 0


def _is_present(form: FormData, model: type[BaseModel], keys_by_field: Keys) -> bool:
    """Tell whether anything of a form model was sent, were it empty."""
    if takes_others(model):
        return bool(form)
    return any(key.name in form for keys in keys_by_field for key in keys)


async def read_form(fields: Sequence[ModelField], form: FormData) -> tuple[dict[str, Any], ErrorList]:
    """Read the values of body fields from a form.

    Returns:
        The values by argument name, and the errors.
    """
    filled = FilledIn(form)
    values: dict[str, Any] = {}
    collected: ErrorList = []
    for field in fields:
        model, members = form_model(field), form_union(field)
        if model is not None:
            value, errors = _read_model(field, model, filled)
        elif members:
            value, errors = _read_union(field, members, filled)
        else:
            value, errors = await _read_value(field, filled)
        if errors:
            collected.extend(errors)
        else:
            values[field.name] = value
    return values, collected


async def _read_value(field: ModelField, filled: FilledIn) -> tuple[Any, ErrorList]:
    keys = request_keys(field)
    key, value = look_up(filled, keys)
    if isinstance(field.field_info, File):
        value = await _read_files(field.field_info.annotation, value)
    return validated(field, value, ("body", (key or keys[0]).name))


async def _read_files(annotation: Any, value: Any) -> Any:
    """Return uploads as their contents where bytes are declared."""
    if isinstance(value, UploadFile) and _takes_bytes(annotation):
        return await _contents(value)
    if isinstance(value, list) and _takes_lists_of_bytes(annotation):
        return [await _contents(item) if isinstance(item, UploadFile) else item for item in value]
    return value


def _takes_bytes(annotation: Any) -> bool:
    return any(is_subclass(member, bytes) for member in union_members(annotation))


def _takes_lists_of_bytes(annotation: Any) -> bool:
    return any(is_sequence(each) and all(map(_takes_bytes, _items(each))) for each in union_members(annotation))


def _items(annotation: Any) -> tuple[Any, ...]:
    # An item in `Annotated` is not looked into, as in the reference.
    return tuple(int if get_origin(item) is Annotated else item for item in get_args(annotation))


async def _contents(upload: UploadFile) -> bytes:
    """Read what is left of a file, for someone else to read it again."""
    position = upload.file.tell()
    contents = await upload.read()
    await upload.seek(position)
    return contents


def _collect(filled: FilledIn, field: ModelField, model: type[BaseModel]) -> tuple[dict[str, Any], bool]:
    keys_by_field = model_keys(field, model)
    data, _ = collect_model_input(filled, keys_by_field, filled.form)
    return data, _is_present(filled.form, model, keys_by_field)


def _read_model(field: ModelField, model: type[BaseModel], filled: FilledIn) -> tuple[Any, ErrorList]:
    data, is_present = _collect(filled, field, model)
    if not is_present and field.field_info.annotation is not model:  # `Model | None`
        return validated(field, PydanticUndefined, ("body",))
    return field.validate(data, loc=("body",))


# -- one of several models ---------------------------------------------------------------------------------------------


def _read_union(field: ModelField, members: tuple[type[BaseModel], ...], filled: FilledIn) -> tuple[Any, ErrorList]:
    """Read a form that is one of several models: each is given what its own fields ask for."""
    gathered = [_collect(filled, field, member) for member in members]
    is_optional = type(None) in union_members(field.field_info.annotation)
    if is_optional and not any(is_present for _, is_present in gathered):
        return validated(field, PydanticUndefined, ("body",))
    tells_apart = _discriminator_of(field)
    if tells_apart is None:
        return _validate_each(members, tuple(data for data, _ in gathered))
    received = values_by_name(filled.form.multi_items())
    for is_sent, (data, _) in zip(_is_sent(field, members, tells_apart, received), gathered, strict=True):
        if is_sent:
            return field.validate(data, loc=("body",))
    return field.validate(received, loc=("body",))


def _discriminator_of(field: ModelField) -> Any:
    """Return what tells the models apart: the name of a field, or a function of the data."""
    info = field.field_info
    given = info.discriminator or next((each for each in info.metadata if isinstance(each, Discriminator)), None)
    return given.discriminator if isinstance(given, Discriminator) else given


def _is_sent(
    field: ModelField, members: tuple[type[BaseModel], ...], tells_apart: Any, received: dict[str, Any]
) -> list[bool]:
    """Tell of each model whether it is the one that was sent."""
    if callable(tells_apart):
        found = tells_apart(received)
        given = [each for each in union_members(field.field_info.annotation) if each is not type(None)]
        return [any(isinstance(tag, Tag) and tag.tag == found for tag in _metadata(each)) for each in given]
    return [_has_tag(member, tells_apart, received) for member in members]


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())


def _has_tag(member: type[BaseModel], tag_name: str, received: dict[str, Any]) -> bool:
    info = member.model_fields.get(tag_name)
    if info is None or get_origin(info.annotation) is not Literal:
        return False
    tags = [getattr(tag, "value", tag) for tag in get_args(info.annotation)]
    return any(received.get(name) in tags for name in (info.alias or tag_name, tag_name))


def _validate_each(members: tuple[type[BaseModel], ...], data: tuple[dict[str, Any], ...]) -> tuple[Any, ErrorList]:
    try:
        return _union_adapter(members).validate_python(data), []
    except ValidationError as exc:
        errors = located_errors(exc, ("body",))
    for error in errors:
        source, label, *rest = error["loc"]
        number = int(str(label).partition("[pick_")[2].partition("(")[0])
        error["loc"] = (source, members[number].__name__, *rest)
    return None, errors


@functools.cache
def _union_adapter(members: tuple[type[BaseModel], ...]) -> TypeAdapter[Any]:
    picked = [Annotated[member, BeforeValidator(_pick(number))] for number, member in enumerate(members)]
    union: Any = Union[tuple(picked)]  # noqa: UP007  # of a tuple made here
    return TypeAdapter(union)


def _pick(number: int) -> Any:
    def pick(data: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        return data[number]

    pick.__qualname__ = pick.__name__ = f"pick_{number}"  # Pydantic puts it into the locations of errors
    return pick
