"""Handlers that yield, over real sockets: a client that leaves, a drain, and who writes what when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, Iterable, Iterator
from typing import Any

import pytest
from server.protocol.fakes import split_responses
from server.protocol.serving import DEADLINE_S, RunningServer, read_all, read_until, serve

from vivace import FastAPI
from vivace.responses import EventSourceResponse, StreamingResponse
from vivace.server import HttpProtocol

KINDS = ("lines", "events", "raw")
EACH_KIND = pytest.mark.parametrize("kind", KINDS)
OPTIONS: dict[str, dict[str, Any]] = {
    "lines": {},
    "events": {"response_class": EventSourceResponse},
    "raw": {"response_class": StreamingResponse},
}


class Program:
    """An app with every kind of stream, and what happened in it."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.is_done = threading.Event()
        self.goes_on = threading.Event()
        self.app = FastAPI()
        for kind, options in OPTIONS.items():
            for handler in (self.waiting, self.spinning, self.threaded, self.blocking, self.many):
                self.app.get(f"/{kind}/{handler.__name__}", **options)(handler)

    async def waiting(self) -> AsyncIterable[str]:
        try:
            yield "x"
            await asyncio.Event().wait()
        finally:
            self.events.append("handler finished")
            self.is_done.set()

    async def spinning(self) -> AsyncIterable[str]:
        try:
            while True:
                yield "x"
        finally:
            self.events.append("handler finished")
            self.is_done.set()

    def threaded(self) -> Iterable[str]:
        try:
            while True:
                yield "x"
        finally:
            self.events.append("handler finished")
            self.is_done.set()

    async def blocking(self) -> AsyncIterable[str]:
        yield "x"
        self.goes_on.wait(DEADLINE_S)  # as code does that computes: nothing else runs meanwhile
        yield "y"

    async def many(self) -> AsyncIterable[str]:
        for number in range(5_000):
            yield f"{number},"


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture(params=[(HttpProtocol, "asyncio"), (HttpProtocol, "uvloop"), ("httptools", "uvloop")], ids=str)
def server(request: pytest.FixtureRequest, program: Program) -> Iterator[RunningServer]:
    http, loop = request.param
    with serve(program.app, http=http, loop=loop) as running:
        yield running


def ask(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


@EACH_KIND
@pytest.mark.parametrize("handler", ["waiting", "spinning", "threaded"])
def test_a_client_that_leaves_in_the_middle_stops_the_handler(
    server: RunningServer, program: Program, kind: str, handler: str
) -> None:
    with server.open() as client:
        client.sendall(ask(f"/{kind}/{handler}"))
        while b"x" not in client.recv(65_536):
            pass

    assert program.is_done.wait(DEADLINE_S)
    assert program.events == ["handler finished"]


@EACH_KIND
def test_an_item_is_seen_before_its_handler_blocks(server: RunningServer, program: Program, kind: str) -> None:
    with server.open() as client:
        client.sendall(ask(f"/{kind}/blocking"))
        received = b""
        while b"x" not in received.partition(b"\r\n\r\n")[2]:
            received += client.recv(65_536)
        program.goes_on.set()
        read_until(client, b"0\r\n\r\n")


@EACH_KIND
def test_many_items_arrive_in_order_and_whole(server: RunningServer, kind: str) -> None:
    with server.open() as client:
        client.sendall(ask(f"/{kind}/many"))
        received = read_until(client, b"0\r\n\r\n")

    [(_, _, body)] = split_responses(received)
    form = {"lines": b'"%d,"\n', "events": b'data: "%d,"\n\n', "raw": b"%d,"}[kind]
    assert body == b"".join(form % number for number in range(5_000))


def test_a_stream_of_events_ends_when_the_server_does(program: Program) -> None:
    with serve(program.app) as server:
        client = server.open()
        client.sendall(ask("/events/waiting"))
        while b"x" not in client.recv(65_536):
            pass
    with client:
        assert read_all(client).endswith(b"0\r\n\r\n")
    assert program.events == ["handler finished"]
