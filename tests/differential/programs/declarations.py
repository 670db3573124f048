# mypy: ignore-errors
"""Declarations that programs in the wild contain: cached functions, dataclasses, HTTPStatus, changed signatures."""

import enum
import functools
import inspect
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from fastapi import APIRouter, Body, Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from differential.cases import case, get, post

T = TypeVar("T")


class Item(BaseModel):
    name: str = "n"


@case(get("/"), get("/"), get("/endpoint"), get("/endpoint"), get("/override"))
def cached_functions(log) -> FastAPI:
    app = FastAPI()

    @functools.lru_cache
    def settings():
        log("settings are read")
        return {"a": 1}

    @functools.cache
    def endpoint():
        log("endpoint runs")
        return "cached"

    @app.get("/")
    def read(s: Annotated[dict, Depends(settings)], again=Depends(settings, use_cache=False)):
        return [s, again is s]

    @app.get("/override")
    def override(s=Depends(settings)):
        app.dependency_overrides[settings] = lambda: "override"
        return s

    app.get("/endpoint", name="endpoint")(endpoint)
    return app


def token(x_token: Annotated[str | None, Header()] = None) -> str | None:
    return x_token


@dataclass
class Paging:
    limit: int = 10
    offset: int = Query(0, ge=0)
    who: str | None = Depends(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    q: Annotated[str, Query(min_length=2)]
    tags: list[str] = field(default_factory=list)


@pydantic_dataclass
class Checked:
    n: int = 1


class Pair(NamedTuple):
    x: int
    y: int = 2


class Filters(BaseModel):
    kind: str = "k"
    n: int = 0


@case(
    get("/paging?limit=1&offset=2", {"x-token": "t"}),
    get("/paging?limit=x&offset=-1"),
    get("/frozen?q=ab"),
    get("/frozen?q=a"),
    get("/checked?n=5"),
    get("/pair?x=1"),
    get("/pair?x=y&y=z"),
    get("/model?kind=a&n=1"),
    get("/model?n=x"),
    post("/frozen", ["t"], scope={"query_string": b"q=abc"}),
)
def data_classes_of_every_kind_as_dependencies() -> FastAPI:
    app = FastAPI()

    @app.get("/paging")
    def paging(p: Annotated[Paging, Depends()]):
        return p

    @app.api_route("/frozen", methods=["GET", "POST"], operation_id="frozen")
    def frozen(p: Frozen = Depends()):
        return p

    @app.get("/checked")
    def checked(p: Checked = Depends(Checked)):
        return p

    @app.get("/pair")
    def pair(p: Annotated[Pair, Depends()]):
        return p

    @app.get("/model")
    def model(p: Annotated[Filters, Depends()]):
        return p

    return app


class Repository(ABC):
    @abstractmethod
    def find(self, n: int) -> int: ...


class Memory(Repository):
    instances: ClassVar[int] = 0

    def __init__(self) -> None:
        Memory.instances += 1

    def find(self, n: int) -> int:
        return n * 2


class Finder(Protocol):
    def find(self, n: int) -> int: ...


class Service(Generic[T]):
    def __init__(self, repository: Annotated[Repository, Depends(Memory)], scale: int = 1) -> None:
        self.repository, self.scale = repository, scale


class New:
    def __new__(cls, q: int = 3):
        self = super().__new__(cls)
        self.q = q
        return self


class Meta(type):
    def __call__(cls, q: int = 4):
        return f"made {q}"


class Made(metaclass=Meta):
    pass


@case(get("/5?scale=3"), get("/x"), get("/new?q=1"), get("/made?q=1"), get("/enum?value=a"), get("/enum?value=b"))
def classes_of_every_kind_as_dependencies() -> FastAPI:
    app = FastAPI()

    class Choice(enum.Enum):
        A = "a"

    @app.get("/new")
    def new(n: Annotated[New, Depends()]):
        return n.q

    @app.get("/made")
    def made(m=Depends(Made)):
        return m

    @app.get("/enum")
    def choice(value: Choice = Choice.A):
        return value

    @app.get("/{n}")
    def read(n: int, finder: Annotated[Finder, Depends(Memory)], service: Annotated[Service[int], Depends(Service)]):
        return [finder.find(n), service.scale, service.repository is finder]

    return app


@case(get("/created"), get("/http"), get("/injected"), get("/response"), get("/none"))
def statuses_of_the_standard_library() -> FastAPI:
    app = FastAPI()

    documented = {HTTPStatus.NOT_FOUND: {"description": "none"}, "409": {"model": Item}}

    @app.get("/created", status_code=HTTPStatus.CREATED, responses=documented)
    def created() -> Item:
        return Item()

    @app.get("/http")
    def http():
        raise HTTPException(HTTPStatus.IM_A_TEAPOT, HTTPStatus.IM_A_TEAPOT.phrase)

    @app.get("/injected")
    def injected(response: Response):
        response.status_code = HTTPStatus.ACCEPTED
        return {}

    @app.get("/response")
    def own():
        return PlainTextResponse("x", status_code=HTTPStatus.GONE)

    @app.get("/none", status_code=HTTPStatus.NO_CONTENT)
    def none():
        pass

    return app


@case(get("/lower"), post("/lower"), get("/set"), get("/tuple"), get("/default"), post("/default"))
def methods_given_in_many_ways() -> FastAPI:
    app = FastAPI()
    app.add_api_route("/lower", lambda: "l", methods=["get", "Post"], name="lower", operation_id="lower")
    app.add_api_route("/set", lambda: "s", methods={"GET"}, name="set")
    app.add_api_route("/tuple", lambda: "t", methods=("GET",), name="tuple")
    app.api_route("/default", name="default")(lambda: "d")
    return app


@case(get("/?q=1&r=2"), get("/?q=x"), get("/wrapped?q=1"))
def signatures_set_by_hand() -> FastAPI:
    app = FastAPI()

    def endpoint(**values):
        return values

    number = inspect.Parameter("q", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[int, Query(ge=0)])
    other = inspect.Parameter("r", inspect.Parameter.KEYWORD_ONLY, default=5, annotation=int)
    endpoint.__signature__ = inspect.Signature([number, other])
    app.get("/")(endpoint)

    def decorate(function):
        def inner(*args, **kwargs):
            return ["inner", function(*args, **kwargs)]

        inner.__signature__ = inspect.signature(function)
        inner.__name__ = function.__name__
        return inner

    @app.get("/wrapped")
    @decorate
    def wrapped(q: int):
        return q

    return app


class View:
    """A class whose methods become endpoints that get an instance injected."""

    prefix = "v"

    def __init__(self, q: int = 0) -> None:
        self.q = q

    def read(self, n: int):
        return [self.prefix, self.q, n]

    async def write(self, body: Annotated[dict[str, int], Body()]):
        return [self.q, body]


@case(get("/5?q=2"), get("/x?q=y"), post("/?q=1", {"a": 1}))
def class_based_views() -> FastAPI:
    router = APIRouter()

    def add(method: str, path: str, function) -> None:
        signature = inspect.signature(function)
        first, *rest = signature.parameters.values()
        rest = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in rest]
        function.__signature__ = signature.replace(parameters=[first.replace(default=Depends(View)), *rest])
        router.add_api_route(path, function, methods=[method])

    add("GET", "/{n}", View.read)
    add("POST", "/", View.write)
    app = FastAPI()
    app.include_router(router)
    return app


