"""Imports: a CSV file sent whole, worked on after the answer, followed by events until its end.

The POST does not answer with the events itself: an import should not depend on a connection that stays, and browsers
follow events, over lost connections too, only of an address that they can GET (`EventSource`), and without a header for
a token. So an import has an id that can't be guessed, and who knows it may follow.
"""

from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Annotated, Any
from uuid import UUID

from airports import imports
from airports.access import Importer
from airports.database import Reader, Writer, read_once
from airports.errors import (
    ImportNotFoundError,
    MissingScopeError,
    NotSignedInError,
    TooManyImportsError,
    UnusableFileError,
    document,
    document_beside_stream,
)
from airports.models import Import, ImportReport
from airports.rows import MAX_FILE_BYTES, read_text
from airports.settings import SettingsNeeded
from vivace import APIRouter, Depends, File, Request, Response, UploadFile, status
from vivace.responses import EventSourceResponse
from vivace.sse import ServerSentEvent

MULTIPART_BYTES = 10_000  # what surrounds the file in the body

router = APIRouter(prefix="/imports", tags=["imports"])

TOO_LARGE: dict[int | str, dict[str, Any]] = {
    413: {
        "description": f"The file has more than {MAX_FILE_BYTES} bytes.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


def read_import(connection: Reader, import_id: UUID) -> Import:
    """Read the import of this request."""
    return imports.read(connection, import_id)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Import airports",
    responses={
        202: {"headers": {"Location": {"schema": {"type": "string"}}}},
        **document(UnusableFileError, NotSignedInError, MissingScopeError, TooManyImportsError),
        **TOO_LARGE,
    },
    max_body_size=MAX_FILE_BYTES + MULTIPART_BYTES,
    form_limits={"max_files": 1, "max_fields": 10},
)
def create_import(
    account: Importer,
    connection: Writer,
    file: Annotated[UploadFile, File(description="CSV in UTF-8; its first line names the columns.")],
    request: Request,
    response: Response,
) -> Import:
    """Take a CSV file of airports and queue it. The answer comes at once; `Location` says where to look how far it is.

    Columns: `icao`, `name`, `country`, `elevation_ft`, `latitude`, `longitude`, `time_zone`, and, if you like, `iata`,
    `city`, `subdivision`, in any order. Good rows are stored, the others reported with line and column.
    """
    text = read_text(file.file.read())
    name = PurePath(file.filename or "").name[:120] or "airports.csv"
    queued = imports.create(connection, file_name=name, text=text, account=account.name)
    path = request.app.url_path_for("read_import_report", import_id=queued.id)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return queued


@router.get("/{import_id}", summary="Read an import", responses=document(ImportNotFoundError))
def read_import_report(connection: Reader, import_id: UUID) -> ImportReport:
    """Read how far an import is, and what is wrong in its file."""
    return imports.report(connection, import_id)


@router.get(
    "/{import_id}/events",
    summary="Follow an import",
    response_class=EventSourceResponse,
    responses=document_beside_stream(ImportNotFoundError),
)
async def follow_import(
    first: Annotated[Import, Depends(read_import)], request: Request, settings: SettingsNeeded
) -> AsyncIterator[ServerSentEvent]:
    """Follow an import as server-sent events: `progress` whenever it has come further, and `end` at its end.

    Each has the whole state, so none is missed by who connects again.
    """
    feed, state = request.state.feed, first
    seen = 0  # in the feed: the state may be older than the feed's latest change
    while not state.ended_at:
        yield ServerSentEvent(event="progress", data=state)
        latest = state
        while latest == state:
            seen = await feed.wait_beyond(seen)
            latest = await read_once(settings, imports.read, first.id)
        state = latest
    yield ServerSentEvent(event="end", data=state)


@router.post(
    "/{import_id}/cancellation",
    summary="Cancel an import",
    responses=document(NotSignedInError, MissingScopeError, ImportNotFoundError),
)
def cancel_import(account: Importer, connection: Writer, import_id: UUID) -> Import:
    """Work on no more rows. Those that were stored stay, and are counted; an import that has ended stays as it is."""
    return imports.cancel(connection, import_id)
