# mypy: ignore-errors
"""Websockets: what handlers and dependencies read, when things end, and what becomes of errors in every phase."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIWebSocketRoute
from pydantic import BaseModel, BeforeValidator
from starlette.routing import Mount, WebSocketRoute

from differential.cases import case, connect, get

DENIAL = {"extensions": {"websocket.http.response": {}}}


async def reply(websocket: WebSocket, value: Any) -> None:
    await websocket.accept()
    await websocket.send_json(value)
    await websocket.close()


@case(
    connect("/items/3?q=1&tags=a&tags=b", headers={"x-token": "t", "cookie": "session=s"}),
    connect("/items/3"),
    connect("/items/x?q=y", headers={"x-token": "t"}),
    connect("/items/999999"),
    connect("/items/3?q=&tags=", headers=[("x-token", "a"), ("x-token", "b")]),
    connect("/missing"),
    get("/items/3"),
)
def parameters_of_every_source() -> FastAPI:
    app = FastAPI()

    @app.websocket("/items/{item_id}")
    async def talk(
        websocket: WebSocket,
        item_id: Annotated[int, Path(le=1000)],
        x_token: Annotated[str, Header()],
        q: int | None = None,
        tags: Annotated[list[str], Query()] = [],
        session: Annotated[str, Cookie()] = "none",
    ):
        await reply(websocket, [item_id, x_token, q, tags, session])

    return app


class Filter(BaseModel):
    model_config = {"extra": "forbid"}
    limit: int = 10
    order: Literal["up", "down"] = "up"


class Heads(BaseModel):
    x_one: str
    x_two: list[int] = []


@case(
    connect("/?limit=3", headers={"x-one": "1"}),
    connect("/?limit=3&order=down", headers=[("x-one", "1"), ("x-two", "2"), ("x-two", "3")]),
    connect("/?limit=x&more=1"),
    connect("/"),
)
def parameter_models() -> FastAPI:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, found: Annotated[Filter, Query()], heads: Annotated[Heads, Header()]):
        await reply(websocket, [found.model_dump(), heads.model_dump()])

    return app


@case(connect("/"), connect("/none"))
def bodies_are_missing() -> FastAPI:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, item: Filter, other: Annotated[int, Body()] = 1):
        await reply(websocket, "reached")

    @app.websocket("/none")
    async def with_defaults(websocket: WebSocket, item: Filter | None = None, other: Annotated[int, Body()] = 1):
        await reply(websocket, [item, other])

    return app


@case(*[connect(f"/{number}") for number in range(7)], connect("/several"), connect("/default"))
def forms_and_embedded_bodies_are_missing_by_their_names() -> FastAPI:
    app = FastAPI()
    kinds = [
        Annotated[str, Form()],
        Annotated[str, Form(alias="other")],
        Annotated[Filter, Form()],
        Annotated[Filter | None, Form()],
        UploadFile,
        Annotated[bytes, File()],
        Annotated[Filter, Body(embed=True)],
    ]
    for number, kind in enumerate(kinds):

        @app.websocket(f"/{number}")
        async def talk(websocket: WebSocket, value: kind):
            await reply(websocket, "reached")

    def depends_on(value: Annotated[str, Form()]):
        return value

    @app.websocket("/several")
    async def several(websocket: WebSocket, own: Annotated[Filter, Form()], value=Depends(depends_on)):
        await reply(websocket, "reached")

    @app.websocket("/default")
    async def with_default(websocket: WebSocket, value: Annotated[str, Form()] = "default"):
        await reply(websocket, value)

    return app


@case(connect("/a"), connect("/b"), connect("/c"), connect("/d"))
def what_is_injected(log) -> FastAPI:
    app = FastAPI()

    def depends_on(connection: HTTPConnection, websocket: WebSocket, background: BackgroundTasks, response: Response):
        background.add_task(log, "background ran")
        response.headers["x"] = "y"
        return [connection is websocket, type(connection).__name__]

    @app.websocket("/a")
    async def a(websocket: WebSocket, value=Depends(depends_on)):
        await reply(websocket, value)

    @app.websocket("/b")
    async def b(websocket: HTTPConnection, background: BackgroundTasks, response: Response):
        await reply(websocket, [type(websocket).__name__, type(background).__name__, response.status_code])

    @app.websocket("/c")
    async def c(websocket: WebSocket, request: Request):
        await reply(websocket, "reached")

    class Mine(WebSocket):
        pass

    @app.websocket("/d")
    async def d(websocket: Mine):
        await reply(websocket, type(websocket).__name__)

    return app


@case(connect("/a", "one", "two"), connect("/a"), connect("/b"), connect("/c", "x"), connect("/a?fail=1"))
def when_yielding_dependencies_end(log) -> FastAPI:
    app = FastAPI()

    def noting(name: str):
        async def asynchronous(websocket: WebSocket) -> AsyncIterator[str]:
            log("enter", name, websocket.application_state.name)
            try:
                yield name
            except BaseException as exc:
                log("saw", name, type(exc).__name__)
                raise
            finally:
                log("exit", name, websocket.application_state.name, websocket.client_state.name)

        return asynchronous

    def threaded():
        log("enter thread")
        yield "thread"
        log("exit thread")

    outer, inner, brief = noting("outer"), noting("inner"), noting("function")

    @app.websocket("/a")
    async def a(
        websocket: WebSocket, x=Depends(outer), y=Depends(inner, use_cache=False), z=Depends(threaded), fail: int = 0
    ):
        await websocket.accept()
        if fail:
            raise ValueError("on purpose")
        while True:
            await websocket.send_text(await websocket.receive_text())

    @app.websocket("/b")
    async def b(websocket: WebSocket, x=Depends(outer), y=Depends(brief, scope="function")):
        await reply(websocket, [x, y])
        log("handler ends")

    @app.websocket("/c", dependencies=[Depends(outer), Depends(brief, scope="function")])
    async def c(websocket: WebSocket):
        await websocket.accept()
        log(await websocket.receive_text())

    return app


@case(connect("/swallow"), connect("/convert"), connect("/late"), connect("/accepted"))
def what_yielding_dependencies_do_with_errors(log) -> FastAPI:
    app = FastAPI()

    async def swallowing():
        try:
            yield
        except ValueError:
            log("swallowed")

    async def converting():
        try:
            yield
        except ValueError:
            raise WebSocketException(4001, "converted") from None

    async def failing_late():
        yield
        raise HTTPException(418, "late")

    @app.websocket("/swallow", dependencies=[Depends(swallowing)])
    async def swallow(websocket: WebSocket):
        raise ValueError("x")

    @app.websocket("/convert", dependencies=[Depends(converting)])
    async def convert(websocket: WebSocket):
        raise ValueError("x")

    @app.websocket("/late", dependencies=[Depends(failing_late)])
    async def late(websocket: WebSocket):
        await reply(websocket, "fine")

    @app.websocket("/accepted", dependencies=[Depends(converting)])
    async def accepted(websocket: WebSocket):
        await websocket.accept()
        raise ValueError("x")

    return app


def raising(exception: Exception | type[Exception]):
    def build() -> FastAPI:
        app = FastAPI()

        def fail():
            raise exception

        @app.websocket("/before")
        async def before(websocket: WebSocket):
            raise exception

        @app.websocket("/after")
        async def after(websocket: WebSocket):
            await websocket.accept()
            raise exception

        @app.websocket("/closed")
        async def closed(websocket: WebSocket):
            await websocket.accept()
            await websocket.close()
            raise exception

        @app.websocket("/sync-dependency")
        async def in_dependency(websocket: WebSocket, value=Depends(fail)):
            await websocket.accept()

        return app

    return build


PHASES = ("/before", "/after", "/closed", "/sync-dependency")
EVERY_PHASE = [
    *[connect(path, "x") for path in PHASES],
    *[connect(path, scope=DENIAL) for path in PHASES],
]


@case(*EVERY_PHASE)
def http_exceptions() -> FastAPI:
    return raising(HTTPException(403, {"why": "no"}, {"x-why": "no"}))()


@case(*EVERY_PHASE)
def http_exceptions_without_a_body() -> FastAPI:
    return raising(HTTPException(304))()


@case(*EVERY_PHASE)
def websocket_exceptions() -> FastAPI:
    return raising(WebSocketException(4000, "because"))()


@case(*EVERY_PHASE)
def websocket_exceptions_without_a_reason() -> FastAPI:
    return raising(WebSocketException(1013))()


@case(*EVERY_PHASE)
def other_exceptions() -> FastAPI:
    return raising(ValueError("unhandled"))()


@case(*EVERY_PHASE)
def disconnects_that_nobody_catches() -> FastAPI:
    return raising(WebSocketDisconnect(1001, "gone"))()


@case(*EVERY_PHASE)
def validation_errors_raised_by_hand() -> FastAPI:
    return raising(WebSocketRequestValidationError([{"loc": ["query"], "msg": "no", "type": "t", "input": b"x"}]))()


@case(*EVERY_PHASE)
def exception_handlers_of_the_program(log) -> FastAPI:
    app = raising(ValueError("handled"))()

    @app.exception_handler(ValueError)
    async def handle(websocket: WebSocket, exc):
        log("handling", exc, websocket.application_state.name, websocket.client_state.name)
        await websocket.close(4003, "handled")

    return app


@case(*EVERY_PHASE)
def exception_handlers_that_answer_with_a_response() -> FastAPI:
    app = raising(ValueError("handled"))()

    @app.exception_handler(ValueError)
    def handle(websocket, exc):
        return PlainTextResponse("refused", 418, {"x-why": "no"})

    return app


@case(*EVERY_PHASE)
def exception_handlers_that_fail() -> FastAPI:
    app = raising(ValueError("handled"))()

    @app.exception_handler(ValueError)
    async def handle(websocket, exc):
        raise KeyError("in the handler")

    @app.exception_handler(KeyError)
    async def handle_second(websocket, exc):
        await websocket.close(4004, "second")

    return app


@case(*EVERY_PHASE)
def handlers_of_status_codes_and_of_500(log) -> FastAPI:
    app = raising(HTTPException(403))()

    @app.exception_handler(403)
    async def forbidden(connection, exc):
        log("forbidden", type(connection).__name__)
        return JSONResponse({"forbidden": True}, 403)

    @app.exception_handler(500)
    async def failed(connection, exc):
        log("500")
        return JSONResponse({"failed": True}, 500)

    return app


@case(*EVERY_PHASE)
def a_handler_for_everything(log) -> FastAPI:
    app = raising(KeyError("x"))()

    @app.exception_handler(Exception)
    async def failed(connection, exc):
        log("failed", type(connection).__name__)
        return JSONResponse({"failed": True}, 500)

    return app


@case(connect("/?q=x"), connect("/?q=x", scope=DENIAL), get("/?q=x"))
def own_handlers_of_validation_errors(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(WebSocketRequestValidationError)
    async def close(websocket: WebSocket, exc: WebSocketRequestValidationError):
        log([error["loc"] for error in exc.errors()])
        await websocket.close(4422, "wrong")

    @app.exception_handler(RequestValidationError)
    async def refuse(request, exc):
        return PlainTextResponse("wrong", 422)

    @app.websocket("/")
    async def talk(websocket: WebSocket, q: int):
        await reply(websocket, q)

    return app


@case(connect("/?q=x&r=y&n=1"), connect("/?q=1&r=2"))
def all_errors_are_told(log) -> FastAPI:
    app = FastAPI()

    def first(q: int, z: Annotated[bytes, Header()]):
        log("first")

    def second():
        log("second")

    @app.websocket("/")
    async def talk(websocket: WebSocket, r: int, a=Depends(first), b=Depends(second)):
        await reply(websocket, "reached")

    return app


def shout(value: Any) -> Any:
    if value == "fail":
        raise ValueError("shouted")
    return value


@case(connect("/?q=a"), connect("/?q=fail"))
def validators_that_run_code(log) -> FastAPI:
    app = FastAPI()

    def before():
        log("before")

    @app.websocket("/", dependencies=[Depends(before)])
    async def talk(websocket: WebSocket, q: Annotated[str, BeforeValidator(shout)]):
        await reply(websocket, q)

    return app


@case(connect("/in/a/talk"), connect("/in/b/talk"), connect("/direct"), connect("/in/a/talk/"), connect("/direct/"))
def dependencies_at_every_level(log) -> FastAPI:
    def note(text: str):
        return Depends(lambda: log(text))

    app = FastAPI(dependencies=[note("app")])
    router = APIRouter(prefix="/a", dependencies=[note("router")])
    nested = APIRouter(dependencies=[note("nested")])

    async def talk(websocket: WebSocket):
        await reply(websocket, websocket.url.path)

    router.websocket("/talk", dependencies=[note("route")])(talk)
    nested.add_api_websocket_route("/b/talk", talk, "named", dependencies=[note("added")])
    nested.include_router(router)
    app.include_router(nested, prefix="/in", dependencies=[note("included")])
    app.add_api_websocket_route("/direct", talk)
    log(
        [(route.path, route.name) for route in (APIWebSocketRoute("/x", talk), APIWebSocketRoute("/y", talk, name="n"))]
    )
    return app


@case(connect("/a?q=1"), connect("/b"), connect("/a"))
def overrides(log) -> FastAPI:
    app = FastAPI()

    def original(q: int):
        log("original")
        return q

    async def other(websocket: WebSocket, k: str = "none"):
        log("other")
        yield [k, websocket.url.query]
        log("other ends")

    def installing():
        app.dependency_overrides[original] = other

    @app.websocket("/a")
    async def a(websocket: WebSocket, value=Depends(original)):
        await reply(websocket, value)

    @app.websocket("/b")
    async def b(websocket: WebSocket, installed=Depends(installing), value=Depends(original)):
        await reply(websocket, value)

    return app


@case(connect("/"), connect("/"), connect("/"), concurrent=True)
def one_at_a_time() -> FastAPI:
    app = FastAPI()
    running = []

    async def slot():
        running.append(1)
        yield len(running)
        running.pop()

    @app.websocket("/")
    async def talk(websocket: WebSocket, number=Depends(slot, max_concurrency=1)):
        await reply(websocket, number)

    return app


@case(
    connect("/", "a", "b", code=1000),
    connect("/", b"bytes", code=4000),
    connect("/", "a", is_gone=True),
    connect("/", {"type": "websocket.receive", "text": None, "bytes": b"x"}),
)
def disconnects(log) -> FastAPI:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket):
        await websocket.accept(subprotocol="chat", headers=[(b"x-a", b"b")])
        try:
            while True:
                message = await websocket.receive()
                log("got", message)
                if message["type"] == "websocket.disconnect":
                    await websocket.send_text("too late")
                await websocket.send_text("more")
        except WebSocketDisconnect as exc:
            log("disconnected", exc.code, exc.reason)
        except RuntimeError as exc:
            log("runtime error", exc)

    return app


@case(*[connect(f"/{name}", "text", '{"a": 1}', b"[1]") for name in ("text", "bytes", "json", "iterate", "twice")])
def the_methods_of_a_websocket(log) -> FastAPI:
    app = FastAPI()

    @app.websocket("/text")
    async def text(websocket: WebSocket):
        await websocket.accept()
        log(await websocket.receive_text(), await websocket.receive_json(), await websocket.receive_bytes())
        await websocket.send_bytes(b"b")
        await websocket.send_json({"a": "é"}, mode="binary")
        await websocket.send_json([1.5, None])

    @app.websocket("/bytes")
    async def wrong_kind(websocket: WebSocket):
        await websocket.accept()
        await websocket.receive_bytes()

    @app.websocket("/json")
    async def not_json(websocket: WebSocket):
        await websocket.accept()
        await websocket.receive_json()

    @app.websocket("/iterate")
    async def iterate(websocket: WebSocket):
        await websocket.accept()
        async for message in websocket.iter_text():
            log("iterated", message)

    @app.websocket("/twice")
    async def twice(websocket: WebSocket):
        await websocket.accept()
        await websocket.accept()

    return app


@case(connect("/sync"), connect("/value"), connect("/nothing"))
def handlers_of_other_kinds() -> FastAPI:
    app = FastAPI()

    @app.websocket("/sync")
    def sync(websocket: WebSocket):
        return None

    @app.websocket("/value")
    async def value(websocket: WebSocket):
        await websocket.accept()
        return {"ignored": True}

    @app.websocket("/nothing")
    async def nothing():
        return None

    return app


@case(connect("/plain"), connect("/added"), connect("/sub/talk?q=1"), connect("/sub/talk"), connect("/mounted/x"))
def other_ways_to_add_websockets(log) -> FastAPI:
    async def plain(websocket: WebSocket):
        await reply(websocket, [websocket.url.path, websocket.scope.get("root_path")])

    sub = FastAPI(dependencies=[Depends(lambda: log("sub"))])

    @sub.websocket("/talk")
    async def talk(websocket: WebSocket, q: int):
        await reply(websocket, [q, websocket.scope["root_path"], websocket.app is sub])

    app = FastAPI(dependencies=[Depends(lambda: log("app"))])
    app.router.add_websocket_route("/plain", plain)
    app.mount("/sub", sub)
    app.router.routes.append(Mount("/mounted", routes=[WebSocketRoute("/x", plain)]))
    app.router.websocket_route("/added")(plain)
    return app


@case(connect("/talk/3", scope=DENIAL), connect("/talk/x", scope=DENIAL), get("/"))
def refusing_with_a_response() -> FastAPI:
    app = FastAPI()

    @app.websocket("/talk/{number}", name="talk")
    async def talk(websocket: WebSocket, number: int):
        await websocket.send_denial_response(JSONResponse({"no": number}, 451))

    @app.get("/")
    def read(request: Request):
        return [str(request.url_for("talk", number=1)), app.url_path_for("talk", number=2)]

    return app


@case(error_text="Cannot use `Query` for path param")
def a_query_marker_on_a_path_parameter() -> FastAPI:
    app = FastAPI()

    @app.websocket("/{item}")
    async def talk(websocket: WebSocket, item: Annotated[str, Query()]): ...

    return app


@case(error_text="Invalid args for response field")
def a_type_that_pydantic_cannot_read() -> FastAPI:
    class Strange: ...

    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, item: Strange): ...

    return app
