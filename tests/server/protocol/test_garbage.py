"""Nothing of a request or a connection waits for the garbage collector."""

import gc
import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from server.protocol.fakes import GET, collect_body, make_request, reply
from server.protocol.serving import RunningServer, read_until, serve

from vivace.types import Receive, Scope, Send

CLOSE = make_request(connection="close")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/fail":
        raise ValueError("on purpose")
    body = await collect_body(receive)
    await reply(body or b"hello")(scope, receive, send)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with serve(app, loop=request.param) as running:
        yield running


REQUESTS = 1000
# A transport of asyncio holds methods of its own.
ASYNCIO_S_OWN = {"_SelectorSocketTransport", "TransportSocket", "socket", "dict", "method", "tuple"}


def count_garbage(server: RunningServer, conversation: Callable[[socket.socket], None]) -> dict[str, int]:
    """Return what only the collector can free after a conversation, by type."""
    with server.open() as client:
        client.sendall(GET)
        read_until(client, b"hello")
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            conversation(client)
            gc.collect()
            found = Counter(type(each).__qualname__ for each in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    return {name: number for name, number in found.items() if number >= REQUESTS // 10}


@pytest.mark.slow
@pytest.mark.parametrize(
    "request_",
    [GET, make_request("POST", "/echo", b"hello"), make_request("POST", "/echo", b"", transfer_encoding="chunked")],
    ids=["get", "post", "chunked"],
)
def test_a_thousand_requests_leave_nothing_to_the_garbage_collector(server: RunningServer, request_: bytes) -> None:
    if b"chunked" in request_:
        request_ += b"5\r\nhello\r\n0\r\n\r\n"

    def converse(client: socket.socket) -> None:
        for _ in range(REQUESTS):
            client.sendall(request_)
            read_until(client, b"hello")

    assert count_garbage(server, converse) == {}


@pytest.mark.slow
def test_failures_leave_nothing_to_the_garbage_collector(server: RunningServer) -> None:
    def converse(_: socket.socket) -> None:
        for _number in range(REQUESTS // 5):
            assert b" 500 " in server.exchange(make_request(target="/fail"))

    logging.getLogger("uvicorn.error").disabled = True  # records hold tracebacks
    try:
        assert not count_garbage(server, converse).keys() - ASYNCIO_S_OWN
    finally:
        logging.getLogger("uvicorn.error").disabled = False


@pytest.mark.slow
def test_connections_leave_nothing_to_the_garbage_collector(server: RunningServer) -> None:
    def converse(_: socket.socket) -> None:
        for _number in range(REQUESTS // 5):
            server.exchange(CLOSE)

    assert not count_garbage(server, converse).keys() - ASYNCIO_S_OWN
