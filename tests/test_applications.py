"""The application: its options, what is around the router, and what it says about itself."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from endpoint.asgi import answer, make_scope
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from vivace import APIRouter, Depends, FastAPI, Request, Vivace
from vivace.exceptions import FastAPIDeprecationWarning
from vivace.responses import HTMLResponse, PlainTextResponse


class Noting:
    """Middleware that notes its name in a header."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-by", self.name.encode()))
            await send(message)

        await self.app(scope, receive, send_noted)


def noted(app: Any, target: str = "/") -> list[str]:
    return [value for name, value in answer(app, target).headers if name == "x-by"]


def test_the_class_has_two_names() -> None:
    assert FastAPI is Vivace


@pytest.mark.parametrize("name", ["titel", "openapi_prefix", "unknown_option"])
def test_an_option_that_does_not_exist_is_refused(name: str) -> None:
    options: dict[str, Any] = {name: "x"}
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        FastAPI(**options)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(TypeError, match="title"):
        FastAPI(titel="x")  # type: ignore[call-arg]  # what is tested


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"title": ""}, "A title must be provided for OpenAPI, e.g.: 'My API'"),
        ({"version": ""}, "A version must be provided for OpenAPI, e.g.: '2.1.0'"),
    ],
)
def test_a_document_needs_a_title_and_a_version(options: dict[str, Any], text: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(text)):
        FastAPI(**options)
    FastAPI(**options, openapi_url=None)


def test_what_describes_the_api_is_an_attribute() -> None:
    app = FastAPI(title="T", summary="S", version="2", openapi_tags=[{"name": "t"}], servers=[{"url": "/"}])
    assert (app.title, app.summary, app.version, app.openapi_tags) == ("T", "S", "2", [{"name": "t"}])
    assert (app.servers, FastAPI().servers) == ([{"url": "/"}], [])
    assert (app.docs_url, app.redoc_url, app.openapi_url) == ("/docs", "/redoc", "/openapi.json")


def test_a_root_path_works_and_warns() -> None:
    with pytest.warns(FastAPIDeprecationWarning, match="The `root_path` parameter is deprecated"):
        app = FastAPI(root_path="/api")

    @app.get("/")
    async def read(request: Request) -> str:
        return str(request.scope["root_path"])

    assert answer(app, "/").json == "/api"
    assert answer(app, "/api/").json == "/api"


def test_the_app_is_in_the_scope() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(request: Request) -> bool:
        return request.app is app

    assert answer(app, "/").json is True


def test_middleware_added_last_is_outermost() -> None:
    app = FastAPI(middleware=[Middleware(Noting, name="given")])
    app.add_middleware(Noting, name="first")
    app.add_middleware(Noting, name="last")

    @app.get("/")
    async def read() -> None: ...

    assert noted(app) == ["given", "first", "last"]


def test_function_middleware_and_classes_share_one_order() -> None:
    app = FastAPI()
    order: list[str] = []

    @app.middleware("http")
    async def inner(request: Request, call_next: Any) -> Any:
        order.append("inner")
        return await call_next(request)

    async def dispatch(request: Request, call_next: Any) -> Any:
        order.append("outer")
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)

    @app.get("/")
    async def read() -> None:
        order.append("handler")

    answer(app, "/")
    assert order == ["outer", "inner", "handler"]


def test_there_is_one_type_of_middleware() -> None:
    with pytest.raises(
        AssertionError, match=re.escape("Currently only middleware(\"http\") is supported, got 'websocket'.")
    ):
        FastAPI().middleware("websocket")


def test_middleware_cannot_be_added_once_requests_were_served() -> None:
    app = FastAPI()
    answer(app, "/")
    with pytest.raises(RuntimeError, match="Cannot add middleware after an application has started"):
        app.add_middleware(Noting, name="late")


def test_the_stack_is_built_once_and_can_be_replaced() -> None:
    app = FastAPI()
    built: list[ASGIApp] = []
    build = app.build_middleware_stack

    def build_and_wrap() -> ASGIApp:
        built.append(Noting(build(), name="wrapper"))
        return built[-1]

    app.build_middleware_stack = build_and_wrap  # type: ignore[method-assign]  # what instrumentation does
    assert [noted(app), noted(app)] == [["wrapper"], ["wrapper"]]
    assert app.middleware_stack is built[-1]
    assert len(built) == 1


