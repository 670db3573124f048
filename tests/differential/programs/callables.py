# mypy: ignore-errors
"""What may stand as an endpoint or a dependency: functions, partials, wrappers, instances, classes, methods."""

import asyncio
import functools
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, Query, Request, Response
from fastapi.requests import HTTPConnection
from pydantic import BaseModel

from differential.cases import case, get


class Item(BaseModel):
    name: str


@case(get("/a?q=1"), get("/b?q=1"), get("/c?q=1&r=2"), get("/d?q=x"), get("/e?q=1"), get("/f?q=1"), get("/g?q=1"))
def partials() -> FastAPI:
    app = FastAPI()

    def base(q: int, r: int = 0, *, s: str = "s"):
        return [q, r, s]

    async def base_async(q: int, r: int = 0):
        return [q, r]

    app.get("/a")(functools.partial(base))
    app.get("/b")(functools.partial(base, r=5))
    app.get("/c", name="named")(functools.partial(base_async, s=1) if False else functools.partial(base_async))
    app.get("/d")(functools.partial(functools.partial(base, s="t"), r=6))
    app.get("/e")(functools.partial(base_async, r=3))

    @app.get("/f")
    def dependency(x: Annotated[Any, Depends(functools.partial(base, r=7))]):
        return x

    @app.get("/g")
    def positional(x: Annotated[Any, Depends(functools.partial(base, 9))]):
        return x

    return app


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return {"wrapped": function(*args, **kwargs)}

    return wrapper


def logged_async(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        value = function(*args, **kwargs)
        return {"wrapped": await value if asyncio.iscoroutine(value) else value}

    return wrapper


@case(
    get("/a?q=1"),
    get("/b?q=1"),
    get("/c?q=x"),
    get("/d?q=1"),
    get("/e?q=1"),
    get("/f?q=1"),
    get("/g?q=1"),
    get("/h?q=1"),
)
def wrapped_functions() -> FastAPI:
    app = FastAPI()

    @app.get("/a")
    @logged
    def plain(q: int):
        """The docstring of the wrapped function."""
        return q

    @app.get("/b")
    @logged_async
    async def coroutine(q: int):
        return q

    @app.get("/c")
    @logged_async
    def mixed(q: int):
        return q

    @logged
    def sync_dependency(q: int):
        return q

    @logged_async
    async def async_dependency(q: int):
        return q

    @app.get("/d")
    def read_d(x=Depends(sync_dependency)):
        return x

    @app.get("/e")
    def read_e(x=Depends(async_dependency)):
        return x

    app.get("/f")(functools.partial(plain))
    app.get("/g")(logged(functools.partial(lambda q: q)))

    @app.get("/h")
    @logged
    @logged
    def twice(q: int):
        return q

    return app


@case(
    get("/gen?q=1"),
    get("/agen?q=1"),
    get("/partial-gen?q=1"),
    get("/wrapped-gen?q=1"),
    get("/instance?q=1"),
    get("/method?q=2"),
)
def generators_of_every_form(log) -> FastAPI:
    app = FastAPI()

    def gen(q: int, name: str = "gen"):
        log("enter", name)
        yield q
        log("exit", name)

    async def agen(q: int, name: str = "agen"):
        log("enter", name)
        yield q
        log("exit", name)

    @functools.wraps(gen)
    def wrapped(*args, **kwargs):
        yield from gen(*args, **kwargs)

    class Instance:
        def __call__(self, q: int):
            log("enter instance")
            yield q
            log("exit instance")

        async def method(self, q: int):
            log("enter method")
            yield q
            log("exit method")

    for path, dependency in (
        ("/gen", gen),
        ("/agen", agen),
        ("/partial-gen", functools.partial(agen, name="p")),
        ("/wrapped-gen", wrapped),
        ("/instance", Instance()),
        ("/method", Instance().method),
    ):

        def read(x: Annotated[Any, Depends(dependency)]):
            return x

        app.get(path)(read)
    return app


@case(
    get("/sync?q=1"),
    get("/async?q=1"),
    get("/method?q=x"),
    get("/amethod?q=1"),
    get("/static?q=1"),
    get("/class?q=1"),
    get("/dep?q=1"),
)
def instances_and_methods() -> FastAPI:
    app = FastAPI()

    class Sync:
        def __call__(self, q: int):
            return ["sync", q]

    class Async:
        async def __call__(self, q: int):
            return ["async", q]

        def method(self, q: int):
            return ["method", q]

        async def amethod(self, q: int):
            return ["amethod", q]

        @staticmethod
        def static(q: int):
            return ["static", q]

        @classmethod
        def class_method(cls, q: int):
            return [cls.__name__, q]

    app.get("/sync", name="sync")(Sync())
    app.get("/async", name="async")(Async())
    app.get("/method")(Async().method)
    app.get("/amethod")(Async().amethod)
    app.get("/static")(Async.static)
    app.get("/class")(Async.class_method)

    @app.get("/dep")
    async def read(
        a=Depends(Sync()),
        b=Depends(Async()),
        c=Depends(Async().method),
        d=Depends(Async().amethod),
        e=Depends(Async.static),
        f=Depends(Async.class_method),
    ):
        return [a, b, c, d, e, f]

    return app


@case(get("/?q=1&skip=2"), get("/?q=x&skip=y"), get("/model?name=a"), get("/model"), get("/short?q=3"))
def classes_as_dependencies() -> FastAPI:
    app = FastAPI()

    class Common:
        def __init__(self, q: int, skip: int = 0, limit: Annotated[int, Query(le=100)] = 10):
            self.q, self.skip, self.limit = q, skip, limit

    class Short:
        def __init__(self, q: int | None = None):
            self.q = q

    @app.get("/")
    def read(c: Annotated[Common, Depends(Common)]):
        return [c.q, c.skip, c.limit]

    @app.get("/model")
    def model(item: Item = Depends()):
        return item

    @app.get("/short")
    def short(s: Annotated[Short, Depends()], t: Short = Depends()):
        return [s.q, t is s]

    return app


@case(get("/a?args=1&kwargs=2"), get("/a"), get("/b?q=1"), get("/c?q=1"))
def star_arguments() -> FastAPI:
    app = FastAPI()

    @app.get("/a")
    def read(*args, **kwargs):
        return [args, kwargs]

    @app.get("/b")
    def keyword_only(*, q: int, r: int = 2):
        return [q, r]

    return app


@case(get("/?q=1"))
def positional_only_arguments() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: int, /):
        return q

    return app


