"""Connections between requests: kept, timed, closed."""

import asyncio

import pytest
from server.protocol.fakes import GET, Connect, make_request, reply

from vivace.types import Receive, Scope, Send

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("status", [200, 204, 304, 404, 503])
def test_a_connection_is_kept_after_a_complete_response(connect: Connect, status: int) -> None:
    connection = connect(reply(b"", status, length=status not in (204, 304)))

    connection.receive(GET)

    assert not connection.is_closed
    assert connection.receive(GET).startswith(b"HTTP/1.1 %d" % status)


@pytest.mark.parametrize("value", ["close", "Close", "keep-alive, close", "foo ,CLOSE"])
def test_a_client_that_says_close_is_told_the_same(connect: Connect, value: str) -> None:
    connection = connect(reply())

    response = connection.receive(make_request(connection=value))

    assert response.count(b"connection: close\r\n") == 1
    assert connection.is_closed


@pytest.mark.parametrize("value", [b"close", b"Close", b"foo, close"])
def test_an_app_that_says_close_closes_and_is_not_repeated(connect: Connect, value: bytes) -> None:
    connection = connect(reply(headers=[(b"connection", value)]))

    response = connection.receive(GET)

    assert response.lower().count(b"connection: ") == 1
    assert connection.is_closed


def test_an_http_1_0_connection_is_never_kept(connect: Connect) -> None:
    connection = connect(reply())

    connection.receive(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")

    assert connection.is_closed


def test_an_idle_connection_closes_after_its_time_in_silence(connect: Connect) -> None:
    connection = connect(reply(), timeout_keep_alive=7)
    response = connection.receive(GET)

    connection.pass_time(6.9)
    assert not connection.is_closed
    connection.pass_time(0.2)

    assert connection.is_closed
    assert connection.sent == response


def test_each_request_starts_the_time_anew(connect: Connect) -> None:
    connection = connect(reply(), timeout_keep_alive=5)

    for _ in range(10):
        assert connection.receive(GET).startswith(OK)
        connection.pass_time(4)
    assert not connection.is_closed
    connection.pass_time(1.1)

    assert connection.is_closed


def test_no_time_runs_while_the_app_thinks(connect: Connect) -> None:
    may_answer = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_answer.wait()
        await reply()(scope, receive, send)

    connection = connect(app)
    connection.receive(GET)
    connection.pass_time(10_000)
    assert connection.protocol.timeout_keep_alive_task is None

    connection.call(may_answer.set)
    assert connection.sent.startswith(OK)
    assert connection.protocol.timeout_keep_alive_task is not None
    connection.pass_time(4.9)
    assert not connection.is_closed


def test_many_requests_on_a_connection_keep_one_timer(connect: Connect) -> None:
    connection = connect(reply())

    for _ in range(50):
        connection.receive(GET)
        connection.pass_time(1)

    assert connection.loop.count_timers() == 1


def test_a_closed_connection_leaves_no_timer(connect: Connect) -> None:
    connection = connect(reply())
    connection.receive(make_request(connection="close"))

    assert connection.loop.count_timers() == 0
    assert not connection.server_state.connections
    assert not connection.server_state.tasks


def test_the_time_of_an_idle_connection_waits_for_the_rest_of_an_unread_body(connect: Connect) -> None:
    connection = connect(reply(), timeout_keep_alive=5)
    connection.receive(make_request("POST", content_length="10") + b"01234")

    connection.pass_time(4)
    connection.receive(b"56789")
    connection.pass_time(4)
    assert not connection.is_closed
    connection.pass_time(1.1)

    assert connection.is_closed


def test_a_client_that_does_not_take_its_last_response_is_cut_off(connect: Connect) -> None:
    connection = connect(reply())
    connection.transport.is_stuck = True
    connection.receive(make_request(connection="close"))
    assert not connection.transport.is_aborted

    # What time it gets depends on whether it takes anything.
    connection.pass_time(60)
    connection.pass_time(60)

    assert connection.transport.is_aborted
    assert not connection.server_state.connections


def test_empty_lines_between_requests_are_ignored(connect: Connect) -> None:
    connection = connect(reply())

    assert connection.receive(b"\r\n" + GET).startswith(OK)
    assert connection.receive(b"\r\n\r\n" + GET).startswith(OK)
