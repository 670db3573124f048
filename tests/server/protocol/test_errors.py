"""Apps that fail or break the protocol, and clients that leave."""

import asyncio
import logging
from typing import Any

import pytest
from server.protocol.fakes import GET, Connect, collect_body, make_request, reply
from starlette.requests import ClientDisconnect

from vivace.types import ASGIApp, Message, Receive, Scope, Send

START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
END: Message = {"type": "http.response.body", "body": b"ok"}
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
SERVER_ERROR = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 21\r\n"
    b"connection: close\r\n\r\nInternal Server Error"
)


def script(*messages: Message, exc: BaseException | None = None, result: Any = None) -> ASGIApp:
    """Return an app that sends messages and then raises or returns."""

    async def app(scope: Scope, receive: Receive, send: Send) -> Any:
        for message in messages:
            await send(message)
        if exc is not None:
            raise exc
        return result

    return app


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().strip() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("exc", [ValueError("no"), asyncio.CancelledError()], ids=repr)
def test_an_error_before_the_response_is_answered_with_500(
    connect: Connect, exc: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(script(exc=exc))

    assert connection.receive(GET) == SERVER_ERROR
    assert connection.is_closed
    assert errors(caplog) == ["Exception in ASGI application"]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None and record.exc_info[1] is exc


def test_an_error_after_the_head_was_handed_over_ends_the_connection(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(script(START, exc=ValueError("no")))

    sent = connection.receive(GET)

    assert b"500" not in sent
    assert connection.is_closed
    assert errors(caplog) == ["Exception in ASGI application"]


def test_an_error_within_a_stream_ends_the_connection_without_a_last_chunk(connect: Connect) -> None:
    start: Message = {"type": "http.response.start", "status": 200}
    connection = connect(script(start, {**END, "more_body": True}, exc=ValueError("no")))

    sent = connection.receive(GET)

    assert sent.endswith(b"2\r\nok\r\n")
    assert connection.is_closed


def test_an_error_after_a_complete_response_is_logged_and_spares_the_connection(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(script(START, END, exc=ValueError("no")))

    assert connection.receive(GET) == OK
    assert connection.receive(GET) == OK
    assert not connection.is_closed
    assert errors(caplog) == ["Exception in ASGI application"] * 2


def test_an_app_that_sends_nothing_is_answered_for(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect(script())

    assert connection.receive(GET) == SERVER_ERROR
    assert connection.is_closed
    assert errors(caplog) == ["ASGI callable returned without starting response."]


def test_an_app_that_does_not_end_its_response_loses_the_connection(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(script(START))

    connection.receive(GET)

    assert connection.is_closed
    assert errors(caplog) == ["ASGI callable returned without completing response."]


def test_an_app_that_returns_something_loses_the_connection(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect(script(START, END, result=123))

    assert connection.receive(GET) == OK
    assert connection.is_closed
    assert errors(caplog) == ["ASGI callable should return None, but returned '123'."]


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([END], "Expected ASGI message 'http.response.start', but got 'http.response.body'."),
        ([START, START], "Expected ASGI message 'http.response.body', but got 'http.response.start'."),
        (
            [START, END, END],
            "Unexpected ASGI message 'http.response.body' sent, after response already completed.",
        ),
        ([START, {**END, "body": b"too long"}], "Response content longer than Content-Length"),
        ([START, {**END, "body": b"x"}], "Response content shorter than Content-Length"),
    ],
    ids=["no start", "two starts", "after the end", "too long", "too short"],
)
def test_an_app_that_breaks_the_protocol_is_told_and_loses_the_connection(
    connect: Connect, messages: list[Message], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(script(*messages))

    connection.receive(GET)

    assert connection.is_closed
    assert f"RuntimeError: {text}" in caplog.text


def test_tasks_are_forgotten_however_they_end(connect: Connect) -> None:
    for app in (script(START, END), script(), script(exc=ValueError()), script(START, END, result=1)):
        connection = connect(app)
        connection.receive(GET)
        assert not connection.server_state.tasks


# Clients that leave


def test_an_app_that_waits_is_told_that_its_client_has_left(connect: Connect) -> None:
    messages: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            messages.append(await receive())
            if messages[-1]["type"] == "http.disconnect":
                return

    connection = connect(app)
    connection.receive(make_request("POST", content_length="9") + b"part")
    connection.lose()

    assert messages == [
        {"type": "http.request", "body": b"part", "more_body": True},
        {"type": "http.disconnect"},
    ]


def test_a_body_that_had_arrived_is_delivered_after_its_client_has_left(connect: Connect) -> None:
    may_read = asyncio.Event()
    received: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_read.wait()
        received.append(await collect_body(receive))

    connection = connect(app)
    connection.receive(make_request("POST", body=b"whole"))
    connection.lose(ConnectionResetError())
    connection.call(may_read.set)

    assert received == [b"whole"]


def test_part_of_a_body_is_not_taken_for_the_whole(connect: Connect) -> None:
    may_read = asyncio.Event()
    messages: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_read.wait()
        messages.append(await receive())

    connection = connect(app)
    connection.receive(make_request("POST", content_length="9") + b"part")
    connection.lose()
    connection.call(may_read.set)

    assert messages == [{"type": "http.disconnect"}]


@pytest.mark.parametrize("messages", [[START], [START, {**END, "more_body": True}]], ids=["start", "body"])
def test_sending_to_a_client_that_has_left_raises_an_oserror_that_nobody_logs(
    connect: Connect, messages: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    may_send = asyncio.Event()
    raised: list[BaseException] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_send.wait()
        for message in messages:
            try:
                await send(message)
            except BaseException as exc:
                raised.append(exc)
                raise

    connection = connect(app)
    connection.receive(GET)
    connection.lose()
    connection.call(may_send.set)

    assert isinstance(raised[0], OSError)
    assert connection.sent == b""
    assert errors(caplog) == []
    assert not connection.server_state.tasks


def test_an_app_that_waits_to_send_is_set_free_when_its_client_leaves(connect: Connect) -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        try:
            await send({**END, "more_body": True})
        except OSError:
            ended.append("told")

    connection = connect(app)
    connection.call(connection.protocol.pause_writing)
    connection.receive(GET)
    assert ended == []

    connection.lose()

    assert not connection.server_state.tasks


def test_starlettes_own_sign_of_a_client_that_left_is_no_error(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        raise ClientDisconnect

    connection = connect(app)
    connection.receive(GET)
    connection.lose()

    assert errors(caplog) == []


def test_an_error_of_the_app_after_its_client_left_is_logged(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        raise ValueError("a real one")

    connection = connect(app)
    connection.receive(GET)
    connection.lose()

    assert errors(caplog) == ["Exception in ASGI application"]


def test_an_app_may_return_in_silence_when_its_client_has_left(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    may_end = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_end.wait()

    connection = connect(app)
    connection.receive(GET)
    connection.lose()
    connection.call(may_end.set)

    assert errors(caplog) == []


def test_an_eof_is_not_a_disconnect_by_itself(connect: Connect) -> None:
    connection = connect(reply(b"ok"))

    connection.call(connection.protocol.eof_received)

    assert connection.receive(GET) == OK


@pytest.mark.parametrize(
    ("rest", "seconds"), [(b"zz\r\n", 0.0), (b"5\r\nhelloX", 0.0), (b"5\r\nhe", 60.0)], ids=["size", "end", "time"]
)
def test_a_request_whose_body_fails_after_its_answer_gets_no_second_one(
    rest: bytes, seconds: float, connect: Connect
) -> None:
    connection = connect(reply())
    connection.receive(make_request("POST", "/", b"", transfer_encoding="chunked"))
    assert connection.sent.count(b"HTTP/1.1 ") == 1

    connection.receive(rest)
    connection.pass_time(seconds)

    assert connection.sent.count(b"HTTP/1.1 ") == 1
    assert connection.is_closed


def test_a_refusal_is_logged_with_its_client_and_its_reason(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="uvicorn.error")
    connection = connect(reply())

    connection.receive(make_request("POST", "/", content_length=str(10**12)))

    assert (
        "192.0.2.7:50000 - refused with 413: The request's body is larger than 1073741824 bytes."
    ) in caplog.messages


@pytest.mark.parametrize("piece", [b"", b"x", b"x" * 100_000], ids=len)
def test_an_app_that_sends_without_end_lets_others_have_their_turn(piece: bytes, connect: Connect) -> None:
    ended: list[BaseException] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except OSError as exc:
            ended.append(exc)
            raise

    connection = connect(app)
    connection.receive(GET, turns=5)  # would never return
    connection.transport.writes.clear()
    connection.lose()

    assert len(ended) == 1
    assert not connection.server_state.tasks
