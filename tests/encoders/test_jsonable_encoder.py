"""``jsonable_encoder`` does what the reference's does, value by value and error by error."""

from __future__ import annotations

import datetime
import io
import re
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

import fastapi.encoders as reference
import pydantic.v1
import pytest
from encoders import cases
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import vivace.encoders as ours
from vivace.exceptions import PydanticV1NotSupportedError

VALUES = cases.values()


def outcome(encode: Callable[..., Any], value: Any, **options: Any) -> tuple[Any, ...]:
    """Return what comes out, with the types within (``1 == True``), or the exception."""
    try:
        result = encode(value, **options)
    except RecursionError:
        return (RecursionError,)
    except Exception as exc:
        return type(exc).__name__, re.sub("0x[0-9a-f]+", "0x", str(exc))
    return "returned", repr(result), typed(result)


def typed(value: Any) -> Any:
    if type(value) is dict:
        return [(typed(key), typed(item)) for key, item in value.items()]
    if type(value) is list:
        return [typed(item) for item in value]
    return type(value), repr(value)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_encoded_as_by_the_reference(name: str) -> None:
    make = VALUES[name]

    assert outcome(ours.jsonable_encoder, make()) == outcome(reference.jsonable_encoder, make())


OPTIONS: dict[str, dict[str, Any]] = {
    "include a set": {"include": {"a", "foo"}},
    "include a list": {"include": ["a"]},
    "include a string": {"include": "ab"},
    "include a dict": {"include": {"a": True, "anything": {"a"}}},
    "include numbers": {"include": {1}},
    "include nothing": {"include": set()},
    "exclude a set": {"exclude": {"a", "foo", "x"}},
    "exclude a list": {"exclude": ["a"]},
    "exclude a dict": {"exclude": {"a": {"b"}, "anything": True}},
    "exclude nothing": {"exclude": set()},
    "both": {"include": {"a", "b"}, "exclude": {"b"}},
    "by name": {"by_alias": False},
    "without unset": {"exclude_unset": True},
    "without defaults": {"exclude_defaults": True},
    "without None": {"exclude_none": True},
    "not for SQLAlchemy": {"sqlalchemy_safe": False},
    "encoder of a class": {"custom_encoder": {datetime.date: lambda value: "a date"}},
    "encoder of str": {"custom_encoder": {str: lambda value: value.upper()}},
    "encoder of int and bool": {"custom_encoder": {int: lambda value: "int", bool: lambda value: "bool"}},
    "encoder of dict": {"custom_encoder": {dict: lambda value: sorted(map(str, value))}},
    "encoder of models": {"custom_encoder": {BaseModel: lambda value: {1}}},
    "encoder of anything": {"custom_encoder": {object: lambda value: "object"}},
    "no encoder": {"custom_encoder": {}},
}
MIXED: dict[str, Callable[[], Any]] = {
    "dict": lambda: {"a": 1, "b": {"a": None, "_sa_x": 2}, 1: [{"a": 1, "b": 2}], "c": None},
    "list": lambda: [{"a": 1, "b": None}, ({"a": 2},), None, cases.Model(fooAlias=1)],
    "model": lambda: cases.Model(fooAlias=1, anything={"a": 1, "b": None}),
    "models": lambda: {"a": cases.Model(fooAlias=1), "b": [cases.Model(number=2)]},
    "dataclass": lambda: cases.Point(cases.Model(fooAlias=1), {"_sa_x": None}),
    "attributes": lambda: cases.Attributes(a=cases.Model(fooAlias=1), b=None, x=1),
    "dates": lambda: {"a": datetime.datetime(2020, 1, 1), datetime.date(2020, 1, 1): True},
    "enums": lambda: [cases.Text.A, cases.Number.ONE, cases.OfDate.A],
}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("name", MIXED)
def test_an_option_works_as_in_the_reference(name: str, option: str) -> None:
    make, options = MIXED[name], OPTIONS[option]

    assert outcome(ours.jsonable_encoder, make(), **options) == outcome(reference.jsonable_encoder, make(), **options)


