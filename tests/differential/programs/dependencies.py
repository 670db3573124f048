# mypy: ignore-errors
"""Dependencies: order, sharing, caching, levels, context variables, concurrency."""

import asyncio
import contextvars
import threading
from dataclasses import FrozenInstanceError
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel

from differential.cases import case, get, post


@case(get("/"), get("/again"))
def order_and_sharing(log) -> FastAPI:
    app = FastAPI()

    def root():
        log("root")
        return object()

    async def left(r=Depends(root)):
        log("left")
        return r

    def right(r=Depends(root)):
        log("right")
        return r

    @app.get("/")
    def read(b=Depends(right), a=Depends(left), r=Depends(root)):
        log("endpoint")
        return [a is b, r is a]

    @app.get("/again")
    async def again(a=Depends(left), a2=Depends(left)):
        return a is a2

    return app


@case(get("/"), get("/off-first"), get("/nested"))
def use_cache(log) -> FastAPI:
    app = FastAPI()
    count = iter(range(100))

    def counter():
        value = next(count)
        log("count", value)
        return value

    def nested(a=Depends(counter, use_cache=False), b=Depends(counter)):
        return [a, b]

    @app.get("/")
    def read(a=Depends(counter), b=Depends(counter), c=Depends(counter, use_cache=False), d=Depends(counter)):
        return [a, b, c, d]

    @app.get("/off-first")
    def off(a=Depends(counter, use_cache=False), b=Depends(counter), c=Depends(counter, use_cache=False)):
        return [a, b, c]

    @app.get("/nested")
    def read_nested(n=Depends(nested), a=Depends(counter), m=Depends(nested, use_cache=False)):
        return [n, a, m]

    return app


@case(get("/r/x/y?token=1"), get("/r/x/y"), get("/app?token=1"), get("/app"))
def dependencies_of_every_level(log) -> FastAPI:
    def make(name):
        def dependency(response: Response, token: str = "none"):
            log(name, token)
            response.headers.append("x-order", name)

        return Depends(dependency)

    app = FastAPI(dependencies=[make("app1"), make("app2")])
    outer = APIRouter(prefix="/r", dependencies=[make("outer")])
    inner = APIRouter(prefix="/x", dependencies=[make("inner")])

    @inner.get("/y", dependencies=[make("route1"), make("route2")])
    def read(p: Annotated[None, make("parameter")]):
        log("endpoint")
        return "ok"

    @app.get("/app")
    def plain(token: Annotated[str, Query()]):
        return token

    outer.include_router(inner, dependencies=[make("include inner")])
    app.include_router(outer, dependencies=[make("include outer")])
    return app


@case(get("/"), get("/x"))
def a_dependency_of_a_level_that_refuses(log) -> FastAPI:
    def refuse(request: Request):
        log("asked")
        if request.url.path == "/":
            raise HTTPException(403, "not here")

    app = FastAPI(dependencies=[Depends(refuse)])

    @app.get("/")
    def read():
        log("never")

    @app.get("/x")
    def other():
        return "x"

    return app


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@case(get("/async"), get("/sync"), get("/yield"), get("/async"))
def context_variables(log) -> FastAPI:
    app = FastAPI()

    async def set_async():
        variable.set("async")

    def set_sync():
        log("sync dependency sees", variable.get())
        variable.set("sync")

    async def set_yield():
        token = variable.set("yield")
        yield
        log("exit sees", variable.get())
        variable.reset(token)

    @app.get("/async")
    async def of_async(x=Depends(set_async)):
        return variable.get()

    @app.get("/sync")
    def of_sync(a=Depends(set_async), b=Depends(set_sync)):
        return variable.get()

    @app.get("/yield")
    def of_yield(a=Depends(set_yield)):
        return variable.get()

    return app


@case(get("/"))
def where_functions_run(log) -> FastAPI:
    app = FastAPI()
    main = threading.get_ident()

    def where(name):
        log(name, "loop" if threading.get_ident() == main else "thread")

    def sync_dependency():
        where("sync dependency")

    async def async_dependency():
        where("async dependency")

    def sync_generator():
        where("sync enter")
        yield
        where("sync exit")

    async def async_generator():
        where("async enter")
        yield
        where("async exit")

    def task():
        where("task")

    async def async_task():
        where("async task")

    @app.get("/")
    def read(
        tasks: BackgroundTasks,
        a=Depends(sync_dependency),
        b=Depends(async_dependency),
        c=Depends(sync_generator),
        d=Depends(async_generator),
    ):
        where("endpoint")
        tasks.add_task(task)
        tasks.add_task(async_task)

    return app


