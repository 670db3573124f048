"""Taking an Authorization header apart."""

from __future__ import annotations

__all__ = ["get_authorization_scheme_param"]


def get_authorization_scheme_param(authorization_header_value: str | None) -> tuple[str, str]:
    """Split an Authorization header at its first space into scheme and credentials, without spaces around the latter.

    Both are empty when there is no header.
    """
    if not authorization_header_value:
        return "", ""
    scheme, _, credentials = authorization_header_value.partition(" ")
    return scheme, credentials.strip()