class Failing(JSONResponse):
    def render(self, content: Any) -> bytes:
        raise ValueError("cannot render")


class Strange(Response):
    def __init__(self, content=None, status_code=200, **kwargs):
        super().__init__(repr(content), status_code)
        self.headers["x-keys"] = ",".join(sorted(kwargs))


class Callable_:
    """No Response, but callable as one."""

    async def __call__(self, scope, receive, send):
        await PlainTextResponse("called")(scope, receive, send)


@case(get("/failing"), get("/strange"), get("/strange-model"), get("/callable"), get("/class"))
def unusual_responses() -> FastAPI:
    app = FastAPI()

    @app.get("/failing", response_class=Failing)
    def failing():
        return {}

    @app.get("/strange", response_class=Strange, status_code=201)
    def strange():
        return {"a": 1}

    @app.get("/strange-model", response_class=Strange, response_model=Item)
    def strange_model():
        return {"name": "x", "more": 1}

    @app.get("/callable")
    def of_callable():
        return Callable_()

    @app.get("/class")
    def of_class():
        return PlainTextResponse

    return app


@case(get("/?a=1&a=2&b=3"), get("/path/1"), get("/path/x"))
def parameters_shared_as_aliases() -> FastAPI:
    app = FastAPI()
    Numbers = Annotated[list[int], Query(description="many", max_length=5)]
    Id = Annotated[int, Path(ge=1, description="an id")]
    Found = Annotated[Item, Depends(lambda: Item(name="found"))]

    @app.get("/")
    def read(a: Numbers, b: Numbers = [0], found: Found = None):
        return [a, b, found]

    @app.get("/path/{item_id}")
    def path(item_id: Id, request: Request, found: Found):
        return [item_id, found]

    return app


@case(get("/"), get("/outside"))
def a_context_manager_used_inside_a_dependency(log) -> FastAPI:
    @asynccontextmanager
    async def opened():
        log("open")
        try:
            yield "resource"
        finally:
            log("close")

    async def dependency():
        async with opened() as resource:
            yield resource

    app = FastAPI()

    @app.get("/")
    async def read(resource: Annotated[str, Depends(dependency)]):
        return resource

    return app
