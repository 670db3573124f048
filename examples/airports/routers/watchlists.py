"""Watch-lists: everyone may create and read them; to change one takes the token that its creator got."""

from typing import Annotated
from uuid import UUID

from airports import watchlists
from airports.database import Reader, Writer
from airports.errors import UnknownAirportsError, WatchlistNotFoundError, WrongEditTokenError, document
from airports.models import CreatedWatchlist, StoredWatchlist, Watchlist, WatchlistChange, WatchlistDraft
from vivace import APIRouter, Body, Depends, Header, Request, Response, status

router = APIRouter(prefix="/watchlists", tags=["watchlists"])

DRAFT_EXAMPLES = {
    "full": {
        "summary": "A watch-list with airports",
        "value": {"name": "Ski trips", "note": "Snow from December on", "airports": ["GVA", "INN", "LSZS"]},
    },
    "empty": {"summary": "An empty watch-list", "value": {"name": "Later"}},
}

Draft = Annotated[WatchlistDraft, Body(openapi_examples=DRAFT_EXAMPLES)]


def read_editable(
    connection: Writer,
    watchlist_id: UUID,
    x_edit_token: Annotated[str, Header(min_length=1, max_length=200, description="From the creation's answer.")],
) -> StoredWatchlist:
    """Read the watch-list of this request for its owner; everyone else is turned away."""
    return watchlists.read_to_edit(connection, watchlist_id, x_edit_token)


Editable = Annotated[StoredWatchlist, Depends(read_editable)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create a watch-list",
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}, **document(UnknownAirportsError)},
)
def create_watchlist(connection: Writer, draft: Draft, request: Request, response: Response) -> CreatedWatchlist:
    """Create a watch-list. The answer holds its `edit_token`, which is shown only this once."""
    created = watchlists.create(connection, draft)
    path = request.app.url_path_for("read_watchlist", watchlist_id=created.id)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return created


@router.get(
    "/{watchlist_id}",
    response_model=Watchlist,
    summary="Read a watch-list",
    responses=document(WatchlistNotFoundError),
)
def read_watchlist(connection: Reader, watchlist_id: UUID) -> StoredWatchlist:
    """Read a watch-list with its airports."""
    return watchlists.read(connection, watchlist_id)


CHANGE_ERRORS = document(UnknownAirportsError, WrongEditTokenError, WatchlistNotFoundError)


@router.put("/{watchlist_id}", response_model=Watchlist, summary="Replace a watch-list", responses=CHANGE_ERRORS)
def replace_watchlist(connection: Writer, stored: Editable, draft: Draft) -> StoredWatchlist:
    """Replace everything in a watch-list; what the draft leaves out is emptied."""
    return watchlists.replace(connection, stored.id, draft)


@router.patch("/{watchlist_id}", response_model=Watchlist, summary="Change a watch-list", responses=CHANGE_ERRORS)
def change_watchlist(connection: Writer, stored: Editable, change: WatchlistChange) -> StoredWatchlist:
    """Change what is given, and keep the rest."""
    current = WatchlistDraft(name=stored.name, note=stored.note, airports=[airport.icao for airport in stored.airports])
    draft = current.model_copy(update=change.model_dump(exclude_unset=True))
    return watchlists.replace(connection, stored.id, draft)


@router.delete(
    "/{watchlist_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a watch-list",
    responses=document(WrongEditTokenError, WatchlistNotFoundError),
)
def delete_watchlist(connection: Writer, stored: Editable) -> None:
    """Delete a watch-list for good."""
    watchlists.delete(connection, stored.id)
