"""Threads and context managers for code that mixes ``def`` and ``async def``.

The one rule: what gives a resource back waits for no token of the default limiter.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, TypeVar

from starlette.concurrency import run_until_first_complete

from vivace._threads import call_in_thread, finish_in_thread, run_in_threadpool

__all__ = [
    "asynccontextmanager",
    "contextmanager_in_threadpool",
    "iterate_in_threadpool",
    "run_in_threadpool",
    "run_until_first_complete",
]

T = TypeVar("T")

_END: Any = object()


async def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncGenerator[T]:
    """Go through ``iterator`` in threads: each of its steps is a call like those of `run_in_threadpool`."""
    as_iterator = iter(iterator)
    while (item := await run_in_threadpool(next, as_iterator, _END)) is not _END:
        yield item


@asynccontextmanager
async def contextmanager_in_threadpool(cm: AbstractContextManager[T]) -> AsyncGenerator[T]:
    """Use a context manager of the ``with`` kind in ``async with``: its entry and its exit run in threads.

    The exit runs whatever happens, even if the task is cancelled meanwhile. It sees the exception of the block, if
    there is one, and swallows it by returning something true.
    """
    value = await call_in_thread(cm.__enter__)
    try:
        yield value
    except BaseException as exc:
        if not await finish_in_thread(functools.partial(cm.__exit__, type(exc), exc, exc.__traceback__)):
            raise
    else:
        await finish_in_thread(functools.partial(cm.__exit__, None, None, None))
