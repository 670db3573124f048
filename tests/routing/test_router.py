"""The router: declarations, what a request gets, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import fastapi
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound, Route, Router
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from vivace._routing.router import APIRouter
from vivace._routing.routes import APIRoute
from vivace.exceptions import FastAPIError


async def handler() -> str:
    return "handled"


async def show_scope(request: Request) -> PlainTextResponse:
    scope = request.scope
    return PlainTextResponse(f"{scope['route'].path} {scope['root_path']} {scope['path_params']}")


async def show_app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{scope['route'].path} {scope['root_path']} {scope['path_params']}")(scope, receive, send)


@pytest.mark.parametrize("verb", ["get", "put", "post", "delete", "options", "head", "patch", "trace"])
def test_every_verb_adds_a_route_for_its_method_only(verb: str) -> None:
    router = APIRouter(prefix="/p")

    assert getattr(router, verb)("/x", tags=["t"])(handler) is handler

    [route] = router.routes
    assert isinstance(route, APIRoute)
    assert (route.path, route.methods, route.tags) == ("/p/x", {verb.upper()}, ["t"])


def test_api_route_takes_methods() -> None:
    router = APIRouter()

    router.api_route("/x", methods=["get", "POST"])(handler)

    [route] = router.routes
    assert isinstance(route, APIRoute)
    assert route.methods == {"GET", "POST"}


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (
            lambda router: router.get("/x", tag="t"),
            r"APIRouter.get\(\) got an unexpected keyword argument 'tag'. Did you",
        ),
        (
            lambda router: router.get("/x", methods=["PUT"]),
            r"APIRouter.get\(\) got an unexpected keyword argument 'meth",
        ),
        (lambda router: router.api_route("/x", strict_content_type=True), r"APIRouter.api_route\(\) got an unexpected"),
        (
            lambda router: router.add_api_route("/x", handler, nam="x"),
            r"add_api_route\(\) got .* Did you mean 'name'\?",
        ),
        (
            lambda router: router.include_router(APIRouter(), prefx="/x"),
            r"include_router\(\) .* Did you mean 'prefix'\?",
        ),
        (lambda router: type(router)(prefixes="/x"), r"APIRouter\(\) got .*. Did you mean 'prefix'\?"),
        (
            lambda router: router.include_router(fastapi),
            r"include_router\(\) takes an APIRouter, got <module 'fastapi'",
        ),
    ],
)
def test_a_wrong_declaration_is_refused_at_once(declare: Callable[[APIRouter], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        declare(APIRouter())


@pytest.mark.parametrize("prefix", ["x", "/x/", "/"])
@pytest.mark.parametrize("where", ["router", "inclusion"])
def test_a_malformed_prefix_is_refused_as_in_the_reference(prefix: str, where: str) -> None:
    messages = []
    for router_class in (APIRouter, fastapi.APIRouter):
        router: Any = router_class()
        with pytest.raises(AssertionError) as refused:
            router_class(prefix=prefix) if where == "router" else router.include_router(router_class(), prefix=prefix)
        messages.append(str(refused.value))

    assert messages[0] == messages[1]


def test_a_router_cannot_include_itself_even_through_others() -> None:
    outer, middle, inner = APIRouter(), APIRouter(), APIRouter()
    outer.include_router(middle)
    middle.include_router(inner)

    with pytest.raises(AssertionError, match="Cannot include the same APIRouter instance into itself"):
        outer.include_router(outer)
    with pytest.raises(AssertionError, match="Cannot include an APIRouter instance that already includes this router"):
        inner.include_router(outer)


def test_an_empty_path_needs_a_prefix() -> None:
    inner = APIRouter()
    inner.get("")(handler)
    outer = APIRouter(prefix="/outer")

    with pytest.raises(FastAPIError, match=r"^Prefix and path cannot be both empty \(path operation: handler\)$"):
        outer.include_router(inner)
    outer.include_router(inner, prefix="/inner")
    assert [getattr(route, "path", "") for route in outer.routes] == ["/outer/inner"]


def test_a_name_used_twice_in_prefix_and_path_is_refused_at_inclusion() -> None:
    inner = APIRouter()
    inner.get("/{id}")(handler)

    with pytest.raises(ValueError, match="Duplicated param name id at path /{id}/{id}"):
        APIRouter().include_router(inner, prefix="/{id}")


def test_a_route_class_of_the_program_gets_every_option() -> None:
    seen: dict[str, Any] = {}

    class Curious(APIRoute):
        def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
            seen.update(options)
            super().__init__(path, endpoint, **options)

    router = APIRouter(route_class=Curious, tags=["t"])
    router.get("/x", status_code=201)(handler)

    [route] = router.routes
    assert isinstance(route, Curious)
    assert route.config.status_code == 201
    assert seen["tags"] == ["t"]
    assert seen["response_model_exclude_none"] is False
    assert not seen["response_model"]
    assert "response_model" not in route.config.given


def test_one_route_may_have_a_class_of_its_own() -> None:
    class Special(APIRoute):
        pass

    router = APIRouter()
    router.add_api_route("/x", handler, route_class_override=Special)

    assert type(router.routes[0]) is Special


def test_overridden_registration_methods_see_every_declaration() -> None:
    seen: list[str] = []

    class Watching(APIRouter):
        def api_route(self, path: str, **options: Any) -> Any:
            seen.append(f"api_route {path} {options['methods']}")
            return super().api_route(path, **options)

        def add_api_route(self, path: str, endpoint: Any, **options: Any) -> None:
            seen.append(f"add_api_route {path} {options['methods']}")
            super().add_api_route(path, endpoint, **options)

    Watching().get("/x")(handler)

    assert seen == ["api_route /x ['GET']", "add_api_route /x ['GET']"]


def test_starlettes_own_kinds_of_route_can_be_declared() -> None:
    router = APIRouter(prefix="/not-for-these")

    @router.route("/plain/{n:int}", methods=["GET"])
    async def plain(request: Request) -> PlainTextResponse:
        return await show_scope(request)

    @router.websocket_route("/ws/{n:int}")
    async def websocket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json(websocket.path_params)
        await websocket.close()

    client = TestClient(router)
    assert client.get("/plain/3").text == "/plain/{n:int}  {'n': 3}"
    assert client.head("/plain/3").status_code == 200
    with client.websocket_connect("/ws/7") as session:
        assert session.receive_json() == {"n": 7}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/plain/3"):
        pass


def test_a_head_request_is_answered_only_where_declared() -> None:
    router = APIRouter()
    router.get("/x")(handler)
    router.get("/y")(handler)
    router.head("/y")(handler)
    client = TestClient(router)

    assert client.head("/x").status_code == 405
    assert client.head("/x").headers["allow"] == "GET"
    assert client.head("/y").status_code == 200


def test_a_path_that_nothing_matches_gets_404_or_the_default() -> None:
    assert TestClient(APIRouter()).get("/x").status_code == 404
    assert TestClient(APIRouter(default=PlainTextResponse("default"))).get("/x").text == "default"
    with pytest.raises(WebSocketDisconnect), TestClient(APIRouter()).websocket_connect("/x"):
        pass


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/a/?q=1", "http://testserver/a?q=1"),
        ("/b", "http://testserver/b/"),
        ("/a//", "http://testserver/a"),
        ("/items/3/", "http://testserver/items/3"),
        ("/c", None),
        ("/", None),
    ],
)
def test_the_path_with_or_without_its_slash_is_redirected_to(path: str, location: str | None) -> None:
    router = APIRouter()
    for known in ("/a", "/b/", "/items/{number}"):
        router.post(known)(handler)  # a partial match counts too
    response = TestClient(router).get(path, follow_redirects=False)

    assert response.headers.get("location") == location
    assert response.status_code == (404 if location is None else 307)


def test_redirects_can_be_switched_off() -> None:
    router = APIRouter(redirect_slashes=False)
    router.get("/a")(handler)

    assert TestClient(router).get("/a/").status_code == 404


def test_a_mounted_router_sees_its_part_of_the_path_and_keeps_outer_parameters() -> None:
    inner = APIRouter(routes=[Route("/x/{b:int}", show_scope)])
    inner.get("/slash")(handler)
    outer = APIRouter(routes=[Mount("/sub/{a}", inner)])
    client = TestClient(outer)

    assert client.get("/sub/1/x/2").text == "/x/{b:int} /sub/1 {'a': '1', 'b': 2}"
    redirect = client.get("/sub/1/slash/", follow_redirects=False)
    assert redirect.headers["location"] == "http://testserver/sub/1/slash"
    assert client.get("/sub/1/y").status_code == 404


def test_a_root_path_is_taken_off_the_path() -> None:
    router = APIRouter(routes=[Route("/x", show_scope)])

    assert TestClient(router, root_path="/api").get("/x").text == "/x /api {}"
    assert TestClient(router, root_path="/api").get("/api/x").text == "/x /api {}"


def test_a_route_added_while_serving_answers_the_next_request() -> None:
    outer, inner = APIRouter(), APIRouter()
    outer.include_router(inner, prefix="/v1")
    client = TestClient(outer)
    assert client.get("/v1/x").status_code == 404

    inner.routes.append(Route("/x", show_scope))

    assert client.get("/v1/x").status_code == 200


def test_a_router_may_stand_in_a_list_of_routes() -> None:
    inner = APIRouter(routes=[Route("/x", show_scope), Route("/y", show_scope)])
    outer = APIRouter()
    outer.routes.append(inner)  # type: ignore[arg-type]  # has what a route needs
    client = TestClient(outer)

    assert client.get("/y").text == "/y  {}"
    assert client.post("/y").status_code == 405
    assert client.get("/z").status_code == 404


def test_a_path_is_made_from_the_name_of_a_route() -> None:
    inner = APIRouter()
    inner.get("/items/{item_id:int}", name="item")(handler)
    outer = APIRouter(routes=[Mount("/static", show_app, name="static")])
    outer.include_router(inner, prefix="/v1/{shop}")

    assert outer.url_path_for("item", item_id=3, shop="a") == "/v1/a/items/3"
    assert outer.url_path_for("static", path="x.css") == "/static/x.css"
    with pytest.raises(NoMatchFound):
        outer.url_path_for("item", item_id=3)


def test_an_overridden_app_method_is_called() -> None:
    class Shouting(APIRouter):
        async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope["path"] = scope["path"].lower()
            await super().app(scope, receive, send)

    router = Shouting(routes=[Route("/x", show_scope)])

    assert TestClient(router).get("/X").status_code == 200


def test_an_overridden_matches_or_handle_is_called_for_every_request() -> None:
    seen: list[str] = []

    class Watching(APIRoute):
        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            seen.append("matches")
            return super().matches(scope)

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append("handle")
            await super().handle(scope, receive, send)

    router = APIRouter(route_class=Watching)
    router.get("/x")(handler)

    assert TestClient(router).get("/x").json() == "handled"
    assert seen == ["matches", "handle"]


def test_the_endpoint_and_route_and_router_are_in_the_scope() -> None:
    seen: dict[str, Any] = {}

    async def look(request: Request) -> PlainTextResponse:
        seen.update(request.scope)
        return PlainTextResponse("")

    router = APIRouter(routes=[Route("/x", look)])
    TestClient(router).get("/x")

    assert seen["endpoint"] is look
    assert seen["route"] is router.routes[0]
    assert seen["router"] is router


@pytest.mark.parametrize("path", ["/a", "/a/3", "/b", "/b/3", "/mixed", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_the_status_of_overlapping_routes_is_that_of_the_reference(path: str, method: str) -> None:
    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.scope['endpoint'] is answer} {request.path_params}")

    answers = []
    for router_class in (APIRouter, fastapi.APIRouter):
        first, second, whole = router_class(), router_class(), router_class()
        for router, template, methods in [
            (first, "/a", ["GET"]),
            (second, "/{anything}", ["POST"]),
            (first, "/a/{number:int}", ["GET"]),
            (second, "/a/{number}", ["PUT", "HEAD"]),
            (first, "/mixed", ["PUT"]),
        ]:
            router.add_route(template, answer, methods)
        parts: Any = (first, second)
        for part in parts:
            whole.include_router(part)
        response = TestClient(whole).request(method, path)
        allowed = sorted(response.headers.get("allow", "").split(", "))  # both write a set, in any order
        answers.append((response.status_code, response.text, allowed))

    assert answers[0] == answers[1]


def count_calls(router: APIRouter, path: str) -> int:
    """Return how many Python functions run from the router's entry to the app of the route."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    serving: Any = router(scope, None, None)  # type: ignore[arg-type]  # the app uses neither
    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        serving.send(None)
    except StopIteration:
        pass
    finally:
        sys.setprofile(previous)
    return calls - 1  # the app of the route


