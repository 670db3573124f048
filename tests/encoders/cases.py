"""Data of all kinds, for comparing encoders. Each case is a function, since some data can be read only once."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import ipaddress
import math
import pathlib
import re
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefined


class Text(enum.StrEnum):
    A = "a"


class OtherValue(str, enum.Enum):  # noqa: UP042  # not a StrEnum: the value is not the text
    A = 1


class Number(enum.IntEnum):
    ONE = 1


class Spelled(int, enum.Enum):
    ONE = "1"


class OfDate(enum.Enum):
    A = datetime.date(2020, 1, 1)


class Plain(enum.Enum):
    A = "plain"
    OF_TEXT = Text.A
    OF_LIST = (1, 2)


class Bits(enum.Flag):
    A = 1
    B = 2


class SubString(str):
    def __str__(self) -> str:
        return "not this"


class SubInt(int):
    def __repr__(self) -> str:
        return "not this"


class SubFloat(float):
    def __repr__(self) -> str:
        return "not this"


class SubDict(dict[str, Any]):
    def items(self) -> Any:
        return [("a", "from items()")]


class SubList(list[int]):
    def __iter__(self) -> Iterator[int]:
        return iter([7, 8])


class SubDate(datetime.date):
    pass


class SubUuid(uuid.UUID):
    pass


class SubDecimal(decimal.Decimal):
    pass


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = None
    _sa_state: int = 0


@dataclasses.dataclass
class DictPoint(dict[str, int]):
    x: int = 1


class Pair(collections.namedtuple("Pair", "a b")):
    __slots__ = ()


class Model(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    foo: int = Field(default=1, alias="fooAlias")
    number: float = 1.5
    anything: Any = None


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")


class OwnSerializer(BaseModel):
    x: int = 1

    @pydantic.model_serializer
    def write(self) -> dict[str, Any]:
        return {"written": {"_sa_x": 1, "y": None}}


class Attributes:
    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


class IterableOfPairs:
    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter([("a", 1), ("b", 2)])


class MappingLike:
    def keys(self) -> list[str]:
        return ["a"]

    def __getitem__(self, key: str) -> set[int]:
        return {3}


class Unreadable:
    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("unreadable")


class KeyObject:
    def __init__(self) -> None:
        self.a = 1


def _same(value: Any) -> Any:
    return value


def nested(depth: int) -> list[Any]:
    data: list[Any] = []
    for _ in range(depth):
        data = [data]
    return data


def values() -> dict[str, Callable[[], Any]]:
    """Return the cases by name."""
    now = datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=datetime.UTC)
    simple: dict[str, Any] = {
        "none": None,
        "true": True,
        "int": 12345678901234567890,
        "float": 1.5,
        "string": 'a "quoted" \\ \n é 漢 \x00 \u2028',
        "surrogate": "\ud800",
        "nan": math.nan,
        "infinity": {"a": [math.inf]},
        "empty": [{}, [], (), "", set()],
        "string enum": Text.A,
        "string enum with another value": OtherValue.A,
        "string enum with another value, nested": [{"a": OtherValue.A}],
        "string enum with another value as key": {OtherValue.A: 1},
        "int enum": [Number.ONE],
        "int enum spelled out": {"a": Spelled.ONE},
        "int enum as key": {Number.ONE: 1},
        "enum": {Plain.A: Plain.A},
        "enum of an enum": Plain.OF_TEXT,
        "enum of a tuple": [Plain.OF_LIST],
        "enum of a tuple as key": {Plain.OF_LIST: 1},
        "enum of a date": OfDate.A,
        "enum of a date, nested": {"a": {OfDate.A}},
        "flags": Bits.A | Bits.B,
        "subclass of str": {SubString("key"): SubString("value")},
        "subclass of int": [SubInt(3), {SubInt(4): 1}],
        "subclass of float": SubFloat(2.5),
        "subclass of dict": SubDict(a=1),
        "subclass of list": SubList([1]),
        "subclass of date": SubDate(2020, 1, 1),
        "subclass of UUID": SubUuid(int=1),
        "subclass of Decimal": SubDecimal("1.0"),
        "named tuple": Pair(1, {2}),
        "int key": {1: 2, "1": 3},
        "other keys": {None: 1, 2.5: 2, True: 3},
        "NaN as key": {math.nan: 1},
        "date as key": {now.date(): now.time()},
        "UUID as key": {uuid.UUID(int=5): 1},
        "path as key": {pathlib.PurePosixPath("a/b"): 1},
        "bytes as key": {b"a": 1},
        "tuple as key": {(1, 2): 1},
        "object as key": {KeyObject(): 1},
        "keys that become one": {b"a": 1, "a": 2},
        "keys of SQLAlchemy": {"_sa_x": 1, "a": {"_sa": 2, "_s": 3}},
        "text that looks like a key of SQLAlchemy": ["_sa_x", {"a": '"_sa'}],
        "key of SQLAlchemy in a subclass": {SubString("_sa_x"): 1},
        "unencodable below a key of SQLAlchemy": {"_sa_x": object()},
        "sets": [{1}, frozenset([2]), collections.deque([3, None])],
        "ordered": collections.OrderedDict(b=1, a=2),
        "default dict": collections.defaultdict(list, a=[{1}]),
        "mapping proxy": types.MappingProxyType({"a": {1}}),
        "user dict": collections.UserDict(a=1),
        "user list": collections.UserList([1]),
        "chain map": collections.ChainMap({"a": 1}, {"b": 2}),
        "items view": {"a": 1}.items(),
        "range": range(3),
        "bytes": b"abc",
        "bytes that are not UTF-8": [b"\xff"],
        "bytearray": bytearray(b"a"),
        "memoryview": {"a": memoryview(b"a")},
        "datetime": now,
        "date and time": [now.date(), now.time(), now.timetz()],
        "durations": [datetime.timedelta(days=-1, microseconds=1), datetime.timedelta(1)],
        "time zone": datetime.UTC,
        "decimals": [decimal.Decimal(text) for text in ("1", "1.0", "1e3", "-0", "1E-3", "1e30")],
        "decimal NaN": decimal.Decimal("NaN"),
        "decimal signalling NaN": decimal.Decimal("sNaN"),
        "decimal infinity": decimal.Decimal("-Infinity"),
        "uuid": [uuid.UUID(int=7)],
        "paths": [pathlib.Path("a"), pathlib.PurePosixPath("/b"), pathlib.PureWindowsPath("c\\d")],
        "addresses": [
            *map(ipaddress.ip_address, ("127.0.0.1", "::1")),
            *map(ipaddress.ip_network, ("10.0.0.0/8", "fe80::/10")),
            *map(ipaddress.ip_interface, ("10.0.0.1/8", "fe80::1/10")),
        ],
        "pattern": re.compile("a+"),
        "secrets": [SecretStr("x"), SecretBytes(b"x")],
        "urls": [pydantic.AnyUrl("http://a"), pydantic.HttpUrl("http://b/c")],
        "undefined": {"a": PydanticUndefined},
        "complex": 1j,
        "ellipsis": ...,
        "class": int,
        "function": math.sin,
        "lambda": lambda: None,
        "exception": ValueError("x"),
        "dataclass": Point({2}, [Point(1)]),
        "dataclass that is a dict": DictPoint(),
        "model": Model(anything={1: None}),
        "models": [Model(fooAlias=2), {"a": (Model(),)}],
        "model in a dataclass": Point(Model()),
        "dataclass in a model": Model(anything=Point(decimal.Decimal(1))),
        "model with NaN": Model(number=math.nan),
        "model with bytes and dates": Model(anything=[b"ab", now, datetime.timedelta(1), decimal.Decimal("1.0")]),
        "model with an object": Model(anything=object()),
        "model with an enum": Model(anything=[OtherValue.A, {Spelled.ONE: OfDate.A}]),
        "model with keys of SQLAlchemy": Model(anything={"_sa_x": 1, "b": {2}}),
        "model with extras": Extra.model_validate({"_sa_x": 1, "y": 2}),
        "model with a serializer": OwnSerializer(),
        "root model of a list": RootModel[list[int]]([1]),
        "root model of an int": [RootModel[int](1)],
        "model class": Model,
        "attributes": Attributes(a=1, _b=2, _sa_c=3, d={4}),
        "attributes of attributes": Attributes(inner=Attributes(a=Model())),
        "iterable of pairs": IterableOfPairs(),
        "mapping-like": MappingLike(),
        "unreadable": [Unreadable()],
        "object": object(),
        "deep": nested(150),
        "many": [{"id": number, "name": "x" * number, "tags": ["a", None]} for number in range(40)],
    }
    once: dict[str, Callable[[], Any]] = {
        "generator": lambda: (number for number in range(3)),
        "generator of sets": lambda: {"a": ({number} for number in range(2))},
        "pairs to iterate over": lambda: iter([("a", 1)]),
        "numbers to iterate over": lambda: iter([1]),
        "map": lambda: map(str, [1]),
    }
    return {**{name: functools.partial(_same, value) for name, value in simple.items()}, **once}
