# mypy: ignore-errors
"""Middleware: order, functions, classes, pure ASGI, bodies, exceptions, streams, context variables."""

import contextvars

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel

from differential.cases import case, get, post


class Item(BaseModel):
    name: str


def add_routes(app, log):
    @app.get("/")
    async def root(request: Request):
        log("endpoint", request.url.path)
        return {"ok": True, "state": getattr(request.state, "value", None)}

    @app.get("/sync/{n}")
    def sync(n: int, tasks: BackgroundTasks):
        tasks.add_task(log, "task")
        return n

    @app.post("/items")
    async def create(item: Item):
        return item

    @app.get("/boom")
    def boom():
        raise ValueError("boom")

    @app.get("/http")
    def http():
        raise HTTPException(400, "http")

    @app.get("/stream")
    async def stream():
        async def chunks():
            for number in range(3):
                log("chunk", number)
                yield str(number)

        return StreamingResponse(chunks(), media_type="text/plain")


ALL = [
    get("/"),
    get("/sync/1"),
    get("/sync/x"),
    post("/items", {"name": "a"}),
    post("/items", {}),
    get("/boom"),
    get("/http"),
    get("/stream"),
    get("/none"),
    post("/"),
]


@case(*ALL)
def one_function(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next):
        log("before", request.method, request.url.path)
        request.state.value = 5
        response = await call_next(request)
        log("after", response.status_code)
        response.headers["x-around"] = "1"
        return response

    add_routes(app, log)
    return app


@case(*ALL)
def several_functions(log) -> FastAPI:
    app = FastAPI()
    for name in ("inner", "middle", "outer"):

        @app.middleware("http")
        async def around(request: Request, call_next, name=name):
            log(name, "before")
            response = await call_next(request)
            log(name, "after")
            response.headers.append("x-order", name)
            return response

    add_routes(app, log)
    return app


@case(*ALL)
def exceptions_seen_by_a_function(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(KeyError)
    async def handle(request, exc):
        return PlainTextResponse("handled", 400)

    @app.middleware("http")
    async def around(request: Request, call_next):
        try:
            return await call_next(request)
        except ValueError as exc:
            log("saw", str(exc))
            return JSONResponse({"caught": str(exc)}, 500)
        finally:
            log("finally")

    add_routes(app, log)
    return app


@case(get("/"), get("/http"), get("/key"))
def a_function_that_raises(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(KeyError)
    async def handle(request, exc):
        return PlainTextResponse("never: outside of the handlers", 400)

    @app.middleware("http")
    async def around(request: Request, call_next):
        if request.url.path == "/":
            raise RuntimeError("in middleware")
        if request.url.path == "/key":
            raise KeyError("in middleware")
        response = await call_next(request)
        if response.status_code == 400:
            raise HTTPException(418, "after")
        return response

    add_routes(app, log)
    return app


@case(*ALL)
def a_function_that_answers_itself(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next):
        if request.url.path != "/sync/1":
            return PlainTextResponse("short cut", 299)
        response = await call_next(request)
        return Response(b"replaced", response.status_code)

    add_routes(app, log)
    return app


@case(*ALL, post("/items", content=[b'{"na', b'me": "', b'a"}'], content_type="application/json"))
def a_body_read_by_a_function(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next):
        log("body", (await request.body()).decode())
        response = await call_next(request)
        chunks = [chunk async for chunk in response.body_iterator]
        log(
            "answer",
            b"".join(bytes(chunk) if not isinstance(chunk, str) else chunk.encode() for chunk in chunks).decode(),
        )
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(b"[" + b"".join(chunks) + b"]", response.status_code, headers)

    add_routes(app, log)
    return app


@case(post("/items", {"name": "a"}), post("/items", content=[b'{"name"', b':"a"}'], content_type="application/json"))
def a_body_streamed_by_a_function(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next):
        async for chunk in request.stream():
            log("chunk", chunk.decode())
        return await call_next(request)

    add_routes(app, log)
    return app


@case(get("/"), get("/none"))
def a_function_that_returns_nothing(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next):
        await call_next(request)

    add_routes(app, log)
    return app


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@case(get("/read"), get("/set"), get("/read"))
def context_variables(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request: Request, call_next):
        variable.set("middleware")
        response = await call_next(request)
        log("after", variable.get())
        return response

    async def dependency():
        variable.set("dependency")

    @app.get("/read")
    def read():
        return variable.get()

    @app.get("/set")
    async def set_it(d=Depends(dependency)):
        value = variable.get()
        variable.set("endpoint")
        return value

    return app


@case(*ALL)
def dependencies_and_background_tasks_under_a_function(log) -> FastAPI:
    async def opened():
        log("enter")
        yield
        log("exit")

    app = FastAPI(dependencies=[Depends(opened)])

    @app.middleware("http")
    async def around(request: Request, call_next):
        log("before")
        response = await call_next(request)
        log("after")
        return response

    add_routes(app, log)
    return app


@case(
    get("/lines"),
    get("/chunks"),
    get("/task"),
    get("/lines?error=key"),
    get("/chunks?error=key"),
    get("/task?error=key"),
)
def failures_after_the_start_under_a_function(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(KeyError)
    async def handle(request, exc):
        return PlainTextResponse("never: the response has started", 400)

    @app.middleware("http")
    async def around(request: Request, call_next):
        return await call_next(request)

    def fail(error):
        raise KeyError("key") if error == "key" else HTTPException(418)

    @app.get("/lines")
    async def lines(error: str = ""):
        yield 1
        fail(error)

    @app.get("/chunks")
    async def chunks(error: str = ""):
        async def content():
            yield "1"
            fail(error)

        return StreamingResponse(content())

    @app.get("/task")
    async def task(tasks: BackgroundTasks, error: str = ""):
        tasks.add_task(fail, error)
        return 1

    return app
