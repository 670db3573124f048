"""The status codes of HTTP and the close codes of websockets, by name: Starlette's."""

from typing import Any

from starlette import status as _names
from starlette.status import *  # noqa: F403  # sixty constants: Starlette's list is the list

__all__ = list(_names.__all__)


def __getattr__(name: str) -> Any:
    # The old names (HTTP_422_UNPROCESSABLE_ENTITY, ...) still work there, with a warning.
    return getattr(_names, name)
