"""The load at start-up: once, whole, repaired, renewed."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import airportsdata
import pytest

from airports import accounts, schema
from airports.loading import UnusableDatabaseError, fold, keep_write_ahead_log, open_loaded
from airports.tests.server import environment

STOP_IN_MID_LOAD = """
import os, sys
from pathlib import Path
from airports import loading

original = loading._rows

def stop_half_way(release):
    for number, row in enumerate(original(release)):
        if number == 15_000:
            os._exit(9)
        yield row

loading._rows = stop_half_way
loading.open_loaded(Path(sys.argv[1]))
"""

LOAD = """
import sys
from pathlib import Path
from airports import accounts, schema
from airports.loading import open_loaded
open_loaded(Path(sys.argv[1])).close()
"""


def count_airports(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM airports").fetchone()
        return int(count)


def start(program: str, database: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program, str(database)], env=environment(database))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "airports.sqlite3"


@pytest.mark.slow
def test_a_load_that_was_interrupted_is_done_again(database: Path) -> None:
    with start(STOP_IN_MID_LOAD, database) as process:
        assert process.wait(60) == 9
    open_loaded(database).close()
    assert count_airports(database) == len(airportsdata.load())


@pytest.mark.slow
def test_processes_that_start_together_load_once_and_none_fails(database: Path) -> None:
    with start(LOAD, database) as one, start(LOAD, database) as other, start(LOAD, database) as third:
        assert [process.wait(60) for process in (one, other, third)] == [0, 0, 0]
    assert count_airports(database) == len(airportsdata.load())


@pytest.mark.slow
def test_a_process_that_writes_meanwhile_is_waited_for(database: Path) -> None:
    with (
        closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as writer,
        closing(sqlite3.connect(database, isolation_level=None)) as opened,
    ):
        writer.execute("CREATE TABLE any_table (number)")
        writer.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.2, writer.rollback)
        timer.start()
        keep_write_ahead_log(opened)
        timer.join()
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.slow
def test_a_second_start_loads_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_loaded(database).close()
    monkeypatch.setattr(airportsdata, "load", lambda: pytest.fail("loaded again"))
    open_loaded(database).close()


@pytest.mark.slow
def test_a_new_release_replaces_the_airports_and_keeps_the_watchlists(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_loaded(database)) as connection:
        connection.execute("INSERT INTO watchlists VALUES ('1', 'mine', NULL, '', '', '')")
        connection.executemany("INSERT INTO watchlist_airports VALUES ('1', ?, ?)", [(0, "LSZH"), (1, "KJFK")])
    zurich = airportsdata.load()["LSZH"]
    monkeypatch.setattr(airportsdata, "__version__", "20991231")
    monkeypatch.setattr(airportsdata, "load", lambda: {"LSZH": {**zurich, "name": "Kloten"}})

    with closing(open_loaded(database)) as connection:
        airports = connection.execute("SELECT icao, iata, name FROM airports").fetchall()
        watched = connection.execute("SELECT icao FROM watchlist_airports").fetchall()

    assert [tuple(row) for row in airports] == [("LSZH", "ZRH", "Kloten")]
    assert [tuple(row) for row in watched] == [("LSZH",)]


@pytest.mark.slow
def test_a_new_release_keeps_what_was_imported(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_loaded(database)) as connection:
        connection.execute("UPDATE airports SET name = 'Ours', release = 'imported' WHERE icao = 'LSZH'")
        connection.execute("UPDATE airports SET icao = 'QQQQ', release = 'imported' WHERE iata = 'GVA'")
    monkeypatch.setattr(airportsdata, "__version__", "20991231")

    with closing(open_loaded(database)) as connection:
        found = connection.execute("SELECT icao, iata FROM airports WHERE icao IN ('LSZH', 'QQQQ', 'LSGG')").fetchall()
        named = connection.execute("SELECT icao FROM airports WHERE name = 'Ours'").fetchall()

    # Geneva's code stays with the airport that has taken it.
    assert sorted(tuple(row) for row in found) == [("LSGG", None), ("LSZH", "ZRH"), ("QQQQ", "GVA")]
    assert [tuple(row) for row in named] == [("LSZH",)]


@pytest.mark.slow
def test_a_database_of_the_first_version_is_brought_up_to_date(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSIONS", schema.VERSIONS[:1])
        patch.setattr(schema, "SCHEMA_VERSION", 1)
        patch.setattr(accounts, "prepare", lambda connection, password: None)
        with closing(open_loaded(database)) as connection:
            connection.execute("INSERT INTO watchlists VALUES ('1', 'mine', NULL, '', '', '')")
    with closing(open_loaded(database)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (known,) = connection.execute("SELECT count(*) FROM accounts").fetchone()
        (kept,) = connection.execute("SELECT count(*) FROM watchlists").fetchone()
    assert (version, known, kept) == (2, 2, 1)


def test_a_file_that_is_no_database_stops_the_start_with_its_name(database: Path) -> None:
    database.write_text("hello " * 1000)
    with pytest.raises(UnusableDatabaseError, match=r"airports.sqlite3 can't be used .* Remove it, or name another"):
        open_loaded(database)


def test_a_schema_from_the_future_stops_the_start(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(UnusableDatabaseError, match="its schema has version 99, and this program knows 2"):
        open_loaded(database)


@pytest.mark.parametrize(
    ("name", "folded"),
    [("Zürich", "zurich"), ("Ålesund", "alesund"), ("São Tomé", "sao tome"), ("GROẞ", "gross")],
)
def test_folding_removes_accents_and_case(name: str, folded: str) -> None:
    assert fold(name) == folded
