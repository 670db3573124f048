"""What the hand-over needs of anyio's inside. The names are private: any release may rename them.

The one rule: no other module of this room knows a private name of anyio.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import anyio

from vivace._threads.turns import WaitingThread

__all__ = ["AnyioParts", "borrowers_of", "cancel_scope_of", "current_task", "find_anyio_parts", "is_in_cancel_scope"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyioParts:
    """What there is, in this release of anyio."""

    task_states: Mapping[asyncio.Task[Any], Any]  # has the cancel scope of each task that is in one
    claim_thread: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[Any]]  # makes anyio.from_thread work


@functools.cache
def find_anyio_parts() -> AnyioParts | None:
    """Return what is needed of anyio's inside, or None if this release of anyio has it elsewhere."""
    # Imported late: anyio itself loads its part for asyncio on first use.
    try:
        from anyio._backends._asyncio import AsyncIOBackend, _task_states
        from anyio._core._eventloop import claim_worker_thread, threadlocals
    except ImportError:
        return None

    class CallingBack(AsyncIOBackend):
        """Notes that a thread waits for the loop: what it waits for must not wait for the turn that its call has."""

        @classmethod
        def run_async_from_thread(cls, func: Any, args: Any, token: Any) -> Any:
            with WaitingThread():
                return super().run_async_from_thread(func, args, token)

    @contextmanager
    def claim_thread(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        with claim_worker_thread(CallingBack, loop):
            threadlocals.current_cancel_scope = None  # none but for the calls that anyio makes itself
            yield

    return AnyioParts(task_states=_task_states, claim_thread=claim_thread)


def borrowers_of(limiter: anyio.CapacityLimiter) -> set[Any] | None:
    """Return the very set of those who have a token, or None if this release of anyio keeps it elsewhere."""
    borrowers = getattr(limiter, "_borrowers", None)
    return borrowers if isinstance(borrowers, set) else None


def current_task() -> asyncio.Task[Any] | None:
    """Return the running task of asyncio; None on another event loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def cancel_scope_of(task: asyncio.Task[Any]) -> object:
    """Return the innermost cancel scope of anyio around a task, or None; something new each time if we cannot tell."""
    parts = find_anyio_parts()
    if parts is None:
        return object()
    state = parts.task_states.get(task)
    return None if state is None else state.cancel_scope


def is_in_cancel_scope() -> bool:
    """Tell whether the running task is inside an anyio cancel scope, or may be: elsewhere than on asyncio, it may."""
    # PERF: written out, asked once per dependency that yields (benchmark: one `yield` dependency).
    parts = find_anyio_parts()
    try:
        task = asyncio.current_task()
    except RuntimeError:  # another event loop
        task = None
    if parts is None or task is None:
        return True
    state = parts.task_states.get(task)
    return state is not None and state.cancel_scope is not None
