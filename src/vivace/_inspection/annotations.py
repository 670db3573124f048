"""The shapes of types: scalar, sequence, model, union. This module knows nothing about HTTP."""

from __future__ import annotations

import collections
import dataclasses
import types
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from typing_extensions import TypeAliasType, is_typeddict

__all__ = [
    "SEQUENCE_TYPES",
    "has_pydantic_v1_model",
    "has_subclass",
    "inherits",
    "is_model",
    "is_pydantic_v1_model",
    "is_scalar",
    "is_scalar_sequence",
    "is_sequence",
    "is_subclass",
    "is_union",
    "item_type",
    "union_members",
    "without_alias",
    "without_annotated",
    "without_none",
]

SEQUENCE_TYPES: tuple[type, ...] = (Sequence, list, set, frozenset, tuple, collections.deque)
_SEQUENCE_BASES = frozenset(SEQUENCE_TYPES)

# PERF: most annotations are of these, and are told at once (benchmark: startup).
_PLAIN_SCALARS: frozenset[Any] = frozenset({bool, bytes, float, int, str, types.NoneType})

_ALIAS_TYPES: tuple[type, ...] = tuple({TypeAliasType, getattr(typing, "TypeAliasType", TypeAliasType)})


def without_alias(annotation: Any) -> Any:
    """Return what a PEP 695 `type X = ...` stands for, to the bottom."""
    while isinstance(annotation, _ALIAS_TYPES):
        annotation = annotation.__value__  # type: ignore[attr-defined]  # both alias types have it
    return annotation


def without_annotated(annotation: Any) -> Any:
    """Return the type inside `Annotated[...]`, through aliases."""
    annotation = without_alias(annotation)
    while get_origin(annotation) is Annotated:
        annotation = without_alias(get_args(annotation)[0])
    return annotation


def is_union(annotation: Any) -> bool:
    """Tell whether the annotation is `X | Y`, `Union[X, Y]` or `Optional[X]`."""
    return get_origin(annotation) in (Union, types.UnionType)


def union_members(annotation: Any) -> tuple[Any, ...]:
    """Return the alternatives of a union, or the annotation alone."""
    annotation = without_annotated(annotation)
    return get_args(annotation) if is_union(annotation) else (annotation,)


def without_none(annotation: Any) -> Any:
    """Return the only alternative of `X | None`; anything else unchanged."""
    members = [member for member in union_members(annotation) if member is not type(None)]
    return without_annotated(members[0]) if len(members) == 1 else without_annotated(annotation)


def is_subclass(annotation: Any, parent: type | tuple[type, ...]) -> bool:
    """`issubclass` that answers False for what is not a class, such as `list[int]`."""
    return (
        isinstance(annotation, type)
        and not isinstance(annotation, types.GenericAlias)
        and issubclass(annotation, parent)
    )


def inherits(annotation: Any, parent: type) -> bool:
    """Tell whether the annotation is a class that has `parent` among its bases, not one that is only registered there.

    PERF: an abstract class keeps weak references to every class that it was asked about, in `issubclass`; of the
    objects that a route with a model leaves behind, they were a fifth (benchmark: startup).
    """
    return isinstance(annotation, type) and parent in annotation.__mro__


def is_model(annotation: Any) -> bool:
    """Tell whether the annotation is a Pydantic model class (a parametrised generic one included)."""
    return inherits(annotation, BaseModel)


def is_pydantic_v1_model(annotation: Any) -> bool:
    """Tell whether a type is a model of `pydantic.v1`."""
    return isinstance(annotation, type) and any(
        base.__name__ == "BaseModel" and base.__module__ == "pydantic.v1.main" for base in annotation.__mro__
    )


def has_pydantic_v1_model(annotation: Any) -> bool:
    """Tell whether a type is a model of `pydantic.v1`, or an alternative of a union or an item of a sequence is."""
    if is_union(annotation) or is_subclass(get_origin(annotation), SEQUENCE_TYPES):
        return any(has_pydantic_v1_model(member) for member in get_args(annotation))
    return is_pydantic_v1_model(annotation)


def _is_sequence_class(annotation: Any) -> bool:
    if is_model(annotation):
        return not _SEQUENCE_BASES.isdisjoint(annotation.__mro__)
    return is_subclass(annotation, SEQUENCE_TYPES) and not is_subclass(annotation, (str, bytes))


def is_sequence(annotation: Any) -> bool:
    """Tell whether the annotation is a list, set, tuple... or a union with one."""
    if _is_plain_scalar(annotation):
        return False
    members = union_members(annotation)
    if len(members) > 1:
        return any(is_sequence(member) for member in members)
    return _is_sequence_class(members[0]) or _is_sequence_class(get_origin(members[0]))


def _is_plain_scalar(annotation: Any) -> bool:
    return type(annotation) is type and annotation in _PLAIN_SCALARS


def _is_complex(annotation: Any) -> bool:
    return (
        is_model(annotation)
        or is_subclass(annotation, Mapping)
        or _is_sequence_class(annotation)
        or dataclasses.is_dataclass(annotation)
        or is_typeddict(annotation)
    )


def is_scalar(annotation: Any) -> bool:
    """Tell whether one string can carry a value of this type: no model, mapping, sequence, dataclass or TypedDict."""
    if annotation is Ellipsis or _is_plain_scalar(annotation):
        return True
    annotation = without_annotated(annotation)
    if is_union(annotation):
        return all(is_scalar(member) for member in get_args(annotation))
    origin = get_origin(annotation)
    return not (_is_complex(annotation) or _is_complex(origin) or hasattr(origin, "__get_pydantic_core_schema__"))


def is_scalar_sequence(annotation: Any) -> bool:
    """Tell whether the annotation is a sequence of scalars, or a union that has one and otherwise only scalars."""
    annotation = without_annotated(annotation)
    if is_union(annotation):
        members = get_args(annotation)
        return any(is_scalar_sequence(m) for m in members) and all(
            is_scalar_sequence(m) or is_scalar(m) for m in members
        )
    return is_sequence(annotation) and all(is_scalar(item) for item in get_args(annotation))


# What the annotation of a function that yields is made of.
_ITERABLES = (AsyncIterable, AsyncIterator, AsyncGenerator, Iterable, Iterator, Generator)


def item_type(annotation: Any) -> Any:
    """Return the type of what is yielded, by the annotation of a function that yields; None for another annotation."""
    if get_origin(annotation) not in _ITERABLES:
        return None
    return (get_args(annotation) or (Any,))[0]


def has_subclass(annotation: Any, parent: type) -> bool:
    """Tell whether the annotation is a subclass of `parent`, or a union with one."""
    return any(is_subclass(without_annotated(member), parent) for member in union_members(annotation))
