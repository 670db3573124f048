"""The SQLite connection that a request works with. One rule: a connection lives from a request's start to its end.

`Reader` and `Writer` are what routes ask for. Both end before the answer is sent (`scope="function"`), so whoever
got an answer can rely on its being stored, and a slow client keeps no connection open.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from airports.errors import DatabaseBusyError
from airports.settings import Settings, SettingsNeeded
from vivace import Depends
from vivace.concurrency import run_in_threadpool

P = ParamSpec("P")
Answer = TypeVar("Answer")

BUSY_TIMEOUT_S = 5.0  # how long one process waits while another one writes


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the database file, with transactions begun and ended by hand."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        # The steps of one request run one after another, but on different threads of the pool.
        check_same_thread=False,
    )


def prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Set what SQLite forgets from one connection to the next."""
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or undo all of it.

    Raises:
        DatabaseBusyError: Another process is writing and doesn't come to an end.
    """
    try:
        # IMMEDIATE takes the write lock now: a transaction that starts by reading can't wait for it later.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise DatabaseBusyError from exc
        raise


def open_reader(settings: SettingsNeeded) -> Iterator[sqlite3.Connection]:
    """Open a connection for one request that only reads."""
    with closing(prepare(connect(settings.database))) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


def open_writer(settings: SettingsNeeded) -> Iterator[sqlite3.Connection]:
    """Open a connection for one request that writes: all its writes are kept, or none."""
    with closing(prepare(connect(settings.database))) as connection, transaction(connection):
        yield connection


async def read_once(
    settings: Settings,
    question: Callable[Concatenate[sqlite3.Connection, P], Answer],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer:
    """Ask one question with a connection of its own, in a thread: for what lasts longer than a request should."""

    def ask() -> Answer:
        with contextmanager(open_reader)(settings) as connection:
            return question(connection, *args, **kwargs)

    return await run_in_threadpool(ask)


Reader = Annotated[sqlite3.Connection, Depends(open_reader, scope="function")]

# SQLite has one writer at a time. With `max_concurrency` the others queue without a thread; were they to wait inside
# BEGIN, they could hold every thread of the pool, and the one that has the lock would find none to go on with.
Writer = Annotated[sqlite3.Connection, Depends(open_writer, scope="function", max_concurrency=1)]
