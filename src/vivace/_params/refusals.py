"""Errors of wrong declarations. The text is what programs may match; place and remedy are notes under it.

A note (PEP 678) is printed with the traceback and is not part of `str(exc)`.
"""

from __future__ import annotations

__all__ = ["refused"]


def refused(text: str, remedy: str) -> AssertionError:
    """Make the error of a declaration that contradicts itself."""
    error = AssertionError(text)
    error.add_note(f"To mend it: {remedy}")
    return error
