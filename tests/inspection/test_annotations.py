"""The shape of a type decides whether one string, several strings or a body can carry it."""

import collections
import enum
import sys
import types
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypeVar, Union

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType, TypedDict

from vivace._inspection.annotations import (
    has_subclass,
    is_model,
    is_scalar,
    is_scalar_sequence,
    is_sequence,
    is_subclass,
    is_union,
    union_members,
    without_alias,
    without_annotated,
    without_none,
)

T = TypeVar("T")
UserId = NewType("UserId", int)
Alias = TypeAliasType("Alias", Annotated[int, Field(gt=1)])
AliasOfAlias = TypeAliasType("AliasOfAlias", Annotated[Alias, "outer"])
Names = TypeAliasType("Names", list[str])


class Item(BaseModel):
    x: int = 0


class Box(BaseModel, Generic[T]):
    content: T


@dataclass
class Point:
    x: int = 0


class Options(TypedDict):
    x: int


class Colour(enum.Enum):
    RED = "red"


SCALARS = [
    *(int, str, float, bool, bytes, Any, None, datetime, uuid.UUID, Colour, UserId, Literal["a", 1], ...),
    *(int | None, int | str, Annotated[int, Field(gt=1)], Annotated[int, 1] | None, Alias, AliasOfAlias, object, T),
]
SCALAR_SEQUENCES = [
    *(list[int], set[str], frozenset[str], tuple[int, ...], tuple[int, str], Sequence[str], collections.deque[int]),
    *(
        list,
        tuple,
        set,
        list[int] | None,
        list[int] | str,
        Annotated[list[int], 1],
        Names,
        list[int | None],
        list[Alias],
    ),
]
COMPLEX = [
    *(Item, Box[int], Point, Options, dict, dict[str, int], Mapping[str, int], collections.OrderedDict),
    *(Item | None, Item | int, Annotated[Item, 1], Item | Point),
]
COMPLEX_SEQUENCES = [list[Item], list[list[int]], list[dict[str, int]], list[Item] | None, tuple[Item, ...]]


@pytest.mark.parametrize("annotation", SCALARS, ids=repr)
def test_one_string_can_carry_a_scalar(annotation: Any) -> None:
    assert is_scalar(annotation)
    assert not is_sequence(annotation)


@pytest.mark.parametrize("annotation", SCALAR_SEQUENCES, ids=repr)
def test_several_strings_can_carry_a_sequence_of_scalars(annotation: Any) -> None:
    assert is_scalar_sequence(annotation)
    assert is_sequence(annotation)
    assert not is_scalar(annotation)


@pytest.mark.parametrize("annotation", COMPLEX, ids=repr)
def test_models_mappings_and_dataclasses_are_neither(annotation: Any) -> None:
    assert not is_scalar(annotation)
    assert not is_scalar_sequence(annotation)
    assert not is_sequence(annotation)


@pytest.mark.parametrize("annotation", COMPLEX_SEQUENCES, ids=repr)
def test_a_sequence_of_models_is_a_sequence_but_not_of_scalars(annotation: Any) -> None:
    assert is_sequence(annotation)
    assert not is_scalar_sequence(annotation)


def test_text_is_no_sequence() -> None:
    assert not is_sequence(str)
    assert not is_sequence(bytes)


def test_both_spellings_of_a_union_are_unions() -> None:
    assert is_union(int | str)
    assert is_union(Union[int, str])  # noqa: UP007  the old spelling is what is tested
    assert is_union(Optional[int])  # noqa: UP045  see above
    assert not is_union(list[int])


def test_the_members_of_what_is_no_union_are_itself() -> None:
    assert union_members(int) == (int,)
    assert union_members(Annotated[int | str, 1]) == (int, str)


def test_without_none_leaves_real_unions_alone() -> None:
    assert without_none(Item | None) is Item
    assert without_none(Annotated[Annotated[Item, 1] | None, 2]) is Item
    assert without_none(int | str | None) == int | str | None
    assert without_none(Item) is Item


def test_aliases_and_annotated_are_taken_off_to_the_bottom() -> None:
    assert without_alias(Names) == list[str]
    assert without_annotated(AliasOfAlias) is int
    assert without_annotated(Annotated[Annotated[int, 1], 2]) is int


def test_subclass_questions_about_what_is_no_class_are_answered_no() -> None:
    assert is_subclass(Item, BaseModel)
    assert not is_subclass(list[int], list)
    assert not is_subclass(int | str, int)
    assert not is_subclass("int", int)


def test_a_parametrised_generic_model_is_a_model() -> None:
    assert is_model(Box[int])
    assert not is_model(list[int])
    assert not is_model(Item())


def test_a_subclass_is_found_in_a_union() -> None:
    assert has_subclass(int | Annotated[Item, 1], BaseModel)
    assert not has_subclass(int | str, BaseModel)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs Python 3.12")
def test_type_statements_are_aliases() -> None:
    namespace: dict[str, Any] = {"Annotated": Annotated, "Field": Field}
    exec("type Limit = Annotated[int, Field(gt=1)]\ntype Limits = list[Limit]", namespace)
    assert without_annotated(namespace["Limit"]) is int
    assert is_scalar(namespace["Limit"])
    assert is_scalar_sequence(namespace["Limits"])


def test_a_namespace_is_no_type() -> None:
    assert is_scalar(types.SimpleNamespace())
    assert not is_model(types.SimpleNamespace())
