"""Handing blocking functions to threads.

The one rule: what anyio promises for ``to_thread.run_sync`` holds here too. Context variables are copied into the
thread, ``anyio.from_thread`` works there, anyio's default limiter counts the call, a cancelled task leaves at once.

What differs is the cost. anyio wakes a thread of its choice through a queue of its own and is called back once per
call; here the threads of one event loop share a queue, and the results of a burst come back with one wake-up of the
loop. Where a promise needs more than that, anyio itself does the work: on another event loop than asyncio's, inside a
cancel scope (which may shield the task, and which code in the thread may ask about), and where the private names of
anyio that this module reads are missing.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

import anyio.to_thread
from anyio import WouldBlock

__all__ = ["call_in_thread", "cancel_scope_of", "current_task", "finish_in_thread", "run_in_threadpool"]

P = ParamSpec("P")
T = TypeVar("T")

try:
    from sniffio import current_async_library_cvar as _async_library
except ImportError:  # anyio does without since 4.12
    _async_library: ContextVar[str | None] | None = None  # type: ignore[no-redef]

IDLE_S = 10.0  # seconds that a thread waits for work before it ends; as long as anyio's

Call = tuple[Context, Callable[[], Any], "asyncio.Future[Any]"]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


async def run_in_threadpool(func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``func(*args, **kwargs)`` in a thread and return what it returns."""
    return await call_in_thread(functools.partial(func, *args, **kwargs))


async def call_in_thread(func: Callable[[], T]) -> T:
    """Call ``func()`` in a thread and return what it returns.

    The thread sees the context variables of the task. It cannot be stopped: a task that is cancelled leaves, and the
    function runs on unnoticed. Inside an anyio cancel scope the task stays until the function is done.
    """
    task = current_task()
    desk = _find_desk(task)
    if task is None or desk is None:
        return await anyio.to_thread.run_sync(func)
    limiter = desk.limiter
    try:
        limiter.acquire_on_behalf_of_nowait(task)
    except WouldBlock:
        await limiter.acquire_on_behalf_of(task)
    try:
        future = desk.submit(func)
        try:
            return await future
        finally:
            del future  # an exception keeps this frame, and the future the exception: a cycle
    finally:
        limiter.release_on_behalf_of(task)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnyioParts:
    """What this module needs of anyio's inside. The names are private: any release may rename them."""

    task_states: Mapping[asyncio.Task[Any], Any]  # has the cancel scope of each task that is in one
    claim_thread: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[Any]]  # makes anyio.from_thread work


@functools.cache
def _find_anyio_parts() -> _AnyioParts | None:
    """Return what is needed of anyio's inside, or None if this release of anyio has it elsewhere."""
    # Imported late: anyio itself loads its part for asyncio on first use.
    try:
        from anyio._backends._asyncio import AsyncIOBackend, _task_states
        from anyio._core._eventloop import claim_worker_thread, threadlocals
    except ImportError:
        return None

    @contextmanager
    def claim_thread(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        with claim_worker_thread(AsyncIOBackend, loop):
            threadlocals.current_cancel_scope = None  # none but for the calls that anyio makes itself
            yield

    return _AnyioParts(task_states=_task_states, claim_thread=claim_thread)


def cancel_scope_of(task: asyncio.Task[Any]) -> object:
    """Return the innermost cancel scope of anyio around a task, or None; something new each time if we cannot tell."""
    parts = _find_anyio_parts()
    if parts is None:
        return object()
    state = parts.task_states.get(task)
    return None if state is None else state.cancel_scope


async def finish_in_thread(func: Callable[[], T]) -> T:
    """Call ``func()`` in a thread at once, however many calls run already, and wait for it even in a cancelled scope.

    For what gives resources back: were it to wait for a token of the limiter while every token is held by a call that
    waits for the resource, nothing would ever go on.
    """
    desk = _find_desk(current_task())
    if desk is not None:
        future = desk.submit(func)
        try:
            return await future
        finally:
            del future  # see call_in_thread()
    with anyio.CancelScope(shield=True):
        result = await anyio.to_thread.run_sync(func, limiter=anyio.CapacityLimiter(1))
    return result


def current_task() -> asyncio.Task[Any] | None:
    """Return the running task of asyncio; None on another event loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def is_in_cancel_scope() -> bool:
    """Tell whether the running task is inside an anyio cancel scope, or may be: elsewhere than on asyncio, it may."""
    parts = _find_anyio_parts()
    try:
        task = asyncio.current_task()
    except RuntimeError:  # another event loop
        task = None
    if parts is None or task is None:
        return True
    state = parts.task_states.get(task)
    return state is not None and state.cancel_scope is not None


class _Desk:
    """Where the tasks of one event loop leave calls, and the threads of that loop leave results.

    ``submit``, ``collect`` and the count of calls in flight belong to the thread of the loop; the rest is shared.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, parts: _AnyioParts) -> None:
        self.loop = loop
        self._claim_thread = parts.claim_thread
        self.limiter = anyio.to_thread.current_default_thread_limiter()
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._outcomes: deque[Outcome] = deque()
        self._is_collection_due = False
        self._in_flight = 0
        self._thread_count = 0
        self._count_lock = threading.Lock()

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

    def __init__(self, desk: _Desk) -> None:
        self.desk = desk

    def __del__(self) -> None:
        self.desk.dismiss()


# A thread runs one loop at a time, so it holds one desk; running another loop there dismisses the first one's threads.
_local = threading.local()
_desks: weakref.WeakSet[_Desk] = weakref.WeakSet()


def _find_desk(task: asyncio.Task[Any] | None) -> _Desk | None:
    """Return the desk for the calls of a task, or None if they need what only anyio can do."""
    # A task that is being cancelled must not start a call: anyio's checkpoint sees to that.
    if task is None or cancel_scope_of(task) is not None or task.cancelling():
        return None
    loop = task.get_loop()
    lease: _Lease | None = getattr(_local, "lease", None)
    if lease is not None and lease.desk.loop is loop:
        return lease.desk
    parts = _find_anyio_parts()
    if parts is None:
        return None
    desk = _Desk(loop, parts)
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