@case(get("/?q=1&r=2"), get("/?q=x"))
def the_request_and_response_are_shared(log) -> FastAPI:
    app = FastAPI()

    async def first(request: Request, response: Response, q: int):
        request.state.value = q
        response.headers["x-first"] = str(q)
        response.status_code = 201
        response.set_cookie("c", "1")
        return request

    def second(request: Request, response: Response, tasks: BackgroundTasks, f=Depends(first)):
        log(request is f, request.state.value, response.status_code)
        tasks.add_task(log, "task of the dependency")

    @app.get("/")
    async def read(request: Request, response: Response, tasks: BackgroundTasks, s=Depends(second), r: int = 0):
        tasks.add_task(log, "task of the endpoint")
        response.headers["x-endpoint"] = str(request.state.value)
        return r

    return app


@case(*[get("/") for _ in range(4)], concurrent=True)
def max_concurrency(log) -> FastAPI:
    app = FastAPI()
    running = 0

    async def limited():
        nonlocal running
        running += 1
        log("inside", running <= 2)
        await asyncio.sleep(0)
        yield running
        await asyncio.sleep(0)
        running -= 1

    @app.get("/")
    async def read(x: Annotated[int, Depends(limited, max_concurrency=2)]):
        await asyncio.sleep(0)
        return x <= 2

    return app


@case(get("/a"), get("/a"), get("/b"))
def max_concurrency_of_one_after_the_other(log) -> FastAPI:
    app = FastAPI()

    def limited():
        log("in")
        yield 1
        log("out")

    Limited = Annotated[int, Depends(limited, max_concurrency=1)]

    @app.get("/a")
    def a(x: Limited):
        return x

    @app.get("/b")
    async def b(x: Limited, y: Limited):
        return [x, y]

    return app


@case()
def depends_is_a_value(log) -> None:
    def make():
        return 1

    log(
        repr(Depends(make)).split(" at ")[0], Depends(make) == Depends(make), hash(Depends(make)) == hash(Depends(make))
    )
    log(Depends(make) == Depends(make, use_cache=False), Depends(make).scope, Depends(make).use_cache)
    try:
        Depends(make).use_cache = False
    except FrozenInstanceError as exc:
        log(type(exc).__name__)


class Item(BaseModel):
    n: int


@case(post("/", {"n": 1}), post("/", {"n": "x"}), post("/plain", {"n": 1}))
def values_of_any_kind_pass_through() -> FastAPI:
    app = FastAPI()

    def none():
        return None

    def model(item: Item):
        return item

    def generator():
        return (n for n in range(3))

    @app.post("/")
    def create(a: Annotated[int, Depends(none)], b: Annotated[str, Depends(model)], c=Depends(generator)):
        return [a, b, list(c)]

    @app.post("/plain")
    def plain(b: Item = Depends(model)):
        return b

    return app


@case(get("/1?q=2"), get("/x?q=y"))
def path_parameters_in_dependencies() -> FastAPI:
    router = APIRouter(prefix="/{n}")
    app = FastAPI()

    def of_path(n: int):
        return n

    def of_both(n: float, q: int):
        return [n, q]

    @router.get("")
    def read(a=Depends(of_path), b=Depends(of_both), n: str = "") -> list:
        return [a, b, n]

    app.include_router(router)
    return app


@case(get("/?x=1"), get("/?x=x"))
def a_long_chain(log) -> FastAPI:
    app = FastAPI()

    def start(x: int = 0):
        return x

    previous = start
    for _ in range(30):

        async def link(value=Depends(previous)):
            return value + 1

        previous = link

    @app.get("/")
    def read(value=Depends(previous)):
        return value

    return app


@case(error_text='dependency "outer" has a scope of "request", it cannot depend on dependencies with scope "function"')
def a_request_scoped_generator_on_a_function_scoped_one_is_refused():
    def inner():
        yield 1

    def outer(x=Depends(inner, scope="function")):
        yield x

    app = FastAPI()

    @app.get("/")
    def read(x=Depends(outer)):
        return x
