"""Responses on their way out: framing, and how many writes they take."""

import asyncio

import pytest
from server.protocol.fakes import GET, Connect, make_request, reply, split_responses, stream

from vivace.types import ASGIApp, Message, Receive, Scope, Send

HTTP_1_0 = b"GET / HTTP/1.0\r\n\r\n"
HEAD = make_request("HEAD")
CHUNKED = (b"transfer-encoding", b"chunked")


# Writes


def test_a_small_response_is_one_write(connect: Connect) -> None:
    connection = connect(reply(b"hello", headers=[(b"content-type", b"text/plain")]))

    connection.receive(GET)

    assert connection.writes == [b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"]


def test_a_response_of_one_piece_without_a_length_is_one_write(connect: Connect) -> None:
    connection = connect(reply(b"hello", length=False))

    connection.receive(GET)

    assert connection.writes == [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]


def test_each_piece_of_a_stream_is_one_write_and_the_first_takes_the_head_along(connect: Connect) -> None:
    connection = connect(stream(b"ab", b"cd"))

    connection.receive(GET)

    assert connection.writes == [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"2\r\ncd\r\n",
        b"0\r\n\r\n",
    ]


def test_the_head_of_a_stream_leaves_in_the_next_turn_when_its_first_piece_is_long_in_coming(connect: Connect) -> None:
    may_go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await may_go_on.wait()
        await send({"type": "http.response.body", "body": b"late"})

    connection = connect(app)

    assert connection.receive(GET) == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    connection.call(may_go_on.set)
    assert connection.writes[1:] == [b"4\r\nlate\r\n0\r\n\r\n"]


def test_a_large_body_is_sent_whole(connect: Connect) -> None:
    body = b"0123456789" * 50_000

    [(_, _, plain)] = split_responses(connect(reply(body)).receive(GET))
    [(_, _, chunked)] = split_responses(connect(reply(body, length=False)).receive(GET))

    assert plain == chunked == body


def test_an_empty_piece_of_a_stream_does_not_end_it(connect: Connect) -> None:
    connection = connect(stream(b"a", b"", b"b"))

    assert connection.receive(GET).endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")


# Responses without a body


@pytest.mark.parametrize("app", [reply(b"hello"), stream(b"hello")], ids=["length", "stream"])
def test_the_response_to_head_has_no_body(connect: Connect, app: ASGIApp) -> None:
    connection = connect(app)

    response = connection.receive(HEAD)

    assert response.endswith(b"\r\n\r\n") and b"hello" not in response
    assert not connection.is_closed


def test_the_response_to_head_keeps_the_length_that_get_would_have(connect: Connect) -> None:
    assert connect(reply(b"hello")).receive(HEAD) == b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"


def test_the_response_to_head_may_leave_out_the_body_that_it_announces(connect: Connect) -> None:
    connection = connect(stream(headers=[(b"content-length", b"1000000")]))

    assert connection.receive(HEAD + HEAD).count(b"content-length: 1000000\r\n\r\n") == 2


@pytest.mark.parametrize("status", [204, 304])
def test_no_coding_is_announced_where_there_is_no_body(connect: Connect, status: int) -> None:
    connection = connect(stream(status=status))

    response = connection.receive(GET)

    assert response.startswith(b"HTTP/1.1 %d " % status)
    assert response.endswith(b"\r\n\r\n")
    assert b"transfer-encoding" not in response and b"0\r\n" not in response.split(b"\r\n\r\n")[1]
    assert not connection.is_closed


def test_a_204_has_no_transfer_encoding_even_if_the_app_says_so(connect: Connect) -> None:
    # RFC 9112 6.1
    response = connect(stream(status=204, headers=[CHUNKED])).receive(GET)

    assert response == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_a_304_may_tell_the_length_of_what_it_stands_for(connect: Connect) -> None:
    connection = connect(stream(status=304, headers=[(b"content-length", b"5")]))

    assert connection.receive(GET) == b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"
    assert not connection.is_closed


@pytest.mark.parametrize("status", [204, 304])
def test_a_body_where_there_must_be_none_never_leaves(connect: Connect, status: int) -> None:
    connection = connect(reply(b"hello", status, length=False))

    response = connection.receive(GET)

    assert b"hello" not in response
    assert connection.is_closed


# Framing by the app


def test_an_app_may_ask_for_chunks_itself(connect: Connect) -> None:
    response = connect(stream(b"ab", headers=[CHUNKED])).receive(GET)

    assert response == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"


def test_of_a_length_and_chunks_only_the_chunks_are_announced(connect: Connect) -> None:
    # RFC 9112 6.2: a sender must not send both.
    connection = connect(reply(b"hello", headers=[CHUNKED]))

    [(status, fields, body)] = split_responses(connection.receive(GET))

    assert (status, fields, body) == (b"HTTP/1.1 200 OK", {CHUNKED[0]: CHUNKED[1]}, b"hello")
    assert not connection.is_closed


def test_two_equal_lengths_are_no_contradiction(connect: Connect) -> None:
    connection = connect(stream(b"hello", headers=[(b"content-length", b"5"), (b"content-length", b"5")]))

    assert connection.receive(GET).endswith(b"\r\n\r\nhello")
    assert not connection.is_closed


@pytest.mark.parametrize("size", [b"6", b"50"])
def test_a_body_shorter_than_its_length_ends_the_connection(connect: Connect, size: bytes) -> None:
    connection = connect(stream(b"hello", headers=[(b"content-length", size)]))

    assert connection.receive(GET).endswith(b"\r\n\r\nhello")
    assert connection.is_closed


@pytest.mark.parametrize("pieces", [(b"hello!",), (b"hel", b"lo!")], ids=["in one piece", "in two"])
def test_a_body_longer_than_its_length_ends_the_connection_before_it_is_too_long(
    connect: Connect, pieces: tuple[bytes, ...]
) -> None:
    connection = connect(stream(*pieces, headers=[(b"content-length", b"5")]))

    response = connection.receive(GET)

    assert b"!" not in response
    assert connection.is_closed


# HTTP/1.0


def test_the_end_of_the_connection_ends_a_stream_to_an_http_1_0_client(connect: Connect) -> None:
    connection = connect(stream(b"ab", b"cd"))

    assert connection.receive(HTTP_1_0) == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcd"
    assert connection.is_closed


def test_an_http_1_0_client_gets_no_chunks_even_if_the_app_asks_for_them(connect: Connect) -> None:
    connection = connect(stream(b"ab", b"cd", headers=[CHUNKED]))

    assert connection.receive(HTTP_1_0) == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcd"
    assert connection.is_closed


def test_an_http_1_0_client_gets_the_length_that_the_app_tells(connect: Connect) -> None:
    response = connect(reply(b"hello")).receive(HTTP_1_0)

    assert response == b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"


# Flow


def test_an_app_waits_while_its_client_takes_nothing(connect: Connect) -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            message = {"type": "http.response.body", "body": b"x" * 10, "more_body": number < 2}
            await send(message)
            sent.append(message)

    connection = connect(app)
    connection.call(connection.protocol.pause_writing)
    connection.receive(GET)
    assert sent == []

    connection.call(connection.protocol.resume_writing)
    assert len(sent) == 3
