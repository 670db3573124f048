# mypy: ignore-errors
"""Dependencies that yield when something fails: on the way out, before the endpoint, after it, in the generator."""

from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse, StreamingResponse

from differential.cases import case, get, post


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


@case(get("/request"), get("/function"), get("/function-http"), get("/request-http"), get("/ok"))
def exceptions_on_the_way_out(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def handle(request, exc):
        log("handled")
        return JSONResponse({"handled": True}, 400)

    def late():
        yield
        log("late")
        raise Broken("late")

    async def late_http():
        yield
        log("late http")
        raise HTTPException(418, "late")

    keep = opener(log, "keep", is_async=True)

    @app.get("/request")
    def request_scope(k=Depends(keep), x=Depends(late)):
        return "ok"

    @app.get("/function")
    def function_scope(k=Depends(keep), x=Depends(late, scope="function")):
        return "ok"

    @app.get("/function-http")
    def function_http(x=Depends(late_http, scope="function")):
        return "ok"

    @app.get("/request-http")
    def request_http(x=Depends(late_http)):
        return "ok"

    @app.get("/ok")
    def ok(k=Depends(keep)):
        return "ok"

    return app


@case(get("/?q=x"), get("/?q=1"), get("/fails"), post("/", content=b"{", content_type="application/json"))
def generators_end_when_the_endpoint_never_runs(log) -> FastAPI:
    app = FastAPI()
    opened, opened_async = opener(log, "one"), opener(log, "two", is_async=True)

    def fails():
        log("fails")
        raise HTTPException(403)

    @app.get("/")
    def read(q: int, a=Depends(opened), b=Depends(opened_async, scope="function")):
        return [a, b]

    @app.get("/fails")
    def read_fails(a=Depends(opened), b=Depends(opened_async, scope="function"), f=Depends(fails)):
        return [a, b]

    @app.post("/")
    def create(body: dict, a=Depends(opened)):
        return body

    return app


@case(get("/model"), get("/task"), get("/stream"), get("/response"))
def failures_after_the_endpoint(log) -> FastAPI:
    app = FastAPI()
    opened, opened_function = opener(log, "request"), opener(log, "function", is_async=True)

    def failing_task():
        log("task")
        raise Broken("task")

    async def chunks():
        log("chunk")
        yield b"a"
        log("chunk")
        yield b"b"

    @app.get("/model")
    def model(a=Depends(opened), b=Depends(opened_function, scope="function")) -> int:
        return "x"

    @app.get("/task")
    def task(tasks: BackgroundTasks, a=Depends(opened), b=Depends(opened_function, scope="function")):
        tasks.add_task(failing_task)
        return "ok"

    @app.get("/stream")
    def stream(a=Depends(opened), b=Depends(opened_function, scope="function")):
        return StreamingResponse(chunks(), media_type="text/plain")

    @app.get("/response")
    def response(a=Depends(opened), b=Depends(opened_function, scope="function")):
        return Response(b"raw")

    return app


@case(get("/never"), get("/twice"), get("/raise"), get("/anever"), get("/atwice"))
def generators_that_misbehave(log) -> FastAPI:
    app = FastAPI()

    def never():
        if log is None:
            yield

    def twice():
        yield 1
        log("second")
        yield 2

    def fails():
        log("before")
        raise Broken("before yield")
        yield

    async def anever():
        if log is None:
            yield

    async def atwice():
        yield 1
        log("second")
        yield 2

    for name, dependency in (
        ("never", never),
        ("twice", twice),
        ("raise", fails),
        ("anever", anever),
        ("atwice", atwice),
    ):

        def read(x: Annotated[Any, Depends(dependency)]):
            return x

        app.get(f"/{name}")(read)
    return app
