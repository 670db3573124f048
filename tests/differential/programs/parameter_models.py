# mypy: ignore-errors
"""Models that gather parameters: alone, several, beside scalars, optional, strict about extras."""

from typing import Annotated, Literal

from fastapi import Cookie, Depends, FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from differential.cases import case, get


class Filter(BaseModel):
    limit: int = Field(100, gt=0, le=100)
    offset: int = Field(0, ge=0, description="how many to skip")
    order: Literal["created", "updated"] = "created"
    tags: list[str] = []


class Required(BaseModel):
    q: str
    n: int | None = None


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int
    b: str = "b"


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


FILTERS = (
    "",
    "limit=5&offset=2&order=updated&tags=a&tags=b",
    "limit=0&offset=-1&order=x&tags=",
    "limit=x&extra=1",
    "tags=a",
)
STRICTS = ("a=1", "a=1&c=2", "a=x&c=2&d=3", "", "a=1&a=2", "c=1&c=2", "b=1")


@case(*[get(f"/?{query}") for query in FILTERS])
def a_query_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Filter, Query()]):
        return f

    return app


@case(*[get(f"/?{query}") for query in STRICTS])
def extras_are_forbidden() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Strict, Query()]):
        return f

    return app


@case(*[get(f"/?{query}") for query in STRICTS])
def extras_are_allowed() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Open, Query()]):
        return f

    return app


@case(*[get(f"/?{query}") for query in ("q=a&limit=5", "limit=x", "", "q=a&n=x&limit=0", "x=1&q=a", "x=y&q=a")])
def several_models_beside_scalars() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Filter, Query()], r: Annotated[Required, Query()], x: int = 0):
        return [f, r, x]

    return app


@case(*[get(f"/?{query}") for query in ("a=1", "a=1&x=1", "a=1&x=1&y=2", "x=1", "a=x&x=y&z=1")])
def extras_are_forbidden_beside_a_scalar() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Strict, Query()], x: int = 0):
        return [f, x]

    return app


@case(*[get(f"/?{query}") for query in ("", "q=a", "n=1", "n=x", "other=1", "q=")])
def an_optional_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(r: Annotated[Required | None, Query()] = None):
        return r

    return app


@case(*[get(f"/?{query}") for query in ("", "q=a", "n=1", "other=1")])
def a_nullable_model_without_a_default() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(r: Annotated[Required | None, Query()]):
        return r

    return app


@case(*[get(f"/?{query}") for query in ("", "limit=5", "limit=x")])
def a_model_with_a_model_for_default() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Filter, Query()] = Filter(limit=7)):
        return f

    return app


@case(
    get("/", {"x-token": "t", "x-tag": "a", "accept": "z"}),
    get("/", [("x-token", "t"), ("x-tag", "a"), ("x-tag", "b")]),
    get("/", {"x_token": "t"}),
    get("/"),
)
def a_header_model() -> FastAPI:
    app = FastAPI()

    class Common(BaseModel):
        x_token: str
        x_tag: list[str] = []
        accept: str | None = None

    @app.get("/")
    def read(h: Annotated[Common, Header()]):
        return h

    return app


@case(get("/", {"x_token": "t"}), get("/", {"x-token": "t"}))
def a_header_model_with_underscores() -> FastAPI:
    app = FastAPI()

    class Common(BaseModel):
        x_token: str

    @app.get("/")
    def read(h: Annotated[Common, Header(convert_underscores=False)]):
        return h

    return app


@case(get("/", {"a": "1"}), get("/", {"a": "1", "x-more": "1"}), get("/", {"a": "1", "b": "2"}))
def a_header_model_that_forbids_extras() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(h: Annotated[Strict, Header()]):
        return h

    return app


@case(get("/", {"cookie": "a=1; b=2"}), get("/", {"cookie": "a=1; c=3"}), get("/", {"cookie": "a=x"}), get("/"))
def a_cookie_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(c: Annotated[Strict, Cookie()]):
        return c

    return app


@case(
    get("/?a=1&limit=3&q=z", {"cookie": "q=c", "q": "h"}),
    get("/?a=x&limit=x"),
    get("/?a=1", {"cookie": "n=x", "q": "h"}),
)
def models_in_dependencies_and_locations() -> FastAPI:
    app = FastAPI()

    def paging(f: Annotated[Filter, Query()]):
        return f.limit

    def cookie(c: Annotated[Required, Cookie()]):
        return c

    @app.get("/")
    def read(o: Annotated[Open, Query()], h: Annotated[Required, Header()], p=Depends(paging), c=Depends(cookie)):
        return [o, h, p, c]

    return app


class Checked(BaseModel):
    start: int = 0
    stop: int = 0
    name: str = Field("n", title="The name", examples=["x"], deprecated=True)

    @field_validator("name")
    @classmethod
    def is_lower(cls, value: str) -> str:
        if value != value.lower():
            raise ValueError("must be lower case")
        return value

    @model_validator(mode="after")
    def is_ordered(self):
        if self.stop < self.start:
            raise ValueError("stop before start")
        return self


@case(get("/?start=2&stop=1"), get("/?name=A"), get("/?start=1&stop=2&name=a"), get("/?start=x&name=A"))
def validators_of_the_model_run() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(c: Annotated[Checked, Query()]):
        return c

    return app


class Base(BaseModel):
    a: int


class Child(Base):
    b: Annotated[list[int], Field(min_length=1)]
    c: int | list[int] | None = None
    d: set[int] = set()
    e: tuple[int, int] = (0, 0)


@case(
    *[
        get(f"/?{query}")
        for query in ("a=1&b=1&b=2&c=3&d=1&d=1&e=1&e=2", "a=1&b=1&c=1&c=2", "a=1&e=1", "b=", "a=&b=x&d=y")
    ]
)
def inheritance_and_sequences() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(c: Annotated[Child, Query()]):
        return c

    return app


@case(get("/?a=1&limit=5"), get("/?limit=0"))
def a_class_dependency_of_a_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(f: Annotated[Filter, Depends()]):
        return f

    return app


@case(get("/?inner=1"), get("/"), get("/?limit=5"))
def a_model_with_a_nested_model() -> FastAPI:
    class Outer(BaseModel):
        inner: Filter
        other: dict[str, int] = {}

    app = FastAPI()

    @app.get("/")
    def read(o: Annotated[Outer, Query()]):
        return o

    return app


class Kept(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)
    q: int = Field(1, alias="a")
    r: list[str] | None = Field(None, alias="b")
    x_y: str = "d"


NAMED_TWICE = ("a=1&q=2", "q=2&a=1", "q=2", "b=1&r=2", "r=2&b=1&b=3", "x_y=1")


@case(
    *[get(f"/query?{query}") for query in NAMED_TWICE],
    get("/header", [("a", "1"), ("q", "2")]),
    get("/header", [("x-y", "1"), ("x_y", "2")]),
    get("/header", [("x_y", "2")]),
    get("/cookie", {"cookie": "a=1; q=2"}),
)
def names_that_were_not_needed_are_kept() -> FastAPI:
    app = FastAPI()

    @app.get("/query")
    def query(kept: Annotated[Kept, Query()]):
        return repr(kept)

    @app.get("/header")
    def header(kept: Annotated[Kept, Header()]):
        return repr(kept)

    @app.get("/cookie")
    def cookie(kept: Annotated[Kept, Cookie()]):
        return repr(kept)

    return app
