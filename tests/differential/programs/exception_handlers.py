# mypy: ignore-errors
"""Exception handlers: by status, by class, along the MRO, failing ones, and what reaches the server."""

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from differential.cases import case, get, post


class Broken(Exception):
    pass


class MoreBroken(Broken):
    pass


class Teapot(HTTPException):
    pass


@case(get("/broken"), get("/more"), get("/teapot"), get("/value"), get("/404"), get("/nope"), get("/418"))
def by_class_and_status() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def broken(request, exc):
        return JSONResponse({"broken": type(exc).__name__, "path": request.url.path}, 400)

    @app.exception_handler(404)
    def missing(request, exc):
        return PlainTextResponse(f"404 {exc.detail}", 404)

    @app.exception_handler(Teapot)
    async def teapot(request, exc):
        return PlainTextResponse("by class", 418)

    @app.exception_handler(418)
    async def teapot_status(request, exc):
        return PlainTextResponse("by status", 418)

    @app.get("/broken")
    async def raise_broken():
        raise Broken

    @app.get("/more")
    def raise_more():
        raise MoreBroken

    @app.get("/teapot")
    def raise_teapot():
        raise Teapot(419)

    @app.get("/value")
    def raise_value():
        raise ValueError("unhandled")

    @app.get("/{code:int}")
    def raise_status(code: int):
        raise Teapot(code)

    return app


@case(get("/"), get("/http"), get("/nope"), get("/?n=x"), post("/"))
def every_http_exception_by_starlettes_class() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(StarletteHTTPException)
    async def handle(request, exc):
        return PlainTextResponse(f"{type(exc).__name__} {exc.detail}", exc.status_code, headers=exc.headers)

    @app.get("/")
    def read(n: int = 0):
        raise StarletteHTTPException(400, "starlette")

    @app.get("/http")
    def http():
        raise HTTPException(400, {"detail": "ours"}, headers={"x": "1"})

    return app


@case(get("/"), get("/http"), get("/nope"))
def only_our_http_exception() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(HTTPException)
    async def handle(request, exc):
        return PlainTextResponse("ours", exc.status_code)

    @app.get("/")
    def read():
        raise StarletteHTTPException(400, "starlette")

    @app.get("/http")
    def http():
        raise HTTPException(400, "ours")

    return app


@case(get("/"), get("/http500"), get("/handled"))
def the_handler_of_500_answers_and_the_exception_goes_on() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(500)
    async def handle(request, exc):
        return JSONResponse({"oops": type(exc).__name__}, status_code=500)

    @app.exception_handler(Broken)
    async def broken(request, exc):
        return PlainTextResponse("broken", 500)

    @app.get("/")
    def read():
        raise ValueError("boom")

    @app.get("/http500")
    def http():
        raise HTTPException(500, "http")

    @app.get("/handled")
    def handled():
        raise MoreBroken

    return app


@case(get("/"), get("/http"), get("/nope"))
def the_handler_of_exception() -> FastAPI:
    def handle(request, exc):
        return PlainTextResponse(f"any {exc}", status_code=503)

    app = FastAPI(exception_handlers={Exception: handle})

    @app.get("/")
    def read():
        raise ValueError("boom")

    @app.get("/http")
    def http():
        raise HTTPException(400, "http")

    return app


@case(get("/"), get("/second"))
def a_handler_that_raises() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def handle(request, exc):
        raise RuntimeError("in the handler") from exc

    @app.exception_handler(KeyError)
    async def converts(request, exc):
        raise HTTPException(400, "converted")

    @app.get("/")
    def read():
        raise Broken("x")

    @app.get("/second")
    def second():
        raise KeyError("x")

    return app


@case(get("/none"), get("/plain"))
def a_handler_that_returns_no_response() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def handle(request, exc):
        return None

    @app.get("/none")
    def read():
        raise Broken

    return app


class Out(BaseModel):
    a: int


@case(get("/wrong"), get("/list"), get("/none"), get("/async"))
def a_response_that_does_not_fit_its_model() -> FastAPI:
    app = FastAPI()

    @app.get("/wrong", response_model=Out)
    def wrong():
        return {"a": "x"}

    @app.get("/list")
    def many() -> list[Out]:
        return [{"a": 1}, {"b": 2}]

    @app.get("/none")
    def none() -> Out:
        return None

    @app.get("/async", response_model=int)
    async def coroutine():
        return "x"

    return app


@case(get("/"))
def a_response_validation_error_can_be_handled(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(ResponseValidationError)
    async def handle(request, exc):
        log(exc.errors(), exc.body)
        return PlainTextResponse("no fit", 502)

    @app.get("/", response_model=Out)
    def wrong():
        return {"a": "x"}

    return app


@case(get("/dep"), get("/yield"), get("/http"))
def exceptions_in_dependencies(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def handle(request, exc):
        log("handled")
        return PlainTextResponse("handled", 400)

    def failing():
        raise Broken

    async def opens():
        log("open")
        try:
            yield 1
        finally:
            log("close")

    def http():
        raise HTTPException(403, "no")

    @app.get("/dep")
    def dep(x=Depends(opens), y=Depends(failing)):
        return x

    @app.get("/yield")
    async def in_endpoint(x=Depends(opens)):
        log("endpoint")
        raise Broken

    @app.get("/http", dependencies=[Depends(opens), Depends(http)])
    def forbidden():
        return "never"

    return app


@case(get("/added"), get("/sub/x"), get("/sub/broken"), get("/router/broken"))
def handlers_of_apps_and_of_mounted_apps() -> FastAPI:
    async def handle(request, exc):
        return PlainTextResponse("outer", 400)

    async def inner_handle(request, exc):
        return PlainTextResponse("inner", 400)

    app = FastAPI(exception_handlers={Broken: handle})
    sub = FastAPI(exception_handlers={404: inner_handle})
    router = APIRouter(prefix="/router")
    app.add_exception_handler(KeyError, handle)

    @app.get("/added")
    def added():
        raise KeyError

    @sub.get("/broken")
    def sub_broken():
        raise Broken

    @router.get("/broken")
    def router_broken():
        raise Broken

    app.include_router(router)
    app.mount("/sub", sub)
    return app


@case(get("/?n=x"), get("/?n=1"))
def a_handler_for_validation_errors_by_value_error() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(ValueError)
    async def handle(request, exc):
        return PlainTextResponse(type(exc).__name__, 400)

    @app.exception_handler(422)
    async def unprocessable(request, exc):
        return PlainTextResponse("status 422", 422)

    @app.get("/")
    def read(n: int):
        raise ValueError("x")

    return app


@case(get("/group"), get("/base"), get("/stop"))
def unusual_exceptions() -> FastAPI:
    app = FastAPI()

    @app.get("/group")
    async def group():
        raise ExceptionGroup("many", [ValueError("a"), KeyError("b")])

    @app.get("/base")
    async def base():
        raise SystemError("base")

    @app.get("/stop")
    async def stop():
        raise StopAsyncIteration("x")

    return app


@case(get("/?n=x"))
def the_handlers_that_an_app_starts_with(log) -> FastAPI:
    app = FastAPI()
    log(sorted(getattr(key, "__name__", str(key)) for key in app.exception_handlers))
    log(RequestValidationError.__mro__[1].__name__, HTTPException.__mro__[1] is StarletteHTTPException)

    @app.get("/")
    def read(n: int):
        return n

    return app
