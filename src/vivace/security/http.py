"""The schemes of the Authorization header that HTTP itself has: Basic, Bearer, Digest.

The one rule: no header, whatever its bytes, fails in another way than by `make_not_authenticated_error()`.
"""

from __future__ import annotations

from base64 import b64decode

from pydantic import BaseModel
from starlette.requests import HTTPConnection

from vivace._deps.scope_readers import reads_scope
from vivace.exceptions import HTTPException
from vivace.openapi import _schemes
from vivace.security._headers import authorization_in
from vivace.security._models import models_under
from vivace.security.base import SecurityBase
from vivace.security.utils import get_authorization_scheme_param
from vivace.types import Scope

__all__ = [
    "HTTPAuthorizationCredentials",
    "HTTPBase",
    "HTTPBasic",
    "HTTPBasicCredentials",
    "HTTPBearer",
    "HTTPDigest",
]

__getattr__ = models_under(__name__, HTTPBaseModel="HTTPBase", HTTPBearerModel="HTTPBearer")


class HTTPBasicCredentials(BaseModel):
    """User name and password, as a client sent them for `HTTPBasic`."""

    username: str
    password: str


class HTTPAuthorizationCredentials(BaseModel):
    """An Authorization header, split at its first space: `scheme` as the client wrote it, and `credentials`."""

    scheme: str
    credentials: str


class HTTPBase(SecurityBase):
    """A dependency that gives the Authorization header, whatever its scheme.

    Args:
        scheme: The scheme for the OpenAPI document and for `WWW-Authenticate`.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without credentials is answered with 401; else the value is None.
    """

    model: _schemes.HTTPBase

    def __init__(
        self,
        *,
        scheme: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self._set(_schemes.HTTPBase(scheme=scheme, description=description), scheme_name, auto_error)

    def _set(self, model: _schemes.HTTPBase, scheme_name: str | None, auto_error: bool) -> None:
        self.model = model
        self.scheme_name = scheme_name or type(self).__name__
        self.auto_error = auto_error

    def make_authenticate_headers(self) -> dict[str, str]:
        """Return the headers of the refusal."""
        return {"WWW-Authenticate": self.model.scheme.title()}

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the exception for a request without credentials: 401. Override it to refuse in another way."""
        return HTTPException(status_code=401, detail="Not authenticated", headers=self.make_authenticate_headers())

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return the credentials."""
        return self._credentials(request.headers.get("Authorization"))

    def _read_scope(self, scope: Scope) -> HTTPAuthorizationCredentials | None:
        return self._credentials(authorization_in(scope))

    def _credentials(self, authorization: str | None) -> HTTPAuthorizationCredentials | None:
        scheme, credentials = get_authorization_scheme_param(authorization)
        if scheme and credentials and self._accepts(scheme):
            return HTTPAuthorizationCredentials(scheme=scheme, credentials=credentials)
        if self.auto_error:
            raise self.make_not_authenticated_error()
        return None

    def _accepts(self, scheme: str) -> bool:
        return True


class HTTPBasic(HTTPBase):
    """A dependency that gives user name and password of HTTP Basic authentication, as `HTTPBasicCredentials`.

    Args:
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        realm: What browsers show when they ask the user.
        description: For the OpenAPI document.
        auto_error: Whether a request without Basic credentials is answered with 401; else the value is None.
            Credentials that cannot be read are always answered with 401.

    Source: RFC 7617. Only ASCII is read.
    """

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        realm: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self._set(_schemes.HTTPBase(scheme="basic", description=description), scheme_name, auto_error)
        self.realm = realm

    def make_authenticate_headers(self) -> dict[str, str]:
        """Return the headers of the refusal."""
        return {"WWW-Authenticate": f'Basic realm="{self.realm}"' if self.realm else "Basic"}

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> HTTPBasicCredentials | None:  # type: ignore[override]  # as in the reference
        """Return user name and password."""
        return self._user(request.headers.get("Authorization"))

    def _read_scope(self, scope: Scope) -> HTTPBasicCredentials | None:  # type: ignore[override]  # as `__call__`
        return self._user(authorization_in(scope))

    def _user(self, authorization: str | None) -> HTTPBasicCredentials | None:
        scheme, credentials = get_authorization_scheme_param(authorization)
        if scheme.lower() != "basic":
            if self.auto_error:
                raise self.make_not_authenticated_error()
            return None
        try:
            text = b64decode(credentials).decode("ascii")
        except ValueError:  # no base64 (binascii.Error is one), or no ASCII
            raise self.make_not_authenticated_error() from None
        username, colon, password = text.partition(":")
        if not colon:
            raise self.make_not_authenticated_error()
        return HTTPBasicCredentials(username=username, password=password)


class HTTPBearer(HTTPBase):
    """A dependency that gives a bearer token, as `HTTPAuthorizationCredentials`.

    Args:
        bearerFormat: What the token is, for the OpenAPI document: "JWT".
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without a token is answered with 401; else the value is None.
    """

    def __init__(
        self,
        *,
        bearerFormat: str | None = None,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self._set(_schemes.HTTPBearer(bearerFormat=bearerFormat, description=description), scheme_name, auto_error)

    def _accepts(self, scheme: str) -> bool:
        return scheme.lower() == "bearer"


class HTTPDigest(HTTPBase):
    """A dependency that gives what a client sent for HTTP Digest authentication, as `HTTPAuthorizationCredentials`.

    What it means is for the program to check.

    Args:
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without it is answered with 401; else the value is None.
    """

    def __init__(
        self, *, scheme_name: str | None = None, description: str | None = None, auto_error: bool = True
    ) -> None:
        self._set(_schemes.HTTPBase(scheme="digest", description=description), scheme_name, auto_error)

    def _accepts(self, scheme: str) -> bool:
        return scheme.lower() == "digest"
