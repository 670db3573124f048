# mypy: ignore-errors
"""Generic aliases of `Depends`, classes of their own, methods as endpoints, tuples, equal names."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import (
    APIRouter,
    Body,
    Depends,
    FastAPI,
    Path,
    Query,
    params,
)
from fastapi.params import Param
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, PlainSerializer, field_serializer
from pydantic_core import core_schema

from differential.cases import case, get, post

T = TypeVar("T")


class A:
    def __init__(self, a: int = 1):
        self.a = a


class B:
    def __init__(self, b: str = "b"):
        self.b = b


Dep = Annotated[T, Depends()]


@case(get("/?a=5&b=x"), get("/?a=y"))
def a_generic_alias_of_depends() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(one: Dep[A], two: Dep[B]):
        return [one.a, two.b]

    return app


@case(get("/?q=1"), get("/"), get("/?q=x"))
def the_base_class_of_parameters() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: int | None = Param(default=None)):
        return q

    @app.get("/classes")
    def classes(a: int = params.Query(1), h: Annotated[str | None, params.Header()] = None):
        return [a, h]

    return app


def compute_router(name: str) -> APIRouter:
    router = APIRouter()

    @router.post("/compute")
    def compute(a: int = Body(), b: str = Body()):
        return {"a": a, "b": b, "name": name}

    return router


@case(post("/a/compute", {"a": 1, "b": "x"}), post("/b/compute", {"a": "y"}))
def equal_function_names_in_two_routers() -> FastAPI:
    app = FastAPI()
    app.include_router(compute_router("a"), prefix="/a")
    app.include_router(compute_router("b"), prefix="/b")
    return app


class MyUUID:
    """A class of its own that validates from and serialises to text."""

    def __init__(self, text: str) -> None:
        self.uuid = UUID(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_plain_validator_function(
            lambda value: cls(str(value)),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: str(value.uuid)),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler):
        return {"type": "string", "format": "my-uuid"}


@case(get("/a10ff360-3b1e-4984-a26f-d3ab460bdb51"), get("/x"), get("/m/a10ff360-3b1e-4984-a26f-d3ab460bdb51"))
def a_class_with_a_schema_of_its_own() -> FastAPI:
    app = FastAPI()

    class Model(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        id: MyUUID

    @app.get("/m/{id}")
    def of_model(id: Annotated[Any, Path()]) -> Model:
        return {"id": id}

    @app.get("/{id}")
    def read(id: Annotated[MyUUID, Path()]):
        return str(id.uuid)

    return app


class Event(BaseModel):
    at: Annotated[datetime, PlainSerializer(lambda when: when.strftime("%Y/%m/%d"), return_type=str)]
    until: datetime | None = None

    @field_serializer("until")
    def _until(self, value: datetime | None) -> str | None:
        return value and value.replace(tzinfo=UTC).isoformat()


@case(get("/"), get("/plain"), get("/list"))
def serialisers_of_fields() -> FastAPI:
    app = FastAPI()
    event = Event(at=datetime(2020, 1, 2), until=datetime(2020, 1, 3))

    @app.get("/")
    def read() -> Event:
        return event

    @app.get("/plain")
    def plain():
        return {"event": event}

    @app.get("/list", response_class=JSONResponse)
    def many() -> list[Event]:
        return [event]

    return app


@case(
    post("/tuple", {"items": [["a", 1], ["b", 2]]}),
    post("/pair", [1, "x"]),
    post("/pair", [1]),
    post("/models", [{"a": 1}, {"b": "x"}]),
)
def tuples() -> FastAPI:
    app = FastAPI()

    class Group(BaseModel):
        items: list[tuple[str, int]]

    class One(BaseModel):
        a: int

    class Two(BaseModel):
        b: str

    @app.post("/tuple")
    def of_tuple(group: Group) -> Group:
        return group

    @app.post("/pair")
    def pair(value: tuple[int, str]) -> tuple[int, str]:
        return value

    @app.post("/models")
    def models(value: tuple[One, Two]) -> tuple[One, Two]:
        return value

    return app


def passthrough(function: Callable) -> Callable:
    @functools.wraps(function)
    def method(*args, **kwargs):
        return function(*args, **kwargs)

    return method


class View:
    def __init__(self, app: FastAPI) -> None:
        app.get("/wrapped/{n}")(self.wrapped)
        app.post("/async")(self.coroutine)

    @passthrough
    def wrapped(self, n: "int", q: "Annotated[int | None, Query()]" = None) -> "list[int | None]":
        return [n, q]

    async def coroutine(self, body: "dict[str, int]") -> "dict[str, int]":
        return body


@case(get("/wrapped/1?q=2"), get("/wrapped/x?q=y"), post("/async", {"a": 1}), post("/async", {"a": "x"}))
def bound_methods_as_endpoints() -> FastAPI:
    app = FastAPI()
    View(app)
    return app


@case(get("/?client_id=1"), get("/"), get("/?client_id=x&resource_id=y"))
def a_parameter_that_several_dependencies_need() -> FastAPI:
    app = FastAPI()

    def client(client_id: int = Query()):
        return client_id

    def client_with_tag(client_tag: str | None = None, client_id: int = Depends(client)):
        return [client_tag, client_id]

    @app.get("/")
    def read(resource_id: int | None = None, c: Any = Depends(client_with_tag), again: int = Depends(client)):
        return [resource_id, c, again]

    return app


class Base(BaseModel):
    kind: str


class Cat(Base):
    lives: int = 9


class Dog(Base):
    barks: bool = True
    tags: dict[str, Any] = {}
