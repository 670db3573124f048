"""Where a search goes on, as text that a client hands back unread. What comes back is never trusted.

A cursor names the last airport of a page, so pages stay right while airports come and go, and a deep page costs no
more than the first. It also carries a fingerprint of the search, so it can't be used with another one by mistake.
"""

import base64
import hashlib

from pydantic import BaseModel, ConfigDict

from airports.errors import InvalidCursorError

MAX_CURSOR_LENGTH = 600  # characters; the longest airport name makes about 250


class Cursor(BaseModel):
    """The sort key of the last airport that the client has seen."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str
    icao: str
    search: str


def fingerprint(search: BaseModel) -> str:
    """Fingerprint a search, without its cursor and page size: those may change from page to page."""
    filters = search.model_dump_json(exclude={"cursor", "limit"})
    return hashlib.sha256(filters.encode()).hexdigest()[:16]


def encode(cursor: Cursor) -> str:
    """Turn a cursor into URL-safe text."""
    return base64.urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def decode(text: str, *, search: str) -> Cursor:
    """Read a cursor that came from a client.

    Raises:
        InvalidCursorError: It is no cursor of ours, or it belongs to a search with another fingerprint.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = Cursor.model_validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError as exc:  # bad base64, bad JSON and bad fields alike
        raise InvalidCursorError("was not issued by this service") from exc
    if cursor.search != search:
        raise InvalidCursorError("belongs to another search")
    return cursor
