"""The tables, version by version. One rule: a version that was released never changes; the next one is added.

A database carries its version in `PRAGMA user_version`, so one of an older version is brought up to date at start.
"""

import sqlite3

FIRST = (
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
)

ACCOUNTS_AND_IMPORTS = (
    """
    CREATE TABLE secrets (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY,
        password_hash TEXT NOT NULL,
        scopes TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    # `number` gives the order in which imports are worked on; `content` is emptied when an import has ended, and
    # `position` says up to which character it has been stored.
    """
    CREATE TABLE imports (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        file_name TEXT NOT NULL,
        account TEXT NOT NULL,
        status TEXT NOT NULL,
        problem TEXT,
        content TEXT NOT NULL,
        size INTEGER NOT NULL,
        position INTEGER NOT NULL DEFAULT 0,
        line INTEGER NOT NULL DEFAULT 0,
        added INTEGER NOT NULL DEFAULT 0,
        changed INTEGER NOT NULL DEFAULT 0,
        unchanged INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL,
        ended_at TEXT
    )
    """,
    "CREATE INDEX imports_open ON imports (number) WHERE ended_at IS NULL",
    """
    CREATE TABLE import_errors (
        id TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
        line INTEGER NOT NULL,
        "column" TEXT,
        message TEXT NOT NULL
    )
    """,
    "CREATE INDEX import_errors_by_id ON import_errors (id)",
    # Numbered without gaps: what wrote a change and then failed has taken its number back.
    """
    CREATE TABLE changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        message TEXT NOT NULL
    )
    """,
)

VERSIONS = (FIRST, ACCOUNTS_AND_IMPORTS)
SCHEMA_VERSION = len(VERSIONS)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the tables that this database doesn't have yet; called inside a transaction.

    Raises:
        sqlite3.DatabaseError: The database was made by a later version of this program.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"its schema has version {version}, and this program knows {SCHEMA_VERSION}")
    for statements in VERSIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
