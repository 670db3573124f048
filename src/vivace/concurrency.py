"""Threads and context managers for code that mixes ``def`` and ``async def``.

The one rule: nothing here may wait for a token of the default limiter while it holds a resource.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

import anyio.to_thread
from anyio import CancelScope, CapacityLimiter
from starlette.concurrency import iterate_in_threadpool, run_until_first_complete

from vivace._threads import run_in_threadpool

__all__ = [
    "asynccontextmanager",
    "contextmanager_in_threadpool",
    "iterate_in_threadpool",
    "run_in_threadpool",
    "run_until_first_complete",
]

T = TypeVar("T")


@asynccontextmanager
async def contextmanager_in_threadpool(cm: AbstractContextManager[T]) -> AsyncGenerator[T]:
    """Use a context manager of the ``with`` kind in ``async with``: its entry and its exit run in threads.

    The exit runs whatever happens, even if the task is cancelled meanwhile. It sees the exception of the block, if
    there is one, and swallows it by returning something true.
    """
    # The exit has a token of its own: if every token of the pool is held by entries that wait for a resource, which
    # only an exit can free, an exit that had to queue with them would wait for ever.
    exit_limiter = CapacityLimiter(1)
    value = await run_in_threadpool(cm.__enter__)
    try:
        yield value
    except BaseException as exc:
        is_swallowed = await _exit_in_thread(cm, exit_limiter, exc)
        if not is_swallowed:
            raise
    else:
        await _exit_in_thread(cm, exit_limiter, None)


async def _exit_in_thread(
    cm: AbstractContextManager[object], limiter: CapacityLimiter, exc: BaseException | None
) -> bool | None:
    def leave() -> bool | None:
        if exc is None:
            return cm.__exit__(None, None, None)
        return cm.__exit__(type(exc), exc, exc.__traceback__)

    # A shield holds off cancellation by anyio's scopes; the thread cannot be stopped anyway.
    with CancelScope(shield=True):
        is_swallowed = await anyio.to_thread.run_sync(leave, limiter=limiter)
    return is_swallowed
