"""What can go wrong, as exceptions that know their answer. One handler turns them all into JSON.

AirportsError
├── InvalidCursorError      400
├── WrongEditTokenError     403
├── AirportNotFoundError    404
├── WatchlistNotFoundError  404
├── UnknownAirportsError    422
└── DatabaseBusyError       503
"""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from vivace import Request
from vivace.responses import JSONResponse


class ErrorBody(BaseModel):
    """What every error of this service answers."""

    code: str = Field(description="For programs: never changes.", examples=["airport_not_found"])
    message: str = Field(description="For people.", examples=["No airport has the code 'ZZZZ'."])


class AirportsError(Exception):
    """The base: a subclass sets its status, its code, and a first docstring line that the documentation shows."""

    status_code: ClassVar[int]
    code: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}


class InvalidCursorError(AirportsError):
    """The cursor was not issued by this service, or for another search."""

    status_code = 400
    code = "invalid_cursor"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The cursor {reason}. Take it unchanged from `next_cursor`, or leave it out to start again.")


class UnknownAirportsError(AirportsError):
    """A watch-list names codes that no airport has."""

    status_code = 400
    code = "unknown_airports"

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__(f"No airport has the code {' or '.join(repr(code) for code in codes)}.")


class WrongEditTokenError(AirportsError):
    """The edit token is not the one that was given when the watch-list was created."""

    status_code = 403
    code = "wrong_edit_token"

    def __init__(self) -> None:
        super().__init__("X-Edit-Token is not the token that was given when this watch-list was created.")


class AirportNotFoundError(AirportsError):
    """No airport has this code."""

    status_code = 404
    code = "airport_not_found"

    def __init__(self, airport_code: str) -> None:
        super().__init__(f"No airport has the code {airport_code!r}.")


class WatchlistNotFoundError(AirportsError):
    """No watch-list has this id."""

    status_code = 404
    code = "watchlist_not_found"

    def __init__(self, watchlist_id: UUID) -> None:
        super().__init__(f"No watch-list has the id {str(watchlist_id)!r}.")


class DatabaseBusyError(AirportsError):
    """Another process kept the database locked for too long."""

    status_code = 503
    code = "database_busy"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}

    def __init__(self) -> None:
        super().__init__("The database is busy. Try again in a second.")


async def answer_error(request: Request, exc: Exception) -> JSONResponse:
    """Answer an AirportsError; the application registers this for the whole tree."""
    assert isinstance(exc, AirportsError)
    body = ErrorBody(code=exc.code, message=str(exc))
    return JSONResponse(body.model_dump(), status_code=exc.status_code, headers=exc.headers)


def document(*errors: type[AirportsError]) -> dict[int | str, dict[str, Any]]:
    """Describe errors for the `responses` option of a route.

    Example:
        >>> document(AirportNotFoundError)
        {404: {'model': <class 'airports.errors.ErrorBody'>, 'description': 'No airport has this code.'}}
    """
    return {error.status_code: {"model": ErrorBody, "description": error.__doc__} for error in errors}
