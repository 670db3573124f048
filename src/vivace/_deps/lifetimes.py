"""Calls a dependency in the way its kind asks for, and keeps what it yields open until its scope ends."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, NoReturn

import anyio

from vivace._inspection.callables import CallableKind, kind_of
from vivace._threads import Hold, call_in_thread, is_in_cancel_scope
from vivace.concurrency import contextmanager_in_threadpool
from vivace.types import Handler

__all__ = ["OpenDependencies", "call_dependency"]

Manager = AbstractAsyncContextManager[Any]
Generating = AsyncGenerator[Any, None]


class _ShieldedExit(AbstractAsyncContextManager[Any]):
    """Lets the clean-up of an async generator finish when its request is cancelled."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Manager) -> None:
        self._inner = inner

    async def __aenter__(self) -> Any:
        return await self._inner.__aenter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        is_swallowed: bool | None = None
        with anyio.CancelScope(shield=True):
            is_swallowed = await self._inner.__aexit__(exc_type, exc, traceback)
        return is_swallowed


async def call_dependency(call: Handler, values: dict[str, Any], stack: AsyncExitStack) -> Any:
    """Return the value of a dependency; `stack` is where generators stay open."""
    kind = kind_of(call)
    if kind is CallableKind.ASYNC:
        return await call(**values)
    if not kind.yields:
        return await call_in_thread(functools.partial(call, **values))
    is_async = kind is CallableKind.ASYNC_GENERATOR
    manager = _ShieldedExit(asynccontextmanager(call)(**values)) if is_async else _threaded(call, values)
    hold = Hold()
    stack.callback(hold.end)  # before the entry, so that it comes after the exit, which may need threads
    value = await stack.enter_async_context(manager)
    hold.begin()
    return value


def _threaded(call: Handler, values: dict[str, Any]) -> Manager:
    return contextmanager_in_threadpool(contextmanager(call)(**values))


class OpenDependencies(Hold):
    """The dependencies of one request that have yielded, each waiting to be finished: the last one entered first.

    PERF: an `AsyncExitStack` of context managers in the case where nothing goes wrong, without the managers and the
    cancel scopes (benchmark: one `yield` dependency). When something does, it becomes exactly that.
    """

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: list[Generating | Manager] = []

    async def enter_async(self, generator: Generating) -> Any:
        """Run an async generator up to its `yield` and return what it yields."""
        try:
            value = await generator.__anext__()
        except StopAsyncIteration:
            raise RuntimeError("generator didn't yield") from None
        if not self._open:
            self.begin()
        self._open.append(generator)
        return value

    async def enter_threaded(self, call: Handler, values: dict[str, Any]) -> Any:
        """Run a generator up to its `yield` in a thread and return what it yields."""
        manager = _threaded(call, values)
        value = await manager.__aenter__()
        if not self._open:
            self.begin()
        self._open.append(manager)
        return value

    async def close(self) -> None:
        """Finish them all. An exception of one is seen by those that were entered before it."""
        waiting = self._open
        while waiting:
            last = waiting.pop()
            try:
                if isinstance(last, AbstractAsyncContextManager):
                    await last.__aexit__(None, None, None)
                else:
                    await _finish(last)
            except BaseException as exc:
                if not await self.close_with(exc):
                    raise
                return
        self.is_held = False

    async def close_with(self, exc: BaseException) -> bool:
        """Finish them all with an exception raised at their `yield`. Returns whether one of them swallowed it."""
        try:
            async with AsyncExitStack() as stack:
                for item in self._open:
                    stack.push_async_exit(item if isinstance(item, AbstractAsyncContextManager) else _managed(item))
                self._open = []
                raise exc
            return True
        finally:
            self.is_held = False
            del exc  # its traceback has this frame: no cycle is to stay behind


def _managed(generator: Generating) -> Manager:
    """Return the context manager of a generator that has been entered already."""
    return _ShieldedExit(asynccontextmanager(lambda: generator)())


async def _finish(generator: Generating) -> None:
    """Run a generator from its `yield` to its end, shielded from cancellation."""
    if is_in_cancel_scope():  # one that is cancelled must not be seen even by the first step
        with anyio.CancelScope(shield=True):
            await _run_out(generator, generator.__anext__())
        return
    step: Any = generator.__anext__()
    try:
        awaited = step.send(None)
    except StopAsyncIteration:
        return  # it did not wait for anything: there was no moment at which it could have been cancelled
    except StopIteration:
        await _refuse_second_yield(generator)
    with anyio.CancelScope(shield=True):
        await _run_out(generator, _Resumed(step, awaited))


async def _run_out(generator: Generating, step: Awaitable[Any]) -> None:
    try:
        await step
    except StopAsyncIteration:
        return
    await _refuse_second_yield(generator)


async def _refuse_second_yield(generator: Generating) -> NoReturn:
    await generator.aclose()
    raise RuntimeError("generator didn't stop")


class _Resumed:
    """Goes on awaiting what was started by hand: `awaited` is what it asked the event loop for."""

    __slots__ = ("_awaited", "_step")

    def __init__(self, step: Any, awaited: Any) -> None:
        self._step = step
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        step, awaited = self._step, self._awaited
        while True:
            try:
                sent = yield awaited
            except BaseException as exc:
                advance, argument = step.throw, exc
            else:
                advance, argument = step.send, sent
            try:
                awaited = advance(argument)
            except StopIteration as stop:
                return stop.value
