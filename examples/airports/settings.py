"""What the environment decides. Read once; nothing else looks at environment variables."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from vivace import Depends

DEFAULT_DATABASE = Path(__file__).parent / "data" / "airports.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process.

    Attributes:
        database: The SQLite file; made at first start. Environment variable AIRPORTS_DATABASE.
    """

    database: Path = DEFAULT_DATABASE


@lru_cache
def read_settings() -> Settings:
    """Read the settings from the environment, once."""
    database = os.environ.get("AIRPORTS_DATABASE")
    return Settings(database=Path(database)) if database else Settings()


async def get_settings() -> Settings:
    """Give the settings to a request. A coroutine, because a plain function would be called in a thread."""
    return read_settings()


SettingsNeeded = Annotated[Settings, Depends(get_settings)]
