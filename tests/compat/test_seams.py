"""Programs and packages replace functions of `routing`. Each pattern is one that an observability package uses."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import gc
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Annotated, Any
from unittest import mock

import pytest
from pydantic import BaseModel
from starlette.requests import Request as StarletteRequest

from vivace import (
    APIRouter,
    BackgroundTasks,
    Body,
    Depends,
    HTTPException,
    Request,
    Response,
    Vivace,
    WebSocket,
    routing,
)
from vivace._endpoint.seams import seams
from vivace.dependencies.models import Dependant
from vivace.dependencies.utils import SolvedDependency, get_dependant
from vivace.responses import HTMLResponse, PlainTextResponse
from vivace.routing import APIRoute
from vivace.testclient import TestClient

Seen = list[dict[str, Any]]


class Item(BaseModel):
    size: int = 1


@pytest.fixture(autouse=True)
def originals() -> Iterator[None]:
    yield
    assert seams.replaced == frozenset()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Seen]:
    """Replace a function by one that notes its keyword arguments and calls the original."""

    def replace(name: str) -> Seen:
        calls: Seen = []
        original = getattr(routing, name)

        @functools.wraps(original)
        def noting(*args: Any, **kwargs: Any) -> Any:
            calls.append({"args": args, **kwargs})
            return original(*args, **kwargs)

        monkeypatch.setattr(routing, name, noting)
        return calls

    return replace


def size(size: int = 7) -> int:
    return size


def make_app() -> Vivace:
    app = Vivace()

    @app.get("/plain")
    async def plain() -> dict[str, int]:
        return {"size": 1}

    @app.post("/items/{item_id}", status_code=201)
    def post_item(item_id: int, item: Item, size: Annotated[int, Depends(size)]) -> Item:
        return Item(size=item.size + size + item_id)

    @app.post("/two", response_class=HTMLResponse)
    async def two(
        a: Item, b: Annotated[int, Body()], tasks: BackgroundTasks, response: Response, request: Request
    ) -> str:
        response.headers["x-two"] = "2"
        tasks.add_task(request.app.state.done.append, b)
        return "<b>"

    app.state.done = []
    return app


def is_compiled(app: Vivace, path: str) -> bool:
    route = next(route for route in app.routes if getattr(route, "path", None) == path)
    assert isinstance(route, APIRoute)
    return route.app.__qualname__.startswith(("_without", "_with", "_join"))


def test_the_stages_of_a_request_are_called_with_the_arguments_of_the_reference(
    seen: Callable[[str], Seen],
) -> None:
    solving, running, serialising = (
        seen(name) for name in ("solve_dependencies", "run_endpoint_function", "serialize_response")
    )
    app = make_app()

    response = TestClient(app).post("/items/3", json={"size": 2})

    assert (response.status_code, response.json()) == (201, {"size": 12})
    (solved,), (ran,), (serialised,) = solving, running, serialising
    assert set(solved) - {"args"} == {
        *("request", "dependant", "body", "dependency_overrides_provider", "async_exit_stack", "embed_body_fields")
    }
    assert solved["body"] == {"size": 2} and solved["dependency_overrides_provider"] is app
    assert isinstance(solved["request"], StarletteRequest) and solved["embed_body_fields"] is False
    assert solved["async_exit_stack"] is solved["request"].scope["fastapi_inner_astack"]
    assert ran["dependant"].call.__name__ == "post_item" and ran["is_coroutine"] is False
    assert ran["values"] == {"item_id": 3, "item": Item(size=2), "size": 7}
    assert serialised["response_content"] == Item(size=12) and serialised["dump_json"] is True
    assert serialised["endpoint_ctx"]["path"] == "POST /items/{item_id}"
    assert {serialised[name] for name in ("include", "exclude")} == {None} and serialised["by_alias"] is True
    assert serialised["field"].name.startswith("Response_") and serialised["is_coroutine"] is False


def test_a_patched_route_answers_as_before(seen: Callable[[str], Seen]) -> None:
    client = TestClient(make_app())

    def answers() -> list[tuple[int, str, dict[str, str]]]:
        responses = [
            client.get("/plain"),
            client.post("/items/3", json={"size": 2}),
            client.post("/items/x", json={"size": "y"}),
            client.post("/items/3", content=b"{", headers={"content-type": "application/json"}),
            client.post("/two", json={"a": {}, "b": 5}),
        ]
        return [(response.status_code, response.text, dict(response.headers)) for response in responses]

    before = answers()
    calls = [seen(name) for name in ("solve_dependencies", "run_endpoint_function", "serialize_response")]

    assert answers() == before
    assert [len(each) for each in calls] == [4, 3, 3]
    assert client.app.state.done == [5, 5]  # type: ignore[attr-defined]  # it is the app


@pytest.mark.parametrize("name", ["solve_dependencies", "run_endpoint_function", "serialize_response"])
def test_a_function_is_called_from_the_next_request_on_until_it_is_put_back(name: str) -> None:
    app = make_app()
    client = TestClient(app)
    client.get("/plain")
    assert is_compiled(app, "/plain")

    with mock.patch.object(routing, name, wraps=getattr(routing, name)) as fake:
        client.get("/plain")
        assert not is_compiled(app, "/plain")
    client.get("/plain")

    assert fake.call_count == 1
    assert is_compiled(app, "/plain")


def test_whoever_wraps_the_handler_of_a_request_gets_the_options_of_the_route(seen: Callable[[str], Seen]) -> None:
    app, calls = make_app(), seen("get_request_handler")
    router = APIRouter(prefix="/in", strict_content_type=False)
    router.get("/{name}", response_model_exclude_none=True, response_class=PlainTextResponse)(lambda name: name)
    app.include_router(router, prefix="/out")

    assert TestClient(app).get("/out/in/x").text == "x"

    (options,) = calls
    assert options["args"] == ()
    assert options["dependant"].path == "/out/in/{name}"
    assert {name: value for name, value in options.items() if name not in ("args", "dependant")} == {
        "body_field": None,
        "status_code": None,
        "response_class": PlainTextResponse,
        "response_field": None,
        "response_model_include": None,
        "response_model_exclude": None,
        "response_model_by_alias": True,
        "response_model_exclude_unset": False,
        "response_model_exclude_defaults": False,
        "response_model_exclude_none": True,
        "dependency_overrides_provider": app,
        "embed_body_fields": False,
        "strict_content_type": False,
        "form_limits": {},
        "stream_item_field": None,
        "is_json_stream": False,
    }


def sentry_like(original: Callable[..., Any], noted: list[Any]) -> Callable[..., Any]:
    """Wraps what a `def` handler calls, and every request."""

    def get_request_handler(*args: Any, **kwargs: Any) -> Any:
        dependant = kwargs["dependant"]
        if not asyncio.iscoroutinefunction(dependant.call):
            wrapped = dependant.call

            @functools.wraps(wrapped)
            def call(*args: Any, **kwargs: Any) -> Any:
                noted.append("called")
                return wrapped(*args, **kwargs)

            dependant.call = call
        handler = original(*args, **kwargs)

        async def respond(request: StarletteRequest) -> Any:
            context = request.scope["fastapi"]["effective_route_context"]
            noted.append(context.path)
            return await handler(request)

        return respond

    return get_request_handler


def test_a_handler_may_be_replaced_on_the_way_and_each_request_sees_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Any] = []
    app = make_app()
    app.get("/sync")(lambda: 1)
    monkeypatch.setattr(routing, "get_request_handler", sentry_like(routing.get_request_handler, noted))
    client = TestClient(app)

    for path in ("/sync", "/plain", "/sync", "/plain"):
        client.get(path)
    with mock.patch.object(routing, "run_endpoint_function", wraps=routing.run_endpoint_function):
        client.get("/sync")

    assert noted == ["/sync", "called", "/plain", "/sync", "called", "/plain", "/sync", "called"]


def logfire_like(noted: list[Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Hands something of its own from solving to running, in the values."""

    class Values(dict[str, Any]):
        request: Any

    solve, run = routing.solve_dependencies, routing.run_endpoint_function

    async def solve_dependencies(*, request: Any, **kwargs: Any) -> Any:
        result = await solve(request=request, **kwargs)
        noted.append((type(request).__name__, request.scope["route"].path, [*result.values], result.errors))
        values = Values(result.values)
        values.request = request
        return dataclasses.replace(result, values=values)

    async def run_endpoint_function(*, dependant: Any, values: Any, **kwargs: Any) -> Any:
        noted.append(values.request.url.path)
        return await run(dependant=dependant, values=values, **kwargs)

    return solve_dependencies, run_endpoint_function


