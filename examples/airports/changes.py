"""What has changed, as a list of messages in the database. Knows the table, and nothing of HTTP.

A message is written in the transaction of the change that it tells of, so it tells of nothing that did not happen; and
every process that serves sees it.
"""

import sqlite3
from dataclasses import dataclass

from airports.models import AirportChanged, ImportMoved

KEPT_CHANGES = 1_000  # as many a follower may miss and still catch up


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChange:
    """A change by its number, as the text that is sent for it."""

    number: int
    text: str


def tell(connection: sqlite3.Connection, change: AirportChanged | ImportMoved) -> None:
    """Note a change; called inside the transaction that makes it."""
    connection.execute("INSERT INTO changes (message) VALUES (?)", [change.model_dump_json()])


def forget_old(connection: sqlite3.Connection) -> None:
    """Keep the list short."""
    connection.execute("DELETE FROM changes WHERE number <= (SELECT max(number) FROM changes) - ?", [KEPT_CHANGES])


def read_after(connection: sqlite3.Connection, number: int) -> list[StoredChange]:
    """Read the changes after one, oldest first."""
    rows = connection.execute("SELECT number, message FROM changes WHERE number > ? ORDER BY number", [number])
    # The message is a JSON object with at least one field, and gets its number as the first one.
    return [StoredChange(number=number, text=f'{{"number":{number},{message[1:]}') for number, message in rows]
