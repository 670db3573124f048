"""Bodies are validated straight from their bytes only where that gives what `json.loads` and validation give."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from endpoint.asgi import answer
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
)
from pydantic_core import SchemaValidator

from vivace import Body, FastAPI, Request
from vivace._endpoint.json_mode import MAX_JSON_MODE_BYTES, is_same_in_json_mode
from vivace._endpoint.planner import plan_line

LEAVES: list[Any] = [
    *(str, int, float, bool, datetime, date, time, UUID, Literal["a", 1], Literal[0], Literal["1", "x"]),
    *(Annotated[str, Field(min_length=1, max_length=3)], Annotated[int, Field(ge=0)], Annotated[float, Field(lt=10)]),
    *(Annotated[float, Field(allow_inf_nan=False)], Annotated[str, Field(pattern="^[a-z]*$")]),
]


EXTRA: dict[str, Literal["forbid", "allow", "ignore"]] = {"a": "forbid", "b": "allow", "c": "ignore"}


def model_of(fields: dict[str, Any]) -> type[BaseModel]:
    members: dict[str, Any] = {name: (annotation, ...) for name, annotation in fields.items()}
    return create_model("Made", __config__=ConfigDict(extra=EXTRA[min(fields)]), **members)


TYPES = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        inner.map(lambda item: list[item]),  # type: ignore[valid-type]  # made at run time
        inner.map(lambda item: dict[str, item]),  # type: ignore[valid-type]  # see above
        inner.map(lambda item: item | None),
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3).map(model_of),
    ),
    max_leaves=5,
)


# JSON texts and not values: how a number is written is what the two parsers could see differently.
NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats().map(json.dumps),
    st.sampled_from(["-0", "-0.0", "1.0", "1e0", "1E+2", "1e-400", "1e400", "0.1e1", "NaN", "Infinity", "-Infinity"]),
    st.sampled_from(["9007199254740993", "1577836800", "1577836800000", "-1", "253402300800", "1" + "0" * 30]),
)
STRINGS = st.one_of(
    st.text(max_size=6).map(json.dumps),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(
        lambda text: json.dumps(text, ensure_ascii=False)
    ),
    st.datetimes().map(lambda moment: json.dumps(moment.isoformat())),
    st.sampled_from(
        ['"1"', '" 1 "', '"1.0"', '"1e3"', '"1_0"', '"on"', '"NaN"', '"inf"', '"+1"', '"\\ud800"', '"\\u0000"']
    ),
    st.sampled_from(['"2020-01-01"', '"12:00"', '"2020-01-01T00:00:00Z"', '"00000000000000000000000000000001"', '"١"']),
)
TEXTS = st.recursive(
    st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        # A list of pairs and not a dict: keys may be repeated.
        st.lists(st.tuples(st.sampled_from("abcd"), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}"
        ),
    ),
    max_leaves=6,
)


def fitting(annotation: Any, data: st.DataObject) -> str:
    """Draw a text that has a good chance to fit a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        members = [f'"{name}": {fitting(info.annotation, data)}' for name, info in annotation.model_fields.items()]
        return "{" + ", ".join(members) + "}"
    if getattr(annotation, "__origin__", None) is list:
        return f"[{fitting(annotation.__args__[0], data)}]"
    if getattr(annotation, "__origin__", None) is dict:
        return '{"a": ' + fitting(annotation.__args__[1], data) + "}"
    return data.draw(st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "null"])))


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(annotation=TYPES, data=st.data())
def test_what_is_accepted_from_bytes_has_the_value_of_the_long_way(annotation: Any, data: st.DataObject) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    if not is_same_in_json_mode(adapter.core_schema):
        return
    text = fitting(annotation, data) if data.draw(st.booleans()) else data.draw(TEXTS)
    try:
        value = adapter.validate_json(text)
    except ValidationError:
        return  # the exact path decides
    # The texts tell -0.0 from 0.0, True from 1, and NaN is like itself.
    assert repr(value) == repr(adapter.validate_python(json.loads(text)))


