# mypy: ignore-errors
"""Aliases of parameters and of fields: which name is read, and which name an error gives."""

from typing import Annotated

from fastapi import Body, Cookie, FastAPI, Header, Path, Query
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field

from differential.cases import case, get, post


@case(
    get("/?a=1"),
    get("/?b=1"),
    get("/?c=1"),
    get("/?d=1"),
    get("/?a=x&b=y&c=z"),
    get("/?first=1&second=2"),
    get("/?second=x"),
    get("/"),
)
def which_alias_wins() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        p: Annotated[int | None, Query(alias="a", validation_alias="b", serialization_alias="c")] = None,
        q: Annotated[int | None, Query(alias="d")] = None,
        r: Annotated[int | None, Query(validation_alias=AliasChoices("first", "second"))] = None,
        s: Annotated[int | None, Query(serialization_alias="c")] = None,
    ):
        return [p, q, r, s]

    return app


@case(get("/?first=1"), get("/?second=2"), get("/?r=3"), get("/?second=x"), get("/"), get("/?first=x&second=1"))
def alias_choices_are_tried_in_order() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(r: Annotated[int, Query(validation_alias=AliasChoices("first", "second"))]):
        return r

    @app.get("/many")
    def many(r: Annotated[list[int], Query(validation_alias=AliasChoices("first", "second"))]):
        return r

    return app


@case(
    *[get(f"/{way}/{value}") for way in ("plain", "first", "second", "other") for value in ("3", "x")], get("/both/1/2")
)
def alias_choices_in_a_path() -> FastAPI:
    """Where none of them stands in the path, the name of the argument does."""
    app = FastAPI()

    @app.get("/plain/{r}")
    @app.get("/first/{first}")
    @app.get("/second/{second}")
    @app.get("/other/{other}")
    @app.get("/both/{r}/{second}")
    def read(
        r: Annotated[int, Path(validation_alias=AliasChoices("first", "second"))],
    ):
        return r

    return app


@case(*[get(f"/{way}/{value}") for way in ("own", "plain", "first", "other") for value in ("3", "x")])
def alias_choices_and_an_alias_in_a_path() -> FastAPI:
    app = FastAPI()

    @app.get("/own/{own}")
    @app.get("/plain/{r}")
    @app.get("/first/{first}")
    @app.get("/other/{other}")
    def read(r: Annotated[int, Path(alias="own", validation_alias=AliasChoices("r", "first"))]):
        return r

    return app


@case(get("/?first=1"), get("/?first=1&first=2"), get("/"))
def an_alias_path() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(r: Annotated[int | None, Query(validation_alias=AliasPath("first", 0))] = None):
        return r

    return app


class Aliased(BaseModel):
    a: int = Field(alias="aA")
    b: int = Field(2, validation_alias="bB")
    c: int = Field(3, serialization_alias="cC")
    d: int = Field(4, validation_alias=AliasChoices("d1", "d2"))


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    a: int = Field(alias="aA")
    b: list[int] = Field([], alias="bB")


class ByNameOnly(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
    a: int = Field(alias="aA")


BODIES = (
    {"aA": 1, "bB": 2, "c": 3, "d2": 4},
    {"a": 1},
    {"aA": "x", "bB": "y", "cC": "z", "c": "c", "d1": "1", "d2": "d"},
    {},
)
QUERIES = ("aA=1&bB=2&c=3&d2=4", "a=1&b=2", "aA=x&bB=y&c=z&d2=q", "", "aA=1&a=2", "a=x")


@case(*[post("/", body) for body in BODIES])
def in_a_body_model() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(m: Aliased) -> Aliased:
        return m

    return app


@case(*[post("/", body) for body in BODIES])
def in_a_body_model_by_name() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(m: ByName):
        return m

    return app


@case(*[post("/", body) for body in BODIES])
def in_a_body_model_by_name_only() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(m: ByNameOnly):
        return m

    return app


@case(*[get(f"/?{query}") for query in QUERIES])
def in_a_query_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(m: Annotated[Aliased, Query()]):
        return m.model_dump()

    return app


@case(*[get(f"/?{query}") for query in QUERIES])
def in_a_query_model_by_name() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(m: Annotated[ByName, Query()]):
        return m.model_dump()

    return app


@case(*[get(f"/?{query}") for query in QUERIES])
def in_a_query_model_by_name_only() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(m: Annotated[ByNameOnly, Query()]):
        return m.model_dump()

    return app


@case(*[get("/", dict(pair.split("=") for pair in query.split("&") if pair)) for query in QUERIES])
def in_a_header_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(m: Annotated[Aliased, Header()]):
        return m.model_dump()

    return app


@case(*[get("/", {"cookie": query.replace("&", "; ")}) for query in QUERIES])
def in_a_cookie_model() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(m: Annotated[ByName, Cookie()]):
        return m.model_dump()

    return app


@case(
    post("/", {"bodyA": 1, "second": 2, "v": 3}),
    post("/", {"a": 1, "b": 2, "c": 3}),
    post("/", {"bodyA": "x", "second": "y", "v": "z"}),
    post("/", {}),
)
def of_embedded_body_parameters() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(
        a: Annotated[int, Body(alias="bodyA")],
        b: Annotated[int, Body(validation_alias=AliasChoices("first", "second"))],
        c: Annotated[int, Body(validation_alias="v")] = 0,
    ):
        return [a, b, c]

    return app


@case(post("/", {"bodyA": {"aA": 1}}), post("/", {"aA": 1}), post("/", {"bodyA": {}}))
def of_one_embedded_model() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(m: Annotated[Aliased, Body(embed=True, alias="bodyA")]):
        return m

    return app


@case(post("/", {"aA": 1}), post("/", {"a": 1}), post("/", 5))
def of_a_single_body_parameter() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(m: Annotated[Aliased, Body(alias="ignored")]) -> list[Aliased]:
        return [m]

    return app


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=camel, populate_by_name=True)
    first_name: str
    last_name: str = "x"


@case(
    post("/body", {"firstName": "a", "last_name": "b"}),
    post("/body", {}),
    post("/by-name", {"first_name": "a"}),
    get("/query?firstName=a&lastName=b"),
    get("/query?first_name=a"),
    get("/query"),
    get("/header", {"firstName": "a"}),
    get("/header", {"first-name": "a"}),
    get("/header", {"first_name": "a"}),
    get("/header"),
)
def an_alias_generator() -> FastAPI:
    app = FastAPI()

    @app.post("/body")
    def body(m: Camel) -> Camel:
        return m

    @app.post("/by-name", response_model_by_alias=False)
    def by_name(m: Camel) -> Camel:
        return m

    @app.get("/query")
    def query(m: Annotated[Camel, Query()]):
        return m

    @app.get("/header")
    def header(m: Annotated[Camel, Header()]):
        return m

    return app
