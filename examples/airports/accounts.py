"""Accounts and their access tokens. Knows the tables, passwords and JWT, and nothing of HTTP."""

import logging
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import jwt
from pwdlib import PasswordHash
from pydantic import BaseModel, Field, ValidationError

from airports.errors import InvalidGrantError, InvalidScopeError, InvalidTokenError, MissingScopeError

READ, WRITE = "airports:read", "airports:write"
SCOPES = {READ: "Follow what changes, live.", WRITE: "Import airports."}
FIRST_ACCOUNTS = {"editor": [READ, WRITE], "viewer": [READ]}

TOKEN_LIFETIME = timedelta(hours=1)
ALGORITHM = "HS256"
MAX_TIME_S = 253_402_300_799  # the end of the year 9999, beyond which Python has no dates

logger = logging.getLogger(__name__)
passwords = PasswordHash.recommended()  # Argon2id, with the costs that its authors recommend


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Someone who has signed in.

    Attributes:
        scopes: What the token in hand allows, which may be less than what the account may have.
        expires_at: When that ends.
    """

    name: str
    scopes: frozenset[str]
    expires_at: datetime


class Claims(BaseModel):
    """What a token of ours says."""

    sub: str
    scope: str
    exp: int = Field(ge=0, le=MAX_TIME_S)


def prepare(connection: sqlite3.Connection, password: str | None) -> None:
    """Make the first accounts and the secret that signs tokens; called inside a transaction."""
    connection.execute("INSERT INTO secrets VALUES ('token', ?) ON CONFLICT DO NOTHING", [secrets.token_urlsafe(32)])
    _nobodys_hash()  # made now, as the first unknown name should not wait for it
    for name, scopes in FIRST_ACCOUNTS.items():
        known = connection.execute("SELECT password_hash FROM accounts WHERE name = ?", [name]).fetchone()
        if known and (password is None or passwords.verify(password, known["password_hash"])):
            continue
        chosen = password or secrets.token_urlsafe(9)
        connection.execute(
            "INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET password_hash = excluded.password_hash",
            [name, passwords.hash(chosen), " ".join(scopes)],
        )
        if password is None:
            # Stored nowhere, so this line is the only way to learn it.
            logger.warning("A new account: sign in as %r with the password %r.", name, chosen)


def authenticate(connection: sqlite3.Connection, name: str, password: str, asked: Iterable[str]) -> Account:
    """Find the account with this name and password, for the scopes that it asks for and may have.

    Raises:
        InvalidGrantError: There is none. Takes as long for a name that doesn't exist.
        InvalidScopeError: It may have none of these scopes.
    """
    row = connection.execute("SELECT * FROM accounts WHERE name = ?", [name]).fetchone()
    # Hashing is what takes time: without it an unknown name would be told by how soon the answer comes.
    if not passwords.verify(password, row["password_hash"] if row else _nobodys_hash()) or row is None:
        raise InvalidGrantError
    owned = frozenset(row["scopes"].split())
    granted = owned & set(asked) if asked else owned  # RFC 6749 3.3: the server may grant less, and says so
    if not granted:
        raise InvalidScopeError(owned)
    expires_at = (datetime.now(UTC) + TOKEN_LIFETIME).replace(microsecond=0)
    return Account(name=row["name"], scopes=granted, expires_at=expires_at)


@cache
def _nobodys_hash() -> str:
    return passwords.hash(secrets.token_urlsafe(9))


def issue_token(connection: sqlite3.Connection, account: Account, secret: str | None) -> str:
    """Write down who may do what until when, and sign it."""
    claims = {"sub": account.name, "scope": " ".join(sorted(account.scopes)), "exp": account.expires_at}
    return jwt.encode(claims, secret or _kept_secret(connection), algorithm=ALGORITHM)


def identify(connection: sqlite3.Connection, token: str, secret: str | None, needed: Iterable[str]) -> Account:
    """Find the account that a token speaks for.

    Raises:
        InvalidTokenError: It is no token of ours, or has expired, or its account is gone.
        MissingScopeError: It allows less than what is needed.
    """
    try:
        decoded = jwt.decode(token, secret or _kept_secret(connection), algorithms=[ALGORITHM])
        claims = Claims.model_validate(decoded)
    except (jwt.InvalidTokenError, ValidationError, ValueError) as exc:
        raise InvalidTokenError from exc
    row = connection.execute("SELECT * FROM accounts WHERE name = ?", [claims.sub]).fetchone()
    if row is None:
        raise InvalidTokenError
    scopes = frozenset(claims.scope.split()) & frozenset(row["scopes"].split())
    if not scopes.issuperset(needed):
        raise MissingScopeError(needed)
    return Account(name=row["name"], scopes=scopes, expires_at=datetime.fromtimestamp(claims.exp, UTC))


def _kept_secret(connection: sqlite3.Connection) -> str:
    (secret,) = connection.execute("SELECT value FROM secrets WHERE name = 'token'").fetchone()
    return str(secret)
