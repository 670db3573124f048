"""The threads of an event loop, and the cheapest way to them and back.

The one rule: a call that is left here gets a thread at once. When it may be left is decided elsewhere (``turns.py``).

anyio wakes a thread of its choice through a queue of its own and is called back once per call; here the threads of one
event loop share a queue, and the results of a burst come back with one wake-up of the loop.
"""

from __future__ import annotations

import asyncio
import functools
import math
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import anyio.to_thread

from vivace._threads.anyio_parts import AnyioParts, borrowers_of, find_anyio_parts
from vivace._threads.turns import Turns

__all__ = ["Desk", "find_desk"]

T = TypeVar("T")

try:
    from sniffio import current_async_library_cvar as _async_library
except ImportError:  # anyio does without since 4.12
    _async_library: ContextVar[str | None] | None = None  # type: ignore[no-redef]

IDLE_S = 10.0  # seconds that a thread waits for work before it ends; as long as anyio's

Call = tuple[Context, Callable[[], Any], "asyncio.Future[Any]"]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Desk:
    """Where the tasks of one event loop leave calls, and the threads of that loop leave results.

    ``submit``, ``collect`` and the count of calls in flight belong to the thread of the loop; the rest is shared.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, parts: AnyioParts, turns: Turns) -> None:
        self.loop = loop
        self.turns = turns
        self._claim_thread = parts.claim_thread
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._outcomes: deque[Outcome] = deque()
        self._is_collection_due = False
        self._in_flight = 0
        self._thread_count = 0
        self._count_lock = threading.Lock()

    @functools.cached_property
    def no_limit(self) -> anyio.CapacityLimiter:
        """For calls that anyio is to make now, since their turn has come."""
        return anyio.CapacityLimiter(math.inf)

    def submit(self, func: Callable[[], T]) -> asyncio.Future[T]:
        """Leave a call for the next free thread. The future gets its outcome."""
        future: asyncio.Future[T] = self.loop.create_future()
        context = copy_context()
        if _async_library is not None and _async_library.get() is not None:
            context.run(_async_library.set, None)  # the thread runs no event loop, and may start one
        self._in_flight += 1
        self._calls.put((context, func, future))
        # After the put: a thread that ends looks at the queue once more when it has counted itself out.
        if self._in_flight > self._thread_count:
            self._start_thread()
        return future

    def collect(self) -> None:
        """Give the futures the outcomes that have come in."""
        self._is_collection_due = False  # before reading: whoever adds an outcome from now on calls again
        outcomes = self._outcomes
        while outcomes:
            future, result, exc = outcomes.popleft()
            self._in_flight -= 1
            if future.cancelled():
                continue
            if exc is None:
                future.set_result(result)
            elif isinstance(exc, StopIteration):  # no future can hold it; it would end the coroutine that awaits
                future.set_exception(_refuse_stop_iteration(exc))
            else:
                future.set_exception(exc)

    def dismiss(self) -> None:
        """Let the threads end once they have done what was left for them."""
        with self._count_lock:
            for _ in range(self._thread_count):
                self._calls.put(None)
            self._thread_count = 0

    def forget_threads(self) -> None:
        """Count no threads any more: a forked process has none of them, and its locks may be held for ever."""
        self._thread_count = 0
        self._count_lock = threading.Lock()

    def _start_thread(self) -> None:
        with self._count_lock:
            self._thread_count += 1
        _make_thread(self._work).start()

    def _work(self) -> None:
        with self._claim_thread(self.loop):
            while True:
                try:
                    call = self._calls.get(timeout=IDLE_S)
                except Empty:
                    if self._may_retire():
                        return
                    continue
                if call is None:
                    return
                context, func, future = call
                result = exc = None
                if not future.cancelled():
                    try:
                        result = context.run(func)
                    except BaseException as caught:
                        exc = caught
                self._hand_back((future, result, exc))
                # The frame of a waiting thread must not keep the objects of a request alive.
                del call, context, func, future, result, exc

    def _hand_back(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        # PERF: one wake-up of the loop for a burst of outcomes; see docs/decisions/021-threads.md.
        if self._is_collection_due:
            return
        self._is_collection_due = True
        try:
            self.loop.call_soon_threadsafe(self.collect)
        except RuntimeError:
            if not self.loop.is_closed():
                raise

    def _may_retire(self) -> bool:
        with self._count_lock:
            if self._thread_count == 0:
                return False  # dismissed: the order to end is in the queue
            self._thread_count -= 1
            if self._calls.empty():
                return True
            self._thread_count += 1  # a call was left meanwhile, perhaps for this thread alone
            return False


def _make_thread(work: Callable[[], None]) -> threading.Thread:
    # Not a daemon where that can be helped: the interpreter waits for a call that is under way when it exits.
    make = functools.partial(threading.Thread, target=work, name="Vivace worker thread", daemon=not _is_exit_watched)
    if sys.version_info >= (3, 14):
        return make(context=Context())  # not the starting task's variables, which would live as long as the thread
    return make()


def _refuse_stop_iteration(exc: StopIteration) -> RuntimeError:
    error = RuntimeError("coroutine raised StopIteration")
    error.__cause__ = exc
    return error


class _Lease:
    """Ties the threads of a loop to the thread that runs the loop: when that one ends, they do."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def __del__(self) -> None:
        self.desk.dismiss()


# A thread runs one loop at a time, so it holds one desk; running another loop there dismisses the first one's threads.
_local = threading.local()
_desks: weakref.WeakSet[Desk] = weakref.WeakSet()


def find_desk(task: asyncio.Task[Any]) -> Desk | None:
    """Return the desk for the calls of a task, or None where the private names of anyio are missing."""
    loop = task.get_loop()
    lease: _Lease | None = getattr(_local, "lease", None)
    if lease is not None and lease.desk.loop is loop:
        return lease.desk
    parts = find_anyio_parts()
    limiter = anyio.to_thread.current_default_thread_limiter()
    borrowers = borrowers_of(limiter)
    if parts is None or borrowers is None:
        return None
    desk = Desk(loop, parts, Turns(loop, limiter, borrowers))
    _desks.add(desk)
    _local.lease = _Lease(desk)
    return desk


def _dismiss_all() -> None:
    for desk in list(_desks):
        desk.dismiss()


def _forget_desk() -> None:
    lease: _Lease | None = getattr(_local, "lease", None)
    if lease is not None:
        lease.desk.forget_threads()
        del _local.lease


def _watch_exit() -> bool:
    # atexit comes too late: it runs when the interpreter has waited for all threads. The executors of the standard
    # library use this same, private, earlier moment.
    register = getattr(threading, "_register_atexit", None)
    if register is None:
        return False
    register(_dismiss_all)
    return True


_is_exit_watched = _watch_exit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_desk)
