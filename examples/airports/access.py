"""Who a request comes from, as dependencies. A route names the scopes that it needs with `Security`.

Importer = Annotated[Account, Security(read_account, scopes=[WRITE])]
"""

from typing import Annotated

from airports import accounts
from airports.accounts import READ, SCOPES, WRITE, Account
from airports.database import Reader
from airports.errors import NotSignedInError
from airports.settings import SettingsNeeded
from vivace import Depends, Security
from vivace.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes

# Relative, so that it holds behind a proxy that serves the application under a path of its own. What is wrong with a
# token we say ourselves, as RFC 6750 wants it and in the form of all our errors: hence no automatic one.
bearer = OAuth2PasswordBearer(tokenUrl="token", scopes=SCOPES, auto_error=False)


def read_account(
    needed: SecurityScopes,
    token: Annotated[str | None, Depends(bearer)],
    connection: Reader,
    settings: SettingsNeeded,
) -> Account:
    """Read the token of this request; without the scopes that the route needs, it is turned away."""
    if not token:
        raise NotSignedInError
    return accounts.identify(connection, token, settings.secret, needed.scopes)


def check_password(form: Annotated[OAuth2PasswordRequestForm, Depends()], connection: Reader) -> Account:
    """Check the name and password of a sign-in."""
    return accounts.authenticate(connection, form.username, form.password, form.scopes)


SignedIn = Annotated[Account, Security(read_account)]
Follower = Annotated[Account, Security(read_account, scopes=[READ])]
Importer = Annotated[Account, Security(read_account, scopes=[WRITE])]

# One check takes 64 MB and a core for some 50 ms, on purpose. With `max_concurrency` a crowd that signs in (or guesses)
# waits in line without a thread, instead of taking the memory and the cores of everyone else.
SigningIn = Annotated[Account, Depends(check_password, max_concurrency=2)]
