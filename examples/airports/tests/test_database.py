"""Transactions: all or nothing, one writer at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from airports import database
from airports.database import connect, transaction
from airports.errors import DatabaseBusyError


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.0)
    path = tmp_path / "with space & #" / "test.sqlite3"
    path.parent.mkdir()
    with closing(connect(path, create=True)) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path)) as connection:
        yield connection


def notes(path: Path) -> list[str]:
    with closing(connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes")]


def test_what_is_done_in_a_transaction_is_kept(path: Path, connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO notes VALUES ('kept')")
        assert notes(path) == []
    assert notes(path) == ["kept"]


def test_an_exception_undoes_the_transaction(path: Path, connection: sqlite3.Connection) -> None:
    with pytest.raises(LookupError), transaction(connection):
        connection.execute("INSERT INTO notes VALUES ('lost')")
        raise LookupError
    assert notes(path) == []
    assert not connection.in_transaction


def test_a_second_writer_is_told_that_the_database_is_busy(path: Path, connection: sqlite3.Connection) -> None:
    with transaction(connection), closing(connect(path)) as other:
        with pytest.raises(DatabaseBusyError) as caught, transaction(other):
            pytest.fail("entered")
    assert (caught.value.status_code, caught.value.headers) == (503, {"Retry-After": "1"})


def test_a_database_that_is_not_there_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):
        connect(tmp_path / "missing.sqlite3")
