"""What instrumentation finds when it takes the middleware of an app apart, or replaces Starlette's methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from vivace import HTTPException, Vivace
from vivace.testclient import TestClient
from vivace.types import ASGIApp, Receive, Scope, Send


def make_app() -> Vivace:
    app = Vivace()

    @app.get("/refused/{status}")
    async def refuse(status: int) -> None:
        raise HTTPException(status, "refused")

    @app.get("/fail")
    async def fail() -> None:
        raise LookupError("lost")

    return app


class Noting:
    """Middleware that notes each request."""

    def __init__(self, app: ASGIApp, notes: list[str]) -> None:
        self.app = app
        self.notes = notes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.notes.append(scope["type"])
        await self.app(scope, receive, send)


@pytest.mark.parametrize("has_middleware", [False, True], ids=["bare", "with middleware"])
def test_the_stack_that_is_built_can_be_taken_apart_as_starlettes(has_middleware: bool) -> None:
    app = make_app()
    if has_middleware:
        app.add_middleware(Noting, notes=[])

    @app.exception_handler(500)
    async def answer(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("sorry", 500)

    stack = app.build_middleware_stack()

    assert isinstance(stack, ServerErrorMiddleware)
    assert stack.handler is answer
    assert not stack.debug
    assert isinstance(stack.app, Noting) == has_middleware


def test_a_stack_built_by_whoever_replaces_the_method_is_the_one_that_serves() -> None:
    app = make_app()
    notes: list[str] = []
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Noting(build(), notes)  # type: ignore[method-assign]  # as instrumentation does

    response = TestClient(app, raise_server_exceptions=False).get("/fail")

    assert (response.status_code, notes) == (500, ["http"])


def test_a_subclass_that_builds_its_own_stack_is_asked() -> None:
    notes: list[str] = []

    class Noted(Vivace):
        def build_middleware_stack(self) -> ASGIApp:
            return Noting(super().build_middleware_stack(), notes)

    TestClient(Noted()).get("/nothing")

    assert notes == ["http"]


def test_starlettes_call_is_the_way_in_from_the_moment_it_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    client = TestClient(app)
    client.get("/refused/404")
    paths: list[str] = []
    original: Callable[..., Awaitable[None]] = Starlette.__call__

    async def noting(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(Starlette, "__call__", noting)

    assert client.get("/refused/403").status_code == 403
    assert paths == ["/refused/403"]


def test_handlers_replaced_in_starlettes_layer_see_the_errors_that_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = ExceptionMiddleware.__init__

    def watch_handlers(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        handlers = dict(self._exception_handlers)

        async def watched(request: Request, exc: Exception) -> Any:
            seen.append(repr(exc))
            return await next(handlers[cls] for cls in type(exc).__mro__ if cls in handlers)(request, exc)

        for key in handlers:
            self._exception_handlers[key] = watched

    monkeypatch.setattr(ExceptionMiddleware, "__init__", watch_handlers)
    app = make_app()

    @app.exception_handler(LookupError)
    async def answer(request: Request, exc: LookupError) -> Response:
        return PlainTextResponse("not here", 404)

    client = TestClient(app)

    assert client.get("/refused/503").json() == {"detail": "refused"}
    assert client.get("/fail").text == "not here"
    assert seen == ["HTTPException(status_code=503, detail='refused')", "LookupError('lost')"]


def test_all_middleware_passes_whoever_watches_how_it_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    declared: list[str] = []
    original = Middleware.__init__

    def note(self: Any, cls: Any, *args: Any, **kwargs: Any) -> None:
        declared.append(cls.__name__)
        original(self, cls, *args, **kwargs)

    monkeypatch.setattr(Middleware, "__init__", note)
    app = make_app()
    app.add_middleware(Noting, notes=[])
    TestClient(app).get("/refused/404")

    assert sorted(declared) == ["ExceptionMiddleware", "Noting", "ServerErrorMiddleware"]
