"""OpenID Connect, by the address of its discovery document."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from vivace._deps.scope_readers import reads_scope
from vivace.openapi import _schemes
from vivace.security._headers import authorization_in
from vivace.security._models import models_under
from vivace.security.base import SecurityBase
from vivace.types import Scope

__all__ = ["OpenIdConnect"]

__getattr__ = models_under(__name__, OpenIdConnectModel="OpenIdConnect")


class OpenIdConnect(SecurityBase):
    """A dependency that gives the Authorization header as it is. What it means is for the program to check.

    Args:
        openIdConnectUrl: Where the discovery document is.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without the header is answered with 401; else the value is None.
    """

    model: _schemes.OpenIdConnect

    def __init__(
        self,
        *,
        openIdConnectUrl: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.model = _schemes.OpenIdConnect(openIdConnectUrl=openIdConnectUrl, description=description)
        self.scheme_name = scheme_name or type(self).__name__
        self.auto_error = auto_error

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the exception for a request without the header: 401. Override it to refuse in another way."""
        return HTTPException(status_code=401, detail="Not authenticated", headers={"WWW-Authenticate": "Bearer"})

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the header."""
        return self._judge(request.headers.get("Authorization"))

    def _read_scope(self, scope: Scope) -> str | None:
        return self._judge(authorization_in(scope))

    def _judge(self, authorization: str | None) -> str | None:
        if authorization:
            return authorization
        if self.auto_error:
            raise self.make_not_authenticated_error()
        return None
