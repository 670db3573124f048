"""What can go wrong, as exceptions that know their answer. One handler turns them all into JSON.

What the framework refuses by itself is answered in the same form, but for errors of validation, which have their own.

AirportsError
├── InvalidCursorError      400
├── UnknownAirportsError    400
├── UnusableFileError       400
├── SignInError
│   ├── InvalidGrantError   400
│   └── InvalidScopeError   400
├── NotSignedInError        401
├── InvalidTokenError       401
├── MissingScopeError       403
├── WrongEditTokenError     403
├── AirportNotFoundError    404
├── ImportNotFoundError     404
├── WatchlistNotFoundError  404
├── TooManyImportsError     429
└── DatabaseBusyError       503
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

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
    model: ClassVar[Any] = ErrorBody  # what the documentation says of the answer: a model, or a union of some
    headers: Mapping[str, str] = {}

    def body(self) -> BaseModel:
        """Say what went wrong, in the form of all errors of this service."""
        return ErrorBody(code=self.code, message=str(self))


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


class UnusableFileError(AirportsError):
    """The file can't be imported as a whole: not UTF-8, too many rows, or without the columns that are needed."""

    status_code = 400
    code = "unusable_file"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The file can't be imported: {reason}.")


class SignInErrorBody(BaseModel):
    """What a sign-in that fails answers, in the words of RFC 6749."""

    error: str = Field(description="For programs.", examples=["invalid_grant"])
    error_description: str = Field(description="For people.")


class SignInError(AirportsError):
    """The name or the password is wrong (`invalid_grant`), or the scopes are (`invalid_scope`)."""

    status_code = 400  # RFC 6749 5.2
    model = SignInErrorBody | ErrorBody  # the latter where not even a form can be read
    headers = {"Cache-Control": "no-store"}

    def body(self) -> SignInErrorBody:
        """Say it as clients of OAuth 2 expect it."""
        return SignInErrorBody(error=self.code, error_description=str(self))


class InvalidGrantError(SignInError):
    """No account has this name and password."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("No account has this name and password.")


class InvalidScopeError(SignInError):
    """The account may have none of the scopes that it asks for."""

    code = "invalid_scope"

    def __init__(self, owned: Iterable[str]) -> None:
        super().__init__(f"Ask for some of these scopes, or for none to get them all: {' '.join(sorted(owned))}.")


class NotSignedInError(AirportsError):
    """A valid token is needed, as `Authorization: Bearer TOKEN`."""

    status_code = 401
    code = "not_signed_in"
    headers = {"WWW-Authenticate": "Bearer"}  # RFC 6750 3.1: nothing more when no token was sent

    def __init__(self) -> None:
        super().__init__("This needs a token: get one from /token, and send it as 'Authorization: Bearer TOKEN'.")


class InvalidTokenError(AirportsError):
    """The token is not one of this service, or has expired."""

    status_code = 401
    code = "invalid_token"
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}

    def __init__(self) -> None:
        super().__init__("The token is not one of this service, or has expired. Sign in again.")


class MissingScopeError(AirportsError):
    """The token doesn't allow this."""

    status_code = 403
    code = "insufficient_scope"
    headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}

    def __init__(self, needed: Iterable[str]) -> None:
        scopes = " ".join(sorted(needed))
        super().__init__(f"This needs a token with the scope {scopes}.")
        self.headers = {"WWW-Authenticate": f'{self.headers["WWW-Authenticate"]}, scope="{scopes}"'}


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


class ImportNotFoundError(AirportsError):
    """No import has this id."""

    status_code = 404
    code = "import_not_found"

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"No import has the id {str(import_id)!r}.")


class WatchlistNotFoundError(AirportsError):
    """No watch-list has this id."""

    status_code = 404
    code = "watchlist_not_found"

    def __init__(self, watchlist_id: UUID) -> None:
        super().__init__(f"No watch-list has the id {str(watchlist_id)!r}.")


class TooManyImportsError(AirportsError):
    """Too many imports wait for their turn."""

    status_code = 429
    code = "too_many_imports"
    headers = {"Retry-After": "10"}

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} imports wait for their turn. Try again when some of them have ended.")


class DatabaseBusyError(AirportsError):
    """Another process kept the database locked for too long."""

    status_code = 503
    code = "database_busy"
    headers = {"Retry-After": "1"}

    def __init__(self) -> None:
        super().__init__("The database is busy. Try again in a second.")


async def answer_error(request: Request, exc: Exception) -> JSONResponse:
    """Answer an AirportsError; the application registers this for the whole tree."""
    assert isinstance(exc, AirportsError)
    return JSONResponse(exc.body().model_dump(), status_code=exc.status_code, headers=exc.headers)


async def answer_http_error(request: Request, exc: Exception) -> JSONResponse:
    """Answer what the framework refuses (no such address, no such method, a body that is no JSON) in the same form."""
    assert isinstance(exc, HTTPException)
    body = ErrorBody(code=HTTPStatus(exc.status_code).name.lower(), message=str(exc.detail))
    return JSONResponse(body.model_dump(), status_code=exc.status_code, headers=exc.headers)


def document(*errors: type[AirportsError]) -> dict[int | str, dict[str, Any]]:
    """Describe errors for the `responses` option of a route.

    Example:
        >>> document(AirportNotFoundError)
        {404: {'model': <class 'airports.errors.ErrorBody'>, 'description': 'No airport has this code.'}}
    """
    return {error.status_code: {"model": error.model, **_describe(error)} for error in errors}


def document_beside_stream(*errors: type[AirportsError]) -> dict[int | str, dict[str, Any]]:
    """Describe errors of a route that streams: its `model`s would be documented under the stream's media type."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    return {error.status_code: {"content": content, **_describe(error)} for error in errors}


def _describe(error: type[AirportsError]) -> dict[str, Any]:
    headers = {name: {"schema": {"type": "string"}} for name in error.headers}
    return {"description": error.__doc__, **({"headers": headers} if headers else {})}