def test_the_generated_types_are_mostly_such_that_qualify() -> None:
    qualified = [is_same_in_json_mode(TypeAdapter(leaf).core_schema) for leaf in LEAVES]
    assert all(qualified)


class Plain(BaseModel):
    n: int
    s: str | None = None


class Colour(Enum):
    RED = "red"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    day: date


class StrictField(BaseModel):
    day: date = Field(strict=True)


class Coercing(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    s: str


class WithValidator(BaseModel):
    n: int

    @field_validator("n", mode="before")
    @classmethod
    def check(cls, value: object) -> object:
        return value


class OwnInit(BaseModel):
    n: int

    def __init__(self, **data: Any) -> None:
        super().__init__(**data)


class Recursive(BaseModel):
    children: "list[Recursive]" = []


@dataclass
class Point:
    x: int


UNFIT: list[Any] = [
    *(Strict, StrictField, Coercing, WithValidator, OwnInit, Recursive, Point, RootModel[int]),
    *(Decimal, timedelta, bytes, Colour, set[int], tuple[int, ...], frozenset[str], int | str, Any, object, dict, list),
    *(dict[int, str], dict[str, Any], Literal[True], Literal[Colour.RED], Annotated[int, BeforeValidator(int)]),
    *(list[Strict], dict[str, Coercing], Strict | None, Annotated[int, Field(strict=True)]),
]
UNFIT.remove(list)  # of anything: it is judged by its items, of which nothing is said


@pytest.mark.parametrize("annotation", UNFIT, ids=lambda annotation: str(annotation))
def test_what_the_parsers_see_differently_goes_the_long_way(annotation: Any) -> None:
    assert not is_same_in_json_mode(TypeAdapter(annotation).core_schema)


def validator_of_body(declare: Callable[[FastAPI], None]) -> SchemaValidator | None:
    app = FastAPI(openapi_url=None)
    declare(app)
    line = plan_line(app.routes[-1].plan)  # type: ignore[attr-defined]  # an APIRoute
    assert line is not None
    return line.json_validator


def test_one_plain_body_is_validated_from_its_bytes() -> None:
    def declare(app: FastAPI) -> None:
        @app.post("/")
        async def create(item: Plain) -> None: ...

    assert validator_of_body(declare) is not None


def test_an_embedded_body_is_not() -> None:
    def declare(app: FastAPI) -> None:
        @app.post("/")
        async def create(item: Plain = Body(embed=True)) -> None: ...

    assert validator_of_body(declare) is None


def test_a_body_beside_the_request_is_not_because_the_request_shows_it_parsed() -> None:
    def declare(app: FastAPI) -> None:
        @app.post("/")
        async def create(item: Plain, request: Request) -> None: ...

    assert validator_of_body(declare) is None


@pytest.mark.parametrize("digits", [300, 308, 309, 400, 4000, MAX_JSON_MODE_BYTES + 10])
def test_integers_of_any_length_are_read_alike_on_both_paths(path: str, digits: int) -> None:
    app = FastAPI()

    class Number(BaseModel):
        f: float = 0
        i: int = 0

    @app.post("/")
    async def create(number: Number) -> list[bool]:
        return [number.f == float("inf"), number.i > 0]

    statuses = [answer(app, "/", content=b'{"%s": 1%s}' % (name, b"0" * digits)).status for name in (b"f", b"i")]
    if digits > 4300:
        assert statuses == [400, 400]  # the standard library reads no longer ones
    else:
        assert statuses == [200 if digits <= 308 else 422, 200]


def test_repeated_keys_mean_the_last_one(path: str) -> None:
    app = FastAPI()

    @app.post("/")
    async def create(item: Plain, n: int = 0) -> Plain:
        return item

    assert answer(app, "/", content=b'{"n": 1, "s": "a", "n": 2}').json == {"n": 2, "s": "a"}
