# mypy: ignore-errors
"""Parameter and form models that may be absent: what counts as present, and lists that are written as one value."""

from typing import Annotated

from fastapi import Cookie, FastAPI, Form, Header, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, Json
from pydantic.alias_generators import to_camel

from differential.cases import case, form, get


class Passing(BaseModel):
    b: int = 2


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int = 1


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 1


QUERIES = ("", "?x=1", "?a=2", "?a=2&x=3", "?x=1&x=2", "?b=1", "?a=")


@case(*[get(f"/{path}{query}") for path in ("strict", "open", "required", "several") for query in QUERIES])
def what_a_model_heeds_makes_it_present_in_a_query() -> FastAPI:
    app = FastAPI()

    @app.get("/strict")
    def strict(model: Annotated[Strict | None, Query()] = None):
        return repr(model)

    @app.get("/open")
    def open_(model: Annotated[Open | None, Query()] = None):
        return repr(model)

    @app.get("/required")
    def required(model: Annotated[Strict | None, Query()]):
        return repr(model)

    @app.get("/several")
    def several(one: Annotated[Open | None, Query()] = None, two: Annotated[Passing | None, Query()] = None):
        return repr((one, two))

    return app


@case(get("/header"), get("/header", {"a": "2"}), get("/cookie"), get("/cookie", {"cookie": "x=1"}))
def what_a_model_heeds_makes_it_present_among_headers_and_cookies() -> FastAPI:
    app = FastAPI()

    @app.get("/header")
    def header(model: Annotated[Strict | None, Header()] = None):
        return repr(model)

    @app.get("/cookie")
    def cookie(model: Annotated[Strict | None, Cookie()] = None):
        return repr(model)

    return app


FORMS = (b"", b"x=1", b"a=2", b"a=2&x=3", b"b=1", b"a=", b"k=3")


@case(*[form(f"/{path}", sent) for path in ("strict", "open", "passing", "union", "beside") for sent in FORMS])
def what_a_model_heeds_makes_it_present_in_a_form() -> FastAPI:
    app = FastAPI()

    @app.post("/strict")
    def strict(model: Annotated[Strict | None, Form()] = None):
        return repr(model)

    @app.post("/open")
    def open_(model: Annotated[Open | None, Form()]):
        return repr(model)

    @app.post("/passing")
    def passing(model: Annotated[Passing | None, Form()]):
        return repr(model)

    @app.post("/union")
    def union(model: Annotated[Passing | Strict | None, Form()] = None):
        return repr(model)

    @app.post("/beside")
    def beside(model: Annotated[Strict | None, Form()] = None, k: Annotated[int, Form()] = 1):
        return repr((model, k))

    return app


class Lists(BaseModel):
    j: Json[list[int]] = [1]


@case(
    *[get(f"/{path}{query}") for path in ("json", "model") for query in ("", "?j=", "?j=[2]", "?j=x")],
    *[get("/cookie", {"cookie": cookie}) for cookie in ("j=", "j=x", "k=1")],
)
def a_list_in_one_empty_value_is_missing() -> FastAPI:
    app = FastAPI()

    @app.get("/json")
    def json(j: Annotated[Json[list[int]], Query()]):
        return repr(j)

    @app.get("/model")
    def model(lists: Annotated[Lists, Query()]):
        return repr(lists)

    @app.get("/cookie")
    def cookie(j: Annotated[list[str], Cookie()]):
        return repr(j)

    return app


class Nothing(BaseModel):
    pass


@case(get("/optional"), get("/optional?j="), get("/optional?k="), get("/cookie", {"cookie": "c="}), get("/cookie"))
def a_name_makes_a_model_present_whatever_its_value() -> FastAPI:
    app = FastAPI()

    @app.get("/optional")
    def optional(lists: Annotated[Lists | None, Query()] = None):
        return repr(lists)

    class Cookies(BaseModel):
        c: list[int]

    @app.get("/cookie")
    def cookie(cookies: Annotated[Cookies | None, Cookie()] = None):
        return repr(cookies)

    return app


@case(get("/"), get("/?a=1"))
def a_model_without_fields_has_nothing_invalid_in_the_document() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(nothing: Annotated[Nothing, Query()]):
        return repr(nothing)

    return app


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    first_name: str
    X_Up: str = ""


@case(get("/", {"FirstName": "a", "host": "h"}), get("/", {"firstname": "a", "xUp": "b", "other": "c"}), get("/"))
def header_models_forbid_nothing_that_they_have_read() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(headers: Annotated[Camel, Header()]):
        return repr(headers)

    return app


EMPTY = ("", "v=", "c1=", "c1=&v=[1]", "c1=&v=", "v=&c1=[1]", "c1=x&v=")
NAMES = AliasChoices("c1", "v")


@case(
    *[get(f"/{path}?{query}") for path in ("json", "model", "list") for query in EMPTY],
    *[get("/cookie", {"cookie": query.replace("&", "; ")}) for query in EMPTY],
)
def an_empty_list_under_the_first_name_keeps_others_from_being_tried() -> FastAPI:
    app = FastAPI()

    class Model(BaseModel):
        j: Json[list[int]] = Field(validation_alias=NAMES)

    @app.get("/json")
    def json(v: Annotated[Json[list[int]], Query(validation_alias=NAMES)]):
        return repr(v)

    @app.get("/model")
    def model(v: Annotated[Model, Query()]):
        return repr(v)

    @app.get("/list")
    def list_(v: Annotated[list[str], Query(validation_alias=NAMES)]):
        return repr(v)

    @app.get("/cookie")
    def cookie(v: Annotated[list[str] | str, Cookie(validation_alias=NAMES)] = "none"):
        return repr(v)

    return app
