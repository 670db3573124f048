# mypy: ignore-errors
"""Types that carry more than a type: constraints, validators, new types, Pydantic's own scalars."""

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, NewType, Optional, TypeVar

import annotated_types
from fastapi import Body, Depends, FastAPI, Header, Path, Query
from pydantic import (
    UUID4,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ByteSize,
    EmailStr,
    Field,
    FutureDate,
    HttpUrl,
    IPvAnyAddress,
    Json,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    StringConstraints,
    conint,
    constr,
)

from differential.cases import case, get, post

UserId = NewType("UserId", int)
T = TypeVar("T")


@case(
    get("/?a=1&b=2&c=3&d=abc&e=x%20&f=4&g=5&h=6"),
    get("/?a=0&b=0&c=0&d=a&e=%20&f=x&g=-1&h=y"),
    get("/"),
)
def constraints_from_many_sources() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: PositiveInt = 1,
        b: Annotated[int, Field(gt=0, description="from Field")] = 1,
        c: Annotated[int, annotated_types.Gt(0), Query(lt=5)] = 1,
        d: constr(min_length=2) = "dd",
        e: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] = "e",
        f: UserId = 1,
        g: NonNegativeInt | None = None,
        h: conint(gt=1) | Literal["all"] = "all",
    ):
        return [a, b, c, d, e, f, g, h]

    return app


def even(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


Even = Annotated[int, AfterValidator(even)]


@case(get("/2?a=4&b=a,b&c=6"), get("/3?a=5&b=&c=x"), get("/2", {"x-even": "3"}), get("/2?a=4", {"x-even": "8"}))
def validators_on_scalars() -> FastAPI:
    app = FastAPI()

    def dependency(c: Even = 0):
        return c

    @app.get("/{p}")
    def read(
        p: Even,
        a: Annotated[Even, Query(gt=1)] = 2,
        b: Annotated[list[str], BeforeValidator(lambda value: value[0].split(",")), Query()] = [],
        x_even: Annotated[Even | None, Header()] = None,
        c: int = Depends(dependency),
    ):
        return [p, a, b, x_even, c]

    return app


@case(
    get(
        "/?m=a@example.com&u=http://a.b/c&i=::1&j=[1]&s=x&k=1kb&d=2999-01-01&t=2020-01-01T00:00:00Z&q=9f7f2b0e-0000-4000-8000-000000000000"
    ),
    get("/?m=a&u=b&i=c&j=d&s=&k=e&d=2000-01-01&t=2020-01-01T00:00:00&q=g"),
)
def scalars_of_pydantic() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        m: EmailStr,
        u: HttpUrl,
        i: IPvAnyAddress,
        s: SecretStr,
        k: ByteSize,
        d: FutureDate,
        t: AwareDatetime,
        q: UUID4,
        j: Annotated[Json[list[int]], Query()] = None,
    ):
        return [m, str(u), str(i), j, repr(s), k, d, t, q]

    return app


@case(get("/?a=x&b=y&c=z&d=1&e=2"), get("/"))
def unusual_annotations() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: bytes = b"a", b: Any = "b", c: object = "c", d: Optional[Annotated[int, Query(gt=0)]] = None, e=5):
        return [a, b, c, d, e]

    return app


@case(get("/?a=1"), get("/?a=x"), get("/?b=1"), get("/"))
def several_markers_the_last_one_wins() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: Annotated[int, Query(alias="b"), Query(alias="a", gt=0)] = 3, c: Annotated[int, Header(), Query()] = 4):
        return [a, c]

    return app


@case(get("/?a=1"), get("/?a=x"), get("/"))
def plain_strings_and_objects_as_metadata() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: Annotated[int, "a comment", object(), Query(description="D"), {"k": "v"}] = 3):
        return a

    return app


Marked = Annotated[int, Query(ge=1, description="shared")]


@case(get("/?a=1&b=2"), get("/?a=0&b=0"), get("/other?a=0"))
def a_shared_marker_is_not_changed_by_its_users() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: Marked, b: Marked = 5):
        return [a, b]

    @app.get("/other")
    def other(a: Marked | None = None):
        return a

    return app


class Kind(Enum):
    A = "a"
    B = "b"

    @classmethod
    def _missing_(cls, value):
        return cls.B if value == "bee" else None


@case(get("/a?k=bee&l=a&l=bee"), get("/bee"), get("/x?l=y"))
def an_enum_with_other_spellings() -> FastAPI:
    app = FastAPI()

    @app.get("/{p}")
    def read(p: Kind, k: Kind = Kind.A, l: Annotated[list[Kind], Query()] = []):  # noqa: E741
        return [p, k, l]

    return app


@case(post("/", {"a": 2, "b": 3}), post("/", {"a": 3}), post("/1/2", [2, 4]), post("/1/2", [1]))
def validators_in_bodies() -> FastAPI:
    app = FastAPI()

    class Model(BaseModel):
        a: Even
        b: Annotated[int, Field(gt=1), AfterValidator(lambda value: -value)] = 0

    @app.post("/")
    def create(body: Model):
        return body

    @app.post("/{x}/{y}")
    def many(
        body: Annotated[list[Even], Body(min_length=2)],
        x: Annotated[date | int, Path()],
        y: Annotated[str, Path(max_length=1)],
    ):
        return [body, x, y]

    return app
