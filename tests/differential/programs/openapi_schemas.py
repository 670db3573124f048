# mypy: ignore-errors
"""Schemas in the OpenAPI document: rich models, input and output, names."""

import dataclasses
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Body, FastAPI
from pydantic import AnyUrl, BaseModel, ConfigDict, EmailStr, Field, Json, RootModel, SecretStr, computed_field
from typing_extensions import TypedDict

from differential.cases import case

T = TypeVar("T")


class Kind(str, Enum):
    """What kind it is."""

    A = "a"


class Level(IntEnum):
    ONE = 1


class Inner(BaseModel):
    """An inner model.

    With two paragraphs.
    \f
    And a part that is cut.
    """

    a: int = Field(1, title="The A", description="d", examples=[1], gt=0)
    b: str | None = Field(None, max_length=5, deprecated=True)


class Rich(BaseModel):
    model_config = ConfigDict(title="RichTitle", json_schema_extra={"examples": [{"kind": "a"}]})
    kind: Kind = Kind.A
    level: Level = Level.ONE
    inner: Inner
    inners: list[Inner] = []
    by_name: dict[str, Inner] = {}
    choice: Inner | int | None = None
    literal: Literal["x", 1, None] = "x"
    when: datetime | date | time | timedelta | None = None
    amount: Decimal = Decimal("1.5")
    id: UUID | None = None
    url: AnyUrl | None = None
    mail: EmailStr | None = None
    secret: SecretStr | None = None
    blob: bytes = b""
    parsed: Json[int] | None = None
    pair: tuple[int, str] = (1, "a")
    many: tuple[int, ...] = ()
    unique: set[int] = set()
    anything: Any = None
    const: Literal["only"] = "only"
    old: int | str | None = None
    read_only: int = Field(1, json_schema_extra={"readOnly": True})

    @computed_field
    @property
    def computed(self) -> int:
        return 1


@case()
def schemas_of_a_rich_model() -> FastAPI:
    app = FastAPI()

    @app.post("/in")
    def only_in(rich: Rich):
        pass

    @app.post("/both")
    def both(rich: Rich) -> Rich:
        pass

    @app.get("/out")
    def only_out() -> list[Rich]:
        pass

    return app


class Defaulted(BaseModel):
    name: str
    note: str = "x"
    nested: "Defaulted | None" = None


@case()
def separate_schemas_for_input_and_output() -> FastAPI:
    app = FastAPI()

    @app.post("/a")
    def a(value: Defaulted) -> Defaulted:
        pass

    @app.post("/b")
    def b(value: Inner) -> Inner:
        pass

    @app.post("/c")
    def c(value: list[Defaulted]) -> dict[str, Defaulted]:
        pass

    return app


@case()
def one_schema_for_input_and_output() -> FastAPI:
    app = FastAPI(separate_input_output_schemas=False)

    @app.post("/a")
    def a(value: Defaulted) -> Defaulted:
        pass

    @app.post("/rich")
    def rich(value: Rich) -> Rich:
        pass

    return app


class Page(BaseModel, Generic[T]):
    items: list[T]


def another_inner():
    class Inner(BaseModel):
        other: str

    return Inner


@dataclasses.dataclass
class Data:
    x: int
    y: list[Inner] = dataclasses.field(default_factory=list)


class Typed(TypedDict):
    a: int
    b: Inner


class Root(RootModel[dict[str, Inner]]):
    """A mapping."""


class Tree(BaseModel):
    children: list["Tree"] = []


@case()
def names_of_schemas() -> FastAPI:
    app = FastAPI()
    Other = another_inner()

    @app.post("/same-names")
    def same(one: Inner, two: Other):
        pass

    @app.get("/pages")
    def pages() -> Page[Inner]:
        pass

    @app.get("/page-of-pages")
    def page_of_pages() -> Page[Page[int]]:
        pass

    @app.post("/data")
    def data(value: Data) -> Data:
        pass

    @app.post("/typed")
    def typed(value: Typed) -> Typed:
        pass

    @app.post("/root")
    def root(value: Root) -> Root:
        pass

    @app.post("/tree")
    def tree(value: Tree) -> Tree:
        pass

    @app.post("/bodies")
    def bodies(a: Inner, b: Annotated[int, Body()]) -> Other:
        pass

    @app.post("/embedded")
    def embedded(a: Annotated[Inner, Body(embed=True)]) -> Inner:
        pass

    return app
