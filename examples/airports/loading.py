"""The schema, and the airports put into it at start-up. One rule: everything happens in one transaction.

So a load that is interrupted leaves nothing behind and the next start does it again; several processes that start
together do it once; and a newer release of the data replaces the old one without touching the watch-lists.
"""

import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import airportsdata

from airports.database import connect, prepare, transaction

SCHEMA_VERSION = 1

SCHEMA = (
    """
    CREATE TABLE catalogue (
        release TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE airports (
        icao TEXT PRIMARY KEY,
        iata TEXT UNIQUE,
        name TEXT NOT NULL,
        search_name TEXT NOT NULL,
        city TEXT,
        subdivision TEXT,
        country TEXT NOT NULL,
        elevation_ft INTEGER NOT NULL,
        latitude REAL NOT NULL,
        longitude REAL NOT NULL,
        time_zone TEXT NOT NULL,
        release TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX airports_by_name ON airports (search_name, icao)",
    "CREATE INDEX airports_by_country ON airports (country, search_name, icao)",
    "CREATE INDEX airports_by_position ON airports (latitude, longitude, iata)",
    """
    CREATE TABLE watchlists (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        note TEXT,
        edit_token_digest TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE watchlist_airports (
        watchlist_id TEXT NOT NULL REFERENCES watchlists (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        icao TEXT NOT NULL REFERENCES airports (icao) ON DELETE CASCADE,
        PRIMARY KEY (watchlist_id, icao)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX watchlist_airports_by_icao ON watchlist_airports (icao)",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

UPSERT_AIRPORT = """
    INSERT INTO airports VALUES (
        :icao, :iata, :name, :search_name, :city, :subd, :country, :elevation, :lat, :lon, :tz, :release
    )
    ON CONFLICT (icao) DO UPDATE SET
        iata = excluded.iata, name = excluded.name, search_name = excluded.search_name, city = excluded.city,
        subdivision = excluded.subdivision, country = excluded.country, elevation_ft = excluded.elevation_ft,
        latitude = excluded.latitude, longitude = excluded.longitude, time_zone = excluded.time_zone,
        release = excluded.release
"""


class UnusableDatabaseError(Exception):
    """The database file can't be used. Stops the start, with what to do about it."""


def fold(text: str) -> str:
    """Reduce text to what a search compares: no accents, no upper case."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def open_loaded(path: Path) -> sqlite3.Connection:
    """Open the database, made and filled if need be.

    Raises:
        UnusableDatabaseError: The file is no database of ours, or its folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = prepare(connect(path, create=True))
        try:
            _fill(connection)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.DatabaseError) as exc:
        raise UnusableDatabaseError(
            f"{path} can't be used as the database of airports: {exc}. "
            f"Remove it, or name another file in the environment variable AIRPORTS_DATABASE."
        ) from exc
    return connection


def _fill(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        _create_schema(connection)
        _load_airports(connection, airportsdata.__version__)
    # Readers and the writer don't block each other. Outside of the transaction, as SQLite demands.
    connection.execute("PRAGMA journal_mode = WAL")


def _create_schema(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        return
    if version != 0:
        raise sqlite3.DatabaseError(f"its schema has version {version}, and this program knows {SCHEMA_VERSION}")
    for statement in SCHEMA:
        connection.execute(statement)


def _load_airports(connection: sqlite3.Connection, release: str) -> None:
    if connection.execute("SELECT 1 FROM catalogue WHERE release = ?", [release]).fetchone():
        return
    # Airports can swap their IATA codes from one release to the next.
    connection.execute("UPDATE airports SET iata = NULL")
    connection.executemany(UPSERT_AIRPORT, _rows(release))
    connection.execute("DELETE FROM airports WHERE release <> ?", [release])
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
        }
