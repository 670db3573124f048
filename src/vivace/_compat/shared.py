"""Questions about types, under the reference's import path. Nothing of ours uses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, get_args

from pydantic.version import VERSION as PYDANTIC_VERSION
from starlette.datastructures import UploadFile

from vivace._inspection.annotations import (
    SEQUENCE_TYPES,
    has_subclass,
    is_scalar,
    is_scalar_sequence,
    is_sequence,
    is_subclass,
    union_members,
    without_annotated,
)
from vivace._inspection.annotations import has_pydantic_v1_model as annotation_is_pydantic_v1
from vivace._inspection.annotations import is_pydantic_v1_model as is_pydantic_v1_model_class

__all__ = [
    "PYDANTIC_VERSION",
    "PYDANTIC_VERSION_MINOR_TUPLE",
    "annotation_is_pydantic_v1",
    "field_annotation_is_complex",
    "field_annotation_is_scalar",
    "field_annotation_is_scalar_sequence",
    "field_annotation_is_sequence",
    "is_bytes_or_nonable_bytes_annotation",
    "is_bytes_sequence_annotation",
    "is_pydantic_v1_model_class",
    "is_pydantic_v1_model_instance",
    "is_uploadfile_or_nonable_uploadfile_annotation",
    "is_uploadfile_sequence_annotation",
    "lenient_issubclass",
    "sequence_annotation_to_type",
    "sequence_types",
    "value_is_sequence",
]

PYDANTIC_VERSION_MINOR_TUPLE: tuple[int, int] = (
    int(PYDANTIC_VERSION.split(".")[0]),
    int(PYDANTIC_VERSION.split(".")[1]),
)

sequence_annotation_to_type: dict[Any, Callable[[Any], Any]] = {
    Sequence: list,
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    deque: deque,
}
sequence_types: tuple[type, ...] = tuple(sequence_annotation_to_type)


def lenient_issubclass(cls: Any, class_or_tuple: type | tuple[type, ...] | None) -> bool:
    """`issubclass` that answers False for what is not a class."""
    return isinstance(cls, type) and issubclass(cls, class_or_tuple)  # type: ignore[arg-type]  # None raises TypeError


def value_is_sequence(value: Any) -> bool:
    """Tell whether a value is a sequence and no text."""
    return isinstance(value, SEQUENCE_TYPES) and not isinstance(value, (str, bytes))


def field_annotation_is_scalar(annotation: Any) -> bool:
    """Tell whether one string can carry a value of the type."""
    return annotation is Ellipsis or not field_annotation_is_complex(annotation)


def field_annotation_is_scalar_sequence(annotation: Any) -> bool:
    """Tell whether the type is a sequence of scalars."""
    items = (item for member in union_members(annotation) for item in get_args(without_annotated(member)))
    return is_scalar_sequence(annotation) and not any(is_subclass(item, UploadFile) for item in items)


def field_annotation_is_sequence(annotation: Any) -> bool:
    """Tell whether the type is a sequence."""
    return is_sequence(annotation)


def field_annotation_is_complex(annotation: Any) -> bool:
    """Tell whether the type, or an alternative of it, is a model, a mapping, a sequence, a dataclass or an upload."""
    members = union_members(annotation)
    if len(members) > 1:
        return any(field_annotation_is_complex(member) for member in members)
    return not is_scalar(members[0]) or is_subclass(members[0], UploadFile)


def _has(annotation: Any, parent: type) -> bool:
    return has_subclass(annotation, parent)


def _is_sequence_of(annotation: Any, parent: type) -> bool:
    members = union_members(annotation)
    if len(members) > 1:
        return any(_is_sequence_of(member, parent) for member in members)
    member = without_annotated(annotation)
    return is_sequence(member) and all(_has(item, parent) for item in get_args(member))


def is_bytes_or_nonable_bytes_annotation(annotation: Any) -> bool:
    """Tell whether the type is `bytes`, perhaps with None."""
    return _has(annotation, bytes)


def is_bytes_sequence_annotation(annotation: Any) -> bool:
    """Tell whether the type is a sequence of `bytes`."""
    return _is_sequence_of(annotation, bytes)


def is_uploadfile_or_nonable_uploadfile_annotation(annotation: Any) -> bool:
    """Tell whether the type is `UploadFile`, perhaps with None."""
    return _has(annotation, UploadFile)


def is_uploadfile_sequence_annotation(annotation: Any) -> bool:
    """Tell whether the type is a sequence of `UploadFile`."""
    return _is_sequence_of(annotation, UploadFile)


def is_pydantic_v1_model_instance(obj: Any) -> bool:
    """Tell whether a value is of a model of `pydantic.v1`."""
    return is_pydantic_v1_model_class(type(obj))
