"""Names that programs and tests import from the reference's module of this name. Nothing of ours uses them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ForwardRef

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_core import PydanticUndefined as Undefined

from vivace._compat.shared import (
    PYDANTIC_VERSION_MINOR_TUPLE,
    annotation_is_pydantic_v1,
    field_annotation_is_scalar,
    field_annotation_is_scalar_sequence,
    field_annotation_is_sequence,
    is_bytes_or_nonable_bytes_annotation,
    is_bytes_sequence_annotation,
    is_pydantic_v1_model_instance,
    is_uploadfile_or_nonable_uploadfile_annotation,
    is_uploadfile_sequence_annotation,
    lenient_issubclass,
    sequence_annotation_to_type,
    sequence_types,
    value_is_sequence,
)
from vivace._inspection.annotations import without_none
from vivace._inspection.signatures import resolve_annotation
from vivace._params.field import ModelField, missing_error
from vivace._params.markers import Body

__all__ = [
    "PYDANTIC_VERSION_MINOR_TUPLE",
    "ModelField",
    "RequiredParam",
    "Undefined",
    "annotation_is_pydantic_v1",
    "copy_field_info",
    "create_body_model",
    "evaluate_forwardref",
    "field_annotation_is_scalar",
    "field_annotation_is_scalar_sequence",
    "field_annotation_is_sequence",
    "get_missing_field_error",
    "is_bytes_or_nonable_bytes_annotation",
    "is_bytes_sequence_annotation",
    "is_pydantic_v1_model_instance",
    "is_scalar_field",
    "is_uploadfile_or_nonable_uploadfile_annotation",
    "is_uploadfile_sequence_annotation",
    "lenient_issubclass",
    "sequence_types",
    "serialize_sequence_value",
    "value_is_sequence",
]

RequiredParam = PydanticUndefined


def evaluate_forwardref(
    value: Any, globalns: dict[str, Any] | None = None, localns: dict[str, Any] | None = None
) -> Any:
    """Return what a string or `ForwardRef` stands for, or a `ForwardRef` when a name in it does not exist."""
    if isinstance(value, str):
        value = ForwardRef(value)
    if not isinstance(value, ForwardRef):
        return value
    resolved = resolve_annotation(value, {**(globalns or {}), **(localns or {})})
    return value if "ForwardRef(" in repr(resolved) else resolved


def get_missing_field_error(loc: tuple[int | str, ...]) -> dict[str, Any]:
    """Return the error of a required value that is not there."""
    return missing_error(loc)


def is_scalar_field(field: ModelField) -> bool:
    """Tell whether one string can carry a field's value, and it is not declared as a body."""
    return field_annotation_is_scalar(field.field_info.annotation) and not isinstance(field.field_info, Body)


def copy_field_info(*, field_info: FieldInfo, annotation: Any) -> FieldInfo:
    """Return a copy of what was declared, for another type."""
    copied, said = copy(field_info), FieldInfo.from_annotation(annotation)
    copied.metadata = said.metadata
    copied.annotation = said.annotation
    return copied


def create_body_model(
    *, fields: Sequence[ModelField], model_name: str, config: ConfigDict | None = None
) -> type[BaseModel]:
    """Make a model with a field for each of several."""
    members: dict[str, Any] = {field.name: (field.field_info.annotation, field.field_info) for field in fields}
    model: type[BaseModel] = create_model(model_name, __config__=config, **members)
    return model


def serialize_sequence_value(*, field: ModelField, value: Any) -> Sequence[Any]:
    """Return a value as the kind of sequence that a field declares."""
    annotation = without_none(field.field_info.annotation)
    kind = getattr(annotation, "__origin__", annotation)
    made: Sequence[Any] = sequence_annotation_to_type[kind](value)
    return made
