"""Every limit is kept, and the client learns of it: its answer arrives whole, however much the client still sends."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from server.strict.live import Client, Live, serving, wait_until
from server.strict.test_refused_requests import CHUNKED, GET, HOST, POST, end
from uvicorn.config import Config
from uvicorn.server import Server

from vivace.server import HttpProtocol
from vivace.server.limits import Limits
from vivace.types import Receive, Scope, Send

LIMITS = Limits(limit_head_size=2000, limit_headers=10, limit_target_size=500, limit_body_size=1000)
TIMES = Limits(timeout_head=0.25, timeout_body=0.25)
OK = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"

pytestmark = pytest.mark.slow  # times pass, and servers of their own start


@pytest.fixture(scope="module")
def small() -> Iterator[Live]:
    with serving(limits=LIMITS) as live:
        yield live
        assert live.crashes() == []


@pytest.fixture(scope="module")
def hasty() -> Iterator[Live]:
    with serving(limits=TIMES, timeout_keep_alive=1) as live:
        yield live
        assert live.crashes() == []


TOO_MUCH = {
    "a_long_target": (414, b"GET /" + b"a" * 500 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a_long_query": (414, b"GET /?" + b"a" * 500 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a_target_without_end": (414, b"GET /" + b"a" * 100_000),
    "a_long_field": (431, GET + end(b"X: " + b"a" * 2000)),
    "a_field_without_end": (431, GET + b"X: " + b"a" * 100_000),
    "a_name_without_end": (431, GET + b"X" * 100_000),
    "spaces_without_end": (431, GET + b"X:" + b" " * 100_000),
    "many_fields": (431, GET + end(*[b"a: b"] * 10)),
    "fields_without_end": (431, GET + b"a: b\r\n" * 10_000),
    "a_long_head_with_a_body": (431, POST + end(b"X: " + b"a" * 2000, b"Content-Length: 100000") + b"a" * 100_000),
    "an_announced_body": (413, POST + end(b"Content-Length: 1001") + b"a" * 1001),
    "a_huge_announced_body": (413, POST + end(b"Content-Length: 9000000000000000000") + b"a" * 500_000),
    "a_chunk": (413, CHUNKED + b"100000\r\n" + b"a" * 500_000),
    "many_chunks": (413, CHUNKED + b"1\r\na\r\n" * 200_000),
    "an_extension_without_end": (400, CHUNKED + b"1;" + b"a" * 500_000),
    "extensions_without_end": (400, CHUNKED + (b"1;" + b"a" * 900 + b"\r\na\r\n") * 500),
    "a_trailer_without_end": (400, CHUNKED + b"0\r\nX: " + b"a" * 500_000),
    "trailers_without_end": (431, CHUNKED + b"0\r\n" + b"a: b\r\n" * 200),
    "a_faulty_head_with_a_body": (400, POST + end(b"X : a", b"Content-Length: 500000") + b"a" * 500_000),
    "an_unknown_coding": (501, POST + end(b"Transfer-Encoding: gzip") + b"a" * 500_000),
}


@pytest.mark.parametrize(
    ("status", "request_bytes"), [pytest.param(*values, id=name) for name, values in TOO_MUCH.items()]
)
def test_more_than_is_allowed_is_refused_and_the_answer_arrives(small: Live, status: int, request_bytes: bytes) -> None:
    small.requests.clear()
    with small.client() as client:
        for at in range(0, len(request_bytes), 16_384):  # a reset would fail one of these
            client.send(request_bytes[at : at + 16_384])
        answers = client.read_to_end()  # or this

    assert [answer.status for answer in answers] == [status]
    assert answers[0]["connection"] == "close"
    assert all(body == b"<disconnect>" for _, _, body in small.requests)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"a" * 499 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        GET + end(*[b"a: b"] * 9),
        POST + end(b"Content-Length: 1000") + b"a" * 1000,
        CHUNKED + b"1\r\na\r\n" * 1000 + b"0\r\n\r\n",
    ],
    ids=["target", "fields", "body", "chunks"],
)
def test_exactly_what_is_allowed_is_served(small: Live, request_bytes: bytes) -> None:
    with small.client() as client:
        client.send(request_bytes)
        assert client.read_answer().status == 200
        client.send(OK)
        assert client.read_answer().status == 200


def test_what_is_sent_behind_a_last_answer_does_not_destroy_it() -> None:
    text = b"x" * 300_000

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": text})

    with serving(app) as live, live.client() as client:
        client.send(POST + end(b"Content-Length: 10000000") + b"a" * 100_000)
        for _ in range(40):
            client.send(b"a" * 10_000)
        answers = client.read_to_end()

    assert answers[0].status == 401
    assert len(answers[0].body) == len(text)


def test_a_body_that_turns_out_too_large_ends_a_response_that_has_begun() -> None:
    events: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (message := await receive())["type"] == "http.request":
            pass
        events.append(message["type"])
        try:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
        except OSError:
            events.append("told")

    with serving(app, limits=LIMITS) as live, live.client() as client:
        client.send(CHUNKED + b"10000\r\n")
        while b"begun" not in client.received:
            client.read_some()
        client.send(b"a" * 2000)
        assert b"\r\n0\r\n" not in client.read_all()  # cut: not to be taken for whole
        client.socket.close()
        live.wait_until_quiet()

    assert events == ["http.disconnect", "told"]


def slowly(client: Client, data: bytes, *, every_s: float, size: int = 1) -> None:
    for at in range(0, len(data), size):
        client.send(data[at : at + size])
        time.sleep(every_s)  # what is tested is how the server bears a slow client


@pytest.mark.parametrize("begun", [b"GET /", GET, GET + b"X: a"], ids=["target", "fields", "value"])
def test_a_head_that_does_not_come_to_its_end_is_answered_408(hasty: Live, begun: bytes) -> None:
    answers = hasty.ask(begun)
    assert [answer.status for answer in answers] == [408]


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GE"], ids=["nothing", "an_empty_line", "half_a_method"])
def test_a_client_that_says_next_to_nothing_is_cut_off_in_silence(hasty: Live, begun: bytes) -> None:
    assert hasty.ask(begun) == []


def test_a_head_that_trickles_is_answered_408_in_time(hasty: Live) -> None:
    start = time.monotonic()
    with hasty.client() as client:
        client.socket.settimeout(0.02)
        client.send(GET + b"X: ")
        while True:
            with contextlib.suppress(TimeoutError, BrokenPipeError):
                client.send(b"a")
                if not client.read_some():
                    break
        assert client.take_answers()[0].status == 408
    assert time.monotonic() - start < 5


def test_a_head_that_trickles_in_time_is_served(hasty: Live) -> None:
    with hasty.client() as client:
        slowly(client, OK, every_s=0.01, size=6)
        assert client.read_answer().status == 200
        slowly(client, OK, every_s=0.01, size=6)
        assert client.read_answer().status == 200


@pytest.mark.parametrize(
    "begun",
    [POST + end(b"Content-Length: 10"), POST + end(b"Content-Length: 10") + b"abc", CHUNKED, CHUNKED + b"5\r\nab"],
    ids=["no_body", "half_a_body", "no_chunk", "half_a_chunk"],
)
def test_a_body_that_does_not_come_to_its_end_is_answered_408(hasty: Live, begun: bytes) -> None:
    hasty.requests.clear()
    answers = hasty.ask(begun)

    assert [answer.status for answer in answers] == [408]
    hasty.wait_until_quiet()
    assert hasty.requests == [("POST", "/", b"<disconnect>")]


def test_a_body_that_trickles_is_answered_408(hasty: Live) -> None:
    with hasty.client() as client:
        client.socket.settimeout(0.02)
        client.send(POST + end(b"Content-Length: 1000000"))
        while True:
            with contextlib.suppress(TimeoutError, BrokenPipeError):
                client.send(b"a")
                if not client.read_some():
                    break
        assert client.take_answers()[0].status == 408


def test_a_slow_but_steady_upload_passes(hasty: Live) -> None:
    # 20 KiB a second for four times the limit; a KiB buys a second.
    with hasty.client() as client:
        client.send(POST + end(b"Content-Length: 20480"))
        slowly(client, b"a" * 20480, every_s=0.05, size=1024)
        assert client.read_answer().body.startswith(b"POST / 20480 ")


def test_a_connection_with_nothing_to_do_is_closed_in_silence(hasty: Live) -> None:
    with hasty.client() as client:
        client.send(OK)
        assert client.read_answer().status == 200
        assert client.read_all() == b""


def test_connections_beyond_the_limit_are_answered_503() -> None:
    with serving(limits=Limits(limit_connections=3)) as live, contextlib.ExitStack() as stack:
        served = [stack.enter_context(live.client()) for _ in range(3)]
        for client in served:
            client.send(OK)
            assert client.read_answer().status == 200

        for _ in range(50):
            with live.client() as client:
                with contextlib.suppress(ConnectionError):
                    client.send(OK)
                assert client.read_answer().status == 503

        served[0].send(OK)
        assert served[0].read_answer().status == 200
        served.pop().socket.close()
        wait_until(lambda: len(live.connections) == 2)
        with live.client() as client:
            client.send(OK)
            assert client.read_answer().status == 200


def test_requests_that_wait_on_one_connection_are_bounded() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    with serving(app) as live, live.client() as client:
        client.send(OK)
        wait_until(lambda: len(live.tasks) == 1)
        client.socket.settimeout(0.3)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 200_000_000:
                sent += client.socket.send(OK * 5000)
        (protocol,) = live.connections
        assert len(protocol._waiting) <= 256
        assert len(live.tasks) == 1


def test_a_last_answer_is_not_cut_while_its_client_takes_it() -> None:
    size = 12_000_000

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        fields = [(b"content-length", b"%d" % size), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"x" * size})

    with serving(app) as live, live.client(receive_bytes=65536) as client:
        client.send(OK)
        wait_until(lambda: not live.tasks and len(live.connections) == 1)
        (protocol,) = live.connections
        # As if the first of the times given had passed: the client has taken something since.
        client.socket.recv(1)
        received = 1
        while received < size // 2:
            received += len(client.socket.recv(1_000_000))
        wait_until(lambda: protocol.transport.get_write_buffer_size() < size // 2 + 1_000_000)
        live.loop.call_soon_threadsafe(protocol._cut)
        while data := client.socket.recv(1_000_000):
            received += len(data)

    assert received > size


def test_a_last_answer_is_cut_when_its_client_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vivace.server.protocol.TAKE_S", 0.2)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 20_000_000})

    with serving(app) as live:
        for last in (b"GET / HTTP/1.1\r\n" + HOST + end(b"Connection: close"), OK + b"garbage\0\r\n\r\n"):
            with live.client(receive_bytes=4096) as client:
                client.send(last)
                wait_until(lambda: bool(live.connections))
                live.wait_until_quiet()
                with contextlib.suppress(ConnectionError):
                    client.read_all()
                assert len(client.received) < 20_000_000


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_last_answer_for_a_client_that_has_gone_is_no_error(loop: str) -> None:
    may_answer = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while not may_answer.is_set():
            await asyncio.sleep(0.001)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": b"x"})

    with serving(app, loop=loop) as live:
        with live.client() as client:
            client.send(OK * 2)  # with a request that waits, nothing more is read: not that the client leaves either
            wait_until(lambda: len(live.tasks) == 1)
        may_answer.set()
        live.wait_until_quiet()
        assert not [text for text in live.log.texts if "Exception" in text]


@pytest.mark.parametrize("implementation", ["websockets", "websockets-sansio", "wsproto"])
@pytest.mark.filterwarnings("ignore:.*deprecated", "ignore::DeprecationWarning")  # the oldest of them
def test_an_oversized_websocket_message_closes_with_1009(implementation: str) -> None:
    events: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            events.append(message.get("text"))
        events.append(message["code"])

    request = (
        b"GET /ws HTTP/1.1\r\n"
        + HOST
        + end(
            b"Connection: Upgrade",
            b"Upgrade: websocket",
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
    )
    with serving(app, ws=implementation, ws_max_size=1000) as live, live.client() as client:
        client.send(request)
        while b"\r\n\r\n" not in client.received:
            assert client.read_some()
        assert client.received.startswith(b"HTTP/1.1 101 ")
        client.send(b"\x81\xfe\x03\xe8" + bytes(4) + b"a" * 1000)
        wait_until(lambda: len(events) == 1)
        client.send(b"\x81\xfe\x03\xe9" + bytes(4) + b"a" * 1001)
        frames = client.received.partition(b"\r\n\r\n")[2]
        while len(frames) < 4:
            frames += client.socket.recv(1000)
        client.socket.close()
        live.wait_until_quiet()

    assert frames[0] == 0x88  # the frame that closes
    assert frames[2:4] == (1009).to_bytes(2, "big")
    assert events[0] == "a" * 1000
    assert len(events) == 2  # and no part of the other message


def test_limits_are_the_options_of_a_subclass_too() -> None:
    class Small(HttpProtocol):
        limits = LIMITS

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(scope["path"]).encode()})

    async def main() -> bytes:
        config = Config(app, http=Small, lifespan="off", log_config=None)
        server = Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET /" + b"a" * 600 + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        answer = await reader.read()
        writer.close()
        server.should_exit = True
        await task
        return answer

    assert asyncio.run(main()).startswith(b"HTTP/1.1 414 ")
