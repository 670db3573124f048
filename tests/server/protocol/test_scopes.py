"""What an app is told of a request."""

from typing import Any

import pytest
from server.protocol.fakes import CLIENT, GET, SERVER, Connect, make_request, reply

from vivace.types import Receive, Scope, Send

Scopes = list[Scope]


def recorder(scopes: Scopes) -> Any:
    answer = reply()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await answer(scope, receive, send)

    return app


def scope_of(connect: Connect, request: bytes, **options: Any) -> Scope:
    scopes: Scopes = []
    connect(recorder(scopes), **options).receive(request)
    assert len(scopes) == 1
    return scopes[0]


def test_a_request_is_described_as_asgi_says(connect: Connect) -> None:
    scope = scope_of(connect, b"GET /a?b=c HTTP/1.1\r\nHost: example.org\r\nX-Id: 7\r\n\r\n")

    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "server": SERVER,
        "client": CLIENT,
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": "/a",
        "raw_path": b"/a",
        "query_string": b"b=c",
        "headers": [(b"host", b"example.org"), (b"x-id", b"7")],
        "state": {},
    }


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        (b"/", "/", b"/", b""),
        (b"/?", "/", b"/", b""),
        (b"/?a?b", "/", b"/", b"a?b"),
        (b"/a%2Fb", "/a/b", b"/a%2Fb", b""),
        (b"/%E2%82%AC?%E2", "/€", b"/%E2%82%AC", b"%E2"),
        (b"//a//b", "//a//b", b"//a//b", b""),
        (b"/a/../b", "/a/../b", b"/a/../b", b""),
        (b"http://example.org/a?b", "/a", b"/a", b"b"),
        (b"http://example.org", "/", b"/", b""),
        (b"http://example.org?b", "/", b"/", b"b"),
        (b"/a:b@c;d,e", "/a:b@c;d,e", b"/a:b@c;d,e", b""),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else None,
)
def test_a_target_is_split_and_its_path_decoded(
    connect: Connect, target: bytes, path: str, raw_path: bytes, query: bytes
) -> None:
    scope = scope_of(connect, b"GET %b HTTP/1.1\r\nHost: example.org\r\n\r\n" % target)

    assert (scope["path"], scope["raw_path"], scope["query_string"]) == (path, raw_path, query)


def test_the_target_of_options_may_be_the_server_itself(connect: Connect) -> None:
    assert scope_of(connect, make_request("OPTIONS", "*"))["path"] == "*"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods_reach_the_app(connect: Connect, method: str) -> None:
    assert scope_of(connect, make_request(method))["method"] == method


def test_names_of_fields_are_lower_case_and_values_lose_the_blanks_around_them(connect: Connect) -> None:
    scope = scope_of(connect, b"GET / HTTP/1.1\r\nHOST:example.org\r\nX-A:  b c \t\r\nX-A:\r\nX-B: \xff\r\n\r\n")

    assert scope["headers"] == [(b"host", b"example.org"), (b"x-a", b"b c"), (b"x-a", b""), (b"x-b", b"\xff")]


def test_http_1_0_is_told(connect: Connect) -> None:
    assert scope_of(connect, b"GET / HTTP/1.0\r\n\r\n")["http_version"] == "1.0"


def test_requests_over_tls_have_the_scheme_https(connect: Connect) -> None:
    assert scope_of(connect, GET, is_tls=True)["scheme"] == "https"


def test_the_root_path_stands_before_both_paths(connect: Connect) -> None:
    scope = scope_of(connect, make_request(target="/a%20b"), root_path="/api")

    assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("/api", "/api/a b", b"/api/a%20b")


def test_the_version_of_asgi_is_the_apps(connect: Connect) -> None:
    scopes: Scopes = []

    class App:
        def __init__(self, scope: Scope) -> None:
            scopes.append(scope)

        async def __call__(self, receive: Receive, send: Send) -> None:
            await reply()({}, receive, send)

    connection = connect(App)

    assert connection.receive(GET).startswith(b"HTTP/1.1 200 OK\r\n")
    assert scopes[0]["asgi"] == {"version": "2.0", "spec_version": "2.5"}


def test_the_state_of_the_lifespan_is_a_copy_for_each_request(connect: Connect) -> None:
    scopes: Scopes = []
    pool = object()
    state = {"pool": pool}
    connection = connect(recorder(scopes), state=state)

    connection.receive(GET)
    scopes[0]["state"]["pool"] = None
    scopes[0]["asgi"]["version"] = "9"
    connection.receive(GET)

    assert scopes[1]["state"] == {"pool": pool}
    assert scopes[1]["asgi"]["version"] == "3.0"
    assert state == {"pool": pool}


def test_the_protocol_shows_the_scope_of_its_last_request(connect: Connect) -> None:
    scopes: Scopes = []
    connection = connect(recorder(scopes))

    connection.receive(make_request(target="/first") + make_request(target="/last"))

    assert connection.protocol.scope is scopes[-1]


def test_a_scope_is_the_same_however_its_request_arrives(connect: Connect) -> None:
    request = b"GET /some/path?with=query HTTP/1.1\r\nHost: example.org\r\nAccept: text/html, */*\r\n\r\n"
    whole = scope_of(connect, request)
    scopes: Scopes = []
    connection = connect(recorder(scopes))

    for at in range(len(request)):
        connection.receive(request[at : at + 1], turns=1)

    connection.receive(b"")
    assert scopes == [whole]
