"""Reading one header out of a scope."""

from __future__ import annotations

from vivace.types import Scope

__all__ = ["authorization_in", "header_in"]


def header_in(scope: Scope, name: bytes) -> str | None:
    """Return a header as `connection.headers.get()` does: the first of its name. `name` is in lower case."""
    for raw_name, raw_value in scope["headers"]:
        if raw_name == name:
            value: str = raw_value.decode("latin-1")
            return value
    return None


def authorization_in(scope: Scope) -> str | None:
    """Return the Authorization header."""
    return header_in(scope, b"authorization")
