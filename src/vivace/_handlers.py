"""Which exception handler an exception has: looked up by status code first, then along its classes.

The tables are in the scope, as Starlette has them there for its own routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException

__all__ = ["HANDLER_TABLES", "ErrorHandler", "HandlerTables", "find_handler", "too_late"]

# The key in the scope.
HANDLER_TABLES = "starlette.exception_handlers"

ErrorHandler = Callable[..., Any]

HandlerTables = tuple[Mapping[type[Exception], ErrorHandler], Mapping[int, ErrorHandler]]
"""The handlers of classes, and those of status codes."""


def find_handler(exc: Exception, tables: HandlerTables) -> ErrorHandler | None:
    """Return the handler of an exception, if there is one."""
    by_class, by_status = tables
    if isinstance(exc, HTTPException) and exc.status_code in by_status:
        return by_status[exc.status_code]
    for cls in type(exc).__mro__:
        if cls in by_class:
            return by_class[cls]
    return None


def too_late() -> RuntimeError:
    """Make what is raised from an exception that has a handler, when its response has started."""
    return RuntimeError("Caught handled exception, but response already started.")
