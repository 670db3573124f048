"""The live feed: who may follow, what is told, and what a slow client costs."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import jwt
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from airports.changes import KEPT_CHANGES, StoredChange
from airports.feed import Feed
from airports.routers import live
from airports.settings import Settings
from airports.tests.conftest import sign_in
from airports.tests.server import SECRET, Server, running_server
from airports.tests.test_imports import csv_of, follow, row, send
from vivace import WebSocket

PATIENCE_S = 20.0


def token_of(client: httpx2.Client, name: str = "viewer", scope: str = "") -> str:
    return sign_in(client, name, scope)["Authorization"].removeprefix("Bearer ")


@contextmanager
def connected(server: Server) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{server.port}/feed", open_timeout=PATIENCE_S, proxy=None) as connection:
        yield connection


@contextmanager
def following(server: Server, client: httpx2.Client, **hello: object) -> Iterator[tuple[ClientConnection, int]]:
    with connected(server) as connection:
        connection.send(json.dumps({"token": token_of(client), **hello}))
        ready = receive(connection)
        assert ready["type"] == "ready"
        yield connection, ready["number"]


def receive(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=PATIENCE_S))
    return message


def receive_until_end(connection: ClientConnection, import_id: str) -> list[dict[str, Any]]:
    """Receive until an import has ended, and give what belongs to it or comes between."""
    messages: list[dict[str, Any]] = []
    while True:
        messages.append(message := receive(connection))
        if message["type"] == "import" and message["state"]["id"] == import_id and message["state"]["ended_at"]:
            return messages


def refusal(connection: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        connection.recv(timeout=PATIENCE_S)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


def test_a_follower_is_told_of_airports_and_of_the_import_in_order(
    changing_server: Server, editor: httpx2.Client
) -> None:
    with following(changing_server, editor) as (connection, last):
        queued = send(editor, csv_of(row("QG01", "First"), row("QG02"))).json()
        messages = receive_until_end(connection, queued["id"])
    airports = [message for message in messages if message["type"] == "airport"]
    assert [(message["airport"]["icao"], message["is_new"]) for message in airports] == [("QG01", True), ("QG02", True)]
    assert airports[0]["airport"]["name"] == "First"
    assert [message["number"] for message in messages] == list(range(last + 1, last + 1 + len(messages)))


def test_who_comes_again_gets_what_was_missed(changing_server: Server, editor: httpx2.Client) -> None:
    with following(changing_server, editor) as (_, last):
        pass
    queued = send(editor, csv_of(row("QH01"))).json()
    follow(editor, f"/imports/{queued['id']}")
    with following(changing_server, editor, after=last) as (connection, number):
        messages = receive_until_end(connection, queued["id"])
    assert number == last
    assert messages[0]["number"] == last + 1
    assert [message["airport"]["icao"] for message in messages if message["type"] == "airport"] == ["QH01"]


def test_a_number_of_another_database_starts_with_the_latest(changing_server: Server, editor: httpx2.Client) -> None:
    with following(changing_server, editor, after=10**12) as (_, number):
        assert number < 10**6


@pytest.mark.slow
def test_a_follower_of_one_process_is_told_what_another_one_changes(tmp_path: Path, prepared: bytes) -> None:
    path = tmp_path / "airports.sqlite3"
    path.write_bytes(prepared)
    with (
        running_server(path, tmp_path / "one.log") as one,
        running_server(path, tmp_path / "other.log") as other,
        httpx2.Client(base_url=other.url, timeout=PATIENCE_S) as client,
    ):
        client.headers.update(sign_in(client, "editor"))
        with following(one, client) as (connection, last):
            # Both processes work on it, in turns.
            queued = send(client, csv_of(*(row(f"Q{number:03}") for number in range(600)))).json()
            messages = receive_until_end(connection, queued["id"])
    assert [message["number"] for message in messages] == list(range(last + 1, last + 1 + len(messages)))
    added = [message["airport"]["icao"] for message in messages if message["type"] == "airport"]
    assert added == [f"Q{number:03}" for number in range(600)]
    assert messages[-1]["state"]["added"] == 600
    assert "Traceback" not in (tmp_path / "one.log").read_text() + (tmp_path / "other.log").read_text()


def test_a_follower_that_does_not_read_is_in_nobodys_way(changing_server: Server, editor: httpx2.Client) -> None:
    with following(changing_server, editor) as (slow, _), following(changing_server, editor) as (quick, _):
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        queued = send(editor, csv_of(*(row(f"Q{number:03}", "x" * 100) for number in range(500)))).json()
        told = receive_until_end(quick, queued["id"])
        state = follow(editor, f"/imports/{queued['id']}")[-1][1]
        assert state["added"] == sum(message["type"] == "airport" for message in told) == 500
        # When it reads at last, it gets all of it.
        assert receive_until_end(slow, queued["id"]) == told


EXPECTED = 'Begin with {"token": "..."}, and perhaps "after": the last number that you have seen.'


@pytest.mark.parametrize(
    "hello",
    [
        "",
        "{}",
        "null",
        "token",
        b'{"token": "x"}',
        '{"token": 1}',
        '{"token": "\\ud800"}',
        '{"token": "x", "after": -1}',
        '{"token": "x", "more": 1}',
        '{"token": "x", "after": 1e400}',
        "[" * 3_000,
        '{"token": "' + "x" * 4_000 + '"}',
    ],
    ids=lambda hello: str(hello)[:20],
)
def test_a_strange_first_message_ends_the_connection(changing_server: Server, hello: str | bytes) -> None:
    with connected(changing_server) as connection:
        connection.send(hello)
        assert refusal(connection) == (1008, EXPECTED)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("x", "The token is not one of this service, or has expired. Sign in again."),
        ("é", "The token is not one of this service, or has expired. Sign in again."),
        ("writer", "This needs a token with the scope airports:read."),
    ],
)
def test_a_token_that_does_not_allow_it_ends_the_connection(
    changing_server: Server, visitor: httpx2.Client, token: str, reason: str
) -> None:
    with connected(changing_server) as connection:
        sent = token_of(visitor, "editor", "airports:write") if token == "writer" else token
        connection.send(json.dumps({"token": sent}))
        assert refusal(connection) == (1008, reason)


def test_a_connection_ends_with_its_token(changing_server: Server) -> None:
    claims = {"sub": "viewer", "scope": "airports:read", "exp": datetime.now(UTC) + timedelta(seconds=2)}
    with connected(changing_server) as connection:
        connection.send(json.dumps({"token": jwt.encode(claims, SECRET, algorithm="HS256")}))
        assert receive(connection)["type"] == "ready"
        assert refusal(connection) == (1008, "The token has expired. Sign in again.")


def test_a_follower_that_says_more_is_told_that_there_is_nothing_to_say(
    changing_server: Server, visitor: httpx2.Client
) -> None:
    with following(changing_server, visitor) as (connection, _):
        connection.send("hello?")
        assert refusal(connection) == (1008, "After the first message there is nothing to say.")


def test_a_client_that_leaves_without_a_word_is_no_fault(changing_server: Server, visitor: httpx2.Client) -> None:
    with following(changing_server, visitor) as (connection, _):
        connection.socket.shutdown(socket.SHUT_RDWR)
    with connected(changing_server) as connection:
        connection.socket.shutdown(socket.SHUT_RDWR)
    # What is wrong there would stand in the server's log, which is looked at in the end.


def test_a_client_that_does_not_read_at_all_is_let_go(
    tmp_path: Path, prepared: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEND_DEADLINE_S", 0.01)
    monkeypatch.setattr(live, "CLOSE_DEADLINE_S", 0.01)
    (tmp_path / "airports.sqlite3").write_bytes(prepared)
    settings = Settings(database=tmp_path / "airports.sqlite3", secret=SECRET)
    claims = {"sub": "viewer", "scope": "airports:read", "exp": datetime.now(UTC) + timedelta(minutes=5)}
    hello = json.dumps({"token": jwt.encode(claims, SECRET, algorithm="HS256")})
    received = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": hello}])
    sent: list[str] = []

    async def run() -> None:
        feed = Feed()

        async def receive() -> Any:
            if message := next(received, None):
                return message
            feed.publish([change(1)])
            await anyio.sleep_forever()

        async def send(message: Any) -> None:
            sent.append(message["type"])
            if len(sent) > 2:  # the acceptance and the first answer got through
                await anyio.sleep_forever()

        with anyio.fail_after(PATIENCE_S):
            websocket = WebSocket({"type": "websocket", "state": {"feed": feed}}, receive, send)
            await live.follow_changes(websocket, settings)

    anyio.run(run)
    assert sent == ["websocket.accept", "websocket.send", "websocket.send", "websocket.close"]


# --- The list that everyone shares


def change(number: int) -> StoredChange:
    return StoredChange(number=number, text=str(number))


def numbers(changes: list[StoredChange]) -> list[int]:
    return [change.number for change in changes]


def test_a_feed_gives_what_comes_after_a_number() -> None:
    feed = Feed()
    feed.publish([change(1), change(2), change(3)])
    assert [numbers(feed.after(after, 2)[0]) for after in (0, 1, 2, 3)] == [[1, 2], [2, 3], [3], []]


def test_a_feed_without_changes_has_nothing_to_tell() -> None:
    assert Feed().after(0, 10) == ([], 0)


def test_a_feed_keeps_only_so_many_and_says_how_many_were_missed() -> None:
    feed = Feed()
    feed.publish([change(number) for number in range(1, KEPT_CHANGES + 11)])
    changes, missed = feed.after(4, 3)
    assert (numbers(changes), missed) == ([11, 12, 13], 6)


def test_whoever_waits_is_woken_by_a_change() -> None:
    async def wait() -> int:
        feed = Feed()
        found: list[int] = []

        async def one() -> None:
            found.append(await feed.wait_beyond(0))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(one)
            await anyio.wait_all_tasks_blocked()
            feed.publish([change(1)])
        return sum(found)

    assert anyio.run(wait) == 3
