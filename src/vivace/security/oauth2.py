"""OAuth 2: schemes that read a token, and the form by which a client asks for one."""

from __future__ import annotations

from typing import Annotated, Any, cast

from starlette.requests import HTTPConnection

from vivace._deps.scope_readers import reads_scope
from vivace._deps.scopes import SecurityScopes
from vivace._params.markers import Form
from vivace.exceptions import HTTPException
from vivace.openapi import _schemes
from vivace.openapi._schemes import OAuthFlows
from vivace.security._headers import authorization_in
from vivace.security._models import models_under
from vivace.security.base import SecurityBase
from vivace.security.utils import get_authorization_scheme_param
from vivace.types import Scope

__all__ = [
    "OAuth2",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OAuth2PasswordRequestForm",
    "OAuth2PasswordRequestFormStrict",
    "SecurityScopes",
]

__getattr__ = models_under(__name__, OAuth2Model="OAuth2", OAuthFlowsModel="OAuthFlows")


class OAuth2PasswordRequestForm:
    """A dependency that reads the form of the password flow: `form: Annotated[OAuth2PasswordRequestForm, Depends()]`.

    `scope` arrives as one text and becomes the list `scopes`. `grant_type` may be left out, which the standard does not
    allow: `OAuth2PasswordRequestFormStrict` insists on it.

    Source: RFC 6749 4.3.2.
    """

    def __init__(
        self,
        *,
        grant_type: Annotated[str | None, Form(pattern="^password$")] = None,
        username: Annotated[str, Form()],
        password: Annotated[str, Form(json_schema_extra={"format": "password"})],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form(json_schema_extra={"format": "password"})] = None,
    ) -> None:
        self.grant_type = grant_type
        self.username = username
        self.password = password
        self.scopes = scope.split()
        self.client_id = client_id
        self.client_secret = client_secret


class OAuth2PasswordRequestFormStrict(OAuth2PasswordRequestForm):
    """A dependency that reads the form of the password flow and demands `grant_type=password`, as the standard does.

    Source: RFC 6749 4.3.2.
    """

    def __init__(
        self,
        grant_type: Annotated[str, Form(pattern="^password$")],
        username: Annotated[str, Form()],
        password: Annotated[str, Form()],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form()] = None,
    ) -> None:
        super().__init__(
            grant_type=grant_type,
            username=username,
            password=password,
            scope=scope,
            client_id=client_id,
            client_secret=client_secret,
        )


class OAuth2(SecurityBase):
    """A dependency that gives the Authorization header as it is. What it means is for the program to check.

    Args:
        flows: How a client gets a token, as `vivace.openapi.models.OAuthFlows` or a dictionary of that shape.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        description: For the OpenAPI document.
        auto_error: Whether a request without the header is answered with 401; else the value is None.

    Raises:
        pydantic.ValidationError: `flows` lacks something, or has the wrong shape.
    """

    model: _schemes.OAuth2

    def __init__(
        self,
        *,
        flows: OAuthFlows | dict[str, dict[str, Any]] = OAuthFlows(),
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.model = _schemes.OAuth2(flows=cast(OAuthFlows, flows), description=description)
        self.scheme_name = scheme_name or type(self).__name__
        self.auto_error = auto_error

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the exception for a request without a token: 401. Override it to refuse in another way."""
        # RFC 6750 3: the challenge of whoever wants a bearer token.
        return HTTPException(status_code=401, detail="Not authenticated", headers={"WWW-Authenticate": "Bearer"})

    @reads_scope("_read_scope")
    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the header, or with a bearer scheme the token."""
        return self._judge(request.headers.get("Authorization"))

    def _read_scope(self, scope: Scope) -> str | None:
        return self._judge(authorization_in(scope))

    def _judge(self, authorization: str | None) -> str | None:
        return authorization or self._without_credentials()

    def _without_credentials(self) -> str | None:
        if self.auto_error:
            raise self.make_not_authenticated_error()
        return None


class _Bearer(OAuth2):
    def _judge(self, authorization: str | None) -> str | None:
        scheme, token = get_authorization_scheme_param(authorization)
        # As in the reference, "Bearer" alone gives an empty token: no token is what the program must refuse.
        return token if scheme.lower() == "bearer" else self._without_credentials()


class OAuth2PasswordBearer(_Bearer):
    """A dependency that gives the bearer token that a client got for user name and password.

    Args:
        tokenUrl: Where it gets the token: the path of the handler that takes an `OAuth2PasswordRequestForm`.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        scopes: The scopes that there are, with a description of each.
        description: For the OpenAPI document.
        auto_error: Whether a request without a bearer token is answered with 401; else the value is None.
        refreshUrl: Where it gets a new token.
    """

    def __init__(
        self,
        tokenUrl: str,
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
        refreshUrl: str | None = None,
    ) -> None:
        flow = {"tokenUrl": tokenUrl, "refreshUrl": refreshUrl, "scopes": scopes or {}}
        super().__init__(
            flows={"password": flow}, scheme_name=scheme_name, description=description, auto_error=auto_error
        )


class OAuth2AuthorizationCodeBearer(_Bearer):
    """A dependency that gives the bearer token that a client got for an authorization code.

    Args:
        authorizationUrl: Where the user signs in.
        tokenUrl: Where the client gets the token.
        refreshUrl: Where it gets a new token.
        scheme_name: The name in the OpenAPI document. Default: that of the class.
        scopes: The scopes that there are, with a description of each.
        description: For the OpenAPI document.
        auto_error: Whether a request without a bearer token is answered with 401; else the value is None.
    """

    def __init__(
        self,
        authorizationUrl: str,
        tokenUrl: str,
        refreshUrl: str | None = None,
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        flow = {
            "authorizationUrl": authorizationUrl,
            "tokenUrl": tokenUrl,
            "refreshUrl": refreshUrl,
            "scopes": scopes or {},
        }
        super().__init__(
            flows={"authorizationCode": flow}, scheme_name=scheme_name, description=description, auto_error=auto_error
        )
