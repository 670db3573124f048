# mypy: ignore-errors
"""What a JSON body may be validated into: unions, generics, dataclasses, TypedDict, strict models, recursive ones."""

import dataclasses
from collections import deque
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path as FilePath
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar
from uuid import UUID

import annotated_types
from fastapi import Body, FastAPI
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    EmailStr,
    Field,
    HttpUrl,
    Json,
    RootModel,
    SecretStr,
    Tag,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

from differential.cases import case, post

T = TypeVar("T")


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


@case(
    post("/field", {"kind": "cat"}),
    post("/field", {"kind": "dog", "good": "maybe"}),
    post("/field", {"kind": "cow"}),
    post("/field", {}),
    post("/field"),
    post("/body", {"kind": "dog", "good": True}),
    post("/body", {"kind": "cow"}),
    post("/plain", {"kind": "cow"}),
    post("/plain", {"kind": "dog", "good": 1}),
    post("/nested", {"pets": [{"kind": "cat", "lives": "x"}, {"kind": "cow"}]}),
)
def discriminated_unions() -> FastAPI:
    app = FastAPI()

    class Owner(BaseModel):
        pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]

    @app.post("/field")
    def field(pet: Annotated[Cat | Dog, Field(discriminator="kind")]):
        return pet

    @app.post("/body")
    def body(pet: Annotated[Cat | Dog, Body(discriminator="kind")]):
        return pet

    @app.post("/plain")
    def plain(pet: Cat | Dog):
        return pet

    @app.post("/nested")
    def nested(owner: Owner) -> Owner:
        return owner

    return app


def _kind(value: Any) -> str | None:
    return value.get("k") if isinstance(value, dict) else None


@case(post("/", {"k": "cat", "kind": "cat"}), post("/", {"k": "x"}), post("/", {}))
def a_callable_discriminator() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(pet: Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(_kind)]):
        return pet

    return app


class Movie(TypedDict):
    """A film."""

    title: str
    year: NotRequired[int]


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0
    names: list[str] = dataclasses.field(default_factory=list)


@pydantic_dataclass
class Line:
    a: Point
    b: Point


class Box(BaseModel, Generic[T]):
    content: T
    label: str = "box"


class Numbers(RootModel[list[int]]):
    pass


class Lookup(RootModel[dict[str, Cat]]):
    """By name."""


@case(
    post("/movie", {"title": "a"}),
    post("/movie", {"title": 1, "year": "x", "more": 1}),
    post("/point", {"x": 1}),
    post("/point", {"y": "z"}),
    post("/point", [1, 2]),
    post("/line", {"a": {"x": 1}, "b": {"x": "q"}}),
    post("/line", {"a": {"x": 1}, "b": {"x": 2}}),
    post("/box", {"content": 1}),
    post("/box", {"content": "x"}),
    post("/boxes", {"content": [{"content": {"kind": "cat"}}]}),
    post("/numbers", [1, 2]),
    post("/numbers", [1, "x"]),
    post("/lookup", {"a": {"kind": "cat"}}),
    post("/lookup", {"a": {"kind": "x"}}),
)
def typed_dict_dataclass_generic_and_root() -> FastAPI:
    app = FastAPI()

    @app.post("/movie")
    def movie(m: Movie) -> Movie:
        return m

    @app.post("/point")
    def point(p: Point) -> Point:
        return p

    @app.post("/line")
    def line(line: Line) -> Line:
        return line

    @app.post("/box")
    def box(b: Box[int]) -> Box[int]:
        return b

    @app.post("/boxes")
    def boxes(b: Box[list[Box[Cat]]]) -> Box[list[Box[Cat]]]:
        return b

    @app.post("/numbers")
    def numbers(n: Numbers) -> Numbers:
        return n

    @app.post("/lookup")
    def lookup(n: Lookup) -> Lookup:
        return n

    return app


class StrictModel(BaseModel):
    model_config = ConfigDict(strict=True)
    d: date | None = None
    n: int = 0
    u: UUID | None = None
    t: tuple[int, ...] = ()
    b: bytes = b""
    e: Literal[1] = 1