def test_values_may_be_exchanged_between_solving_and_running(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Any] = []
    solve, run = logfire_like(noted)
    monkeypatch.setattr(routing, "solve_dependencies", solve)
    monkeypatch.setattr(routing, "run_endpoint_function", run)
    app = make_app()

    @app.websocket("/ws/{room}")
    async def talk(websocket: WebSocket, room: str) -> None:
        await websocket.accept()
        await websocket.close()

    client = TestClient(app)
    client.post("/items/3", json={"size": 2})
    client.post("/items/3", json={"size": "x"})
    with client.websocket_connect("/ws/a"):
        pass

    assert noted[:2] == [("Request", "/items/{item_id}", ["size", "item_id", "item"], []), "/items/3"]
    assert noted[2][2:][1][0]["loc"] == ("body", "size")
    assert noted[3:] == [("WebSocket", "/ws/{room}", ["room", "websocket"], [])]


def test_the_app_of_a_route_is_made_by_the_function_in_place(seen: Callable[[str], Seen]) -> None:
    made, sessions, websockets = (seen(name) for name in ("request_response", "websocket_session", "get_websocket_app"))
    app = make_app()

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    client = TestClient(app)
    client.get("/plain")
    client.get("/plain")
    with client.websocket_connect("/ws"):
        pass

    assert len(made) == len(sessions) == 1 and callable(made[0]["args"][0])
    assert set(websockets[0]) - {"args"} == {"dependant", "dependency_overrides_provider", "embed_body_fields"}


