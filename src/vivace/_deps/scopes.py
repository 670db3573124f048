"""`SecurityScopes`: the OAuth2 scopes that lead to a dependency, for the dependency to see."""

from __future__ import annotations

__all__ = ["SecurityScopes"]


class SecurityScopes:
    """The scopes required by a dependency and everything that depends on it, outermost first, each once."""

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes: list[str] = scopes or []
        self.scope_str: str = " ".join(self.scopes)
        """The scopes joined by spaces, as OAuth2 writes them."""
