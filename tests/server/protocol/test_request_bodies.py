"""Bodies on their way in: framed in either way, held back, waited for, or never asked for."""

import asyncio
from typing import Any

import pytest
from server.protocol.fakes import GET, Connect, collect_body, make_request, reply, split_responses

from vivace.types import Message, Receive, Scope, Send

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED_HEAD = b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await reply(await collect_body(receive))(scope, receive, send)


def body_of(response: bytes) -> bytes:
    [(_, _, body)] = split_responses(response)
    return body


def recorder(messages: list[Message]) -> Any:
    """Return an app that notes each message until the client is gone or the body ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            messages.append(await receive())
            if not messages[-1].get("more_body"):
                break
        await reply()(scope, receive, send)

    return app


def test_a_request_without_a_body_has_one_empty_message(connect: Connect) -> None:
    messages: list[Message] = []

    connect(recorder(messages)).receive(GET)

    assert messages == [{"type": "http.request", "body": b"", "more_body": False}]


@pytest.mark.parametrize("body", [b"", b"x", b"hello" * 1000], ids=["empty", "one byte", "5 kB"])
def test_a_body_with_a_length_arrives(connect: Connect, body: bytes) -> None:
    assert body_of(connect(echo).receive(make_request("POST", body=body))) == body


def test_a_chunked_body_arrives_joined_without_extensions_and_trailers(connect: Connect) -> None:
    chunks = b"5;name=value\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: yes\r\n\r\n"
    connection = connect(echo)

    assert body_of(connection.receive(CHUNKED_HEAD + chunks)) == b"hello world"
    assert not connection.is_closed


def test_trailers_do_not_become_fields_of_the_next_request(connect: Connect) -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await echo(scope, receive, send)

    connect(app).receive(CHUNKED_HEAD + b"0\r\nX-Trailer: yes\r\n\r\n" + GET)

    assert [name for name, _ in scopes[1]["headers"]] == [b"host"]


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_body_arrives_whole_byte_by_byte(connect: Connect, is_chunked: bool) -> None:
    request = CHUNKED_HEAD + b"3\r\nabc\r\n0\r\n\r\n" if is_chunked else make_request("POST", body=b"abc")
    connection = connect(echo)

    for at in range(len(request)):
        connection.receive(request[at : at + 1], turns=3)

    assert body_of(connection.sent) == b"abc"


def test_a_piece_is_told_as_it_comes_and_the_last_says_so(connect: Connect) -> None:
    messages: list[Message] = []
    connection = connect(recorder(messages))

    connection.receive(make_request("POST", content_length="6") + b"ab")
    connection.receive(b"cd")
    connection.receive(b"ef")

    assert [(each["body"], each["more_body"]) for each in messages] == [(b"ab", True), (b"cd", True), (b"ef", False)]


def test_an_app_that_does_not_read_holds_its_client_back(connect: Connect) -> None:
    size = 200_000
    may_read = asyncio.Event()
    received: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_read.wait()
        received.append(len(await collect_body(receive)))
        await reply()(scope, receive, send)

    connection = connect(app)
    connection.receive(make_request("POST", content_length=str(size)) + b"x" * 65_536)
    assert not connection.transport.is_reading_paused
    connection.receive(b"x")
    assert connection.transport.is_reading_paused

    connection.call(may_read.set)
    assert not connection.transport.is_reading_paused
    connection.receive(b"x" * (size - 65_537))

    assert received == [size]
    assert not connection.transport.is_reading_paused


def test_a_client_is_heard_again_when_the_app_has_all_of_a_large_body(connect: Connect) -> None:
    may_answer = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await collect_body(receive)
        await may_answer.wait()

    connection = connect(app)

    connection.receive(make_request("POST", body=b"x" * 100_000))

    # Else nobody would notice that it leaves.
    assert not connection.transport.is_reading_paused


def test_a_client_that_was_held_back_is_heard_again_after_a_response_that_took_no_body(connect: Connect) -> None:
    connection = connect(reply())

    connection.receive(make_request("POST", body=b"x" * 100_000))

    assert not connection.transport.is_reading_paused
    assert connection.receive(GET).startswith(b"HTTP/1.1 200 OK\r\n")


def test_what_comes_of_a_body_after_the_response_is_thrown_away(connect: Connect) -> None:
    connection = connect(reply())

    first = connection.receive(make_request("POST", content_length="10") + b"01234")
    nothing = connection.receive(b"56789")
    second = connection.receive(GET)

    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert nothing == b""
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")
    assert connection.protocol.server_state.total_requests == 2


def test_the_next_request_waits_for_the_end_of_a_body_that_nobody_reads(connect: Connect) -> None:
    paths: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        await reply()(scope, receive, send)

    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: example.org\r\n\r\n"
    connection = connect(app)
    connection.receive(make_request("POST", "/first", content_length=str(len(smuggled))))
    connection.receive(smuggled + make_request(target="/second"))

    assert paths == ["/first", "/second"]


def test_an_app_that_asks_again_after_the_body_waits_for_the_end(connect: Connect) -> None:
    messages: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        messages.extend([await receive(), await receive()])

    connection = connect(app)
    connection.receive(GET)
    assert messages == []

    connection.lose()

    assert [each["type"] for each in messages] == ["http.request", "http.disconnect"]


def test_an_app_that_asks_after_its_response_is_told_that_it_is_over(connect: Connect) -> None:
    messages: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await reply()(scope, receive, send)
        messages.append(await receive())

    connect(app).receive(make_request("POST", content_length="3"))

    assert messages == [{"type": "http.disconnect"}]


def test_two_readers_of_one_request_both_wake(connect: Connect) -> None:
    kinds: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in await asyncio.gather(receive(), receive()):
            kinds.append(message["type"])

    connection = connect(app)
    connection.receive(GET)
    connection.lose()

    assert kinds == ["http.disconnect", "http.disconnect"]


# Expect: 100-continue


@pytest.mark.parametrize("value", ["100-continue", "100-CONTINUE"])
def test_a_client_that_waits_is_told_to_go_on_when_the_app_reads(connect: Connect, value: str) -> None:
    connection = connect(echo)

    assert connection.receive(make_request("POST", content_length="2", expect=value)) == CONTINUE
    assert body_of(connection.receive(b"ab")) == b"ab"
    assert not connection.is_closed


def test_a_client_that_waits_is_told_once(connect: Connect) -> None:
    connection = connect(echo)

    connection.receive(make_request("POST", content_length="2", expect="100-continue"))
    connection.receive(b"a")
    connection.receive(b"b")

    assert connection.sent.count(CONTINUE) == 1


def test_an_app_that_does_not_read_sends_its_response_at_once_and_the_connection_ends(connect: Connect) -> None:
    # RFC 9110 10.1.1: whether the body comes after a final answer, the server cannot know.
    connection = connect(reply(b"no", 413))

    response = connection.receive(make_request("POST", content_length="2", expect="100-continue"))

    assert CONTINUE not in response
    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in response
    assert connection.is_closed


def test_the_next_request_is_not_told_to_go_on(connect: Connect) -> None:
    connection = connect(echo)

    connection.receive(make_request("POST", expect="100-continue", body=b"ab"))

    assert CONTINUE not in connection.receive(make_request("POST", body=b"ab"))
