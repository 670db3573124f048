"""Dependencies that need nothing of a connection but its scope, and do not wait for anything.

The one rule: reading the scope gives the very value, or the very exception, that calling the dependency with the
connection gives. So the compiled path may do the one for the other: no request is made, no coroutine, no arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from vivace.types import Scope

__all__ = ["ReadScope", "reads_scope", "scope_reader_of"]

ReadScope = Callable[[Scope], Any]

_Called = TypeVar("_Called", bound=Callable[..., Any])
_NAME = "_vivace_reads_scope_by"


def reads_scope(method_name: str) -> Callable[[_Called], _Called]:
    """Say of a `__call__` which method of the same object gives its value from a scope."""

    def mark(called: _Called) -> _Called:
        # On the function and not on the class: whoever overrides `__call__` is called.
        setattr(called, _NAME, method_name)
        return called

    return mark


def scope_reader_of(call: Any) -> ReadScope | None:
    """Return the method of a dependency that gives its value from a scope, if there is one."""
    method_name = getattr(type(call).__call__, _NAME, None) if callable(call) else None
    return None if method_name is None else getattr(call, method_name)
