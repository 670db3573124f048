# mypy: ignore-errors
"""How plain Python data becomes JSON: in answers without a model, and by `jsonable_encoder`."""

import dataclasses
import math
from collections import OrderedDict, UserDict, UserString, defaultdict, deque, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from pathlib import Path, PurePosixPath
from re import compile as re_compile
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from pydantic import AnyUrl, BaseModel, ByteSize, ConfigDict, Field, NameEmail, RootModel, SecretBytes, SecretStr
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_extra_types.color import Color
from pydantic_extra_types.coordinate import Coordinate

from differential.cases import case, get


class Kind(Enum):
    A = "a"
    B = ("t", 1)


class Number(IntEnum):
    ONE = 1


class Word(StrEnum):
    HELLO = "hello"


class Bits(Flag):
    X = 1
    Y = 2


class Model(BaseModel):
    a: int = 1
    when: datetime = datetime(2020, 1, 2, 3, 4, 5)
    secret: SecretStr = SecretStr("s")
    alias: str = Field("x", serialization_alias="theAlias")
    _sa_hidden: int = 5


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")


class Root(RootModel[list[int]]):
    pass


@dataclasses.dataclass
class Data:
    a: int = 1
    d: date = date(2020, 1, 2)
    m: Model = dataclasses.field(default_factory=Model)
    _sa_state: int = 2


@pydantic_dataclass
class PydanticData:
    x: int = 1
    c: Decimal = Decimal("2")


Named = namedtuple("Named", ["a", "b"])


class Plain:
    def __init__(self):
        self.a, self._sa_state, self.nested = 1, 2, SimpleNamespace(b=date(2020, 1, 1))


class IterableThing:
    def __iter__(self):
        return iter([("a", 1)])


class IntChild(int):
    pass


class StrChild(str):
    pass


class DictChild(dict):
    pass


def values() -> dict[str, Any]:
    return {
        "enum": [Kind.A, Number.ONE, Word.HELLO],
        "enum-tuple": Kind.B,
        "flag": Bits.X | Bits.Y,
        "decimals": [
            Decimal("1"),
            Decimal("1.10"),
            Decimal("1E+3"),
            Decimal("-0"),
            Decimal("0.1E-7"),
            Decimal(10) ** 30,
        ],
        "decimal-nan": Decimal("NaN"),
        "decimal-infinity": Decimal("Infinity"),
        "uuid": UUID("12345678-1234-5678-1234-567812345678"),
        "paths": [Path("/a/b"), PurePosixPath("c")],
        "datetimes": [
            datetime(2020, 1, 2),
            datetime(2020, 1, 2, 3, 4, 5, 6, UTC),
            date(2020, 1, 2),
            time(1, 2),
        ],
        "aware": datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=-5, minutes=30))),
        "timedelta": [timedelta(days=1, microseconds=5), timedelta(seconds=-1)],
        "set": {1},
        "frozenset": frozenset({"a"}),
        "tuple": (1, (2,)),
        "bytes": b"abc",
        "bytes-high": b"\xff",
        "bytearray": bytearray(b"ab"),
        "memoryview": memoryview(b"ab"),
        "dataclass": Data(),
        "pydantic-dataclass": PydanticData(),
        "model": Model(),
        "nested-models": {"a": [Model(), {"b": Model(a=2)}]},
        "extra": Extra(x=Kind.A, y={1}),
        "root": Root([1, 2]),
        "sa-keys": {"_sa_x": 1, "a": {"_sa": 2, "b": 3}, "sa": 4},
        "nan": float("nan"),
        "infinity": [math.inf],
        "int-keys": {1: "a", 2.5: "b", None: "c", True: "d"},
        "odd-keys": {Kind.A: 1, UUID(int=1): 2, date(2020, 1, 1): 3, Word.HELLO: 4, Decimal("1.5"): 5},
        "tuple-keys": {(1, 2): 1},
        "bytes-keys": {b"a": 1},
        "same-keys": {1: "a", "1": "b"},
        "generator": (n for n in range(3)),
        "map": map(str, [1]),
        "range": range(3),
        "deque": deque([1, 2]),
        "dict-views": [{"a": 1}.keys(), {"a": 1}.values()],
        "ordered": OrderedDict(b=1, a=2),
        "defaultdict": defaultdict(list, a=[1]),
        "user-dict": UserDict(a=1),
        "user-string": UserString("abc"),
        "proxy": MappingProxyType({"a": 1}),
        "namedtuple": Named(1, date(2020, 1, 1)),
        "namespace": SimpleNamespace(a=1),
        "object": Plain(),
        "bare-object": object(),
        "iterable": IterableThing(),
        "slots": Fraction(1, 3),
        "complex": 1 + 2j,
        "function": values.__name__,
        "class": Plain,
        "exception": ValueError("x"),
        "ip": [IPv4Address("1.2.3.4"), IPv6Address("::1"), IPv4Network("1.2.3.0/24"), IPv4Interface("1.2.3.4/24")],
        "pattern": re_compile("a+"),
        "secret": [SecretStr("a"), SecretBytes(b"b")],
        "url": AnyUrl("http://a/b"),
        "email": NameEmail("n", "a@example.com"),
        "byte-size": ByteSize(5),
        "color": Color("red"),
        "coordinate": Coordinate(1, 2),
        "child-types": [IntChild(5), StrChild("s"), DictChild(a=1)],
        "big-int": 10**30,
        "deep-mixed": {"a": [{"b": ({"c": {1: Decimal("1")}},)}]},
        "none-values": {"a": None, "b": [None]},
        "surrogate": "\ud800",
        "response-class": Response,
        "lambda": (lambda: 1).__name__,
        "ellipsis": ...,
        "not-implemented": NotImplemented,
    }


