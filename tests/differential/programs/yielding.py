# mypy: ignore-errors
"""Dependencies that yield: when they end, in which order, and what becomes of exceptions."""

import contextlib
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from differential.cases import case, get


class Broken(Exception):
    pass


def opener(log, name, *, is_async=False):
    if is_async:

        async def dependency():
            log("enter", name)
            try:
                yield name
            except BaseException as exc:
                log(name, "saw", type(exc).__name__)
                raise
            finally:
                log("exit", name)
    else:

        def dependency():
            log("enter", name)
            try:
                yield name
            except BaseException as exc:
                log(name, "saw", type(exc).__name__)
                raise
            finally:
                log("exit", name)

    return dependency


@case(get("/sync"), get("/async"), get("/sync?fail=1"), get("/async?fail=1"), get("/sync?http=1"), get("/async?http=1"))
def the_order_of_everything(log) -> FastAPI:
    app = FastAPI()

    def end(fail, http, tasks):
        log("endpoint")
        tasks.add_task(log, "task")
        if fail:
            raise Broken("broken")
        if http:
            raise HTTPException(418, "teapot")
        return "ok"

    SyncRequest = Annotated[Any, Depends(opener(log, "sync request"))]
    AsyncRequest = Annotated[Any, Depends(opener(log, "async request", is_async=True), scope="request")]
    SyncFunction = Annotated[Any, Depends(opener(log, "sync function"), scope="function")]
    AsyncFunction = Annotated[Any, Depends(opener(log, "async function", is_async=True), scope="function")]

    @app.get("/sync")
    def sync_read(
        tasks: BackgroundTasks,
        a: SyncRequest,
        b: SyncFunction,
        c: AsyncRequest,
        d: AsyncFunction,
        fail: bool = False,
        http: bool = False,
    ):
        return end(fail, http, tasks)

    @app.get("/async")
    async def async_read(
        tasks: BackgroundTasks,
        d: AsyncFunction,
        c: AsyncRequest,
        b: SyncFunction,
        a: SyncRequest,
        fail: bool = False,
        http: bool = False,
    ):
        return end(fail, http, tasks)

    return app


@case(get("/"), get("/?fail=1"))
def nested_generators(log) -> FastAPI:
    app = FastAPI()

    def first():
        log("first in")
        try:
            yield 1
        finally:
            log("first out")

    async def second(x=Depends(first)):
        log("second in")
        try:
            yield x + 1
        finally:
            log("second out")

    def third(y=Depends(second), x=Depends(first)):
        log("third in")
        try:
            yield x + y
        finally:
            log("third out")

    @app.get("/")
    def read(z=Depends(third), fail: bool = False):
        log("endpoint")
        if fail:
            raise Broken
        return z

    return app


@case(get("/convert"), get("/replace"), get("/respond"), get("/order"), get("/http"))
def exceptions_are_converted(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def handle(request, exc):
        log("handled", str(exc))
        return JSONResponse({"broken": str(exc)}, 400)

    async def convert():
        try:
            yield
        except Broken as exc:
            raise HTTPException(409, f"converted {exc}") from exc

    def replace():
        try:
            yield
        except KeyError as exc:
            raise Broken("was a KeyError") from exc

    async def outer():
        try:
            yield
        except HTTPException as exc:
            log("outer saw", exc.status_code)
            raise HTTPException(410, "outer") from exc

    def sees_http():
        try:
            yield
        except HTTPException as exc:
            log("saw", exc.detail)
            raise

    @app.get("/convert")
    def read_convert(x=Depends(convert)):
        raise Broken("b")

    @app.get("/replace")
    async def read_replace(x=Depends(replace)):
        raise KeyError("k")

    @app.get("/respond")
    async def respond(x=Depends(convert)):
        raise ValueError("not converted")

    @app.get("/order")
    def order(a=Depends(outer), b=Depends(convert)):
        raise Broken("b")

    @app.get("/http")
    def http(a=Depends(sees_http)):
        raise HTTPException(404, "gone")

    return app


@case(get("/sync"), get("/async"), get("/inner"))
def a_swallowed_exception(log) -> FastAPI:
    app = FastAPI()

    def swallow():
        with contextlib.suppress(Broken):
            yield
        log("swallowed")

    async def swallow_async():
        with contextlib.suppress(Broken):
            yield
        log("swallowed")

    async def failing(x=Depends(swallow)):
        raise Broken

    @app.get("/sync")
    def read(x=Depends(swallow)):
        raise Broken

    @app.get("/async")
    async def read_async(x=Depends(swallow_async)):
        raise Broken

    @app.get("/inner")
    async def inner(x=Depends(failing)):
        log("never")

    return app


@case(get("/"), get("/"))
def use_cache_and_scopes(log) -> FastAPI:
    app = FastAPI()
    numbers = iter(range(10))

    def opened():
        number = next(numbers)
        log("enter", number)
        yield number
        log("exit", number)

    @app.get("/")
    def read(
        a=Depends(opened), b=Depends(opened), c=Depends(opened, use_cache=False), d=Depends(opened, scope="function")
    ):
        return [a, b, c, d]

    return app


@case(get("/"))
def a_function_scoped_dependency_of_a_plain_one(log) -> FastAPI:
    app = FastAPI()
    inner = opener(log, "inner", is_async=True)

    def plain(x=Depends(inner, scope="function")):
        log("plain", x)
        return x

    async def outer_function(x=Depends(plain)):
        log("outer in")
        yield x
        log("outer out")

    @app.get("/")
    def read(a=Depends(outer_function, scope="function"), b=Depends(plain)):
        return [a, b]

    return app


@case(get("/a"), get("/b/c"))
def the_dependency_changes_the_response(log) -> FastAPI:
    async def timing(request: Request, response: Response):
        response.headers["x-before"] = "1"
        yield
        response.headers["x-after"] = "1"
        log("after", request.url.path)

    app = FastAPI(dependencies=[Depends(timing)])

    @app.get("/a")
    def a():
        return "a"

    @app.get("/b/c", dependencies=[Depends(timing, scope="function")])
    def b():
        return "b"

    return app
