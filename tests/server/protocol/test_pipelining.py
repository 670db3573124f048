"""Requests sent before the responses to earlier ones: answered in order, one at a time."""

import asyncio

from server.protocol.fakes import GET, Connect, collect_body, make_request, reply, split_responses

from vivace.server.protocol import READ_AHEAD
from vivace.types import ASGIApp, Receive, Scope, Send


async def echo_path(scope: Scope, receive: Receive, send: Send) -> None:
    body = await collect_body(receive)
    await reply(scope["path"].encode() + body)(scope, receive, send)


def bodies(data: bytes) -> list[bytes]:
    return [body for _, _, body in split_responses(data)]


def gates(running: list[str], events: dict[str, asyncio.Event]) -> ASGIApp:
    """Return an app that waits, for each path, until its gate opens."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        running.append(scope["path"])
        await events.setdefault(scope["path"], asyncio.Event()).wait()
        await reply(scope["path"].encode())(scope, receive, send)

    return app


def test_requests_in_one_read_are_answered_in_order(connect: Connect) -> None:
    connection = connect(echo_path)

    data = connection.receive(b"".join(make_request(target=f"/{number}") for number in range(20)))

    assert bodies(data) == [b"/%d" % number for number in range(20)]


def test_bodies_between_pipelined_requests_belong_to_theirs(connect: Connect) -> None:
    connection = connect(echo_path)
    chunked = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
    requests = [
        make_request("POST", "/a", body=b"GET / HTTP/1.1\r\n\r\n"),
        make_request(target="/b"),
        chunked,
        make_request("PUT", "/d", body=b""),
        make_request("HEAD", "/e"),
        make_request(target="/f"),
    ]

    sent = connection.receive(b"".join(requests))

    assert b"/aGET / HTTP/1.1\r\n\r\n" in sent
    heads = sent.count(b"HTTP/1.1 200 OK\r\n")
    assert heads == len(requests)
    order = [sent.index(body) for body in (b"/aGET", b"\r\n/bHTTP", b"/cxyz", b"\r\n/dHTTP", b"\r\n\r\n/f")]
    assert order == sorted(order)


def test_a_request_starts_when_the_one_before_it_has_its_response(connect: Connect) -> None:
    running: list[str] = []
    events: dict[str, asyncio.Event] = {}
    connection = connect(gates(running, events))

    connection.receive(make_request(target="/1") + make_request(target="/2") + make_request(target="/3"))
    assert running == ["/1"]
    connection.call(events["/1"].set)
    assert running == ["/1", "/2"]
    connection.call(events["/2"].set)
    connection.call(events["/3"].set)

    assert bodies(connection.sent) == [b"/1", b"/2", b"/3"]
    assert connection.server_state.total_requests == 3


def test_a_client_is_held_back_while_many_of_its_requests_wait(connect: Connect) -> None:
    running: list[str] = []
    events: dict[str, asyncio.Event] = {}
    connection = connect(gates(running, events))

    connection.receive(make_request(target="/1"))
    for number in range(2, 1 + READ_AHEAD):
        connection.receive(make_request(target=f"/{number}"))
    assert not connection.transport.is_reading_paused
    connection.receive(make_request(target="/17"))
    assert connection.transport.is_reading_paused
    connection.call(events["/1"].set)

    assert not connection.transport.is_reading_paused


def test_a_client_is_held_back_behind_a_large_request_that_waits(connect: Connect) -> None:
    connection = connect(gates([], {}))

    connection.receive(make_request(target="/1"))
    connection.receive(make_request(target="/2", x="y" * 5000))

    assert connection.transport.is_reading_paused


def test_a_client_that_leaves_while_requests_wait_is_noticed(connect: Connect) -> None:
    told: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        told.append((await receive())["type"])

    connection = connect(app)
    connection.receive(make_request(target="/1") + make_request(target="/2"))
    assert not connection.transport.is_reading_paused  # a paused transport does not see the end of the stream
    connection.lose()

    assert told == ["http.disconnect"]


def test_the_body_of_a_request_that_waits_holds_its_client_back(connect: Connect) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()  # until the client leaves

    connection = connect(app)
    connection.receive(make_request(target="/1") + make_request("POST", "/2", content_length="1000000"))
    connection.receive(b"x" * 100_000)

    assert connection.transport.is_reading_paused
    connection.protocol.resume_reading()
    assert connection.transport.is_reading_paused


def test_a_body_that_is_cut_by_a_read_completes_behind_waiting_requests(connect: Connect) -> None:
    connection = connect(echo_path)

    connection.receive(make_request(target="/a") + make_request("POST", "/b", content_length="4") + b"12")
    connection.receive(b"34" + make_request(target="/c"))

    assert bodies(connection.sent) == [b"/a", b"/b1234", b"/c"]


def test_nothing_is_run_behind_a_request_that_says_close(connect: Connect) -> None:
    connection = connect(echo_path)

    sent = connection.receive(
        make_request(target="/a") + make_request(target="/b", connection="close") + make_request(target="/c")
    )

    assert bodies(sent) == [b"/a", b"/b"]
    assert connection.is_closed


def test_nothing_is_run_behind_a_response_that_says_close(connect: Connect) -> None:
    paths: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        await reply(headers=[(b"connection", b"close")])(scope, receive, send)

    connection = connect(app)
    connection.receive(make_request(target="/a") + make_request(target="/b"))

    assert paths == ["/a"]
    assert connection.is_closed
    assert not connection.server_state.tasks


def test_requests_before_a_wrong_one_are_answered_and_it_is_refused_in_its_turn(connect: Connect) -> None:
    connection = connect(echo_path)

    sent = connection.receive(make_request(target="/a") + make_request(target="/b") + b"wrong\r\n\r\n" + GET)

    responses = split_responses(sent)
    assert [status for status, _, _ in responses] == [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 400 Bad Request",
    ]
    assert responses[-1][1][b"connection"] == b"close"
    assert connection.is_closed


def test_an_error_in_one_request_ends_the_connection_and_those_behind_it_are_not_run(connect: Connect) -> None:
    paths: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        if scope["path"] == "/b":
            raise ValueError("on purpose")
        await reply()(scope, receive, send)

    connection = connect(app)
    sent = connection.receive(b"".join(make_request(target=f"/{name}") for name in "abc"))

    assert [status for status, _, _ in split_responses(sent)] == [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 500 Internal Server Error",
    ]
    assert paths == ["/a", "/b"]
    assert connection.is_closed


def test_the_time_of_an_idle_connection_starts_after_the_last_response(connect: Connect) -> None:
    running: list[str] = []
    events: dict[str, asyncio.Event] = {}
    connection = connect(gates(running, events))
    connection.receive(make_request(target="/1") + make_request(target="/2"))

    connection.call(events["/1"].set)
    assert connection.protocol.timeout_keep_alive_task is None
    connection.pass_time(100)
    assert not connection.is_closed
    connection.call(events["/2"].set)

    assert connection.protocol.timeout_keep_alive_task is not None


def test_requests_that_wait_are_forgotten_when_the_client_leaves(connect: Connect) -> None:
    running: list[str] = []
    events: dict[str, asyncio.Event] = {}
    connection = connect(gates(running, events))
    connection.receive(make_request(target="/1") + make_request(target="/2"))

    connection.lose()
    connection.call(events["/1"].set)

    assert running == ["/1"]
    assert not connection.server_state.tasks


def test_work_after_a_response_does_not_delay_the_next_request(connect: Connect) -> None:
    may_end = asyncio.Event()
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(scope["path"].encode())(scope, receive, send)
        await may_end.wait()
        ended.append(scope["path"])

    connection = connect(app)
    sent = connection.receive(make_request(target="/1") + make_request(target="/2"))

    assert bodies(sent) == [b"/1", b"/2"]
    assert len(connection.server_state.tasks) == 2
    connection.call(may_end.set)
    assert ended == ["/1", "/2"]
    assert not connection.server_state.tasks
