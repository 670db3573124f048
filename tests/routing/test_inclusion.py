"""The flat, live list of routes: order, identity, and what programs do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import fastapi
import fastapi.routing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from vivace._routing.inclusion import RouteList
from vivace._routing.router import APIRouter
from vivace._routing.routes import APIRoute


async def handler() -> None:
    """Answer null."""


async def show_scope(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.scope['root_path']} {request.scope['path_params']}")


async def show_app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{scope['root_path']} {scope['path_params']}")(scope, receive, send)


def paths(router: APIRouter) -> list[str]:
    return [getattr(route, "path", "-") for route in router.routes]


def router_with(*new_paths: str, prefix: str = "") -> APIRouter:
    router = APIRouter(prefix=prefix)
    for path in new_paths:
        router.add_api_route(path, handler)
    return router


def test_routes_of_an_included_router_appear_with_their_full_path() -> None:
    outer, inner = router_with("/first"), router_with("/a", "/b", prefix="/own")

    outer.include_router(inner, prefix="/v1")

    assert paths(outer) == ["/first", "/v1/own/a", "/v1/own/b"]


def test_a_route_added_after_inclusion_appears_where_its_router_stands() -> None:
    outer, inner = router_with(), router_with()
    outer.include_router(inner, prefix="/v1")
    outer.add_api_route("/last", handler)

    inner.add_api_route("/late", handler)

    assert paths(outer) == ["/v1/late", "/last"]


@pytest.mark.parametrize(
    "look",
    [
        len,
        bool,
        list,
        tuple,
        lambda routes: sorted(routes, key=str),
        lambda routes: list(reversed(routes)),
        lambda routes: [*routes],
        lambda routes: routes[0] in routes,
        lambda routes: routes + [],
        lambda routes: [] + routes,
        lambda routes: routes[:],
        lambda routes: routes.copy(),
        lambda routes: routes != [],
        lambda routes: repr(routes) != "[]",
        lambda routes: [route for route in routes],  # noqa: C416  # a comprehension is what is tried
    ],
)
def test_a_list_held_by_the_program_is_live(look: Callable[[RouteList], object]) -> None:
    outer, inner = router_with(), router_with()
    outer.include_router(inner)
    routes = outer.routes

    inner.add_api_route("/late", handler)

    assert look(routes)


def test_routes_appear_through_several_levels() -> None:
    outer, middle, inner = router_with(), router_with(), router_with()
    outer.include_router(middle, prefix="/m")
    middle.include_router(inner, prefix="/i")
    middle.add_api_route("/x", handler)

    inner.add_api_route("/late", handler)

    assert paths(outer) == ["/m/i/late", "/m/x"]


def test_a_router_may_be_included_twice() -> None:
    outer, inner = router_with(), router_with("/a")
    outer.include_router(inner, prefix="/v1")
    outer.include_router(inner, prefix="/v2")

    inner.add_api_route("/b", handler)

    assert paths(outer) == ["/v1/a", "/v1/b", "/v2/a", "/v2/b"]


def test_a_route_stays_the_same_object_when_others_are_added() -> None:
    outer, inner = router_with(), router_with("/a")
    outer.include_router(inner, prefix="/v1")
    [route] = outer.routes

    inner.add_api_route("/b", handler)

    assert outer.routes[0] is route


def test_a_route_taken_out_of_the_included_router_goes() -> None:
    outer, inner = router_with(), router_with("/a", "/b")
    outer.include_router(inner, prefix="/v1")

    del inner.routes[0]

    assert paths(outer) == ["/v1/b"]


def test_the_order_of_the_included_router_is_followed() -> None:
    outer, inner = router_with(), router_with("/b", "/a")
    outer.include_router(inner, prefix="/v1")

    inner.routes.reverse()

    assert paths(outer) == ["/v1/a", "/v1/b"]


def test_a_route_that_the_program_took_out_stays_out() -> None:
    outer, inner = router_with(), router_with("/a", "/b")
    outer.include_router(inner, prefix="/v1")
    outer.routes.remove(outer.routes[0])

    inner.add_api_route("/c", handler)

    assert paths(outer) == ["/v1/b", "/v1/c"]


def test_the_only_route_that_the_program_took_out_stays_out() -> None:
    outer, inner = router_with("/first", "/last"), router_with("/a")
    outer.include_router(inner)
    outer.routes.pop()

    inner.add_api_route("/b", handler)

    assert paths(outer) == ["/first", "/last", "/b"]


def test_what_the_program_put_first_stays_first() -> None:
    outer, inner = router_with(), router_with()
    outer.include_router(inner)
    outer.routes.append(Route("/last", show_scope))
    outer.routes.insert(0, Route("/first", show_scope))

    inner.add_api_route("/late", handler)

    assert paths(outer) == ["/first", "/late", "/last"]


def test_a_route_put_between_included_ones_stays_there() -> None:
    outer, inner = router_with(), router_with("/a", "/b")
    outer.include_router(inner)
    outer.routes.insert(1, Route("/between", show_scope))

    inner.add_api_route("/c", handler)
    inner.routes.insert(0, Route("/0", show_scope))

    assert paths(outer) == ["/0", "/a", "/between", "/b", "/c"]


def test_a_sorted_list_stays_sorted() -> None:
    outer, inner = router_with("/z", "/m"), router_with("/k", "/a")
    outer.include_router(inner)
    outer.routes.sort(key=lambda route: getattr(route, "path", ""))

    inner.add_api_route("/late", handler)

    assert paths(outer) == ["/a", "/late", "/k", "/m", "/z"]


def test_a_plain_list_can_be_assigned() -> None:
    outer, inner = router_with("/docs"), router_with("/a")
    outer.include_router(inner)

    outer.routes = [route for route in outer.routes if getattr(route, "path", "") != "/docs"]
    inner.add_api_route("/b", handler)
    outer.add_api_route("/c", handler)

    assert paths(outer) == ["/a", "/b", "/c"]


@pytest.mark.parametrize("how", ["clear", "assign"])
def test_an_inclusion_ends_when_nothing_of_it_is_kept(how: str) -> None:
    outer, inner = router_with(), router_with("/a")
    outer.include_router(inner)

    if how == "clear":
        outer.routes.clear()
    else:
        outer.routes = [Route("/kept", show_scope)]
    inner.add_api_route("/b", handler)

    assert paths(outer) == ([] if how == "clear" else ["/kept"])


def test_adding_lists_and_slices_works_as_for_any_list() -> None:
    outer, inner = router_with(), router_with("/a", "/b", "/c")
    outer.include_router(inner)

    outer.routes += [Route("/x", show_scope)]
    outer.routes.extend([Route("/y", show_scope)])
    outer.routes[1:3] = [Route("/new", show_scope)]
    inner.add_api_route("/d", handler)

    assert paths(outer) == ["/a", "/d", "/new", "/x", "/y"]
    assert type(outer.routes[:1]) is list


def test_the_version_changes_with_every_change_and_only_then() -> None:
    outer, inner = router_with(), router_with("/a")
    outer.include_router(inner)
    versions = [outer.routes_version]

    inner.add_api_route("/b", handler)
    versions.append(outer.routes_version)
    outer.routes.pop()
    versions.append(outer.routes_version)

    assert len(set(versions)) == 3
    router_with("/elsewhere")
    assert outer.routes_version == versions[-1]


def test_options_of_every_layer_settle_in_the_included_route() -> None:
    inner = APIRouter(tags=["router"], deprecated=True)
    inner.add_api_route("/a", handler, tags=["route"])
    outer = APIRouter(tags=["app"])
    outer.include_router(inner, tags=["include"])
    outer.tags.append("later: not for what is included already")

    inner.add_api_route("/b", handler)

    assert [(route.config.tags, route.config.deprecated) for route in outer.routes if isinstance(route, APIRoute)] == [
        (["app", "include", "router", "route"], True),
        (["app", "include", "router"], True),
    ]


def test_the_overrides_of_the_including_app_hold_for_the_included_route() -> None:
    provider = object()
    inner = router_with("/a")
    outer = APIRouter(dependency_overrides_provider=provider)
    outer.include_router(inner)

    assert [getattr(route, "dependency_overrides_provider", None) for route in outer.routes] == [provider]


def test_starlettes_routes_and_mounts_are_included_under_the_prefix() -> None:
    inner = APIRouter(prefix="/not-for-these")
    inner.add_route("/plain/{number:int}", show_scope)
    inner.add_websocket_route("/ws", show_app)  # type: ignore[arg-type]  # never called
    inner.mount("/mounted", show_app)
    outer = APIRouter()
    outer.include_router(inner, prefix="/v1/{z}")
    client = TestClient(outer)

    assert paths(outer) == ["/v1/{z}/plain/{number:int}", "/v1/{z}/ws", "/v1/{z}/mounted"]
    assert [type(route) for route in outer.routes] == [Route, WebSocketRoute, Mount]
    assert client.get("/v1/9/plain/3").text == " {'z': '9', 'number': 3}"
    assert client.get("/v1/9/mounted/x").text == "/v1/9/mounted {'z': '9'}"


def test_a_host_is_included_under_the_prefix() -> None:
    inner = APIRouter()
    inner.host("sub.example.org", show_app, name="sub")
    outer = APIRouter()
    outer.include_router(inner, prefix="/v1")
    outer.include_router(inner, prefix="/v2/{z}")
    client = TestClient(outer, base_url="http://sub.example.org")

    assert client.get("/v1/x").text == "/v1 {}"
    assert client.get("/v2/7/x").text == "/v2/7 {'z': '7'}"
    assert client.get("/x").status_code == 404
    assert TestClient(outer).get("/v1/x").status_code == 404


@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_a_route_of_a_programs_own_kind_is_included(prefix: str) -> None:
    class Custom(BaseRoute):
        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            return (Match.FULL, {"path_params": {}}) if scope["path"].endswith("/custom") else (Match.NONE, {})

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            await show_app(scope, receive, send)

        def url_path_for(self, name: str, /, **path_params: Any) -> Any:
            raise NoMatchFound(name, path_params)

    inner = APIRouter(routes=[Custom()])
    outer = APIRouter()
    outer.include_router(inner, prefix=prefix)

    assert TestClient(outer).get(prefix + "/a/custom").text == f"{prefix} {{}}"
    assert TestClient(outer).get(prefix + "/other").status_code == 404


STEPS = st.lists(
    st.tuples(st.sampled_from(["route", "include"]), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_any_program_of_routes_and_inclusions_gives_the_order_of_the_reference(
    steps: list[tuple[str, int, int]],
) -> None:
    ours = [APIRouter(prefix=f"/r{number}") for number in range(5)]
    theirs = [fastapi.APIRouter(prefix=f"/r{number}") for number in range(5)]
    for position, (kind, one, other) in enumerate(steps):
        if kind == "route":
            ours[one].add_api_route(f"/{position}", handler)
            theirs[one].add_api_route(f"/{position}", handler)
            continue
        outcomes = []
        for routers in (ours, theirs):
            outer: Any = routers[one]
            try:
                outer.include_router(routers[other], prefix=f"/i{position}")
                outcomes.append("included")
            except AssertionError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]

    for our_router, their_router in zip(ours, theirs, strict=True):
        assert paths(our_router) == [each.path for each in fastapi.routing.iter_route_contexts(their_router.routes)]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["child", "grandchild", "own", "pop", "insert", "sort"]), st.integers(0, 9))))
def test_whatever_the_program_does_nothing_is_lost_doubled_or_moved(steps: list[tuple[str, int]]) -> None:
    outer, child, grandchild = APIRouter(), APIRouter(), APIRouter()
    outer.include_router(child, prefix="/c")
    child.include_router(grandchild, prefix="/g")
    expected: list[BaseRoute] = []
    for position, (kind, place) in enumerate(steps):
        if kind == "child":
            child.add_route(f"/{position}", show_scope)
        elif kind == "grandchild":
            grandchild.add_route(f"/{position}", show_scope)
        elif kind == "own":
            outer.add_route(f"/{position}", show_scope)
        elif kind == "insert":
            outer.routes.insert(place, Route(f"/{position}", show_scope))
        elif kind == "sort":
            outer.routes.sort(key=lambda route: hash(getattr(route, "path", "")))
        elif place < len(outer.routes):
            outer.routes.pop(place)

        now = list(outer.routes)
        if kind in ("child", "grandchild", "own"):
            assert len(now) == len(expected) + 1
            kept = [route for route in now if any(route is other for other in expected)]
            assert [id(route) for route in kept] == [id(route) for route in expected]
        expected = now