@case(get("/"), get("/connection"), get("/optional"))
def special_arguments() -> FastAPI:
    app = FastAPI()

    class MyRequest(Request):
        pass

    @app.get("/")
    async def read(request: MyRequest, response: Response, tasks: BackgroundTasks):
        response.headers["x"] = "1"
        return [request.method, type(request).__name__, type(response).__name__, type(tasks).__name__]

    @app.get("/connection")
    async def of_connection(connection: HTTPConnection, n: int = 1):
        return [connection.url.path, type(connection).__name__, n]

    @app.get("/optional")
    async def optional(request: Request = None, response: Response = None, tasks: BackgroundTasks = None):
        return [request.method, type(response).__name__, type(tasks).__name__]

    return app


@case(get("/"))
def a_dependency_on_a_special_type_wins() -> FastAPI:
    app = FastAPI()

    def make(request: Request):
        return "made"

    @app.get("/")
    def read(request: Annotated[Request, Depends(make)], response: Response = Depends(make)):
        return [request, response]

    return app


@case(get("/lambda?q=1"), get("/dep"))
def lambdas() -> FastAPI:
    app = FastAPI()

    app.get("/lambda")(lambda q: q)

    @app.get("/dep")
    def read(a=Depends(lambda: "lambda")):
        return a

    return app


@case(get("/a"), get("/b"), get("/c"), get("/d"))
def functions_that_return_awaitables() -> FastAPI:
    app = FastAPI()

    async def value():
        return "value"

    async def dependency():
        return "dependency"

    @app.get("/a")
    def returns_a_coroutine():
        coroutine = value()
        coroutine.close()
        return "closed"

    @app.get("/b")
    async def awaits():
        return await value()

    @app.get("/c")
    def depends_on_a_lambda(x=Depends(lambda: [1])):
        return x

    @app.get("/d")
    async def depends(x=Depends(dependency)):
        return x

    return app


@case(error_text="")
def depends_on_what_cannot_be_called():
    app = FastAPI()

    @app.get("/")
    def read(x=Depends("text")):
        return x


@case(error_text="")
def depends_in_annotated_and_as_default():
    app = FastAPI()

    def make():
        return 1

    @app.get("/")
    def read(x: Annotated[int, Depends(make)] = Depends(make)):
        return x
