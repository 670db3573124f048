"""The changes of this moment, for everyone in this process who follows them. One rule: nobody has a queue.

All share one short list, and a follower is only a number in it. So one that reads slowly costs nothing: it gets what it
has missed when it is ready, and where that is no longer in the list, it is told so.
"""

import logging
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import islice

import anyio

from airports import changes, imports
from airports.changes import KEPT_CHANGES, StoredChange
from airports.database import connect, prepare, transaction
from airports.errors import DatabaseBusyError
from airports.settings import Settings
from vivace.concurrency import run_in_threadpool

LOOK_INTERVAL_S = 0.1  # how late a change of another process, or a new import, may be seen

logger = logging.getLogger(__name__)


class Feed:
    """The latest changes, and whoever waits for more."""

    def __init__(self, last: int = 0) -> None:
        self._latest = deque[StoredChange](maxlen=KEPT_CHANGES)
        self._arrived = anyio.Event()
        self.last = last  # the number of the latest change

    def publish(self, stored: list[StoredChange]) -> None:
        """Let everyone know; the changes are those after `last`."""
        if not stored:
            return
        self._latest.extend(stored)
        self.last = stored[-1].number
        arrived, self._arrived = self._arrived, anyio.Event()
        arrived.set()

    async def wait_beyond(self, number: int) -> int:
        """Wait for a change with a greater number, and give the number of the latest one."""
        while self.last <= number:
            await self._arrived.wait()
        return self.last

    def after(self, number: int, limit: int) -> tuple[list[StoredChange], int]:
        """Give the changes after one, oldest first, and how many of them are no longer known."""
        first = self._latest[0].number if self._latest else self.last + 1
        start = max(number + 1 - first, 0)
        return list(islice(self._latest, start, start + limit)), max(first - number - 1, 0)


@asynccontextmanager
async def running_feed(settings: Settings) -> AsyncIterator[Feed]:
    """Work on imports and keep a feed, until the block ends."""
    with closing(prepare(connect(settings.database))) as connection:
        latest = await run_in_threadpool(changes.read_after, connection, 0)
        feed = Feed()
        feed.publish(latest)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_work, connection, feed)
            yield feed
            tasks.cancel_scope.cancel()


async def _work(connection: sqlite3.Connection, feed: Feed) -> None:
    while True:
        has_worked = False
        try:
            has_worked = await run_in_threadpool(_step, connection)
            # Not in the same call: what others have written is read as well.
            feed.publish(await run_in_threadpool(changes.read_after, connection, feed.last))
        except Exception:
            # A full disk, say. The service goes on without imports, and they go on when it has ended.
            logger.exception("Imports and the feed stand still.")
        if not has_worked:
            await anyio.sleep(LOOK_INTERVAL_S)


def _step(connection: sqlite3.Connection) -> bool:
    """Work on some rows, if there is an import; the transaction is begun only then, as it keeps others waiting."""
    if not connection.execute("SELECT 1 FROM imports WHERE ended_at IS NULL").fetchone():
        return False
    try:
        with transaction(connection):
            return imports.advance(connection) is not None
    except DatabaseBusyError:
        return False  # another process works on it, or will let us later
    except Exception:
        logger.exception("An import can't go on.")
        with transaction(connection):
            imports.fail(connection)
        return True
