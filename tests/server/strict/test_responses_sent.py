"""What leaves the server is well-formed, whatever the app or the configuration says."""

import asyncio
import logging
from typing import Any

import pytest
from server.strict.live import Live, serving
from server.strict.test_refused_requests import HOST
from uvicorn.config import Config
from uvicorn.server import Server

from vivace.server import HttpProtocol
from vivace.types import ASGIApp, Receive, Scope, Send

OK = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
OLD = b"GET / HTTP/1.0\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"

pytestmark = pytest.mark.slow  # servers of their own start


def sends(status: int = 200, headers: Any = (), pieces: tuple[bytes, ...] = (b"hello", b"world")) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/last":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
            await send({"type": "http.response.body", "body": b"last"})
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    return app


@pytest.mark.parametrize(
    "headers",
    [[], [(b"transfer-encoding", b"chunked")], [(b"Transfer-Encoding", b"Chunked")]],
    ids=["none", "lower", "mixed"],
)
def test_an_http_1_0_client_gets_no_chunks(headers: Any) -> None:
    with serving(sends(headers=headers)) as live:
        (answer,) = live.ask(OLD)
        assert answer["transfer-encoding"] is None
        assert answer["connection"] == "close"
        assert answer.body == b"helloworld"
        modern, _ = live.ask(OK + LAST)
        assert modern["transfer-encoding"] == "chunked"
        assert modern.body == b"helloworld"


BREAKS = {
    "crlf": b"a\r\nSet-Cookie: b=c",
    "lf": b"a\nSet-Cookie: b=c",
    "cr": b"a\rSet-Cookie: b=c",
    "two": b"a\r\n\r\nHTTP/1.1 200 OK\r\n",
    "nul": b"a\0b",
    "at_the_end": b"a\r\n",
}


@pytest.mark.parametrize("place", ["name", "value"])
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in BREAKS.items()])
def test_a_response_header_with_a_line_break_never_leaves(place: str, text: bytes) -> None:
    field = (text, b"x") if place == "name" else (b"x-name", text)
    with serving(sends(headers=[(b"x-good", b"y"), field])) as live, live.client() as client:
        client.send(OK)
        client.read_all()
        assert b"Set-Cookie" not in client.received
        assert b"\r\nx-name" not in client.received.lower()
        assert all(answer.status == 500 for answer in client.take_answers())
        assert any("Invalid HTTP header" in text for text in live.log.texts)
        assert live.crashes() == []


@pytest.mark.parametrize("field", [("x\r\nSet-Cookie", "b"), ("x", "a\r\nSet-Cookie: b=c")], ids=["name", "value"])
@pytest.mark.parametrize("request_bytes", [OK, b"garbage\r\n\r\n"], ids=["good", "refused"])
def test_a_configured_header_with_a_line_break_never_leaves(field: tuple[str, str], request_bytes: bytes) -> None:
    with serving(sends(), headers=[field]) as live, live.client() as client:
        client.send(request_bytes)
        assert b"Set-Cookie" not in client.read_all()
        assert live.crashes() == []


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("headers", [[(b"content-length", b"10")], []], ids=["with_length", "without"])
def test_a_body_where_none_may_be_does_not_pose_as_the_next_answer(status: int, headers: Any) -> None:
    body = b"HTTP/1.1 200 OK\r\n\r\n"
    with serving(sends(status, headers=headers, pieces=(body,))) as live, live.client() as client:
        client.send(OK)
        assert client.read_all().startswith(b"HTTP/1.1 %d " % status) or client.received.startswith(b"HTTP/1.1 500 ")
        assert b"HTTP/1.1 200 OK" not in client.received


@pytest.mark.parametrize("status", [100, 101, 103, 199, 99, 1000, 0, -200, "200", 200.5, None])
def test_a_status_that_is_not_final_or_none_at_all_never_leaves(status: Any) -> None:
    with serving(sends(status)) as live, live.client() as client:
        client.send(OK + LAST)
        client.read_all()
        assert all(answer.status in (200, 500) for answer in client.take_answers())
        assert live.crashes() == []


@pytest.mark.parametrize("length", [b"5", b"15", b"+10", b"1 0", b"10, 10", b"-1", b"x", b"\xb2"])
def test_a_wrong_content_length_ends_the_connection_rather_than_shift_the_next_answer(length: bytes) -> None:
    with serving(sends(headers=[(b"content-length", length)])) as live, live.client() as client:
        client.send(OK + LAST)
        client.read_all()
        assert b"last" not in client.received
        assert live.crashes() == []


def test_two_content_lengths_never_leave() -> None:
    headers = [(b"content-length", b"10"), (b"Content-Length", b"11")]
    with serving(sends(headers=headers)) as live:
        assert b"11" not in b"".join(answer.body for answer in live.ask(OK + LAST))


def test_plain_uvicorn_keeps_configured_line_breaks_in_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "uvicorn.error")

    async def main() -> bytes:
        headers = [("x", "a\r\nSet-Cookie: b=c")]
        server = Server(Config(sends(), http=HttpProtocol, lifespan="off", log_config=None, headers=headers, port=0))
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(OK)
        answer = await reader.read()
        writer.close()
        server.should_exit = True
        await task
        return answer

    assert b"Set-Cookie" not in asyncio.run(main())


def test_a_failed_answer_leaves_the_server_in_order(live: Live) -> None:
    for _ in range(20):
        assert [answer.status for answer in live.ask(b"garbage\r\n\r\n")] == [400]
    live.wait_until_quiet()
