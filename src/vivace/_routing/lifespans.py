"""What runs at startup and shutdown: one lifespan from the many forms and from several routers.

The one rule: whatever its form, a lifespan becomes a function of the app that returns an async context manager.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Protocol

from starlette.types import Lifespan

from vivace._inspection.callables import CallableKind, kind_of

__all__ = ["EventLifespan", "MergedLifespan", "merge_lifespans", "normalise_lifespan"]


def normalise_lifespan(lifespan: Any) -> Lifespan[Any]:
    """Return a lifespan of any accepted form as a function that returns an async context manager.

    Args:
        lifespan: Such a function or class, or an (async) generator function that yields once.
    """
    if inspect.isasyncgenfunction(lifespan):
        return asynccontextmanager(lifespan)
    if inspect.isgeneratorfunction(lifespan):
        return _lift(contextmanager(lifespan))
    return lifespan  # type: ignore[no-any-return]  # taken on trust, as a program may bring any callable


def _lift(manager: Callable[[Any], Any]) -> Lifespan[Any]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        with manager(app) as state:
            yield state

    return lifespan


class HasEvents(Protocol):
    """A router, as far as its event handlers go."""

    on_startup: list[Callable[[], Any]]
    on_shutdown: list[Callable[[], Any]]


class EventLifespan:
    """Calls the event handlers of a router: those it has at that time, not those it had at first."""

    def __init__(self, router: HasEvents) -> None:
        self.router = router

    @asynccontextmanager
    async def __call__(self, app: object) -> AsyncIterator[None]:
        await _call_in_turn(self.router.on_startup)
        try:
            yield
        finally:
            await _call_in_turn(self.router.on_shutdown)


async def _call_in_turn(handlers: Sequence[Callable[[], Any]]) -> None:
    for handler in handlers:
        if kind_of(handler) is CallableKind.ASYNC:
            await handler()
        else:
            handler()


class MergedLifespan:
    """Enters several lifespans in order, leaves them in the opposite one; the state of an earlier one wins."""

    def __init__(self, *parts: Lifespan[Any]) -> None:
        self.parts = parts

    @asynccontextmanager
    async def __call__(self, app: Any) -> AsyncIterator[Mapping[str, Any] | None]:
        # One stack instead of nested managers: hundreds of included routers must not exhaust the recursion limit.
        async with AsyncExitStack() as stack:
            states = [await stack.enter_async_context(part(app)) for part in self.parts]
            given = [state for state in states if state is not None]
            merged: dict[str, Any] = {}
            for state in reversed(given):
                merged.update(state)
            yield merged if given else None


def merge_lifespans(outer: Lifespan[Any], inner: Lifespan[Any]) -> Lifespan[Any]:
    """Return a lifespan that runs `inner` inside `outer`."""
    parts = outer.parts if isinstance(outer, MergedLifespan) else (outer,)
    merged: Any = MergedLifespan(*parts, inner)  # its state is a mapping or None; Lifespan wants one known beforehand
    return merged  # type: ignore[no-any-return]  # see above