def test_a_handler_may_be_replaced_after_it_was_served() -> None:
    app = make_app()
    client = TestClient(app)
    route = next(route for route in app.routes if isinstance(route, APIRoute) and route.path == "/plain")
    assert client.get("/plain").json() == {"size": 1}

    async def other() -> dict[str, int]:
        return {"size": 2}

    route.dependant.call = other
    assert client.get("/plain").json() == {"size": 2}
    assert is_compiled(app, "/plain")

    route.dependant.call = lambda: {"size": 3}
    assert client.get("/plain").json() == {"size": 3}


def test_a_dependency_may_be_replaced_after_it_was_served() -> None:
    app = Vivace()
    app.get("/")(lambda size=Depends(size): size)
    client = TestClient(app)
    assert client.get("/?size=1").json() == 1

    route = next(route for route in app.routes if isinstance(route, APIRoute))
    route.dependant.dependencies[0].call = lambda size: -size

    assert client.get("/?size=1").json() == -1


def test_an_app_that_a_program_put_in_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    client = TestClient(app)
    client.get("/plain")
    route = next(route for route in app.routes if isinstance(route, APIRoute) and route.path == "/plain")
    inner, calls = route.app, []

    async def own(scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["path"])
        await inner(scope, receive, send)

    route.app = own
    monkeypatch.setattr(routing, "run_endpoint_function", routing.run_endpoint_function)
    with mock.patch.object(routing, "serialize_response", wraps=routing.serialize_response):
        client.get("/plain")

    assert calls == ["/plain"]


def test_a_route_that_pagination_has_added_a_dependency_to() -> None:
    app = make_app()
    route = next(route for route in app.routes if isinstance(route, APIRoute) and route.path == "/plain")
    from vivace.dependencies.utils import _get_body_field, _get_flat_body_params, get_parameterless_sub_dependant

    seen: list[int] = []

    def note_page(page: int) -> None:
        seen.append(page)

    added = Depends(note_page)
    route.dependencies.append(added)
    route.dependant.dependencies.append(get_parameterless_sub_dependant(depends=added, path=route.path_format))
    route.body_field = _get_body_field(
        body_params=_get_flat_body_params(route.dependant),
        name=route.unique_id,
        embed_body_fields=route._embed_body_fields,
    )
    route.app = routing.request_response(route.get_route_handler())
    client = TestClient(app)

    assert client.get("/plain?page=3").json() == {"size": 1}
    assert client.get("/plain").status_code == 422
    assert seen == [3]


