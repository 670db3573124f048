"""Handing blocking functions to threads.

The one rule: what anyio promises for ``to_thread.run_sync`` holds here too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import anyio.to_thread

__all__ = ["call_in_thread", "run_in_threadpool"]

P = ParamSpec("P")
T = TypeVar("T")


async def call_in_thread(func: Callable[[], T]) -> T:
    """Call ``func()`` in a thread and return what it returns."""
    return await anyio.to_thread.run_sync(func)


async def run_in_threadpool(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``func(*args, **kwargs)`` in a thread and return what it returns."""
    return await call_in_thread(functools.partial(func, *args, **kwargs))
