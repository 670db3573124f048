"""Imports: from the file to the airports, step by step, and never half."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as websocket

from airports import changes, imports
from airports.database import connect, transaction
from airports.errors import TooManyImportsError
from airports.loading import open_loaded
from airports.models import Import, ImportStatus
from airports.rows import MAX_FILE_BYTES
from airports.tests.conftest import sign_in
from airports.tests.server import running_server

HEADER = "icao,name,country,elevation_ft,latitude,longitude,time_zone,iata"


def row(icao: str, name: str = "A field", latitude: float | str = 1.5, iata: str = "") -> str:
    return f"{icao},{name},QQ,10,{latitude},2.5,Etc/UTC,{iata}"


def csv_of(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def send(client: httpx2.Client, text: str | bytes, name: str = "fields.csv") -> httpx2.Response:
    content = text.encode() if isinstance(text, str) else text
    return client.post("/imports", files={"file": (name, content, "text/csv")})


def follow(client: httpx2.Client, address: str) -> list[tuple[str, dict[str, Any]]]:
    """Read all events of an import."""
    events: list[tuple[str, dict[str, Any]]] = []
    with client.stream("GET", f"{address}/events") as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        for line in response.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                events.append((value, {}))
            elif field == "data":
                events[-1][1].update(json.loads(value))
    return events


def counts(state: dict[str, Any]) -> tuple[int, int, int, int]:
    return state["added"], state["changed"], state["unchanged"], state["rejected"]


def test_a_file_is_queued_and_its_rows_are_stored(editor: httpx2.Client, visitor: httpx2.Client) -> None:
    response = send(editor, csv_of(row("QA01", "First"), row("QA02", "Second")))
    queued = response.json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/imports/{queued['id']}"
    assert (queued["status"], queued["file_name"], queued["account"]) == ("waiting", "fields.csv", "editor")

    events = follow(visitor, response.headers["Location"])
    assert [name for name, _ in events][-1] == "end"
    state = events[-1][1]
    assert (state["status"], state["percent"], counts(state)) == ("done", 100, (2, 0, 0, 0))
    assert visitor.get("/airports/QA02").json()["name"] == "Second"
    assert [
        item["icao"] for item in visitor.get("/airports", params={"name": "First", "country": "QQ"}).json()["items"]
    ]


def test_progress_goes_forward_to_the_end(editor: httpx2.Client) -> None:
    response = send(editor, csv_of(*(row(f"QB{number:02}") for number in range(100)), *["x"] * 900))
    events = follow(editor, response.headers["Location"])
    percents = [state["percent"] for _, state in events]
    assert percents == sorted(percents) and percents[-1] == 100
    assert [name for name, _ in events] == ["progress"] * (len(events) - 1) + ["end"]
    assert counts(events[-1][1]) == (100, 0, 0, 900)


def test_a_bad_row_is_reported_and_the_others_are_stored(editor: httpx2.Client) -> None:
    rows = [row("QC01"), row("QC02", latitude=95), row("QC03", iata="ZRH"), "one cell", row("QC04")]
    address = send(editor, csv_of(*rows)).headers["Location"]
    follow(editor, address)
    report = editor.get(address).json()
    assert counts(report) == (2, 0, 0, 3)
    assert report["errors"] == [
        {"line": 3, "column": "latitude", "message": "Input should be less than or equal to 90"},
        {"line": 4, "column": "iata", "message": "ZRH is the code of LSZH"},
        {"line": 5, "column": None, "message": "It has 1 cells, and the first line names 8."},
    ]
    assert editor.get("/airports/QC02").status_code == 404


def test_a_second_import_tells_what_is_new_from_what_is_known(editor: httpx2.Client) -> None:
    follow(editor, send(editor, csv_of(row("QD01"), row("QD02"))).headers["Location"])
    second = send(editor, csv_of(row("QD01"), row("QD02", "Renamed"), row("QD03")))
    assert counts(follow(editor, second.headers["Location"])[-1][1]) == (1, 1, 1, 0)


def test_an_import_that_has_ended_can_still_be_followed(editor: httpx2.Client) -> None:
    address = send(editor, csv_of(row("QE01"))).headers["Location"]
    last = follow(editor, address)[-1]
    assert follow(editor, address) == [last]


def test_a_file_name_loses_its_folders(editor: httpx2.Client) -> None:
    assert send(editor, csv_of(), name="../../etc/pass<b>wd").json()["file_name"] == "pass<b>wd"


@pytest.mark.parametrize(
    "content",
    [b"", b"icao\n", b"\xff\xfe", b"\x00" * 100, csv_of().replace("icao", "icao,icao").encode()],
    ids=["empty", "no_columns", "no_text", "zeros", "twice"],
)
def test_a_file_that_is_no_use_is_refused_at_once(editor: httpx2.Client, content: bytes) -> None:
    response = send(editor, content)
    assert (response.status_code, response.json()["code"]) == (400, "unusable_file")


def test_a_file_that_is_too_large_is_refused(editor: httpx2.Client) -> None:
    response = send(editor, b"x" * (MAX_FILE_BYTES + 20_000))
    assert (response.status_code, response.text) == (413, "Content Too Large")


def test_more_files_than_one_are_refused(editor: httpx2.Client) -> None:
    content = csv_of().encode()
    response = editor.post("/imports", files=[("file", ("a.csv", content)), ("file", ("b.csv", content))])
    assert response.status_code == 400


@pytest.mark.parametrize("parts", [{"data": {"file": "text"}}, {"json": {}}, {"data": {"other": "1"}}, {}])
def test_what_is_no_file_is_refused(editor: httpx2.Client, parts: dict[str, Any]) -> None:
    response = editor.post("/imports", **parts)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "file"]


@pytest.mark.parametrize("path", ["/imports/{}", "/imports/{}/events"])
def test_an_import_that_never_was_is_not_found(visitor: httpx2.Client, path: str) -> None:
    response = visitor.get(path.format(uuid4()))
    assert (response.status_code, response.json()["code"]) == (404, "import_not_found")


def test_only_who_may_import_may_cancel(visitor: httpx2.Client, editor: httpx2.Client) -> None:
    address = send(editor, csv_of(row("QF01"))).headers["Location"]
    assert visitor.post(f"{address}/cancellation").status_code == 401
    follow(editor, address)
    ended = editor.post(f"{address}/cancellation")
    assert (ended.status_code, ended.json()["status"]) == (200, "done")


# --- The steps, in a database of their own


@pytest.fixture
def connection(tmp_path: Path, prepared: bytes) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "airports.sqlite3"
    path.write_bytes(prepared)
    with closing(open_loaded(path)) as connection:
        yield connection


def queue(connection: sqlite3.Connection, *rows: str) -> UUID:
    return imports.create(connection, file_name="a.csv", text=csv_of(*rows), account="editor").id


def step(connection: sqlite3.Connection) -> UUID | None:
    with transaction(connection):
        return imports.advance(connection)


def known(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("SELECT count(*) FROM airports WHERE country = 'QQ'").fetchone()
    return int(found)


def many(count: int) -> list[str]:
    return [row(f"Q{number:03}") for number in range(count)]


def test_the_counts_are_those_of_what_is_stored_after_every_step(connection: sqlite3.Connection) -> None:
    import_id = queue(connection, *many(250))
    stored: list[tuple[int, int, str]] = []
    while step(connection):
        state = imports.read(connection, import_id)
        assert state.added == known(connection)
        stored.append((state.added, state.percent, state.status))
    assert [added for added, _, _ in stored] == [100, 200, 250]
    assert [status for *_, status in stored] == ["running", "running", "done"]


def test_a_step_that_fails_leaves_nothing_and_the_next_one_goes_on(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = queue(connection, *many(150))
    step(connection)
    before = imports.read(connection, import_id)
    with monkeypatch.context() as patch:
        patch.setattr(changes, "forget_old", lambda _: 1 / 0)  # at the end of a step
        with pytest.raises(ZeroDivisionError):
            step(connection)
    assert (imports.read(connection, import_id), known(connection)) == (before, 100)
    step(connection)
    assert imports.read(connection, import_id).added == known(connection) == 150


def test_a_cancelled_import_keeps_what_it_has_stored_and_says_so(connection: sqlite3.Connection) -> None:
    import_id = queue(connection, *many(250))
    step(connection)
    cancelled = imports.cancel(connection, import_id)
    assert (cancelled.status, cancelled.added, cancelled.percent) == (ImportStatus.CANCELLED, 100, 40)
    assert step(connection) is None
    assert known(connection) == 100


def test_an_import_that_a_fault_ends_says_so(connection: sqlite3.Connection) -> None:
    import_id = queue(connection, *many(150))
    step(connection)
    imports.fail(connection)
    state: Import = imports.read(connection, import_id)
    assert (state.status, state.added) == (ImportStatus.FAILED, 100)
    assert state.problem == "A fault of this service, which its log describes. What is counted here is stored."


def test_imports_take_turns_in_the_order_of_their_arrival(connection: sqlite3.Connection) -> None:
    first, second = queue(connection, *many(150)), queue(connection, row("QL01"))
    assert [step(connection) for _ in range(4)] == [first, first, second, None]


def test_the_file_is_forgotten_at_the_end(connection: sqlite3.Connection) -> None:
    queue(connection, row("QM01"))
    step(connection)
    assert [tuple(found) for found in connection.execute("SELECT content FROM imports")] == [("",)]


def test_only_so_many_imports_may_wait(connection: sqlite3.Connection) -> None:
    for _ in range(imports.MAX_OPEN):
        queue(connection)
    with pytest.raises(TooManyImportsError):
        queue(connection)


def test_only_the_first_thousand_errors_are_kept_and_all_are_counted(connection: sqlite3.Connection) -> None:
    import_id = queue(connection, *["x"] * 1_250)
    while step(connection):
        pass
    report = imports.report(connection, import_id)
    assert (report.rejected, len(report.errors), report.errors[-1].line) == (1_250, 1_000, 1_001)


def test_old_imports_are_forgotten_with_their_errors(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "KEPT_ENDED", 2)
    for _ in range(5):
        queue(connection, "x")
        step(connection)
    (kept,) = connection.execute("SELECT count(*) FROM imports").fetchone()
    (errors,) = connection.execute("SELECT count(*) FROM import_errors").fetchone()
    assert kept == errors == 3


# --- A server that comes to a sudden end


def read_until(client: httpx2.Client, address: str, percent: int) -> None:
    """Read events until an import has come so far, or further."""
    with client.stream("GET", f"{address}/events") as response:
        for line in response.iter_lines():
            if line.startswith("data: ") and json.loads(line.removeprefix("data: "))["percent"] >= percent:
                return


@pytest.mark.slow
def test_an_import_goes_on_after_the_server_was_killed(tmp_path: Path, prepared: bytes) -> None:
    path = tmp_path / "airports.sqlite3"
    path.write_bytes(prepared)
    rows = [*(row(f"Q{number:03}") for number in range(1_000)), *["x"] * 10_000]
    with running_server(path, tmp_path / "first.log") as server, httpx2.Client(base_url=server.url) as client:
        client.headers.update(sign_in(client, "editor"))
        address = send(client, csv_of(*rows)).headers["Location"]
        read_until(client, address, percent=1)
        server.process.kill()
        server.process.wait()
    with closing(connect(path)) as connection:
        status, line = connection.execute("SELECT status, line FROM imports").fetchone()
    assert (status, line < len(rows)) == ("running", True)

    with running_server(path, tmp_path / "second.log") as server, httpx2.Client(base_url=server.url) as client:
        state = follow(client, address)[-1][1]
        assert (state["status"], counts(state)) == ("done", (1_000, 0, 0, 10_000))


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_ends_streams_and_feeds(tmp_path: Path, prepared: bytes) -> None:
    path = tmp_path / "airports.sqlite3"
    path.write_bytes(prepared)
    log = tmp_path / "server.log"
    with running_server(path, log) as server, httpx2.Client(base_url=server.url, timeout=20) as client:
        token = sign_in(client, "editor")
        client.headers.update(token)
        address = send(client, csv_of(*["x"] * 20_000)).headers["Location"]
        with (
            websocket(f"ws://127.0.0.1:{server.port}/feed", proxy=None) as feed,
            client.stream("GET", f"{address}/events") as events,
        ):
            feed.send(json.dumps({"token": token["Authorization"].removeprefix("Bearer ")}))
            feed.recv(timeout=20)
            lines = events.iter_lines()
            next(lines)
            server.process.terminate()
            for _ in lines:
                pass
            with pytest.raises(ConnectionClosed) as caught:
                while True:
                    feed.recv(timeout=20)
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1012
        assert server.process.wait(20) == -signal.SIGTERM  # it ends by the signal, when all is done
    assert "Traceback" not in log.read_text()
    with closing(connect(path)) as connection:
        (line,) = connection.execute("SELECT line FROM imports").fetchone()
    assert line < 20_000  # it did not wait for the import, which the next start goes on with
