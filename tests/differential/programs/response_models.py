# mypy: ignore-errors
"""Response models: validation, filtering, serialisation by declared type, objects with attributes."""

import dataclasses
from collections import namedtuple
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    SecretStr,
    SerializeAsAny,
    WithJsonSchema,
    computed_field,
    field_serializer,
    model_serializer,
)
from typing_extensions import TypedDict

from differential.cases import case, get, post

T = TypeVar("T")


class Public(BaseModel):
    name: str
    note: str | None = None
    tags: list[str] = []


class Private(Public):
    password: str = "secret"


class Owner(BaseModel):
    owner: Public
    others: list[Public] = []


@case(
    *[
        get(f"/{path}")
        for path in ("model", "annotation", "list", "dict", "nested", "mapping", "override", "any", "json", "union")
    ]
)
def subclasses_lose_what_the_model_lacks() -> FastAPI:
    app = FastAPI()
    private = Private(name="n", note="x")

    @app.get("/model", response_model=Public)
    def model():
        return private

    @app.get("/annotation")
    async def annotation() -> Public:
        return private

    @app.get("/list")
    def many() -> list[Public]:
        return [private, {"name": "d", "password": "p"}]

    @app.get("/dict", response_model=Public)
    def mapping():
        return {"name": "d", "password": "p"}

    @app.get("/nested", response_model=Owner)
    def nested():
        return Owner(owner=private, others=[private])

    @app.get("/mapping")
    def of_mapping() -> dict[str, Public]:
        return {"a": private}

    @app.get("/override", response_model=Public)
    def override() -> Private:
        return private

    @app.get("/any", response_model=None)
    def anything() -> Public:
        return private

    @app.get("/json", response_class=JSONResponse)
    def json() -> Public:
        return private

    @app.get("/union")
    def union() -> Private | Public:
        return private

    return app


class Row:
    def __init__(self) -> None:
        self.name, self.note, self.tags, self.hidden = "row", None, ["t"], "h"

    @property
    def owner(self):
        return Row()


@dataclasses.dataclass
class Data:
    name: str
    note: str | None = None
    tags: list[str] = dataclasses.field(default_factory=list)
    more: int = 1


Named = namedtuple("Named", ["name", "note"])


@case(
    *[get(f"/{path}") for path in ("row", "rows", "owner", "data", "named", "generator", "tuple", "missing", "mapping")]
)
def objects_with_attributes() -> FastAPI:
    app = FastAPI()

    class Mapping(dict):
        name = "attribute"

    @app.get("/row", response_model=Public)
    def row():
        return Row()

    @app.get("/rows")
    def rows() -> list[Public]:
        return (Row(), Row())

    @app.get("/owner", response_model=Owner)
    def owner():
        return Row()

    @app.get("/data", response_model=Public)
    def data():
        return Data("d")

    @app.get("/named", response_model=Public)
    def named():
        return Named("n", None)

    @app.get("/generator", response_model=list[Public])
    def generator():
        return (Row() for _ in range(2))

    @app.get("/tuple")
    def of_tuple() -> tuple[Public, int]:
        return [Row(), 1]

    @app.get("/missing", response_model=Public)
    def missing():
        return object()

    @app.get("/mapping", response_model=Public)
    def mapping():
        return Mapping(name="key")

    return app


class Movie(TypedDict, total=False):
    title: str
    year: int


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = 0


class Computed(BaseModel):
    a: int
    secret: SecretStr = SecretStr("s")
    when: datetime = datetime(2020, 1, 2, tzinfo=UTC)
    amount: Decimal = Decimal("1.50")
    nan: float = float("nan")
    blob: bytes = b"ab"
    hidden: int = Field(1, exclude=True)
    custom: Annotated[int, PlainSerializer(lambda value: f"<{value}>", return_type=str)] = 5
    shaped: Annotated[int, WithJsonSchema({"type": "string", "format": "odd"})] = 1

    @computed_field(description="twice a")
    @property
    def twice(self) -> int:
        return self.a * 2

    @field_serializer("when")
    def _when(self, value: datetime) -> str:
        return value.strftime("%Y")


class Wrapped(BaseModel):
    a: int

    @model_serializer
    def _wrap(self) -> dict[str, Any]:
        return {"wrapped": self.a}


class Ids(RootModel[list[int]]):
    pass


@case(
    *[
        get(f"/{path}")
        for path in (
            "movie",
            "page",
            "computed",
            "wrapped",
            "ids",
            "any",
            "iterable",
            "scalar",
            "set",
            "bytes",
            "data",
            "none",
        )
    ]
)
def models_of_many_kinds() -> FastAPI:
    app = FastAPI()

    @app.get("/movie")
    def movie() -> Movie:
        return {"title": "t"}

    @app.get("/page")
    def page() -> Page[Public]:
        return Page[Public](items=[Private(name="p")], total=1)

    @app.get("/computed")
    def computed() -> Computed:
        return {"a": 1}

    @app.get("/wrapped")
    def wrapped() -> list[Wrapped]:
        return [Wrapped(a=1)]

    @app.get("/ids")
    def ids() -> Ids:
        return [1, "2"]

    @app.get("/any")
    def as_any() -> SerializeAsAny[Public]:
        return Private(name="p")

    @app.get("/iterable")
    def iterable() -> Iterable[int]:
        return [1, 2]

    @app.get("/scalar")
    def scalar() -> int:
        return "5"

    @app.get("/set")
    def unique() -> set[int]:
        return {1}

    @app.get("/bytes")
    def data_bytes() -> bytes:
        return b"abc"

    @app.get("/data")
    def data() -> Data:
        return {"name": "n"}

    @app.get("/none")
    def none() -> None:
        return None

    return app


@case(get("/none"), get("/optional"), get("/extra"), get("/strict"))
def nullable_and_strict_models() -> FastAPI:
    app = FastAPI()

    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)
        a: int

    class Extra(BaseModel):
        model_config = ConfigDict(extra="allow")

    @app.get("/none")
    def none() -> Public | None:
        return None

    @app.get("/optional", response_model_exclude_none=True)
    def optional() -> Public | None:
        return {"name": "x"}

    @app.get("/extra")
    def extra() -> Extra:
        return {"a": 1, "b": [Private(name="p")]}

    @app.get("/strict")
    def strict() -> Strict:
        return {"a": 1, "b": 2}

    return app


@case(post("/", {"name": "n", "password": "p"}), post("/", {"name": 1}))
def the_model_that_came_in_goes_out() -> FastAPI:
    app = FastAPI()

    @app.post("/", status_code=201, response_description="Made")
    async def create(item: Private, response: Response) -> Public:
        response.headers["location"] = "/items/1"
        return item

    return app


@case(get("/a"), get("/b"))
def a_model_changed_after_validation_is_sent_as_it_is() -> FastAPI:
    app = FastAPI()

    @app.get("/a")
    def changed() -> Public:
        item = Public(name="n")
        item.__dict__["name"] = 5
        return item

    @app.get("/b")
    def constructed() -> Public:
        return Public.model_construct(name="n", more=1)

    return app
