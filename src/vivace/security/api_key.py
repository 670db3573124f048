"""API keys in the query, a header or a cookie."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from vivace._deps.scope_readers import reads_scope
from vivace.openapi._schemes import APIKey, APIKeyIn
from vivace.security._headers import header_in
from vivace.security.base import SecurityBase
from vivace.types import Scope

__all__ = ["APIKeyBase", "APIKeyCookie", "APIKeyHeader", "APIKeyQuery"]


class APIKeyBase(SecurityBase):
    """What the three kinds of API keys share. `check_api_key()` decides, `make_not_authenticated_error()` refuses."""

    model: APIKey

    def __init__(
        self, location: APIKeyIn, name: str, description: str | None, scheme_name: str | None, auto_error: bool
    ) -> None:
        self.auto_error = auto_error
        self.model = APIKey(**{"in": location}, name=name, description=description)  # type: ignore[arg-type]  # an alias
        self.scheme_name = scheme_name or type(self).__name__

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the exception for a request without a key: 401. Override it to refuse in another way."""
        return HTTPException(status_code=401, detail="Not authenticated", headers={"WWW-Authenticate": "APIKey"})

    def check_api_key(self, api_key: str | None) -> str | None:
        """Return the key. Without one, or with an empty one, return None or raise, as `auto_error` says."""
        if api_key:
            return api_key
        if self.auto_error:
            raise self.make_not_authenticated_error()
        return None


class APIKeyQuery(APIKeyBase):
    """A dependency that gives the API key in the query string.

    Args:
        name: The name of the query parameter.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without a key is answered with 401; else the value is None.
    """

    def __init__(
        self, *, name: str, scheme_name: str | None = None, description: str | None = None, auto_error: bool = True
    ) -> None:
        super().__init__(APIKeyIn.query, name, description, scheme_name, auto_error)

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key."""
        return self.check_api_key(request.query_params.get(self.model.name))

    def _read_scope(self, scope: Scope) -> str | None:
        return self.check_api_key(HTTPConnection(scope).query_params.get(self.model.name))


class APIKeyHeader(APIKeyBase):
    """A dependency that gives the API key in a header.

    Args:
        name: The name of the header; its case does not matter.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without a key is answered with 401; else the value is None.
    """

    def __init__(
        self, *, name: str, scheme_name: str | None = None, description: str | None = None, auto_error: bool = True
    ) -> None:
        super().__init__(APIKeyIn.header, name, description, scheme_name, auto_error)

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key."""
        return self.check_api_key(request.headers.get(self.model.name))

    def _read_scope(self, scope: Scope) -> str | None:
        return self.check_api_key(header_in(scope, self.model.name.lower().encode("latin-1")))


class APIKeyCookie(APIKeyBase):
    """A dependency that gives the API key in a cookie.

    Args:
        name: The name of the cookie.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without a key is answered with 401; else the value is None.
    """

    def __init__(
        self, *, name: str, scheme_name: str | None = None, description: str | None = None, auto_error: bool = True
    ) -> None:
        super().__init__(APIKeyIn.cookie, name, description, scheme_name, auto_error)

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key."""
        return self.check_api_key(request.cookies.get(self.model.name))

    def _read_scope(self, scope: Scope) -> str | None:
        return self.check_api_key(HTTPConnection(scope).cookies.get(self.model.name))
