"""The application: routers, errors and lifespan put together. Serve it with `uvicorn airports.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from starlette.exceptions import HTTPException

from airports.errors import AirportsError, answer_error, answer_http_error
from airports.feed import Feed, running_feed
from airports.loading import open_loaded
from airports.routers import accounts, airports, distances, imports, live, service, watchlists
from airports.settings import read_settings
from vivace import Vivace
from vivace.concurrency import run_in_threadpool

DESCRIPTION = """
Some 28,000 airports and landing strips of the world: **search** them, find the **nearest** ones, measure **distances**,
and keep **watch-lists**. Whoever signs in may **import** airports and follow what changes, [live](live).

Errors of this service have a `code` for programs and a `message` for people.
"""

TAGS = [
    {"name": "airports", "description": "Search, position and details."},
    {"name": "distances", "description": "Along the great circle."},
    {"name": "watchlists", "description": "Yours to change with the token that you get at creation."},
    {"name": "accounts", "description": "Signing in. Reading airports needs no account."},
    {
        "name": "imports",
        "description": "Airports from a CSV file, checked row by row. Who knows the id of an import, may follow it.",
    },
    {"name": "service", "description": "About this service."},
]


@asynccontextmanager
async def lifespan(app: Vivace) -> AsyncIterator[dict[str, Feed]]:
    """Fill the database before the first request, and work on imports until the last one."""
    settings = read_settings()
    # Kept open until the end: SQLite would fold up its write-ahead log each time the last connection closes.
    with closing(await run_in_threadpool(open_loaded, settings.database, settings.password)):
        async with running_feed(settings) as feed:
            yield {"feed": feed}


app = Vivace(
    title="Airports",
    summary="The world's airports over HTTP.",
    description=DESCRIPTION,
    version="1.0.0",
    openapi_tags=TAGS,
    license_info={"name": "MIT", "identifier": "MIT"},
    lifespan=lifespan,
)
for subject in (airports, distances, watchlists, accounts, imports, live, service):
    app.include_router(subject.router)
app.mount("/static", live.static, name="static")
app.add_exception_handler(AirportsError, answer_error)
app.add_exception_handler(HTTPException, answer_http_error)