@case(*[get(f"/{name}") for name in values()])
def plain_answers() -> FastAPI:
    app = FastAPI()

    def declare(name: str) -> None:
        @app.get(f"/{name}", name=name)
        def read():
            return values()[name]

    for name in values():
        declare(name)
    return app


@case(*[get(f"/{name}") for name in values()], openapi=False)
def plain_answers_with_a_response_class() -> FastAPI:
    app = FastAPI(default_response_class=JSONResponse)

    @app.get("/{name}")
    async def read(name: str):
        return {"value": values()[name]}

    return app


def attempt(log, label, *args, **options):
    try:
        log(label, jsonable_encoder(*args, **options))
    except Exception as exc:
        log(label, "raised", type(exc).__name__, str(exc))


@case()
def the_encoder_on_every_value(log) -> None:
    for name, value in values().items():
        attempt(log, name, value)
        attempt(log, f"{name} in a list", [value])


class Filtered(BaseModel):
    name: str
    note: str | None = None
    tags: list[str] = []
    inner: Model | None = None


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "include": {"include": {"name"}},
    "include-list": {"include": ["name", "inner"]},
    "exclude": {"exclude": {"tags"}},
    "exclude-nested": {"exclude": {"inner": {"when"}}},
    "by-name": {"by_alias": False},
    "unset": {"exclude_unset": True},
    "defaults": {"exclude_defaults": True},
    "none": {"exclude_none": True},
    "custom": {
        "custom_encoder": {str: lambda text: text.upper(), datetime: lambda when: "now", Plain: lambda plain: "plain"}
    },
    "sa": {"sqlalchemy_safe": False},
}


@case()
def the_options_of_the_encoder(log) -> None:
    subjects = (
        Filtered(name="n", inner=Model()),
        Filtered(name="n", note=None, tags=[]),
        {"name": "n", "note": None, "tags": [Model()], "_sa_x": 1},
        [Filtered(name="n"), {"name": None}],
        Data(),
        Plain(),
        datetime(2020, 1, 1),
        "text",
    )
    for label, chosen in OPTIONS.items():
        for subject in subjects:
            attempt(log, label, subject, **chosen)


@case()
def custom_encoders_by_base_class(log) -> None:
    class Base:
        pass

    class Child(Base):
        pass

    attempt(log, "base", [Child(), {"a": Base()}], custom_encoder={Base: lambda value: type(value).__name__})
    attempt(log, "model", Model(), custom_encoder={Model: lambda value: "a model"})
    attempt(log, "keys", {Kind.A: 1}, custom_encoder={Kind: lambda value: "kind"})
    attempt(log, "int", {"a": 1, "b": True}, custom_encoder={int: lambda value: value + 1})


@case(get("/"), get("/deep"), get("/cycle"))
def nesting() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read():
        value: Any = 1
        for _ in range(50):
            value = [value]
        return value

    @app.get("/deep")
    def deep():
        value: Any = {}
        for _ in range(50):
            value = {"a": value, "_sa": 1, 2: Decimal("1")}
        return value

    return app
