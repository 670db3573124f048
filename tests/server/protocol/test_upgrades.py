"""Requests for another protocol: handed to Uvicorn's websocket protocols, or answered as if they had not asked."""

import base64
import hashlib
import logging
from typing import Any

import pytest
from server.protocol.fakes import GET, Connect, collect_body, make_request, reply, split_responses
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from vivace.server.websocket import WebSocketProtocol
from vivace.types import Message, Receive, Scope, Send

# Uvicorn's third one, on the legacy side of `websockets`, needs a loop that runs: see test_real_servers.py.
WEBSOCKET_PROTOCOLS = {
    "wsproto": WSProtocol,
    "websockets-sansio": WebSocketsSansIOProtocol,
    "ours": WebSocketProtocol,
}
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = base64.b64encode(hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())


def ask_for_websocket(target: str = "/chat?a=b", **fields: str) -> bytes:
    return make_request(
        "GET",
        target,
        None,
        connection="keep-alive, Upgrade",
        upgrade="WebSocket",
        sec_websocket_key=KEY,
        sec_websocket_version="13",
        **fields,
    )


def client_frame(text: bytes) -> bytes:
    """Return a text frame, masked with zeros."""
    return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text


class Echo:
    """An app that echoes over websockets, and answers requests with their bodies."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            await reply(scope["path"].encode() + await collect_body(receive))(scope, receive, send)
            return
        message: Message = await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"echo {message['text']}"})


each_library = pytest.mark.parametrize(
    "websocket_protocol", WEBSOCKET_PROTOCOLS.values(), ids=WEBSOCKET_PROTOCOLS.keys()
)


@each_library
def test_a_websocket_is_opened_and_spoken(connect: Connect, websocket_protocol: Any) -> None:
    app = Echo()
    connection = connect(app, ws=websocket_protocol)

    answer = connection.receive(ask_for_websocket()).lower()
    assert answer.startswith(b"http/1.1 101 ")
    assert b"sec-websocket-accept: " + ACCEPT.lower() in answer
    assert type(connection.transport.protocol) is websocket_protocol

    assert connection.receive(client_frame(b"hello")) == b"\x81\x0aecho hello"
    assert [(scope["type"], scope["path"], scope["query_string"]) for scope in app.scopes] == [
        ("websocket", "/chat", b"a=b")
    ]
    connection.lose()
    assert not connection.server_state.connections


@each_library
def test_an_upgraded_connection_has_no_timer_of_ours(connect: Connect, websocket_protocol: Any) -> None:
    connection = connect(Echo(), ws=websocket_protocol, ws_ping_interval=None)
    connection.receive(GET)
    connection.receive(ask_for_websocket())

    connection.pass_time(3600)

    assert not connection.is_closed
    assert connection.receive(client_frame(b"hello")).endswith(b"echo hello")
    connection.lose()


@each_library
def test_an_upgrade_waits_for_the_response_before_it(connect: Connect, websocket_protocol: Any) -> None:
    connection = connect(Echo(), ws=websocket_protocol)

    answer = connection.receive(make_request(target="/first") + ask_for_websocket())

    assert answer.index(b"/first") < answer.lower().index(b"http/1.1 101 ")
    assert connection.receive(client_frame(b"hello")).endswith(b"echo hello")
    assert not connection.transport.is_reading_paused
    connection.lose()


@each_library
def test_a_root_path_and_the_state_reach_a_websocket(connect: Connect, websocket_protocol: Any) -> None:
    app = Echo()
    connection = connect(app, ws=websocket_protocol, root_path="/api", state={"pool": 1})

    connection.receive(ask_for_websocket())

    [scope] = app.scopes
    assert (scope["root_path"], scope["path"], scope["state"]) == ("/api", "/api/chat", {"pool": 1})
    connection.lose()


@each_library
@pytest.mark.parametrize("behind", [GET, client_frame(b"early")], ids=["a request", "a frame"])
def test_data_behind_a_request_for_a_websocket_is_refused(
    connect: Connect, websocket_protocol: Any, behind: bytes
) -> None:
    app = Echo()
    connection = connect(app, ws=websocket_protocol)

    [(status, fields, _)] = split_responses(connection.receive(ask_for_websocket() + behind))

    assert (status, fields[b"connection"]) == (b"HTTP/1.1 400 Bad Request", b"close")
    assert connection.is_closed
    assert app.scopes == []


@each_library
def test_data_behind_a_request_for_a_websocket_that_waits_is_not_run_as_a_request(
    connect: Connect, websocket_protocol: Any
) -> None:
    app = Echo()
    connection = connect(app, ws=websocket_protocol)

    answer = connection.receive(make_request(target="/first") + ask_for_websocket() + make_request(target="/last"))

    assert [status for status, _, _ in split_responses(answer)] == [b"HTTP/1.1 200 OK", b"HTTP/1.1 400 Bad Request"]
    assert [scope["path"] for scope in app.scopes] == ["/first"]


def test_a_websocket_protocol_that_cannot_be_made_ends_the_connection_cleanly(connect: Connect) -> None:
    connection = connect(Echo(), ws=WSProtocol)

    def fail(**_: Any) -> None:
        raise RuntimeError("on purpose")

    connection.protocol.ws_protocol_class = fail  # what it makes is never used
    connection.loop.call_soon(connection.protocol.data_received, ask_for_websocket())
    connection.loop.turn(5)
    [problem] = connection.loop.problems
    connection.loop.problems.clear()

    connection.lose(problem["exception"])

    assert not connection.server_state.connections


# Upgrades that nobody here speaks


def ask_for_other(body: bytes | None = None, **fields: str) -> bytes:
    return make_request("POST" if body is not None else "GET", "/", body, connection="upgrade", upgrade="h2c", **fields)


def test_an_unknown_upgrade_is_answered_as_a_request(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect(Echo())

    assert connection.receive(ask_for_other()).endswith(b"\r\n\r\n/")
    assert caplog.record_tuples == [("uvicorn.error", logging.WARNING, "Unsupported upgrade request.")]
    assert connection.receive(GET).startswith(b"HTTP/1.1 200 OK\r\n")


def test_without_a_websocket_library_the_log_says_what_to_install(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(Echo(), ws="none")

    assert connection.receive(ask_for_websocket()).endswith(b"/chat")
    assert [message.partition(".")[0] for message in caplog.messages] == [
        "Unsupported upgrade request",
        "No supported WebSocket library detected",
    ]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one read", "byte by byte"])
@pytest.mark.parametrize("is_chunked", [True, False], ids=["chunked", "length"])
def test_the_body_of_an_unknown_upgrade_is_a_body_and_no_request(
    connect: Connect, is_chunked: bool, at_once: bool
) -> None:
    app = Echo()
    connection = connect(app)
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    if is_chunked:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(smuggled), smuggled)
        data = ask_for_other(b"", transfer_encoding="chunked") + body
    else:
        data = ask_for_other(smuggled)
    data += make_request(target="/next")

    for piece in [data] if at_once else [data[at : at + 1] for at in range(len(data))]:
        connection.receive(piece, turns=4)
    connection.receive(b"")

    assert [scope["path"] for scope in app.scopes] == ["/", "/next"]
    assert connection.sent.count(b"\r\n\r\n/" + smuggled) == 1
    assert connection.sent.endswith(b"\r\n\r\n/next")


def test_an_upgrade_field_without_the_word_in_connection_means_nothing(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(Echo())

    answer = connection.receive(make_request("POST", "/", b"body", upgrade="websocket"))

    assert answer.endswith(b"/body")
    assert not caplog.records
