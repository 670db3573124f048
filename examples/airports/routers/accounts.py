"""Accounts: signing in, and who one is."""

from datetime import UTC, datetime

from airports import accounts
from airports.access import SignedIn, SigningIn
from airports.database import Reader
from airports.errors import NotSignedInError, SignInError, document
from airports.models import AccountRead, Token
from airports.settings import SettingsNeeded
from vivace import APIRouter, Response

MAX_SIGN_IN_BYTES = 10_000  # a name, a password, some scopes

router = APIRouter(tags=["accounts"])


@router.post("/token", summary="Sign in", responses=document(SignInError), max_body_size=MAX_SIGN_IN_BYTES)
def sign_in(account: SigningIn, connection: Reader, settings: SettingsNeeded, response: Response) -> Token:
    """Exchange a name and a password for a token, in the password flow of OAuth 2."""
    response.headers["Cache-Control"] = "no-store"  # RFC 6749 5.1
    return Token(
        access_token=accounts.issue_token(connection, account, settings.secret),
        expires_in=round((account.expires_at - datetime.now(UTC)).total_seconds()),
        scope=" ".join(sorted(account.scopes)),
    )


@router.get("/account", summary="Read your account", responses=document(NotSignedInError))
def read_own_account(account: SignedIn) -> AccountRead:
    """Tell whom the token speaks for, and what it allows."""
    return AccountRead(name=account.name, scopes=sorted(account.scopes), expires_at=account.expires_at)
