"""The kind of a callable: how it must be called to get its value. This module knows nothing about HTTP."""

from __future__ import annotations

import enum
import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["CallableKind", "describe_callable", "innermost", "kind_of", "without_partials"]


class CallableKind(enum.Enum):
    """How the value of a call is obtained."""

    SYNC = "sync"
    ASYNC = "async"
    GENERATOR = "generator"
    ASYNC_GENERATOR = "async generator"

    @property
    def yields(self) -> bool:
        """Whether the value is yielded, with clean-up after it."""
        return self in (CallableKind.GENERATOR, CallableKind.ASYNC_GENERATOR)

    @property
    def is_async(self) -> bool:
        """Whether the call runs on the event loop."""
        return self in (CallableKind.ASYNC, CallableKind.ASYNC_GENERATOR)


def without_partials(call: Any) -> Any:
    """Return what is left of `call` when every outer `functools.partial` is taken off."""
    while isinstance(call, functools.partial):
        call = call.func
    return call


def innermost(call: Any) -> Any:
    """Return what `call` wraps at the bottom, through partials and `functools.wraps`, in any order."""
    while True:
        inner = inspect.unwrap(without_partials(call))
        if inner is call:
            return call
        call = inner


def kind_of(call: Any) -> CallableKind:
    """Tell how to call `call`.

    A wrapper counts as what it wraps: `functools.wraps` over an `async def` returns an awaitable, whatever keyword
    the wrapper itself was written with. An `async def` wrapper over a plain function counts as async too.
    """
    try:
        return _kinds[call]
    except (KeyError, TypeError):  # TypeError: not hashable or not weakly referable
        kind = _find_kind(call)
    with suppress(TypeError):
        _kinds[call] = kind
    return kind


# PERF: asked a dozen times for each route that is declared, documented and compiled (benchmark: startup).
_kinds: WeakKeyDictionary[Any, CallableKind] = WeakKeyDictionary()


def _find_kind(call: Any) -> CallableKind:
    outer, inner = without_partials(call), innermost(call)
    for test, kind in _TESTS:
        if test(outer) or test(inner):
            return kind
    for candidate in (outer, inner):
        if inspect.isclass(candidate) or inspect.isroutine(candidate):
            continue
        dunder_call = getattr(candidate, "__call__", None)  # noqa: B004  its kind is read, not its presence
        for test, kind in _TESTS:
            if dunder_call is not None and (test(without_partials(dunder_call)) or test(innermost(dunder_call))):
                return kind
    return CallableKind.SYNC


_TESTS: tuple[tuple[Callable[[Any], bool], CallableKind], ...] = (
    (inspect.isasyncgenfunction, CallableKind.ASYNC_GENERATOR),
    (inspect.isgeneratorfunction, CallableKind.GENERATOR),
    (inspect.iscoroutinefunction, CallableKind.ASYNC),
)


def describe_callable(call: Any) -> str:
    """Name a callable for an error text, with file and line where they are known."""
    target = innermost(call)
    name = getattr(target, "__qualname__", None) or type(target).__qualname__
    code = getattr(target, "__code__", None)
    if code is None:
        return f"{name}()"
    return f"{name}() in {code.co_filename}, line {code.co_firstlineno}"