@case(
    *[
        post("/", {key: value})
        for key, value in (
            ("d", "2020-01-01"),
            ("n", "5"),
            ("n", 5),
            ("n", 5.0),
            ("n", True),
            ("t", [1]),
            ("b", "x"),
            ("u", "12345678-1234-5678-1234-567812345678"),
        )
    ],
)
def strict_models_are_validated_as_python_values() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(m: StrictModel):
        return m

    return app


class Rich(BaseModel):
    when: datetime
    span: timedelta = timedelta(seconds=1)
    amount: Decimal = Decimal("1.10")
    where: IPv4Address = IPv4Address("1.2.3.4")
    path: FilePath = FilePath("/tmp")
    url: HttpUrl | None = None
    mail: EmailStr | None = None
    secret: SecretStr = SecretStr("s")
    blob: bytes = b"b"
    parsed: Json[list[int]] | None = None
    queue: deque[int] = deque()
    frozen: frozenset[str] = frozenset()
    mapping: Mapping[int, str] = {}
    count: Annotated[int, annotated_types.Ge(1)] = 1


@case(
    post("/", {"when": "2020-01-01T00:00:00Z"}),
    post(
        "/", {"when": 0, "span": "PT1H", "amount": "1.5", "url": "http://x", "mail": "a@example.com", "parsed": "[1]"}
    ),
    post(
        "/", {"when": "x", "span": "x", "amount": "x", "where": "x", "url": "x", "mail": "x", "parsed": "x", "count": 0}
    ),
    post("/", {"when": 0, "queue": [1, 2], "frozen": ["a", "a"], "mapping": {"1": "a"}, "blob": "é", "secret": "t"}),
    post("/", {"when": 1e300, "amount": 1e300, "count": 1e300}),
)
def extra_types() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(m: Rich) -> Rich:
        return m

    return app


class Tree(BaseModel):
    value: int
    children: list["Tree"] = []


class Validated(BaseModel):
    a: Annotated[int, BeforeValidator(lambda value: value if value != "one" else 1)]
    b: Annotated[str, AfterValidator(str.upper)] = "b"

    @field_validator("b", mode="before")
    @classmethod
    def no_numbers(cls, value: Any) -> Any:
        if isinstance(value, int):
            raise ValueError("no number", value)
        assert value != "assert", "not this"
        return value

    @model_validator(mode="before")
    @classmethod
    def wrapped(cls, data: Any) -> Any:
        return data.get("wrapped", data) if isinstance(data, dict) else data

    @computed_field
    @property
    def twice(self) -> int:
        return self.a * 2


@case(
    post("/tree", {"value": 1, "children": [{"value": 2, "children": [{"value": "x"}]}]}),
    post("/tree", {"value": 1, "children": [{"value": 2}]}),
    post("/v", {"a": "one", "b": "x"}),
    post("/v", {"a": 1, "b": 5}),
    post("/v", {"a": 1, "b": "assert"}),
    post("/v", {"wrapped": {"a": 2}}),
    post("/v", {"a": "x"}),
    post("/v", []),
)
def recursion_and_validators() -> FastAPI:
    app = FastAPI()

    @app.post("/tree")
    def tree(t: Tree) -> Tree:
        return t

    @app.post("/v")
    def validated(v: Validated) -> Validated:
        return v

    return app


class Level(Enum):
    LOW = 1
    HIGH = "h"


@case(post("/", {"a": 1, "b": "h"}), post("/", {"a": 2, "b": "l"}), post("/", {"a": "1"}), post("/", {"c": 1.0}))
def enums_with_mixed_values() -> FastAPI:
    app = FastAPI()

    class Model(BaseModel):
        a: Level = Level.LOW
        b: Level | None = None
        c: Literal[1, "x", None] = None

    @app.post("/")
    def create(m: Model) -> Model:
        return m

    return app


@case(*[post("/", value) for value in (1, "1", 1.5, True, None, [1], {"a": 1}, "x")])
def an_undiscriminated_union() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(value: Annotated[int | list[int] | dict[str, int] | None, Body()]):
        return [value]

    return app
