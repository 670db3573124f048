"""What Uvicorn's options and its shared state change: logs, default fields, proxies, limits, context variables."""

import asyncio
import contextvars
import logging
import sys
from typing import Any

import pytest
from server.protocol.fakes import GET, Connect, Connection, make_request, reply
from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from vivace.server import HttpProtocol
from vivace.types import Receive, Scope, Send

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


# Logs


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (GET, '192.0.2.7:50000 - "GET / HTTP/1.1" 200'),
        (make_request("HEAD", "/a?b=c&d"), '192.0.2.7:50000 - "HEAD /a?b=c&d HTTP/1.1" 200'),
        (make_request(target="/%E2%82%AC%20x?q=%20"), '192.0.2.7:50000 - "GET /%E2%82%AC%20x?q=%20 HTTP/1.1" 200'),
        (make_request(target="/a%0Ab"), '192.0.2.7:50000 - "GET /a%0Ab HTTP/1.1" 200'),
        (b"GET / HTTP/1.0\r\n\r\n", '192.0.2.7:50000 - "GET / HTTP/1.0" 200'),
    ],
    ids=["plain", "query", "quoted", "line break", "HTTP/1.0"],
)
def test_the_access_log_has_a_line_for_each_response(
    connect: Connect, request_: bytes, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")

    connect(reply()).receive(request_)

    assert [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"] == [line]


def test_the_access_log_gives_its_formatter_the_five_parts(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")

    connect(reply(status=404), root_path="/api").receive(make_request(target="/a?b"))

    [record] = [record for record in caplog.records if record.name == "uvicorn.access"]
    assert record.args == ("192.0.2.7:50000", "GET", "/api/a?b", "1.1", 404)


@pytest.mark.parametrize("options", [{}, {"root_path": "/api"}, {"forwarded_allow_ips": "*"}], ids=str)
@pytest.mark.parametrize("target", ["/", "/a?b=c&d", "/%E2%82%AC%20%0A?%20", "/a%2Fb//c;d?", '/"<>'])
def test_the_lines_of_the_access_log_are_uvicorns(
    connect: Connect, target: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")
    request = make_request("GET", target, None, x_forwarded_for="198.51.100.9:443")
    version_1_0 = request.replace(b"HTTP/1.1", b"HTTP/1.0")

    for protocol_class in (HttpProtocol, HttpToolsProtocol):
        connect(reply(status=201), protocol_class=protocol_class, **options).receive(request + version_1_0)

    lines = [(record.msg, record.args) for record in caplog.records if record.name == "uvicorn.access"]
    assert len(lines) == 4
    assert lines[:2] == lines[2:]


def test_the_access_log_can_be_silent(
    connect: Connect, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", False)
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "handlers", [])

    connect(reply()).receive(GET)

    assert not [record for record in caplog.records if record.name == "uvicorn.access"]


def test_an_error_before_the_response_has_its_line_too(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("on purpose")

    caplog.set_level(logging.INFO, "uvicorn.access")
    connect(app).receive(GET)

    assert '192.0.2.7:50000 - "GET / HTTP/1.1" 500' in caplog.messages


def test_the_coming_and_going_of_a_connection_is_traced(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(TRACE_LOG_LEVEL, "uvicorn.error")
    connection = connect(reply())
    connection.receive(GET)
    connection.lose()

    traced = [record.getMessage() for record in caplog.records if record.levelno == TRACE_LOG_LEVEL]
    assert traced == ["192.0.2.7:50000 - HTTP connection made", "192.0.2.7:50000 - HTTP connection lost"]


def test_an_invalid_request_is_warned_of(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connect(reply()).receive(b"wrong\r\n\r\n")

    assert caplog.record_tuples == [("uvicorn.error", logging.WARNING, "Invalid HTTP request received.")]


# Default fields


def test_default_fields_stand_before_the_apps(connect: Connect) -> None:
    state = ServerState()
    state.default_headers = [(b"server", b"uvicorn"), (b"date", b"now")]
    connection = connect(reply(), server_state=state)

    assert connection.receive(GET) == (
        b"HTTP/1.1 200 OK\r\nserver: uvicorn\r\ndate: now\r\ncontent-length: 5\r\n\r\nhello"
    )
    assert b"\r\nserver: uvicorn\r\ndate: now\r\n" in connection.receive(b"wrong\r\n\r\n")


def test_default_fields_change_on_open_connections(connect: Connect) -> None:
    state = ServerState()
    connection = connect(reply(), server_state=state)
    for now in (b"one", b"two", b"three"):
        state.default_headers = [(b"date", now)]
        assert connection.receive(GET).count(b"\r\ndate: %b\r\n" % now) == 1


def test_a_default_field_that_says_close_closes(connect: Connect) -> None:
    state = ServerState()
    state.default_headers = [(b"connection", b"close")]
    connection = connect(reply(), server_state=state)

    assert connection.receive(GET).count(b"connection: close\r\n") == 1
    assert connection.is_closed


# Proxies


def seen_by_app(connect: Connect, fields: dict[str, str], **options: Any) -> tuple[Any, str]:
    seen: list[tuple[Any, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"], scope["scheme"]))
        await reply()(scope, receive, send)

    connect(app, **options).receive(make_request("GET", "/", None, **fields))
    return seen[0]


FORWARDED = {"x_forwarded_for": "198.51.100.9", "x_forwarded_proto": "https"}


@pytest.mark.parametrize("trusted", ["*", "192.0.2.7", "192.0.2.0/24", ["10.0.0.1", "192.0.2.7"]], ids=str)
def test_a_trusted_proxy_tells_who_its_client_is(connect: Connect, trusted: Any) -> None:
    assert seen_by_app(connect, FORWARDED, forwarded_allow_ips=trusted) == (("198.51.100.9", 0), "https")


@pytest.mark.parametrize("name", ["x_forwarded_for", "x_forwarded_proto"])
def test_either_field_of_a_trusted_proxy_is_enough(connect: Connect, name: str) -> None:
    client, scheme = seen_by_app(connect, {name: FORWARDED[name]}, forwarded_allow_ips="*")

    assert (client[0], scheme) == (("198.51.100.9", "http") if name == "x_forwarded_for" else ("192.0.2.7", "https"))


@pytest.mark.parametrize(
    "options", [{}, {"forwarded_allow_ips": "10.0.0.1"}, {"proxy_headers": False, "forwarded_allow_ips": "*"}], ids=str
)
def test_anybody_else_is_not_believed(connect: Connect, options: dict[str, Any]) -> None:
    assert seen_by_app(connect, FORWARDED, **options) == (("192.0.2.7", 50000), "http")


def test_the_access_log_names_the_client_behind_the_proxy(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")

    connect(reply(), forwarded_allow_ips="*").receive(make_request(x_forwarded_for="198.51.100.9:443"))

    assert '198.51.100.9:443 - "GET / HTTP/1.1" 200' in caplog.messages


# Limits


def test_more_requests_than_the_limit_are_answered_with_503(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect(reply(), limit_concurrency=1)

    response = connection.receive(GET)

    assert response == (
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 19\r\n"
        b"connection: close\r\n\r\nService Unavailable"
    )
    assert connection.is_closed
    assert "Exceeded concurrency limit." in caplog.messages


def test_the_limit_counts_connections_and_tasks(connect: Connect) -> None:
    may_end = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await reply()(scope, receive, send)
        await may_end.wait()

    connection = connect(app, limit_concurrency=2)

    answers = [connection.receive(GET)[:12] for _ in range(3)]

    assert answers == [b"HTTP/1.1 200", b"HTTP/1.1 200", b"HTTP/1.1 503"]


def test_responses_are_counted_for_the_limit_of_a_worker(connect: Connect) -> None:
    connection = connect(reply())

    for _ in range(3):
        connection.receive(GET + GET)

    assert connection.server_state.total_requests == 6


# Context variables

SEEN: contextvars.ContextVar[str] = contextvars.ContextVar("SEEN", default="nothing")


async def leave_a_trace(scope: Scope, receive: Receive, send: Send) -> None:
    before = SEEN.get()
    SEEN.set(scope["path"])
    await reply(before.encode())(scope, receive, send)


def answers(connection: Connection, *targets: str) -> list[bytes]:
    return [connection.receive(make_request(target=target)).partition(b"\r\n\r\n")[2] for target in targets]


def test_requests_of_one_connection_do_not_see_each_others_context_variables(connect: Connect) -> None:
    assert answers(connect(leave_a_trace), "/1", "/2", "/3") == [b"nothing"] * 3


def test_pipelined_requests_start_with_a_fresh_context_when_asked_for(connect: Connect) -> None:
    connection = connect(leave_a_trace, reset_contextvars=True)

    sent = connection.receive(make_request(target="/1") + make_request(target="/2") + make_request(target="/3"))

    assert sent.count(b"\r\n\r\nnothing") == 3


def test_the_context_of_the_server_reaches_the_app_unless_it_is_reset(connect: Connect) -> None:
    token = SEEN.set("the server's")
    try:
        kept = answers(connect(leave_a_trace), "/")
        reset = answers(connect(leave_a_trace, reset_contextvars=True), "/")
    finally:
        SEEN.reset(token)

    assert (kept, reset) == ([b"the server's"], [b"nothing"])


def test_pipelined_requests_do_not_see_each_others_context_variables(connect: Connect) -> None:
    sent = connect(leave_a_trace).receive(make_request(target="/1") + make_request(target="/2"))

    assert sent.count(b"\r\n\r\nnothing") == 2


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs Python 3.12, where event loops can start tasks eagerly")
def test_tasks_that_are_started_eagerly_are_forgotten_too(connect: Connect) -> None:
    connection = connect(reply())
    connection.loop.set_task_factory(vars(asyncio)["eager_task_factory"])

    assert connection.receive(GET + GET) == OK + OK
    assert connection.receive(GET) == OK
    assert not connection.server_state.tasks
