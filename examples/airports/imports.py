"""Imports in the database: queued, worked on a few rows at a time, reported. Knows the tables, and nothing of HTTP.

Each step is one transaction that stores rows, counts them, and moves the position in the file. So a process that dies
leaves an import that is true as far as it came, and the next step, in any process, goes on from there.
"""

import sqlite3
from datetime import UTC, datetime
from uuid import UUID, uuid4

from airports import changes
from airports.errors import ImportNotFoundError, TooManyImportsError
from airports.loading import IMPORTED, fold
from airports.models import Airport, AirportChanged, Import, ImportMoved, ImportReport, ImportRowError, ImportStatus
from airports.rows import AirportRow, Piece, RowError, read_piece

ROWS_PER_STEP = 100  # some 10 ms, which other writers wait for
MAX_OPEN = 10  # waiting files take 4 MB each
KEPT_ENDED = 100
KEPT_ERRORS = 1_000

SUMMARY = """
    SELECT id, status, problem, file_name, account, 100 * position / max(size, 1) AS percent,
        added, changed, unchanged, rejected, created_at, ended_at
    FROM imports
"""


def create(connection: sqlite3.Connection, *, file_name: str, text: str, account: str) -> Import:
    """Queue a file whose first line has been checked.

    Raises:
        TooManyImportsError: Too many wait already.
    """
    (waiting,) = connection.execute("SELECT count(*) FROM imports WHERE ended_at IS NULL").fetchone()
    if waiting >= MAX_OPEN:
        raise TooManyImportsError(waiting)
    connection.execute(
        "DELETE FROM imports WHERE ended_at IS NOT NULL AND number <= (SELECT max(number) FROM imports) - ?",
        [KEPT_ENDED],
    )
    import_id = uuid4()
    connection.execute(
        "INSERT INTO imports (id, file_name, account, status, content, size, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [str(import_id), file_name, account, ImportStatus.WAITING, text, len(text), _now()],
    )
    return _told(connection, import_id)


def read(connection: sqlite3.Connection, import_id: UUID) -> Import:
    """Read how far an import is.

    Raises:
        ImportNotFoundError: There is none with this id.
    """
    row = connection.execute(f"{SUMMARY} WHERE id = ?", [str(import_id)]).fetchone()
    if row is None:
        raise ImportNotFoundError(import_id)
    return Import(**row)


def report(connection: sqlite3.Connection, import_id: UUID) -> ImportReport:
    """Read an import with its errors.

    Raises:
        ImportNotFoundError: There is none with this id.
    """
    state = read(connection, import_id)
    errors = connection.execute(
        'SELECT line, "column", message FROM import_errors WHERE id = ? ORDER BY rowid', [str(import_id)]
    )
    return ImportReport(**state.model_dump(), errors=[ImportRowError(**error) for error in errors])


def cancel(connection: sqlite3.Connection, import_id: UUID) -> Import:
    """End an import, unless it has ended. What it has stored stays.

    Raises:
        ImportNotFoundError: There is none with this id.
    """
    state = read(connection, import_id)
    return state if state.ended_at else _end(connection, import_id, ImportStatus.CANCELLED)


def advance(connection: sqlite3.Connection) -> UUID | None:
    """Work on the next rows of the oldest open import; called inside a transaction.

    Returns:
        Its id, or None where nothing is to be done.
    """
    row = connection.execute(
        "SELECT id, content, position, line FROM imports WHERE ended_at IS NULL ORDER BY number LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    import_id = UUID(row["id"])
    piece = read_piece(row["content"], position=row["position"], line=row["line"], limit=ROWS_PER_STEP)
    _store(connection, import_id, piece)
    if piece.position >= len(row["content"]):
        _end(connection, import_id, ImportStatus.DONE)
    else:
        _told(connection, import_id)
    changes.forget_old(connection)
    return import_id


def fail(connection: sqlite3.Connection) -> None:
    """End the oldest open import, whose rows can't be worked on; called inside a transaction."""
    row = connection.execute("SELECT id FROM imports WHERE ended_at IS NULL ORDER BY number LIMIT 1").fetchone()
    if row:
        problem = "A fault of this service, which its log describes. What is counted here is stored."
        _end(connection, UUID(row["id"]), ImportStatus.FAILED, problem)


def _store(connection: sqlite3.Connection, import_id: UUID, piece: Piece) -> None:
    errors, rejected = list(piece.errors), piece.rejected
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for line, row in piece.rows.items():
        if owner := _owner_of_iata(connection, row):
            rejected += 1
            errors.append(RowError(line=line, column="iata", message=f"{row.iata} is the code of {owner}"))
        else:
            counts[_put(connection, row)] += 1
    connection.execute(
        """
        UPDATE imports SET status = :status, position = :position, line = :line, added = added + :added,
            changed = changed + :changed, unchanged = unchanged + :unchanged, rejected = rejected + :rejected
        WHERE id = :id
        """,
        {
            "id": str(import_id),
            "status": ImportStatus.RUNNING,
            "position": piece.position,
            "line": piece.line,
            "rejected": rejected,
            **counts,
        },
    )
    _keep_errors(connection, import_id, sorted(errors, key=lambda error: error.line))


def _keep_errors(connection: sqlite3.Connection, import_id: UUID, errors: list[RowError]) -> None:
    (kept,) = connection.execute("SELECT count(*) FROM import_errors WHERE id = ?", [str(import_id)]).fetchone()
    connection.executemany(
        "INSERT INTO import_errors VALUES (?, ?, ?, ?)",
        [(str(import_id), error.line, error.column, error.message) for error in errors[: KEPT_ERRORS - kept]],
    )


def _owner_of_iata(connection: sqlite3.Connection, row: AirportRow) -> str | None:
    owner = connection.execute("SELECT icao FROM airports WHERE iata = ? AND icao <> ?", [row.iata, row.icao])
    found = owner.fetchone()
    return found["icao"] if found else None


def _put(connection: sqlite3.Connection, row: AirportRow) -> str:
    """Store an airport, and say which count it belongs to."""
    new = Airport(**row.model_dump())
    stored = connection.execute("SELECT * FROM airports WHERE icao = ?", [row.icao]).fetchone()
    if stored and Airport(**stored) == new:
        return "unchanged"
    connection.execute(
        """
        INSERT INTO airports VALUES (
            :icao, :iata, :name, :search_name, :city, :subdivision, :country, :elevation_ft, :latitude, :longitude,
            :time_zone, :release
        )
        ON CONFLICT (icao) DO UPDATE SET
            iata = excluded.iata, name = excluded.name, search_name = excluded.search_name, city = excluded.city,
            subdivision = excluded.subdivision, country = excluded.country, elevation_ft = excluded.elevation_ft,
            latitude = excluded.latitude, longitude = excluded.longitude, time_zone = excluded.time_zone,
            release = excluded.release
        """,
        {**new.model_dump(), "search_name": fold(new.name), "release": IMPORTED},
    )
    changes.tell(connection, AirportChanged(is_new=stored is None, airport=new))
    return "changed" if stored else "added"


def _end(connection: sqlite3.Connection, import_id: UUID, status: ImportStatus, problem: str | None = None) -> Import:
    connection.execute(
        "UPDATE imports SET status = ?, problem = ?, ended_at = ?, content = '' WHERE id = ?",
        [status, problem, _now(), str(import_id)],
    )
    return _told(connection, import_id)


def _told(connection: sqlite3.Connection, import_id: UUID) -> Import:
    state = read(connection, import_id)
    changes.tell(connection, ImportMoved(state=state))
    return state


def _now() -> str:
    return datetime.now(UTC).isoformat()