def test_a_route_class_takes_the_exact_path_alone() -> None:
    class Timed(APIRoute):
        def get_route_handler(self) -> Any:
            handler = super().get_route_handler()

            async def respond(request: StarletteRequest) -> Any:
                response = await handler(request)
                response.headers["x-timed"] = "1"
                return response

            return respond

    app = make_app()
    app.router.add_api_route("/timed", lambda: 1, route_class_override=Timed)
    client = TestClient(app)

    assert client.get("/timed").headers["x-timed"] == "1"
    assert "x-timed" not in client.get("/plain").headers
    assert is_compiled(app, "/plain") and not is_compiled(app, "/timed")


def test_an_exception_of_a_replaced_function_is_handled_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(**kwargs: Any) -> Any:
        raise HTTPException(418)

    monkeypatch.setattr(routing, "run_endpoint_function", refuse)

    assert TestClient(make_app()).get("/plain").status_code == 418


def test_routes_that_are_gone_are_not_kept() -> None:
    app = make_app()
    TestClient(app).get("/plain")
    before = len(seams._compiled)

    del app
    gc.collect()

    assert len(seams._compiled) < before


# Called directly


def request_of(body: bytes = b"", **scope: Any) -> StarletteRequest:
    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    whole = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "path_params": {}}
    return StarletteRequest({**whole, **scope}, receive)


async def with_stacks(request: StarletteRequest, call: Callable[[AsyncExitStack], Any]) -> Any:
    async with AsyncExitStack() as outer, AsyncExitStack() as inner:
        request.scope.update(fastapi_inner_astack=outer, fastapi_function_astack=inner)
        return await call(outer)


def test_dependencies_are_solved_outside_a_route() -> None:
    closed: list[str] = []

    def opened() -> Iterator[str]:
        yield "open"
        closed.append("closed")

    def handler(q: int, opened: str = Depends(opened), size: int = Depends(size)) -> None: ...

    request = request_of(query_string=b"q=3")
    cache: dict[Any, Any] = {}
    solved: SolvedDependency = asyncio.run(
        with_stacks(
            request,
            lambda stack: routing.solve_dependencies(
                request=request,
                dependant=get_dependant(path="/", call=handler),
                dependency_cache=cache,
                async_exit_stack=stack,
                embed_body_fields=False,
            ),
        )
    )

    assert (solved.values, solved.errors) == ({"opened": "open", "size": 7, "q": 3}, [])
    assert solved.dependency_cache is cache and sorted(map(str, cache.values())) == ["7", "open"]
    assert solved.background_tasks is None and isinstance(solved.response, Response)
    assert closed == ["closed"]


def test_a_request_handler_is_made_of_a_dependant_alone() -> None:
    def handler(item: Item) -> Item:
        return Item(size=item.size + 1)

    dependant = get_dependant(path="/", call=handler)
    respond = routing.get_request_handler(dependant, body_field=dependant.body_params[0], status_code=202)
    request = request_of(b'{"size": 4}', headers=[(b"content-type", b"application/json")])

    response: Response = asyncio.run(with_stacks(request, lambda stack: respond(request)))

    assert (response.status_code, response.body) == (202, b'{"size":5}')


def test_a_function_from_request_to_response_becomes_an_app() -> None:
    def respond(request: StarletteRequest) -> Response:
        return PlainTextResponse(request.url.path)

    async def respond_async(request: StarletteRequest) -> Response:
        return respond(request)

    for function in (respond, respond_async):
        assert TestClient(routing.request_response(function)).get("/a").text == "/a"


def test_the_stages_are_called_by_name_alone() -> None:
    dependant = Dependant(call=lambda a: a + 1)
    running = routing.run_endpoint_function(dependant=dependant, values={"a": 1}, is_coroutine=False)
    serialising = routing.serialize_response(response_content=SimpleNamespace(a=1))

    assert asyncio.run(running) == 2
    assert asyncio.run(serialising) == {"a": 1}
