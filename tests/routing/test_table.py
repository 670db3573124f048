"""The match table against Starlette's own loop over the routes."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.convertors import CONVERTOR_TYPES, Convertor, register_url_convertor
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from vivace._routing.table import WEBSOCKET, build_tables


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing: only the choice of the route is looked at."""


class AsgiEndpoint:
    """An endpoint that Starlette takes for an ASGI app, with any methods."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing."""


class Asked(BaseRoute):
    """A route of a program's own that answers where the path ends in a given text."""

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["path"].endswith(self.suffix):
            return Match.FULL, {"endpoint": self, "path_params": {"asked": self.suffix}}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing."""


class Unslashed(Convertor[str]):
    """May contain "/": no segment can be cut for it."""

    regex = "[a-c/]+"

    def convert(self, value: str) -> str:
        return value.upper()


@pytest.fixture(autouse=True, scope="module")
def unslashed_convertor() -> Iterator[None]:
    register_url_convertor("unslashed", Unslashed())
    yield
    del CONVERTOR_TYPES["unslashed"]


def http_scope(path: str, method: str = "GET", **more: Any) -> Scope:
    return {"type": "http", "path": path, "method": method, "headers": [], "root_path": "", **more}


def choose_by_table(routes: Sequence[BaseRoute], scope: Scope) -> Scope | None:
    http, websocket = build_tables(routes)
    if scope["type"] == "http":
        app = http.select(scope, scope["path"], scope["method"])
    else:
        app = websocket.select(scope, scope["path"], WEBSOCKET)
    return None if app is None else scope


def choose_by_loop(routes: Sequence[BaseRoute], scope: Scope) -> Scope | None:
    partial = None
    for route in routes:
        match, child_scope = route.matches(scope)
        if match is Match.FULL:
            return {**scope, "route": route, **child_scope}
        if match is Match.PARTIAL and partial is None:
            partial = {**scope, "route": route, **child_scope}
    return partial


WORDS = st.sampled_from(
    [
        "a-b-c.json",
        "--.json",
        "---.json",
        "------.json",
        "x--",
        "xx",
        "xxx",
        "a",
        "b",
        "c",
        "1",
        "22",
        "1.5",
        "x-y",
        "1-b",
        "a.json",
        "",
    ]
)
PARAMS = [
    "{%s}",
    "{%s:int}",
    "{%s:float}",
    "{%s:str}",
    "{%s:uuid}",
    "v{%s}",
    "{%s}.json",
    "{%s:path}",
    "{%s:unslashed}",
]
METHODS = st.lists(st.sampled_from(["GET", "POST", "PUT"]), min_size=1, max_size=2, unique=True)


@st.composite
def templates(draw: Callable[[Any], Any]) -> str:
    parts = []
    for position in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            parts.append(draw(WORDS))
        else:
            pattern = draw(st.sampled_from([*PARAMS, "{%s:int}-{other%s}"]))
            parts.append(pattern.replace("%s", f"p{position}"))
    return "/" + "/".join(parts)


@st.composite
def routes(draw: Callable[[Any], Any]) -> BaseRoute:
    kind = draw(st.sampled_from(["route"] * 6 + ["websocket", "mount", "any method", "asked", "host"]))
    if kind == "asked":
        return Asked(draw(st.sampled_from(["a", "1", "/"])))
    if kind == "host":
        return Host(draw(st.sampled_from(["a.example", "{sub}.example"])), AsgiEndpoint())
    path = draw(templates())
    if kind == "websocket":
        return WebSocketRoute(path, endpoint)
    if kind == "mount":
        path = path.split("{p0:path}")[0]
        return Mount("" if draw(st.booleans()) and len(path) < 3 else path, AsgiEndpoint())
    if kind == "any method":
        return Route(path, AsgiEndpoint())
    return Route(path, endpoint, methods=draw(METHODS))


PATHS = st.builds(
    lambda words, ending: "/" + "/".join(words) + ending,
    st.lists(WORDS | st.just("12345678-1234-1234-1234-123456789abc"), max_size=5),
    st.sampled_from(["", "", "", "/", "\n"]),
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    st.lists(routes(), min_size=1, max_size=12),
    st.lists(PATHS, min_size=1, max_size=8),
    st.sampled_from(["GET", "POST", "HEAD", "DELETE"]),
    st.sampled_from([b"a.example", b"b.example", b"other"]),
)
@example([Route("/{p}", endpoint), Route("/a", endpoint, methods=["POST"])], ["/a", "/a\n", "/a/"], "POST", b"")
@example([Route("/a", endpoint), Route("/{p}", endpoint)], ["/a\n"], "GET", b"")
@example([Mount("", AsgiEndpoint()), Route("/a", endpoint)], ["/a"], "GET", b"")
@example([Route("/a", endpoint), Mount("", AsgiEndpoint()), Route("/{p}", endpoint)], ["/a", "/b"], "POST", b"")
def test_the_table_chooses_what_starlettes_loop_chooses(
    declared: list[BaseRoute], paths: list[str], method: str, host: bytes
) -> None:
    for path in paths:
        for kind in ("http", "websocket"):
            scope = {"type": kind, "path": path, "headers": [(b"host", host)], "path_params": {"outer": 1}}
            if kind == "http":
                scope["method"] = method

            chosen = choose_by_table(declared, dict(scope))

            expected = choose_by_loop(declared, scope)
            assert chosen == expected
            assert chosen is None or expected is None or chosen["route"] is expected["route"]


def test_a_number_too_long_for_int_matches_nothing() -> None:
    declared = [Route("/items/{number:int}", endpoint), Route("/{a:int}-{b:int}", endpoint)]

    assert choose_by_table(declared, http_scope("/items/" + "9" * 5000)) is None
    assert choose_by_table(declared, http_scope("/1-" + "9" * 5000)) is None


def test_a_convertor_of_the_program_may_raise() -> None:
    class Refusing(Unslashed):
        def convert(self, value: str) -> str:
            raise ValueError(value)

    register_url_convertor("refusing", Refusing())
    declared = [Route("/{a:refusing}", endpoint)]
    del CONVERTOR_TYPES["refusing"]

    with pytest.raises(ValueError, match="a/b"):
        choose_by_table(declared, http_scope("/a/b"))


def test_a_changed_regular_expression_is_what_counts() -> None:
    route = Route("/old", endpoint)
    changed = Route("/new/{number:int}", endpoint)
    route.path_regex, route.param_convertors = changed.path_regex, changed.param_convertors

    assert choose_by_table([route], http_scope("/old")) is None
    chosen = choose_by_table([route], http_scope("/new/3"))
    assert chosen is not None
    assert chosen["path_params"] == {"number": 3}


class OwnRoute(Route):
    notes_response_start = True


def test_routes_with_handle_of_their_own_are_called_through_it() -> None:
    class Handled(OwnRoute):
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            called.append("handled")

    called: list[str] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        called.append("patched")

    plain, handled, patched = (
        OwnRoute("/plain", endpoint),
        Handled("/handled", endpoint),
        OwnRoute("/patched", endpoint),
    )
    patched.handle = note  # type: ignore[method-assign]  # as instrumentation does
    http, _ = build_tables([plain, handled, patched])

    assert http.select(http_scope("/plain"), "/plain", "GET") is plain.app
    for path in ("/handled", "/patched"):
        app = http.select(http_scope(path), path, "GET")
        assert app is not None
        asyncio.run(app(http_scope(path), None, None))  # type: ignore[arg-type]  # neither is used
    assert called == ["handled", "patched"]


@pytest.mark.parametrize(
    "path",
    ["/" * 60_000, "/a" * 30_000, "/a/" + "b" * 60_000, "/items/" + "1" * 60_000, "/x" + "\n" * 60_000],
    ids=["slashes", "segments", "long segment", "long number", "line feeds"],
)
def test_a_hostile_path_costs_a_few_python_calls(path: str) -> None:
    declared = [Route("/a/{b}", endpoint), Route("/items/{n:int}", endpoint), Route("/a/a/{c:path}", endpoint)]
    http, _ = build_tables(declared)

    assert count_calls(lambda: http.select(http_scope(path), path, "GET")) < 40


def count_calls(action: Callable[[], object]) -> int:
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    previous = sys.getprofile()
    gc.disable()  # what others have left behind may have finalisers
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(previous)
        gc.enable()
    return calls - 1  # the action itself


@pytest.mark.parametrize(
    ("template", "path"),
    [("/{a}-{b}-{c}.json", "/" + "-" * 60_000), ("/{a}-{b}-{c:int}.json", "/" + "1-" * 30_000)],
    ids=["strings", "strings and a number"],
)
def test_several_parameters_in_a_segment_refuse_a_hostile_path_in_linear_time(template: str, path: str) -> None:
    http, _ = build_tables([Route(template, endpoint)])

    # A regular expression would need hours; the time-out of the test run is the limit here.
    assert http.select(http_scope(path), path, "GET") is None


@pytest.mark.parametrize("others", [0, 1000], ids=["alone", "among 1,000 others"])
@pytest.mark.parametrize(
    ("path", "limit"),
    [("/static", 2), ("/items/7", 2), ("/nothing/here", 1)],
    ids=["exact path", "one parameter", "no match"],
)
def test_the_calls_for_a_match_do_not_grow_with_the_routes(path: str, limit: int, others: int) -> None:
    declared: list[Route] = [OwnRoute(f"/other{number}/{{p}}", endpoint) for number in range(others)]
    declared += [OwnRoute("/static", endpoint), OwnRoute("/items/{number:int}", endpoint)]
    declared.append(Route("/late", endpoint))
    http, _ = build_tables([*declared, Mount("/assets", AsgiEndpoint())])
    scope = http_scope(path)

    assert count_calls(lambda: http.select(scope, path, "GET")) <= limit


def test_a_mount_at_the_end_does_not_slow_what_stands_before_it() -> None:
    declared = [OwnRoute("/items/{number:int}", endpoint), Mount("", AsgiEndpoint())]
    http, _ = build_tables(declared)
    scope = http_scope("/items/7")

    assert count_calls(lambda: http.select(scope, "/items/7", "GET")) == 2


def test_the_whole_router_of_starlette_agrees_on_a_405() -> None:
    declared = [Route("/a", endpoint, methods=["POST"]), Route("/{p}", endpoint, methods=["PUT"])]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    asyncio.run(Router(declared).app(http_scope("/a", "DELETE"), receive, send))
    expected = list(sent)
    sent.clear()
    http, _ = build_tables(declared)
    scope = http_scope("/a", "DELETE")
    app = http.select(scope, "/a", "DELETE")
    assert app is not None
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine
    assert sent == expected
