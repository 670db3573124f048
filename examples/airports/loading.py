"""The database made ready at start-up: tables, airports, accounts. One rule: everything happens in one transaction.

So a load that is interrupted leaves nothing behind and the next start does it again; several processes that start
together do it once; and a newer release of the data replaces the old one without touching what people brought.
"""

import sqlite3
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import airportsdata

from airports import accounts
from airports.database import BUSY_TIMEOUT_S, connect, prepare, transaction
from airports.schema import bring_up_to_date

IMPORTED = "imported"  # stands in the place of a release for airports that came by an import
RETRY_S = 0.05

UPSERT_AIRPORT = """
    INSERT INTO airports VALUES (
        :icao,
        -- An airport that was imported may have taken this code; it keeps it.
        CASE WHEN NOT EXISTS (SELECT 1 FROM airports WHERE iata = :iata AND icao <> :icao) THEN :iata END,
        :name, :search_name, :city, :subd, :country, :elevation, :lat, :lon, :tz, :release
    )
    ON CONFLICT (icao) DO UPDATE SET
        iata = excluded.iata, name = excluded.name, search_name = excluded.search_name, city = excluded.city,
        subdivision = excluded.subdivision, country = excluded.country, elevation_ft = excluded.elevation_ft,
        latitude = excluded.latitude, longitude = excluded.longitude, time_zone = excluded.time_zone,
        release = excluded.release
    WHERE airports.release <> :imported
"""


class UnusableDatabaseError(Exception):
    """The database file can't be used. Stops the start, with what to do about it."""


def fold(text: str) -> str:
    """Reduce text to what a search compares: no accents, no upper case."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def open_loaded(path: Path, password: str | None = None) -> sqlite3.Connection:
    """Open the database, made and filled if need be.

    Args:
        path: The file.
        password: Of all accounts. Without one, each gets its own at the first start, which the log tells once.

    Raises:
        UnusableDatabaseError: The file is no database of ours, or its folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = prepare(connect(path, create=True))
        try:
            _fill(connection, password)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.DatabaseError) as exc:
        raise UnusableDatabaseError(
            f"{path} can't be used as the database of airports: {exc}. "
            f"Remove it, or name another file in the environment variable AIRPORTS_DATABASE."
        ) from exc
    return connection


def _fill(connection: sqlite3.Connection, password: str | None) -> None:
    with transaction(connection):
        bring_up_to_date(connection)
        _load_airports(connection, airportsdata.__version__)
        accounts.prepare(connection, password)
    keep_write_ahead_log(connection)  # outside of the transaction, as SQLite demands


def keep_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let readers and the writer not block each other.

    Raises:
        sqlite3.OperationalError: Another process writes for longer than `BUSY_TIMEOUT_S`.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            # While another process writes, SQLite refuses at once, whatever the time-out.
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)


def _load_airports(connection: sqlite3.Connection, release: str) -> None:
    if connection.execute("SELECT 1 FROM catalogue WHERE release = ?", [release]).fetchone():
        return
    # Airports can swap their IATA codes from one release to the next.
    connection.execute("UPDATE airports SET iata = NULL WHERE release <> ?", [IMPORTED])
    connection.executemany(UPSERT_AIRPORT, _rows(release))
    connection.execute("DELETE FROM airports WHERE release NOT IN (?, ?)", [release, IMPORTED])
    connection.execute("DELETE FROM catalogue")
    connection.execute("INSERT INTO catalogue VALUES (?)", [release])


def _rows(release: str) -> Iterator[dict[str, object]]:
    for airport in airportsdata.load().values():
        yield {
            **airport,
            "iata": airport["iata"] or None,
            "city": airport["city"] or None,
            "subd": airport["subd"] or None,
            "elevation": round(airport["elevation"]),
            "search_name": fold(airport["name"]),
            "release": release,
            "imported": IMPORTED,
        }
