"""What makes a dependency a security scheme. The schemes themselves stand in `vivace.security`, far above this room."""

from __future__ import annotations

from typing import Any

from vivace._inspection.callables import innermost

__all__ = ["SecurityBase", "scheme_of"]


class SecurityBase:
    """A security scheme: a dependency that reads credentials, and that the OpenAPI document shows."""

    model: Any
    """The scheme in the terms of `vivace.openapi.models`, or as plain data."""
    scheme_name: str
    """Its name under `components.securitySchemes`. Schemes of one name are taken for one."""


def scheme_of(call: Any) -> SecurityBase | None:
    """Return the security scheme that a dependency is, or that it wraps."""
    scheme = call if isinstance(call, SecurityBase) else innermost(call)
    return scheme if isinstance(scheme, SecurityBase) else None
