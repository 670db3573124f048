"""Programs about parameters: names, titles, order, examples, defaults, parameter models."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, AliasPath, BaseModel, Field, Json, WithJsonSchema


def names_and_titles(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/{item_id}/{rest:path}/{number:int}")
    def read(
        item_id: str,
        rest,
        number: int,
        plain: int,
        two_words: str,
        aliased: Annotated[int, fw.Query(alias="other-name")],
        validated: Annotated[int, fw.Query(validation_alias="vv")],
        serialized: Annotated[int, fw.Query(serialization_alias="ss")],
        chosen: Annotated[int, fw.Query(validation_alias=AliasChoices("first_one", "second"))],
        by_path: Annotated[int, fw.Query(alias="al", validation_alias=AliasPath("k", 1))],
        titled: Annotated[int, fw.Query(title="A title")],
        from_field: Annotated[int, Field(title="Field title", description="Field description")],
    ): ...

    return app


def headers_and_cookies(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/")
    def read(
        x_token: Annotated[str, fw.Header()],
        kept_name: Annotated[str, fw.Header(convert_underscores=False)],
        alias_name: Annotated[str, fw.Header(alias="b_z")],
        several: Annotated[list[str] | None, fw.Header()] = None,
        session_id: Annotated[str | None, fw.Cookie(description="who")] = None,
    ): ...

    return app


def order_and_duplicates(fw: Any) -> Any:
    app = fw.FastAPI()

    def innermost(z0: int, h0: Annotated[str, fw.Header()], c0: Annotated[str, fw.Cookie()]): ...

    def inner(z1: int, y1: Annotated[int, fw.Header()], a: Any = fw.Depends(innermost)): ...

    def outer(z2: int, p: Annotated[int, fw.Path()], a=fw.Depends(innermost), b=fw.Depends(inner)): ...

    def optional_k(k: int = 1, j: int = fw.Query(title="first")): ...

    def required_k(k: int, j: int = fw.Query(title="second")): ...

    def titled_k(k: int = fw.Query(3, title="third")): ...

    @app.get("/a/{p}/{q}", dependencies=[fw.Depends(inner)])
    def deep(q1: int, q: Annotated[int, fw.Path()], r=fw.Depends(outer), q2: int = 2): ...

    @app.get("/b")
    def required_in_the_middle(a=fw.Depends(optional_k), b=fw.Depends(required_k), c=fw.Depends(titled_k)): ...

    @app.get("/c")
    def own_as_well(
        b=fw.Depends(required_k), a=fw.Depends(optional_k), c=fw.Depends(titled_k), k: int = fw.Query(9, title="own")
    ): ...

    @app.get("/d")
    def without_cache(
        b=fw.Depends(required_k, use_cache=False), b2=fw.Depends(required_k, use_cache=False), a=fw.Depends(optional_k)
    ): ...

    return app


def examples_and_deprecation(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/")
    def read(
        empty_and_required: Annotated[str, fw.Query(description="", title="")],
        q: Annotated[
            int | None,
            fw.Query(
                ge=1,
                le=5,
                examples=[None, 1],
                openapi_examples={"a": {"value": None, "summary": "s"}, "b": {"value": {"x": None, "l": [None]}}},
            ),
        ] = None,
        described: Annotated[str, fw.Query(description="words")] = "x",
        emptily: Annotated[str, fw.Query(description="")] = "x",
        deprecated: Annotated[int, fw.Query(deprecated=True)] = 1,
        with_message: Annotated[int, fw.Query(deprecated="Use another.")] = 1,
        not_deprecated: Annotated[int, fw.Query(deprecated=False)] = 1,
        hidden: Annotated[int, fw.Query(include_in_schema=False)] = 1,
        extra: Annotated[float, fw.Query(json_schema_extra={"x-n": None, "deprecated": "yes", "x-m": 1})] = 1,
    ): ...

    return app


def only_hidden_parameters(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/")
    def read(hidden: Annotated[int, fw.Query(include_in_schema=False)] = 1): ...

    return app


class Colour(Enum):
    "Colours\fnot shown"

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


def types_and_defaults(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/")
    def read(
        one: Literal["a"],
        nothing: Literal[None],
        two: Literal["b", 1, None],
        colour: Colour,
        typed: Annotated[int, WithJsonSchema({"title": "T", "type": "integer"})],
        colours: list[Colour] = fw.Query([]),
        default_colour: Annotated[Colour, fw.Query(description="which")] = Colour.RED,
        maybe_colour: Colour | None = None,
        level: Level = Level.LOW,
        names: list[str] = fw.Query(["a", None]),
        made: list[int] = fw.Query(default_factory=list),
        unique: set[int] = fw.Query({1}),
        pair: tuple[int, str] = fw.Query((1, "x")),
        day: date = fw.Query(date(2020, 1, 1)),
        price: Decimal = fw.Query(Decimal("1.5"), ge=Decimal("0.5")),
        precise: Annotated[Decimal, fw.Query(max_digits=5, decimal_places=2)] = Decimal(2),
        either: int | str = 1,
        other_way: str | int = 1,
        flag: bool = False,
        whole: float = 1,
        infinite: float = float("inf"),
        data: Json[list[int]] = fw.Query("[1]"),
        required_none: int | None = fw.Query(),
        pattern: Annotated[str, fw.Query(min_length=1, max_length=3, pattern="^a")] = "a",
        stepped: Annotated[int, fw.Query(multiple_of=2, gt=0, lt=10)] = 2,
    ): ...

    return app


def like_types_in_different_order(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/")
    def read(
        a: int | str,
        b: str | int,
        c: Literal[1, 2],
        d: Literal[2, 1],
        e: Literal[True],
        f: Literal[1],
        g: Annotated[int, fw.Query(ge=1)],
        h: Annotated[int, fw.Query(ge=True)],
        i: int = 1,
        j: int = True,
        k: float = 1.0,
    ): ...

    return app


class Filters(BaseModel):
    model_config = {"extra": "forbid", "json_schema_extra": {"x": 1}}

    limit_to: int = Field(10, gt=0, description="at most")
    named: str = Field(alias="aliasName")
    chosen: str = Field("c", validation_alias=AliasChoices("c1_1", "c2"))
    tags: list[str] = []
    made: list[int] = Field(default_factory=list, min_length=1)
    anything: dict[str, Any] | None = Field(default_factory=dict)


class ByName(BaseModel):
    model_config = {"validate_by_alias": False, "validate_by_name": True}

    a: int = Field(alias="aA")
    b_b: int = Field(1, validation_alias=AliasChoices("x", "y"))


def parameter_models(fw: Any) -> Any:
    class Marked(BaseModel):
        a: int = fw.Query(1, include_in_schema=False)
        b: int = fw.Query(2, title="B!", description="of b", openapi_examples={"x": {"value": 1}})

    app = fw.FastAPI()

    @app.get("/query")
    def query(filters: Annotated[Filters, fw.Query()], marked: Annotated[Marked, fw.Query()], beside: int): ...

    @app.get("/header")
    def header(filters: Annotated[Filters, fw.Header()], x_token: Annotated[str, fw.Header()]): ...

    @app.get("/header-as-named")
    def header_as_named(filters: Annotated[Filters, fw.Header(convert_underscores=False)]): ...

    @app.get("/cookie")
    def cookie(filters: Annotated[Filters, fw.Cookie()]): ...

    @app.get("/hidden")
    def hidden(marked: Annotated[Marked, fw.Query(include_in_schema=False)]): ...

    @app.get("/optional")
    def optional(filters: Annotated[Filters | None, fw.Query()] = None): ...

    @app.get("/nullable")
    def nullable(filters: Annotated[Filters | None, fw.Query()]): ...

    @app.get("/by-name")
    def by_name(filters: Annotated[ByName, fw.Query()]): ...

    return app


def dependencies_met_twice(fw: Any) -> Any:
    def leaf(name: int = fw.Query(title="leaf")): ...

    def other(name: str = fw.Query(title="other")): ...

    def both(a=fw.Depends(leaf), b=fw.Depends(other)): ...

    app = fw.FastAPI()

    @app.get("/a")
    def again(a=fw.Depends(leaf), b=fw.Depends(other), c=fw.Depends(leaf)): ...

    @app.get("/b")
    def below(a=fw.Depends(leaf), b=fw.Depends(both), c=fw.Depends(leaf, use_cache=False)): ...

    @app.get("/c", dependencies=[fw.Depends(other), fw.Depends(both)])
    def beside(a=fw.Security(leaf, scopes=["x"]), b=fw.Security(leaf, scopes=["y"])): ...

    return app


def names_for_one_place_in_the_path(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/{item-id}/{third:int}")
    def read(
        a: Annotated[int, fw.Path(alias="item-id", ge=1)],
        c: Annotated[int, fw.Path(validation_alias=AliasChoices("nothing", "third"))],
    ): ...

    return app
