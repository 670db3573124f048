"""What the environment decides. Read once; nothing else looks at environment variables."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from vivace import Depends

DEFAULT_DATABASE = Path(__file__).parent / "data" / "airports.sqlite3"
MIN_SECRET_BYTES = 32  # RFC 7518 3.2: a key for HS256 is at least as long as its hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process.

    Attributes:
        database: The SQLite file; made at first start. Environment variable AIRPORTS_DATABASE.
        secret: What access tokens are signed with. AIRPORTS_SECRET; without it a random one is kept in the database.
        password: Of all accounts, set at each start. AIRPORTS_PASSWORD; without it each gets a random one, which the
            log of the first start tells.
    """

    database: Path = DEFAULT_DATABASE
    secret: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


class UnusableSettingError(Exception):
    """An environment variable can't be used. Stops the start, with what to do about it."""


@lru_cache
def read_settings() -> Settings:
    """Read the settings from the environment, once.

    Raises:
        UnusableSettingError: One of them can't be used.
    """
    given = {name: os.environ.get(f"AIRPORTS_{name.upper()}") for name in ("database", "secret", "password")}
    secret = given["secret"] or None
    if secret is not None and len(secret.encode()) < MIN_SECRET_BYTES:
        raise UnusableSettingError(
            f"AIRPORTS_SECRET has {len(secret.encode())} bytes, and a safe one at least {MIN_SECRET_BYTES}. "
            f"Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return Settings(
        database=Path(given["database"]) if given["database"] else DEFAULT_DATABASE,
        secret=secret,
        password=given["password"] or None,
    )


async def get_settings() -> Settings:
    """Give the settings to a request. A coroutine, because a plain function would be called in a thread."""
    return read_settings()


SettingsNeeded = Annotated[Settings, Depends(get_settings)]
