"""Calls a dependency in the way its kind asks for, and keeps what it yields open until its scope ends."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any

import anyio

from vivace._inspection.callables import CallableKind, kind_of
from vivace.concurrency import contextmanager_in_threadpool, run_in_threadpool
from vivace.types import Handler

__all__ = ["call_dependency", "enter_dependency"]


class _ShieldedExit(AbstractAsyncContextManager[Any]):
    """Lets the clean-up of an async generator finish when its request is cancelled."""

    __slots__ = ("_inner",)

    def __init__(self, inner: AbstractAsyncContextManager[Any]) -> None:
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


async def enter_dependency(stack: AsyncExitStack, call: Handler, kind: CallableKind, values: dict[str, Any]) -> Any:
    """Run a generator up to its `yield` and return what it yields; the rest runs when `stack` closes."""
    manager: AbstractAsyncContextManager[Any]
    if kind is CallableKind.ASYNC_GENERATOR:
        manager = _ShieldedExit(asynccontextmanager(call)(**values))
    else:
        manager = contextmanager_in_threadpool(contextmanager(call)(**values))
    return await stack.enter_async_context(manager)


async def call_dependency(call: Handler, values: dict[str, Any], stack: AsyncExitStack | None) -> Any:
    """Return the value of a dependency; `stack` is where generators stay open."""
    kind = kind_of(call)
    if kind.yields:
        assert stack is not None
        return await enter_dependency(stack, call, kind, values)
    if kind is CallableKind.ASYNC:
        return await call(**values)
    return await run_in_threadpool(call, **values)
