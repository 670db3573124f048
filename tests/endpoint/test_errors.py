"""Exceptions are answered by the handler of their status code, else of their class, else with 500."""

import asyncio
from typing import Any

import pytest
from endpoint.asgi import Client, answer, make_scope
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from vivace import APIRouter, FastAPI, HTTPException, Request
from vivace.middleware.errors import ErrorHandlers
from vivace.responses import JSONResponse


class Base(Exception):
    pass


class Derived(Base):
    pass


class Unhandled(Exception):
    pass


def app_raising(**handlers: Any) -> FastAPI:
    app = FastAPI(openapi_url=None, **handlers)

    @app.get("/http/{status}")
    async def http(status: int) -> None:
        raise HTTPException(status, detail={"why": [status]}, headers={"x-why": "because"})

    @app.get("/starlette")
    def starlette() -> None:
        raise StarletteHTTPException(403)

    @app.get("/derived")
    def derived() -> None:
        raise Derived("derived")

    @app.get("/unhandled")
    async def unhandled() -> None:
        raise Unhandled("unhandled")

    return app


def answering(text: str, status: int = 418) -> Any:
    async def handler(request: Request, exc: Exception) -> PlainTextResponse:
        return PlainTextResponse(text, status)

    return handler


def test_an_http_exception_is_answered_with_its_detail_and_headers(path: str) -> None:
    got = answer(app_raising(), "/http/409")
    assert (got.status, got.json) == (409, {"detail": {"why": [409]}})
    assert ("x-why", "because") in got.headers


def test_an_http_exception_of_starlette_is_one_too(path: str) -> None:
    assert answer(app_raising(), "/starlette").json == {"detail": "Forbidden"}


@pytest.mark.parametrize("status", [204, 304])
def test_an_http_exception_without_a_body_has_none(path: str, status: int) -> None:
    got = answer(app_raising(), f"/http/{status}")
    assert (got.status, got.body) == (status, b"")


def test_the_status_code_is_looked_up_before_the_class(path: str) -> None:
    app = app_raising(exception_handlers={409: answering("by status"), StarletteHTTPException: answering("by class")})
    assert [answer(app, f"/http/{status}").body for status in (409, 410)] == [b"by status", b"by class"]


def test_the_nearest_class_is_looked_up(path: str) -> None:
    app = app_raising()
    app.add_exception_handler(Base, answering("base"))
    assert answer(app, "/derived").body == b"base"
    app = app_raising()
    app.add_exception_handler(Base, answering("base"))
    app.exception_handler(Derived)(answering("derived"))
    assert answer(app, "/derived").body == b"derived"


def test_what_no_one_handles_is_500_and_reaches_the_server(path: str) -> None:
    got = answer(app_raising(), "/unhandled")
    assert (got.status, got.body) == (500, b"Internal Server Error")
    assert isinstance(got.error, Unhandled)


@pytest.mark.parametrize("key", [500, Exception])
def test_the_last_handler_answers_and_the_exception_still_reaches_the_server(path: str, key: Any) -> None:
    got = answer(app_raising(exception_handlers={key: answering("last", 500)}), "/unhandled")
    assert (got.status, got.body) == (500, b"last")
    assert isinstance(got.error, Unhandled)


def test_in_debug_mode_the_answer_shows_the_traceback(path: str) -> None:
    got = answer(app_raising(debug=True), "/unhandled")
    assert got.status == 500
    assert b"Unhandled: unhandled" in got.body


def test_a_handler_that_fails_is_the_fault_of_the_program(path: str) -> None:
    async def fails(request: Request, exc: Exception) -> None:
        raise ValueError("in the handler")

    got = answer(app_raising(exception_handlers={Base: fails}), "/derived")
    assert got.status == 500
    assert isinstance(got.error, ValueError)


def test_what_a_handler_raises_may_itself_have_a_handler(path: str) -> None:
    async def converts(request: Request, exc: Exception) -> None:
        raise HTTPException(409, "converted")

    assert answer(app_raising(exception_handlers={Base: converts}), "/derived").json == {"detail": "converted"}


def test_handlers_of_the_router_hold_for_all_routes(path: str) -> None:
    app = FastAPI(exception_handlers={Base: answering("of the app")})
    router = APIRouter()

    @router.get("/x")
    async def read() -> None:
        raise Derived

    app.include_router(router)
    assert answer(app, "/x").body == b"of the app"
    assert answer(app, "/missing").json == {"detail": "Not Found"}


def test_handlers_see_what_the_route_put_into_the_state(path: str) -> None:
    app = FastAPI()

    @app.exception_handler(Base)
    def read_state(request: Request, exc: Base) -> JSONResponse:
        return JSONResponse(request.state.who, status_code=418)

    @app.get("/{who}")
    async def read(who: str, request: Request) -> None:
        request.state.who = who
        raise Base

    assert answer(app, "/me").json == "me"


def test_an_exception_after_the_start_of_the_response_is_not_answered(path: str) -> None:
    app = FastAPI(exception_handlers={Base: answering("too late")})

    async def parts() -> Any:
        yield b"part"
        raise Base

    @app.get("/")
    async def read() -> StreamingResponse:
        return StreamingResponse(parts())

    got = answer(app, "/")
    assert (got.status, got.body) == (200, b"part")
    assert isinstance(got.error, RuntimeError | BaseExceptionGroup)


def test_an_app_below_that_is_not_ours_is_watched_too() -> None:
    app = FastAPI(exception_handlers={Base: answering("too late")})

    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("late"):
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise Base

    app.mount("/below", below)
    assert answer(app, "/below/early").body == b"too late"
    got = answer(app, "/below/late")
    assert got.status == 200
    assert str(got.error) == "Caught handled exception, but response already started."


def test_an_exception_object_may_be_raised_many_times(path: str) -> None:
    app = FastAPI()
    one = HTTPException(409)

    @app.get("/")
    async def read() -> None:
        raise one

    for _ in range(3):
        assert answer(app, "/").status == 409
    assert one.__traceback__ is None


@pytest.mark.parametrize("has_middleware", [False, True])
def test_middleware_of_the_program_does_not_change_who_answers(path: str, has_middleware: bool) -> None:
    app = app_raising(exception_handlers={500: answering("last", 500), Base: answering("base")})

    class PassingOn:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)

    if has_middleware:
        app.add_middleware(PassingOn)
    assert answer(app, "/derived").body == b"base"
    got = answer(app, "/unhandled")
    assert (got.body, type(got.error)) == (b"last", Unhandled)


def test_an_exception_of_the_lifespan_is_not_answered() -> None:
    async def fails(app: Any) -> Any:
        raise Base("at startup")
        yield

    app = FastAPI(lifespan=fails, exception_handlers={Base: answering("no")})
    sent: list[Any] = []

    async def run() -> None:
        async def receive() -> Any:
            return {"type": "lifespan.startup"}

        async def send(message: Any) -> None:
            sent.append(message)

        await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    with pytest.raises(Base, match="at startup"):
        asyncio.run(run())
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]


def test_a_handler_may_answer_nothing() -> None:
    async def silent(request: Request, exc: Exception) -> None: ...

    handlers = ErrorHandlers({Base: silent})
    client = Client()
    asyncio.run(handlers.answer(Base(), make_scope("/"), client.receive, client.send))
    assert client.sent == []
