"""The markers `Depends` and `Security`: what to call for the value of an argument. They hold what was declared."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

import anyio

__all__ = ["ConcurrencyLimit", "Depends", "Security"]


class ConcurrencyLimit:
    """How many calls of one declaration may run at once, on each event loop."""

    def __init__(self, max_concurrency: int) -> None:
        self.max_concurrency = max_concurrency
        self._semaphores: weakref.WeakKeyDictionary[Any, anyio.Semaphore] = weakref.WeakKeyDictionary()

    def get_semaphore(self) -> anyio.Semaphore:
        """Return the semaphore of the running event loop."""
        loop = _running_loop()
        semaphore = self._semaphores.get(loop)
        if semaphore is None:
            semaphore = self._semaphores[loop] = anyio.Semaphore(self.max_concurrency)
        return semaphore


def _running_loop() -> Any:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        import trio  # type: ignore[import-not-found,unused-ignore]  # running on it, so it is there

        return trio.lowlevel.current_trio_token()


@dataclass(frozen=True)
class Depends:
    """Declare that an argument is what `dependency` returns or yields.

    Without `dependency`, the type of the argument is called. `scope` says when the code after a `yield` runs:
    "request" (the default of generators) after the response was sent, "function" before. At most `max_concurrency`
    calls of this declaration run at once.
    """

    dependency: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Literal["function", "request"] | None = None
    _: KW_ONLY
    max_concurrency: int | None = None
    _concurrency: ConcurrencyLimit | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.max_concurrency is None:
            return
        # True is an int to Python, and nobody's number of calls.
        if not isinstance(self.max_concurrency, int) or self.max_concurrency is True or self.max_concurrency < 1:
            raise ValueError("max_concurrency must be a positive integer or None")
        object.__setattr__(self, "_concurrency", ConcurrencyLimit(self.max_concurrency))


@dataclass(frozen=True)
class Security(Depends):
    """A `Depends` that adds OAuth2 scopes to those its dependencies ask for."""

    scopes: Sequence[str] | None = None
