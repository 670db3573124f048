"""Tells whether a method of somebody else's class is still that class's own.

Instrumentation replaces methods of Starlette's classes. Where Vivace does the same work without calling them, it asks
here, and calls them if somebody is watching. Knows no class by name.
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

__all__ = ["is_original", "original"]


def is_original(cls: type, name: str) -> bool:
    """Tell whether a method stands as its module wrote it.

    Compared with its module and not with what was there when somebody looked first: it may have been replaced before.
    """
    method = cls.__dict__.get(name)
    return type(method) is FunctionType and method.__globals__ is vars(sys.modules[cls.__module__])


def original(cls: type, name: str) -> Any:
    """Return a method, to compare with what stands there later; None, which is no method, if it is replaced already."""
    return cls.__dict__[name] if is_original(cls, name) else None