class OwnRoute(Route):
    notes_response_start = True


@pytest.mark.parametrize(("path", "limit"), [("/static", 5), ("/items/7", 8)])
def test_a_warm_request_costs_few_calls_among_1000_routes(path: str, limit: int) -> None:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing."""

    declared: list[BaseRoute] = [OwnRoute(f"/other{number}/{{p}}", show_scope) for number in range(1000)]
    declared += [OwnRoute("/static", show_scope), OwnRoute("/items/{number:int}", show_scope)]
    router = APIRouter(routes=declared)
    for route in declared:
        assert isinstance(route, Route)
        route.app = nothing
    count_calls(router, path)

    assert count_calls(router, path) <= limit


def test_the_router_is_starlettes_for_those_who_ask() -> None:
    assert isinstance(APIRouter(), Router)


def test_a_route_that_cannot_be_included_is_refused_on_every_request_and_harms_no_other() -> None:
    app = APIRouter()
    router, sound = APIRouter(), APIRouter()
    app.include_router(sound, prefix="/sound")
    app.include_router(router, prefix="/{q}")

    @sound.get("/later")
    def answer() -> str:
        return "there"

    @router.get("/{q}")
    def read(q: str) -> str:
        return q

    for _ in range(2):
        with pytest.raises(ValueError, match="Duplicated param name q"):
            _ = app.routes_version
    router.routes.remove(router.routes[0])
    assert [getattr(route, "path", None) for route in app.routes] == ["/sound/later"]
