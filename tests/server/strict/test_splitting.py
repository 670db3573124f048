"""However the bytes of a client arrive, the outcome is the same: in one piece, in any two, byte by byte, in pairs."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from server.protocol.fakes import Connection, FakeLoop
from server.strict.live import record_app
from server.strict.test_refused_requests import CHUNKED, GET, HOST, POST, REFUSED, WITH_ABC, WITHOUT_BODY, end

from vivace.server import HttpProtocol, deadline
from vivace.server.limits import Limits

LAST = b"GET /last HTTP/1.1\r\n" + HOST + end(b"Connection: close")
VALID = WITHOUT_BODY | WITH_ABC | {"plain": GET + b"\r\n", "http_1_0": b"GET / HTTP/1.0\r\n\r\n", "last": LAST}
FAULTY = {str(param.id): param.values[1] for param in REFUSED}
PIPELINED = {
    "a_body_that_looks_like_a_request": POST
    + end(b"Content-Length: 27")
    + b"GET /body HTTP/1.1\r\nX: y\r\n"
    + b"\n"
    + LAST,
    "chunks_that_look_like_requests": CHUNKED + b"1b\r\nGET /last HTTP/1.1\r\nX: y\r\n\n\r\n0\r\n\r\n" + LAST,
    "a_good_line_in_a_body_before_a_bad_one": POST
    + end(b"Content-Length: 23")
    + b"\r\n\r\nGET / HTTP/1.1\r\nX:"
    + b"GET  / HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "one_byte_chunks": CHUNKED + b"1\r\n1\r\n" * 5 + b"0\r\n\r\n" + LAST,
    "trailers": CHUNKED + b"1\r\na\r\n0\r\nX: GET /last HTTP/1.1\r\n\r\n" + LAST,
    "a_faulty_one_behind_an_unknown_upgrade": WITH_ABC["an_unknown_upgrade_with_a_body"]
    + POST
    + end(b"Transfer-Encoding: gzip"),
    "equal_fields": (GET + b"\r\n") * 3 + LAST,
    "equal_fields_and_bodies": (POST + end(b"Content-Length: 3") + b"abc") * 3 + LAST,
    "equal_fields_with_other_bodies": (POST + end(b"Content-Length: 3") + b"GET") * 2 + LAST,
}

Outcome = tuple[bytes, list[tuple[str, str, bytes]], bool]


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLoop]:
    fake = FakeLoop()
    monkeypatch.setattr(deadline, "monotonic", fake.time)
    yield fake
    for task in asyncio.all_tasks(fake):
        task.cancel()
    fake.turn(5)
    fake.close()


def outcome_of(loop: FakeLoop, pieces: list[bytes], *, limits: Limits | None = None) -> Outcome:
    """Return what is sent, what the app was called for, and whether the connection ends."""
    requests: list[tuple[str, str, bytes]] = []

    class Protocol(HttpProtocol):
        pass

    Protocol.limits = limits or Limits()
    connection = Connection(loop, record_app(requests), protocol_class=Protocol)
    for piece in pieces:
        if connection.transport.is_closing():
            break
        connection.receive(piece, turns=8)
    loop.turn(60)
    is_ended = connection.transport.is_closing() or connection.transport.is_eof_written
    if connection.server_state.connections:
        connection.lose()
    assert not connection.server_state.tasks
    assert not connection.server_state.connections
    # A request that is refused while its body is being read is told of or not, as the app was called by then or not.
    return connection.sent, [request for request in requests if request[2] != b"<disconnect>"], is_ended


def every_split(data: bytes) -> Iterator[list[bytes]]:
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]
    yield [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("request_bytes", [pytest.param(data, id=name) for name, data in (VALID | PIPELINED).items()])
def test_where_a_request_is_split_makes_no_difference(loop: FakeLoop, request_bytes: bytes) -> None:
    in_one_piece = outcome_of(loop, [request_bytes])
    assert in_one_piece[1]

    for pieces in every_split(request_bytes):
        assert outcome_of(loop, pieces) == in_one_piece, pieces


@pytest.mark.slow
@pytest.mark.parametrize("request_bytes", [pytest.param(data, id=name) for name, data in FAULTY.items()])
def test_where_a_faulty_request_is_split_makes_no_difference(loop: FakeLoop, request_bytes: bytes) -> None:
    request_bytes = request_bytes[:120] + LAST[:60]  # more shows nothing new
    in_one_piece = outcome_of(loop, [request_bytes])
    assert in_one_piece[2]

    for pieces in every_split(request_bytes):
        assert outcome_of(loop, pieces) == in_one_piece, pieces


@pytest.mark.slow
def test_pipelined_requests_are_answered_as_they_are_one_by_one(loop: FakeLoop) -> None:
    for first, second in itertools.product(VALID.values(), repeat=2):
        in_one_piece = outcome_of(loop, [first + second])

        assert outcome_of(loop, [first, second]) == in_one_piece
        for at in range(max(1, len(first) - 4), len(first) + 8):
            data = first + second
            assert outcome_of(loop, [data[:at], data[at:]]) == in_one_piece, (data, at)


@pytest.mark.parametrize("size", [199, 200, 201], ids=["below", "exact", "above"])
@pytest.mark.parametrize("filler", [b"X: %b", b"X:%b y"], ids=["value", "spaces"])
def test_the_size_of_a_head_is_counted_alike(loop: FakeLoop, size: int, filler: bytes) -> None:
    byte = b" " if filler.endswith(b"y") else b"x"
    head = GET + end(filler % (byte * (size - len(GET) - len(filler) - 2)))
    assert len(head) == size
    limits = Limits(limit_head_size=200)

    in_one_piece = outcome_of(loop, [head], limits=limits)

    assert in_one_piece[0].startswith(b"HTTP/1.1 431 " if size > 200 else b"HTTP/1.1 200 ")
    for pieces in every_split(head):
        assert outcome_of(loop, pieces, limits=limits) == in_one_piece, pieces


def test_repeated_fields_do_not_excuse_a_head_that_is_too_large(loop: FakeLoop) -> None:
    first = GET + end(b"X: " + b"x" * 100)
    second = first.replace(b"/ ", b"/" + b"a" * 80 + b" ", 1)
    assert len(first) < 190 < 210 < len(second)

    sent, requests, is_ended = outcome_of(loop, [first, second], limits=Limits(limit_head_size=200))

    assert b"HTTP/1.1 431 " in sent
    assert len(requests) == 1
    assert is_ended


@pytest.mark.parametrize("encoding", ["length", "chunked"])
def test_a_large_body_before_a_request_does_not_count_for_it(loop: FakeLoop, encoding: str) -> None:
    body = b" / HTTP/1.1 " * 16_000
    if encoding == "length":
        first = POST + end(b"Content-Length: %d" % len(body)) + body
    else:
        first = CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    second = POST + end(b"Content-Length: 6")

    sent, requests, _ = outcome_of(
        loop, [first[:1000], first[1000:] + second[:30], second[30:] + b"ab", b"cdef" + LAST]
    )

    assert sent.count(b"HTTP/1.1 200 OK") == 3
    assert requests[0][2] == body
    assert requests[1][2] == b"abcdef"


def test_what_was_read_is_not_kept_when_nothing_waits_for_the_rest(loop: FakeLoop) -> None:
    connection = Connection(loop, record_app([]))
    for data in (POST + end(b"Content-Length: 100000"), b"x" * 50_000, b"X" * 50_000, GET + b"\r\n", CHUNKED):
        connection.receive(data)
        kept = [value for value in vars(connection.protocol).values() if isinstance(value, bytes)]
        assert sum(map(len, kept)) < 300
