"""The functions of an endpoint that programs may replace, and whether they did. It calls none of them.

Programs replace them where the reference has them, as attributes of its module `routing`; the face of that name passes
it on to here. The one rule: nothing is asked per request on the compiled path. When a function is replaced or
restored, or the callable of a dependant is, routes forget what they have compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from vivace._deps.graph import call_watchers

__all__ = ["Compiled", "Seams", "seams"]


class Compiled(Protocol):
    """A route that has compiled its endpoint."""

    def forget_compiled(self) -> None:
        """Let the endpoint be compiled again for the next request."""


class Seams:
    """The replaceable functions by name, as they are now."""

    def __init__(self) -> None:
        self.replaced: frozenset[str] = frozenset()
        """The names of those that are not the original ones."""
        self._originals: dict[str, Callable[..., Any]] = {}
        self._current: dict[str, Callable[..., Any]] = {}
        # Routes compare by value, so they cannot be keys. Those that are gone leave by themselves.
        self._compiled: WeakValueDictionary[int, Compiled] = WeakValueDictionary()

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self._current[name]

    def __contains__(self, name: str) -> bool:
        return name in self._originals

    def offer(self, function: Callable[..., Any]) -> None:
        """Let a function be replaced, by its name."""
        self._originals[function.__name__] = self._current[function.__name__] = function

    def replace(self, name: str, function: Callable[..., Any]) -> None:
        """Put another function in the place of one that was offered, or the original back."""
        if self._current[name] is function:
            return
        self._current[name] = function
        current, originals = self._current, self._originals
        self.replaced = frozenset(each for each in originals if current[each] is not originals[each])
        self.forget_compiled()

    def watch(self, route: Compiled) -> None:
        """Let a route know when it has to compile again."""
        self._compiled[id(route)] = route

    def forget_compiled(self) -> None:
        """Let every route compile again when its next request comes."""
        routes = list(self._compiled.values())
        self._compiled.clear()
        for route in routes:
            route.forget_compiled()


seams: Final = Seams()
call_watchers.append(seams.forget_compiled)
