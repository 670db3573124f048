"""Programs about the schemas of models: names, directions, and the kinds of types there are."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

from openapi.programs.parameters import Colour
from pydantic import (
    AnyUrl,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    Json,
    PlainSerializer,
    RootModel,
    SecretStr,
    Tag,
    WithJsonSchema,
    computed_field,
    create_model,
    field_serializer,
)
from pydantic import Discriminator as ByFunction
from typing_extensions import TypedDict

T = TypeVar("T")


def _model(name: str, module: str, **fields: Any) -> Any:
    return create_model(name, __module__=module, **fields)


ONE = _model("Same", "m.one", a=(int, 1))
ONE_AGAIN = _model("Same", "m.one", c=(int, 2))
TWO = _model("Same", "m.two", b=(int, 1))
LIKE_ONE = _model("Same", "m.three", a=(int, 1))


class Recursive(BaseModel):
    me: "Recursive | None" = None


class RecursiveBothWays(BaseModel):
    me: "list[RecursiveBothWays]" = []
    data: Json[int] = 1


class Computed(BaseModel):
    a: int

    @computed_field
    def b(self) -> int:
        return 1


class HasComputed(BaseModel):
    c: Computed


class Serialized(BaseModel):
    x: Annotated[int, PlainSerializer(str, return_type=str)]


class HasSerialized(BaseModel):
    s: Serialized


class Same(BaseModel):
    d: int | None = None


class HasSame(BaseModel):
    o: Same


class Generic_(BaseModel, Generic[T]):
    t: T


@dataclass
class Point:
    """A point."""

    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


class Movie(TypedDict, total=False):
    title: str
    year: int


class Names(NamedTuple):
    first: str
    last: str = "x"


class Ids(RootModel[list[int]]):
    """Ids.\fnot shown"""


class Cat(BaseModel):
    kind: Literal["cat"]
    has: Computed


class Dog(BaseModel):
    kind: Literal["dog"]


class Everything(BaseModel):
    """First line.

    More.\fnot shown
    """

    model_config = ConfigDict(
        title="The lot",
        json_schema_extra={"examples": [{"a": None, "l": [None, {"q": None}]}], "x-n": None, "x-m": {"n": None}},
    )

    nullable: None | int = None
    nothing: Literal[None] = None
    choice: Literal[None, 1] = None
    colour: Colour = Field(Colour.RED, title="C!", description="which")
    plain_colour: Colour
    free: dict[str, Any] = Field(
        {"a": None, "b": [None, {"c": None}]},
        examples=[None, {"z": None}],
        json_schema_extra={"x-b": {"n": None, "l": [None]}, "example": {"k": None}, "const": 5, "readOnly": True},
    )
    number: int = Field(3, ge=1, lt=10, multiple_of=2)
    text: Annotated[str, Field(min_length=1, max_length=3, pattern="^a", deprecated=True)] = "a"
    price: Decimal = Decimal("1.5")
    exact: Annotated[Decimal, Field(ge=Decimal("1.1"), max_digits=5, decimal_places=2)] = Decimal("2")
    day: date = Field(date(2020, 1, 1), ge=date(2019, 1, 1))
    moment: datetime = datetime(2020, 1, 1)
    hour: time = time(1)
    length: timedelta = timedelta(1)
    data: bytes = b"a"
    encoded: Base64Bytes = b"YQ=="
    endless: float = float("inf")
    bounded: float = Field(1, le=float("inf"))
    url: AnyUrl = AnyUrl("http://a.b")
    email: EmailStr = "a@b.cd"
    secret: SecretStr = SecretStr("x")
    identity: UUID = UUID(int=1)
    address: IPv4Address = IPv4Address("1.2.3.4")
    path: Path = Path("/x")
    unique: set[int] = {2, 1}
    pair: tuple[int, str] = (1, "a")
    numbers: tuple[int, ...] = ()
    mapping: dict[Colour, int] = {Colour.RED: 1}
    by_number: dict[int, str] = {1: "a"}
    either: int | str | list[Same] = Field(union_mode="left_to_right", default=1)
    inner: Same = Same(d=3)
    point: Point = Point(1)
    movie: Movie = {"title": "x"}
    names: Names = Names("a")
    ids: Ids = Ids([1])
    described: Annotated[Any, WithJsonSchema({"type": "string", "deprecated": "yes", "maximum": 5})] = None
    validated: Annotated[int, BeforeValidator(int)] = 1
    factory: list[int] = Field(default_factory=list)
    hidden: int = Field(1, exclude=True)
    frozen: int = Field(1, frozen=True)
    aliased: int = Field(1, validation_alias="inName", serialization_alias="outName")

    @field_serializer("number")
    def _write(self, value: int) -> str:
        return str(value)


class Bytes(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64", ser_json_bytes="base64")

    data: bytes = b"x"


class BytesOut(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64")

    data: bytes = b"x"
    short: Annotated[bytes, Field(max_length=3)]


def same_names(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: ONE) -> TWO: ...

    return app


def same_names_and_schemas(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: ONE) -> LIKE_ONE: ...

    return app


def same_names_in_one_module(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: ONE) -> ONE_AGAIN: ...

    return app


def same_names_everywhere(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: ONE, b: TWO) -> ONE_AGAIN: ...

    @app.post("/b")
    def b(a: ONE) -> LIKE_ONE: ...

    @app.post("/c")
    def c(a: Generic_[ONE], b: Generic_[dict[str, TWO]]) -> Generic_[list[ONE_AGAIN]]: ...

    return app


def local_names(fw: Any) -> Any:
    class Local(BaseModel):
        a: int

    first = Local

    class Local(BaseModel):  # type: ignore[no-redef]
        b: int

    class Choice(Enum):
        A = 1

    first_choice = Choice

    class Choice(Enum):  # type: ignore[no-redef]
        B = 2

    @dataclass
    class Data:
        a: int = 0

    app = fw.FastAPI()

    @app.post("/a")
    def a(a: first) -> Local: ...

    @app.post("/b")
    def b(a: first_choice, b: Choice) -> Choice: ...

    @app.post("/c")
    def c(a: Data) -> Point: ...

    return app


def recursive(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: Recursive) -> Recursive: ...

    @app.post("/b")
    def b(a: RecursiveBothWays) -> list[RecursiveBothWays]: ...

    return app


def _directions(app: Any) -> Any:
    for index, model in enumerate([Computed, HasComputed, HasSerialized, HasSame, RecursiveBothWays, Everything]):

        @app.post(f"/{index}")
        def both(a: model) -> model: ...

        @app.post(f"/{index}/list")
        def lists(a: list[model]) -> list[model]: ...

    return app


def directions(fw: Any) -> Any:
    return _directions(fw.FastAPI())


def directions_in_one(fw: Any) -> Any:
    return _directions(fw.FastAPI(separate_input_output_schemas=False))


def only_answers(fw: Any) -> Any:
    app = fw.FastAPI(separate_input_output_schemas=False)

    @app.get("/a")
    def a() -> Computed: ...

    @app.get("/b")
    def b() -> HasSerialized: ...

    return app


def generics(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: Generic_[int]) -> Generic_[list[Same]]: ...

    @app.post("/b")
    def b(a: Generic_[Generic_[Point]], c: Generic_[Colour]) -> Generic_[int | None]: ...

    return app


def other_kinds(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(a: Point) -> Movie: ...

    @app.post("/b")
    def b(a: Movie) -> Point: ...

    @app.post("/c")
    def c(a: Ids) -> Ids: ...

    @app.post("/d")
    def d(a: Bytes, b: BytesOut) -> BytesOut: ...

    @app.post("/e")
    def e(a: Bytes) -> Bytes: ...

    @app.get("/f")
    def f() -> tuple[int, Names]: ...

    return app


def unions(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def a(
        a: Annotated[Cat | Dog, fw.Body(discriminator="kind")],
    ) -> Annotated[Cat | Dog, Field(discriminator="kind")]: ...

    @app.post("/b")
    def b(a: list[Annotated[Cat | Dog, Field(discriminator="kind")]]) -> Cat | Dog: ...

    @app.post("/c")
    def c(a: Annotated[Annotated[Same, Tag("s")] | Annotated[Dog, Tag("d")], ByFunction(lambda v: "s")]): ...

    return app


def a_user_model_named_like_ours(fw: Any) -> Any:
    class ValidationError(BaseModel):
        mine: int

    class HTTPValidationError(BaseModel):
        mine: int

    app = fw.FastAPI()

    @app.post("/a")
    def a(a: ValidationError) -> HTTPValidationError: ...

    return app