def test_dependencies_of_the_app_hold_for_all_its_routes() -> None:
    calls: list[str] = []
    app = FastAPI(dependencies=[Depends(lambda: calls.append("called"))])
    router = APIRouter()

    @router.get("/included")
    async def included() -> None: ...

    app.include_router(router)
    answer(app, "/included")
    answer(app, "/openapi.json")
    assert calls == ["called"]


def test_the_default_response_class_holds_for_all_routes() -> None:
    app = FastAPI(default_response_class=HTMLResponse)

    @app.get("/")
    async def read() -> Any:
        return "<p>"

    @app.get("/text", response_class=PlainTextResponse)
    async def text() -> Any:
        return "p"

    kinds = [dict(answer(app, target).headers)["content-type"] for target in ("/", "/text", "/openapi.json")]
    assert kinds == ["text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json"]


def test_the_state_of_the_app_is_shared_and_that_of_the_lifespan_is_seen() -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        app.state.opened = "yes"
        yield {"from_lifespan": "yes"}
        app.state.opened = "no"

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def read(request: Request) -> list[str]:
        return [request.app.state.opened, request.state.from_lifespan]

    async def run() -> list[Any]:
        state: dict[str, Any] = {}
        sent: list[Any] = []
        started, may_stop = asyncio.Event(), asyncio.Event()
        messages = iter(["startup", "shutdown"])

        async def receive() -> Any:
            name = next(messages)
            if name == "shutdown":
                started.set()
                await may_stop.wait()
            return {"type": f"lifespan.{name}"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
        running = asyncio.create_task(app(scope, receive, send))
        await started.wait()
        request_scope = {**make_scope("/"), "state": state.copy()}
        body: list[Any] = []

        async def take(message: Any) -> None:
            body.append(message.get("body"))

        await app(request_scope, receive, take)
        may_stop.set()
        await running
        return [body[1], sent, app.state.opened]

    assert asyncio.run(run()) == [
        b'["yes","yes"]',
        ["lifespan.startup.complete", "lifespan.shutdown.complete"],
        "no",
    ]


def test_the_document_follows_the_routes() -> None:
    app = FastAPI()

    @app.get("/first")
    async def first() -> None: ...

    document = app.openapi()
    assert app.openapi() is document
    assert list(document["paths"]) == ["/first"]

    @app.get("/second")
    async def second() -> None: ...

    assert list(app.openapi()["paths"]) == ["/first", "/second"]


def test_a_document_that_the_program_has_set_stays_until_routes_change() -> None:
    app = FastAPI()
    app.openapi()
    app.openapi_schema = {"own": True}

    assert app.openapi() == {"own": True}
    assert answer(app, "/openapi.json").json == {"own": True}

    @app.get("/")
    async def read() -> None: ...

    assert list(app.openapi()["paths"]) == ["/"]


def test_webhooks_are_in_the_document_and_not_served() -> None:
    app, webhooks = FastAPI(), APIRouter()
    app.webhooks = webhooks

    @webhooks.post("new-item")
    async def new_item() -> None: ...

    assert list(app.openapi()["webhooks"]) == ["new-item"]
    assert answer(app, "/new-item", json_body={}).status == 404


@pytest.mark.parametrize("options", [{"openapi_url": None}, {"docs_url": None, "redoc_url": None}])
def test_docs_can_be_switched_off(options: dict[str, Any]) -> None:
    app = FastAPI(**options)
    assert answer(app, "/docs").status == answer(app, "/redoc").status == 404
    assert answer(app, "/openapi.json").status == (404 if "openapi_url" in options else 200)


def test_exception_handlers_of_the_program_replace_the_default_ones() -> None:
    async def own(request: Request, exc: Exception) -> PlainTextResponse:
        return PlainTextResponse("own", 404)

    app = FastAPI(exception_handlers={404: own})
    assert answer(app, "/missing").body == b"own"


def test_an_app_serves_from_several_threads() -> None:
    app = FastAPI()

    @app.get("/{x}")
    def read(x: int) -> int:
        return x

    results: list[int] = []

    def serve(x: int) -> None:
        results.append(answer(app, f"/{x}").json)

    threads = [threading.Thread(target=serve, args=(x,)) for x in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1, 2, 3]


def test_a_subclass_may_do_more_around_everything() -> None:
    class Own(FastAPI):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope["path"] = "/moved"
            await super().__call__(scope, receive, send)

    app = Own()

    @app.get("/moved")
    async def read() -> str:
        return "moved"

    assert answer(app, "/anything").json == "moved"
