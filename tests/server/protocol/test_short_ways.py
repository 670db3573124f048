"""The two short ways, for fields that a client repeats and for responses sent in one go: never another outcome."""

from typing import Any

import pytest
from server.protocol.fakes import Connect, Connection, collect_body, make_request, split_responses

from vivace import Response, Vivace
from vivace.server import known
from vivace.server.exchange import Exchange
from vivace.types import Receive, Scope, Send

JSON = b"application/json"


def scopes_of(connect: Connect, *requests: bytes, **options: Any) -> tuple[list[Scope], list[bytes]]:
    """Send requests one after the other on one connection; return the scopes and bodies that the app saw."""
    scopes: list[Scope] = []
    bodies: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        bodies.append(await collect_body(receive))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    connection = connect(app, **options)
    for request in requests:
        connection.receive(request)
    return scopes, bodies


REPEATED = [
    pytest.param(make_request(target="/a?b=c%20d", x="y"), make_request(target="/%C3%A9", x="y"), id="target"),
    pytest.param(make_request("GET", "/"), make_request("DELETE", "/"), id="method"),
    pytest.param(make_request("POST", "/", b"one"), make_request("POST", "/x", b"two"), id="body"),
    pytest.param(make_request(x="y", X="z"), make_request(x="y", X="z"), id="repeated-name"),
    pytest.param(make_request(connection="keep-alive"), make_request(connection="keep-alive"), id="keep-alive"),
    pytest.param(make_request(x="y "), make_request(x="y "), id="trailing-space"),
    pytest.param(make_request(x="y"), make_request(x="z"), id="other-value"),
    pytest.param(make_request("POST", "/", b"one"), make_request("POST", "/x", b"four"), id="other-length"),
]


@pytest.mark.parametrize(("first", "second"), REPEATED)
def test_a_request_with_the_fields_of_the_last_one_is_read_as_on_a_new_connection(
    first: bytes, second: bytes, connect: Connect
) -> None:
    repeated, repeated_bodies = scopes_of(connect, first, second)
    fresh, fresh_bodies = scopes_of(connect, second)

    assert repeated[1] == fresh[0]
    assert repeated_bodies[1] == fresh_bodies[0]


def test_the_parser_is_not_asked_for_fields_that_are_repeated(connect: Connect) -> None:
    connection = connect(answering_in_one_go(b"{}"))
    connection.receive(make_request(target="/a"))
    connection.protocol._feed = lambda data: pytest.fail("the parser was asked")

    connection.receive(make_request(target="/b"))

    assert connection.protocol.scope["path"] == "/b"


def test_fields_that_an_app_changes_are_not_changed_for_the_next_request(connect: Connect) -> None:
    seen: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(len(scope["headers"]))
        scope["headers"].append((b"x", b"y"))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    connection = connect(app)
    for _ in range(3):
        connection.receive(make_request())

    assert seen == [1, 1, 1]


@pytest.mark.parametrize(
    "line",
    [
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.0 ",
        b"get / HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET / X",
    ],
)
def test_a_wrong_request_line_is_refused_before_known_fields_too(line: bytes, connect: Connect) -> None:
    connection = connect(answering_in_one_go(b"{}"))
    connection.receive(make_request())

    sent = connection.receive(line + b"\r\nhost: example.org\r\n\r\n")

    assert sent.startswith(b"HTTP/1.1 400 ")
    assert connection.is_closed


@pytest.mark.parametrize(
    "fields",
    [
        {"connection": "close"},
        {"connection": "keep-alive, upgrade", "upgrade": "h2c"},
        {"expect": "100-continue"},
        {"transfer-encoding": "chunked"},
        {"x": "y" * 5000},
        {"content-length": "100000"},
    ],
    ids=str,
)
def test_fields_that_ask_for_more_are_not_kept(fields: dict[str, str]) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in fields.items()]
    data = b"".join(b"\r\n%b: %b" % field for field in encoded) + b"\r\n\r\n"

    assert known.know_fields(data, 0, encoded, dict(encoded), lambda *_: None) is None  # type: ignore[arg-type]


def answering_in_one_go(body: bytes, seen: list[bool] | None = None, status: int = 200) -> Any:
    async def app(scope: Scope, receive: Receive, send: Any) -> None:
        is_sent = send.__self__.vivace_send_whole(status, JSON, body)
        if seen is not None:
            seen.append(is_sent)
        if not is_sent:
            headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON)]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return app


def answering_in_two_messages(body: bytes, status: int = 200) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 20_000, b"x" * 100_000], ids=len)
@pytest.mark.parametrize("status", [200, 201, 404, 599])
@pytest.mark.parametrize(
    "request_bytes",
    [
        make_request(),
        make_request("HEAD"),
        make_request(connection="close"),
        make_request().replace(b"HTTP/1.1", b"HTTP/1.0"),
        make_request("POST", expect="100-continue", content_length="5"),
        make_request() * 3,
    ],
    ids=["get", "head", "close", "http-1.0", "expect", "pipelined"],
)
def test_a_response_in_one_go_is_that_of_two_messages(
    request_bytes: bytes, status: int, body: bytes, connect: Connect
) -> None:
    whole = connect(answering_in_one_go(body, status=status))
    parts = connect(answering_in_two_messages(body, status))

    assert whole.receive(request_bytes) == parts.receive(request_bytes)
    assert whole.is_closed == parts.is_closed


def sending_in_one_go(connection: Connection, seen: list[bool]) -> bool:
    connection.receive(make_request())
    return seen[-1]


def test_a_response_is_sent_in_one_go_only_where_nothing_stands_against_it(connect: Connect) -> None:
    seen: list[bool] = []

    assert sending_in_one_go(connect(answering_in_one_go(b"{}", seen)), seen)

    paused = connect(answering_in_one_go(b"{}", seen))
    paused.protocol.pause_writing()
    assert not sending_in_one_go(paused, seen)
    draining = connect(answering_in_one_go(b"{}", seen))
    draining.protocol.begin_drain()
    assert not sending_in_one_go(draining, seen)


def test_nothing_is_sent_in_one_go_twice(connect: Connect) -> None:
    seen: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Any) -> None:
        seen.append(send.__self__.vivace_send_whole(200, JSON, b"{}"))
        seen.append(send.__self__.vivace_send_whole(200, JSON, b"{}"))

    connection = connect(app)
    sent = connection.receive(make_request())

    assert seen == [True, False]
    assert len(split_responses(sent)) == 1


def test_a_vivace_app_answers_in_one_go_with_one_write(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Exchange, "_start", lambda *_: pytest.fail("it was sent in two messages"))
    app = Vivace()

    @app.get("/")
    async def read_root() -> dict[str, str]:
        return {"hello": "world"}

    connection = connect(app)
    connection.receive(make_request())

    assert [body for _, _, body in split_responses(connection.sent)] == [b'{"hello":"world"}']
    assert len(connection.writes) == 1


def test_middleware_around_send_sees_both_messages(connect: Connect) -> None:
    seen: list[str] = []
    app = Vivace()

    @app.get("/")
    async def read_root() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/response")
    async def read_response() -> Response:
        return Response("hello")

    class Watching:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def watching(message: Any) -> None:
                seen.append(message["type"])
                await send(message)

            await self.app(scope, receive, watching)

    app.add_middleware(Watching)
    connection = connect(app, lifespan="off")
    connection.receive(make_request())
    connection.receive(make_request(target="/response"))

    assert seen == ["http.response.start", "http.response.body"] * 2
