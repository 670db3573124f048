"""The end of a server: what is in flight is answered, what is idle closes."""

import asyncio
from collections.abc import Callable

import pytest
from server.protocol.fakes import GET, Connect, Connection, make_request, reply, split_responses

from vivace.types import Receive, Scope, Send

OK = b"HTTP/1.1 200 OK"


class Gate:
    """An app whose responses wait for a word."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        await self.event.wait()
        await reply(scope["path"].encode())(scope, receive, send)


class Stream:
    """An app that sends a piece, then another at a word, then the end."""

    def __init__(self, content_type: bytes, *, length: bytes | None = None) -> None:
        self.event = asyncio.Event()
        self.headers = [(b"content-type", content_type)]
        if length is not None:
            self.headers.append((b"content-length", length))
        self.ended = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"first,", "more_body": True})
        try:
            await self.event.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        await send({"type": "http.response.body", "body": b"last"})
        self.ended = "complete"


def shut_down(connection: Connection) -> None:
    connection.call(connection.protocol.shutdown)


def drain(connection: Connection) -> None:
    connection.call(connection.protocol.begin_drain)


def test_a_connection_without_a_request_closes(connect: Connect) -> None:
    connection = connect(reply())

    shut_down(connection)

    assert connection.is_closed
    assert connection.sent == b""
    assert not connection.server_state.connections


def test_an_idle_connection_closes(connect: Connect) -> None:
    connection = connect(reply())
    connection.receive(GET)

    shut_down(connection)

    assert connection.is_closed


@pytest.mark.parametrize("end", [shut_down, drain], ids=["shutdown", "drain"])
def test_a_request_in_flight_is_answered_and_told_that_it_was_the_last(
    connect: Connect, end: Callable[[Connection], None]
) -> None:
    gate = Gate()
    connection = connect(gate)
    connection.receive(GET)

    end(connection)
    assert not connection.is_closed
    connection.call(gate.event.set)

    [(status, fields, body)] = split_responses(connection.sent)
    assert (status, fields[b"connection"], body) == (OK, b"close", b"/")
    assert connection.is_closed
    assert not connection.server_state.connections


@pytest.mark.parametrize("end", [shut_down, drain], ids=["shutdown", "drain"])
@pytest.mark.parametrize("length", [None, b"10"], ids=["chunked", "length"])
def test_a_response_that_has_begun_is_completed_and_the_connection_closes(
    connect: Connect, end: Callable[[Connection], None], length: bytes | None
) -> None:
    app = Stream(b"text/plain", length=length)
    connection = connect(app)
    connection.receive(GET)

    end(connection)
    connection.call(app.event.set)

    [(_, _, body)] = split_responses(connection.sent)
    assert body == b"first,last"
    assert connection.is_closed


def test_requests_that_wait_are_answered_and_only_the_last_says_close(connect: Connect) -> None:
    gate = Gate()
    connection = connect(gate)
    connection.receive(make_request(target="/1") + make_request(target="/2") + make_request(target="/3"))

    shut_down(connection)
    connection.call(gate.event.set)

    responses = split_responses(connection.sent)
    assert [body for _, _, body in responses] == [b"/1", b"/2", b"/3"]
    assert [b"connection" in fields for _, fields, _ in responses] == [False, False, True]
    assert connection.is_closed


def test_an_idle_connection_is_still_served_once_while_a_server_drains(connect: Connect) -> None:
    connection = connect(reply())
    connection.receive(GET)

    drain(connection)
    assert not connection.is_closed
    [(status, fields, _)] = split_responses(connection.receive(GET))

    assert (status, fields[b"connection"]) == (OK, b"close")
    assert connection.is_closed


@pytest.mark.parametrize("end", [shut_down, drain], ids=["shutdown", "drain"])
def test_a_stream_of_events_ends_with_its_last_chunk(
    connect: Connect, end: Callable[[Connection], None], caplog: pytest.LogCaptureFixture
) -> None:
    app = Stream(b"text/event-stream; charset=utf-8")
    connection = connect(app)
    connection.receive(GET)

    end(connection)

    [(_, _, body)] = split_responses(connection.sent)
    assert body == b"first,"
    assert connection.sent.endswith(b"0\r\n\r\n")
    assert app.ended == "cancelled"
    assert connection.is_closed
    assert not connection.server_state.tasks
    assert not caplog.records


def test_a_stream_of_events_that_has_not_begun_ends_too(connect: Connect) -> None:
    gate = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        await Stream(b"text/event-stream")(scope, receive, send)

    connection = connect(app)
    connection.receive(GET)

    drain(connection)
    connection.call(gate.set)

    assert connection.sent.endswith(b"0\r\n\r\n")
    assert connection.is_closed


def test_a_task_that_is_cancelled_from_outside_ends_its_connection(connect: Connect) -> None:
    # What Uvicorn does when the time for a graceful end is over.
    gate = Gate()
    connection = connect(gate)
    connection.receive(GET)

    def cancel() -> None:
        for task in connection.server_state.tasks:
            task.cancel("Task cancelled, timeout graceful shutdown exceeded")

    connection.call(cancel)

    assert connection.sent.startswith(b"HTTP/1.1 500 ")
    assert connection.is_closed
    assert not connection.server_state.tasks


def test_shutting_down_twice_does_no_harm(connect: Connect) -> None:
    connection = connect(reply())

    shut_down(connection)
    shut_down(connection)

    assert connection.is_closed
