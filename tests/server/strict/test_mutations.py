"""Requests changed at random: whatever arrives, the server answers or closes, and nothing of it shows elsewhere."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server.protocol.fakes import Connection, FakeLoop
from server.strict.live import Live, parse_answer, record_app
from server.strict.test_refused_requests import REFUSED, WITH_ABC, WITHOUT_BODY
from server.strict.test_splitting import PIPELINED, VALID

from vivace.server import deadline

SEEDS = [*VALID.values(), *PIPELINED.values(), *(param.values[1] for param in REFUSED if len(param.values[1]) < 300)]
PIECES = [
    *(bytes((byte,)) for byte in range(256)),
    *(b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"HTTP/1.1"),
    *(b"Connection: close\r\n", b"Connection: upgrade\r\n", b"Upgrade: websocket\r\n", b"Expect: 100-continue\r\n"),
    *(b"Host: a\r\n", b"GET ", b"GET / HTTP/1.1\r\n", b"ffffffffffffffff\r\n", b"\0" * 50, b"a" * 3000, b" " * 3000),
]
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,  # the same cases in every run: what fails, fails again
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Mutation = Callable[[bytes, float], bytes]


def at(data: bytes, place: float) -> int:
    return int(place * len(data))


def insert(piece: bytes) -> Mutation:
    return lambda data, place: data[: at(data, place)] + piece + data[at(data, place) :]


def replace(piece: bytes) -> Mutation:
    return lambda data, place: data[: at(data, place)] + piece + data[at(data, place) + len(piece) :]


def remove(size: int) -> Mutation:
    return lambda data, place: data[: at(data, place)] + data[at(data, place) + size :]


def repeat(size: int) -> Mutation:
    return lambda data, place: data[: at(data, place) + size] + data[at(data, place) :]


mutations = st.one_of(
    st.sampled_from(PIECES).map(insert),
    st.sampled_from(PIECES).map(replace),
    st.integers(1, 20).map(remove),
    st.integers(1, 60).map(repeat),
)
places = st.floats(0, 1, exclude_max=True)


@st.composite
def mutated(draw: Any) -> bytes:
    data: bytes = b"".join(draw(st.lists(st.sampled_from(SEEDS), min_size=1, max_size=3)))
    for mutate, place in draw(st.lists(st.tuples(mutations, places), max_size=4)):
        data = mutate(data, place)
    return data


def read_answers(data: bytes) -> list[int]:
    """Return the statuses of what was sent; fails where it is no HTTP."""
    statuses = []
    while data:
        # The app answers every method with a body, and has nothing to send to HEAD.
        parsed = parse_answer(data, "GET", is_ended=True)
        assert parsed is not None, data
        statuses.append(parsed[0].status)
        data = parsed[1]
    return statuses


@pytest.mark.slow
@SETTINGS
@given(data=mutated(), cuts=st.lists(places, max_size=6))
def test_whatever_arrives_the_connection_comes_to_an_end_and_splits_make_no_difference(
    data: bytes, cuts: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = FakeLoop()
    monkeypatch.setattr(deadline, "monotonic", loop.time)
    edges = [0, *sorted({at(data, cut) for cut in cuts} - {0}), len(data)]
    pieces = [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    outcomes = []
    for arriving in ([data], pieces):
        requests: list[tuple[str, str, bytes]] = []
        connection = Connection(loop, record_app(requests), ws="none")
        for piece in filter(None, arriving):
            if not connection.transport.is_closing():
                connection.receive(piece, turns=8)
        for _ in range(8):
            connection.pass_time(31)
        statuses = read_answers(connection.sent)
        assert connection.transport.is_closing()
        assert not connection.server_state.connections
        assert not connection.server_state.tasks
        whole = [request for request in requests if request[2] != b"<disconnect>"]
        assert len(whole) == sum(status < 300 for status in statuses if status != 100)
        outcomes.append((whole, statuses))
    assert not asyncio.all_tasks(loop)
    loop.close()

    assert outcomes[0] == outcomes[1]


@pytest.mark.slow
@SETTINGS
@given(data=mutated())
def test_whatever_is_sent_over_a_socket_the_next_client_is_served(data: bytes, live: Live) -> None:
    with live.client() as client:
        try:
            client.send(data)
            client.socket.shutdown(1)
            client.read_all()
        except ConnectionError:
            pass  # answers that are not read are tested elsewhere
    with live.client() as client:
        client.send(next(iter(WITHOUT_BODY.values())) + next(iter(WITH_ABC.values())))
        assert [client.read_answer().status, client.read_answer().status] == [200, 200]
