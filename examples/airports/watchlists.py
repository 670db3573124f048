"""Watch-lists in the database. Knows the tables and the models, and nothing of HTTP."""

import hashlib
import hmac
import secrets
import sqlite3
from datetime import UTC, datetime
from uuid import UUID, uuid4

from airports import catalogue
from airports.errors import UnknownAirportsError, WatchlistNotFoundError, WrongEditTokenError
from airports.models import Airport, CreatedWatchlist, StoredWatchlist, WatchlistDraft


def create(connection: sqlite3.Connection, draft: WatchlistDraft) -> CreatedWatchlist:
    """Store a new watch-list.

    Raises:
        UnknownAirportsError: It names codes that no airport has.
    """
    watchlist_id, edit_token, now = uuid4(), secrets.token_urlsafe(24), _now()
    connection.execute(
        "INSERT INTO watchlists VALUES (?, ?, ?, ?, ?, ?)",
        [str(watchlist_id), draft.name, draft.note, _digest(edit_token), now, now],
    )
    _watch(connection, watchlist_id, draft.airports)
    stored = read(connection, watchlist_id)
    return CreatedWatchlist(**stored.model_dump(exclude={"edit_token_digest"}), edit_token=edit_token)


def read(connection: sqlite3.Connection, watchlist_id: UUID) -> StoredWatchlist:
    """Read a watch-list with its airports.

    Raises:
        WatchlistNotFoundError: There is none with this id.
    """
    row = connection.execute("SELECT * FROM watchlists WHERE id = ?", [str(watchlist_id)]).fetchone()
    if row is None:
        raise WatchlistNotFoundError(watchlist_id)
    airports = connection.execute(
        "SELECT airports.* FROM watchlist_airports JOIN airports USING (icao) WHERE watchlist_id = ? ORDER BY position",
        [str(watchlist_id)],
    )
    return StoredWatchlist(**row, airports=[Airport(**airport) for airport in airports])


def read_to_edit(connection: sqlite3.Connection, watchlist_id: UUID, edit_token: str) -> StoredWatchlist:
    """Read a watch-list that its owner wants to change.

    Raises:
        WatchlistNotFoundError: There is none with this id.
        WrongEditTokenError: The token is not the one of this watch-list.
    """
    stored = read(connection, watchlist_id)
    if not hmac.compare_digest(stored.edit_token_digest, _digest(edit_token)):
        raise WrongEditTokenError
    return stored


def replace(connection: sqlite3.Connection, watchlist_id: UUID, draft: WatchlistDraft) -> StoredWatchlist:
    """Put a draft in the place of a watch-list that exists.

    Raises:
        UnknownAirportsError: It names codes that no airport has.
    """
    connection.execute(
        "UPDATE watchlists SET name = ?, note = ?, updated_at = ? WHERE id = ?",
        [draft.name, draft.note, _now(), str(watchlist_id)],
    )
    _watch(connection, watchlist_id, draft.airports)
    return read(connection, watchlist_id)


def delete(connection: sqlite3.Connection, watchlist_id: UUID) -> None:
    """Delete a watch-list; its airports are forgotten with it."""
    connection.execute("DELETE FROM watchlists WHERE id = ?", [str(watchlist_id)])


def _watch(connection: sqlite3.Connection, watchlist_id: UUID, codes: list[str]) -> None:
    known, unknown = catalogue.resolve(connection, codes)
    if unknown:
        raise UnknownAirportsError(unknown)
    connection.execute("DELETE FROM watchlist_airports WHERE watchlist_id = ?", [str(watchlist_id)])
    connection.executemany(
        "INSERT INTO watchlist_airports VALUES (?, ?, ?)",
        [(str(watchlist_id), position, icao) for position, icao in enumerate(known)],
    )


def _digest(edit_token: str) -> str:
    # A random token of 24 bytes can't be guessed, so a fast hash without salt is enough.
    return hashlib.sha256(edit_token.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat()