keys = st.one_of(
    st.text(max_size=4), st.integers(-3, 3), st.none(), st.booleans(), st.dates(), st.sampled_from(cases.Text)
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["_sa", "_sa_x", '"_sa']),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.decimals(),
    st.binary(max_size=3),
    st.sampled_from([*cases.Text, *cases.OtherValue, *cases.Number, *cases.Spelled, *cases.Plain, *cases.OfDate]),
    st.builds(cases.SubString, st.text(max_size=3)),
    st.builds(cases.SubInt, st.integers()),
    st.builds(cases.SubFloat, st.floats()),
)
data = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(st.sampled_from(["_sa", "_sa_x", "sa", "a"]), inner),
        st.builds(cases.Pair, inner, inner),
        st.builds(cases.Point, inner),
        st.builds(cases.Model, anything=inner),
        st.builds(cases.Attributes, a=inner),
    ),
    max_leaves=12,
)
options = st.fixed_dictionaries(
    {},
    optional={
        "include": st.sampled_from([{"a"}, ["a", "b"], {"a": True}]),
        "exclude": st.sampled_from([{"a"}, {"foo", "x"}]),
        **dict.fromkeys(
            ["by_alias", "exclude_unset", "exclude_defaults", "exclude_none", "sqlalchemy_safe"], st.booleans()
        ),
    },
)


@given(value=data, options=options)
def test_any_data_is_encoded_as_by_the_reference(value: Any, options: dict[str, Any]) -> None:
    expected = outcome(reference.jsonable_encoder, value, **options)

    assert outcome(ours.jsonable_encoder, value, **options) == expected


def test_data_that_contains_itself_is_refused() -> None:
    data: list[Any] = []
    data.append(data)

    with pytest.raises(RecursionError):
        ours.jsonable_encoder(data)


def test_an_object_without_attributes_is_refused_with_both_errors() -> None:
    with pytest.raises(ValueError, match="vars") as caught:
        ours.jsonable_encoder(object())

    (errors,) = caught.value.args
    assert [type(error) for error in errors] == [TypeError, TypeError]
    assert caught.value.__cause__ is errors[1]


def test_a_dataclass_instead_of_an_instance_is_refused() -> None:
    with pytest.raises(
        AssertionError, match=r"Point'> is a dataclass, and only its instances are data\. Pass an instance"
    ):
        ours.jsonable_encoder(cases.Point)


@pytest.mark.filterwarnings("ignore")  # pydantic.v1 warns on new versions of Python
def test_a_model_of_pydantic_v1_is_refused() -> None:
    class Old(pydantic.v1.BaseModel):
        a: int = 1

    with pytest.raises(PydanticV1NotSupportedError, match=r"Please update the model Old\(a=1\)\."):
        ours.jsonable_encoder([{"a": Old()}])


def test_the_table_of_encoders_has_the_types_of_the_reference() -> None:
    def real(types: Iterable[Any]) -> frozenset[Any]:
        # Where pydantic-extra-types is not installed, the reference has a class of its own in its place.
        return frozenset(type_ for type_ in types if type_.__module__ != "fastapi.encoders")

    assert real(ours.ENCODERS_BY_TYPE) == real(reference.ENCODERS_BY_TYPE)
    by_types = {real(types) for types in ours.encoders_by_class_tuples.values()}
    assert by_types == {real(types) for types in reference.encoders_by_class_tuples.values()}


def test_a_type_added_to_the_table_is_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    class ObjectId:
        __slots__ = ()

    monkeypatch.setitem(ours.ENCODERS_BY_TYPE, ObjectId, lambda value: "an id")

    assert ours.jsonable_encoder({"a": ObjectId()}) == {"a": "an id"}
    assert ours.encode_json({"a": ObjectId()}) == b'{"a":"an id"}'


def test_types_are_grouped_by_their_encoder() -> None:
    grouped = ours.generate_encoders_by_class_tuples({int: str, float: str, bytes: repr})

    assert dict(grouped) == {str: (int, float), repr: (bytes,)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a",
        b"ab",
        b"a\nb\n",
        b"abc",
        b"abcde",
        b"abc\nde",
        b"ab\n" * 3,
        b"\n",
        b"a" * 200_000 + b"\nde",
        b"a\nbcd\nef",
    ],
)
def test_a_file_is_its_pairs_or_its_attributes(content: bytes) -> None:
    def encoded(encode: Callable[[object], Any]) -> Any:
        with tempfile.SpooledTemporaryFile() as file:
            file.write(content)
            file.seek(0)
            return encode(file)

    assert encoded(ours.jsonable_encoder) == encoded(reference.jsonable_encoder)
    text = content.decode()
    assert ours.jsonable_encoder(io.StringIO(text)) == reference.jsonable_encoder(io.StringIO(text))


def test_a_large_file_is_not_held_in_memory() -> None:
    class Watched(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            assert size is not None and 0 < size <= 64 * 1024
            return super().readline(size)

    for content in (b"a" * 1_000_000, b"a\n" * 1_000_000):
        assert ours.jsonable_encoder(Watched(content)) == {}
