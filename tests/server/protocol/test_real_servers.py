"""Connections over real sockets, on both event loops: what stand-ins for a transport cannot show."""

import contextvars
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from server.protocol.fakes import GET, collect_body, make_request, reply, split_responses
from server.protocol.serving import DEADLINE_S, RunningServer, read_all, read_until, serve
from websockets.sync.client import connect as connect_websocket

from vivace.types import Message, Receive, Scope, Send

CLOSE = make_request(connection="close")
HELLO = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
SEEN: contextvars.ContextVar[str] = contextvars.ContextVar("SEEN", default="nothing")


class App:
    """An app with a path for each thing to see."""

    def __init__(self) -> None:
        self.left: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await getattr(self, scope["path"].strip("/") or "root")(scope, receive, send)

    async def root(self, scope: Scope, receive: Receive, send: Send) -> None:
        await reply()(scope, receive, send)

    async def echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        await reply(await collect_body(receive))(scope, receive, send)

    async def client(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = "{} {} {}".format(scope["scheme"], *scope["client"])
        await reply(text.encode())(scope, receive, send)

    async def trace(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = SEEN.get()
        SEEN.set("an earlier request")
        await collect_body(receive)
        await reply(before.encode())(scope, receive, send)

    async def download(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await send({"type": "http.response.body"})

    async def wait(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left.append("wait")

    async def endless(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        except OSError:
            self.left.append("endless")
            raise

    async def fail(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("on purpose")

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        message: Message
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def loop_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(loop_name: str) -> Iterator[RunningServer]:
    with serve(App(), loop=loop_name, server_header=False, date_header=False) as running:
        yield running


def app_of(server: RunningServer) -> App:
    app: Any = server.server.config.app
    assert isinstance(app, App)
    return app


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def test_many_requests_on_one_connection_are_answered(server: RunningServer) -> None:
    with server.open() as client:
        for _ in range(50):
            client.sendall(GET)
            assert read_until(client, b"hello") == HELLO


def test_pipelined_requests_are_answered_in_order(server: RunningServer) -> None:
    requests = b"".join(make_request("POST", "/echo", b"%d" % number) for number in range(100))

    responses = split_responses(server.exchange(requests + CLOSE))

    assert [body for _, _, body in responses] == [*(b"%d" % number for number in range(100)), b"hello"]


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
def test_a_body_of_any_size_comes_back(server: RunningServer, size: int) -> None:
    with server.open() as client:
        client.sendall(make_request("POST", "/echo", b"", content_length=str(size), connection="close"))
        client.sendall(b"x" * size)
        [(_, _, body)] = split_responses(read_all(client))

    assert body == b"x" * size


def test_a_download_arrives_whole(server: RunningServer) -> None:
    [(_, _, body)] = split_responses(server.exchange(make_request(target="/download", connection="close")))

    assert body == b"x" * 65_536 * 64


def test_the_client_is_told_as_the_socket_says(server: RunningServer) -> None:
    with server.open() as client:
        host, port = client.getsockname()
        client.sendall(make_request(target="/client", connection="close"))
        assert read_all(client).endswith(f"http {host} {port}".encode())


def test_requests_do_not_see_each_others_context_variables(server: RunningServer) -> None:
    # The body is large, so that reading is paused and goes on at the word of the app's task: what the loop reads from
    # then on must not be read in that task's context.
    large = make_request("POST", "/trace", b"x" * 1_000_000)
    with server.open() as client:
        for _ in range(4):
            client.sendall(large)
            assert read_until(client, b"nothing").count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("path", ["/wait", "/endless"])
def test_an_app_is_told_that_its_client_has_left(
    server: RunningServer, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    left = app_of(server).left
    left.clear()
    with server.open() as client:
        client.sendall(make_request(target=path))
        wait_for(lambda: server.server.server_state.tasks)

    wait_for(lambda: left == [path.strip("/")])
    wait_for(lambda: not server.server.server_state.tasks)

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_client_that_closes_its_side_at_once_is_still_answered_if_it_says_so(server: RunningServer) -> None:
    with server.open() as client:
        client.sendall(CLOSE)
        assert read_all(client).endswith(b"hello")


OURS = "vivace.server.websocket:WebSocketProtocol"


@pytest.mark.slow
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_client_of_the_usual_kind_speaks_with_our_websockets(loop_name: str, compression: str | None) -> None:
    messages: list[str | bytes] = ["hello", "é" * 40_000, "x" * 200, ""]

    with serve(App(), loop=loop_name, ws=OURS) as running:
        address = f"ws://127.0.0.1:{running.port}/websocket"
        with connect_websocket(address, compression=compression) as client:
            assert client.ping().wait(DEADLINE_S)
            for message in messages:
                client.send(message)
            client.send(["in ", "two ", "parts"])
            assert [client.recv(DEADLINE_S) for _ in range(5)] == [*messages, "in two parts"]
        assert client.close_code == 1000


@pytest.mark.slow
@pytest.mark.parametrize("ws", ["websockets", "websockets-sansio", "wsproto", OURS])
@pytest.mark.filterwarnings(
    "ignore:The `websockets` implementation is deprecated",
    "ignore:remove second argument of ws_handler:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
    "ignore:websockets.server.WebSocketServerProtocol is deprecated:DeprecationWarning",
)
def test_websockets_speak_through_each_protocol(loop_name: str, ws: str) -> None:
    ask = make_request(
        target="/websocket",
        connection="Upgrade",
        upgrade="websocket",
        sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==",
        sec_websocket_version="13",
    )
    with serve(App(), loop=loop_name, ws=ws) as running, running.open() as client:
        client.sendall(GET)
        read_until(client, b"hello")
        client.sendall(ask)
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        client.sendall(b"\x81\x85\0\0\0\0hello")
        assert read_until(client, b"\x81\x05hello") == b"\x81\x05hello"
        client.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
        assert read_all(client).startswith(b"\x88\x02\x03\xe8")


@pytest.mark.slow
def test_the_date_is_refreshed(loop_name: str) -> None:
    with serve(App(), loop=loop_name) as running, running.open() as client:
        dates: set[bytes] = set()
        deadline = time.monotonic() + DEADLINE_S
        while len(dates) < 2:
            assert time.monotonic() < deadline
            client.sendall(GET)
            [(_, fields, _)] = split_responses(read_until(client, b"hello"))
            assert fields[b"server"] == b"uvicorn"
            dates.add(fields[b"date"])
            time.sleep(0.01)


@pytest.mark.slow
def test_a_server_ends_after_the_requests_it_was_given(loop_name: str) -> None:
    with serve(App(), loop=loop_name, limit_max_requests=3) as running:
        for _ in range(3):
            assert running.exchange(CLOSE).endswith(b"hello")
        wait_for(lambda: not running.server.servers or not running.server.servers[0].is_serving())


@pytest.mark.slow
def test_the_state_of_the_lifespan_reaches_requests(loop_name: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["greeting"] = b"from the lifespan"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await reply(scope["state"]["greeting"])(scope, receive, send)

    with serve(app, loop=loop_name, lifespan="on") as running:
        assert running.exchange(CLOSE).endswith(b"from the lifespan")
