"""Routers that decide themselves: a subclass of `APIRouter` with a `matches()` or `handle()` of its own, included.

The one rule: such a router is asked once for all its routes that stand beside each other, in their place among the
others. The list of routes stays flat; only the match table has one entry for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

__all__ = ["Guarded", "add_guard", "candidates", "first_match", "grouped"]

# In the scope while a router is asked: the router, and which of its routes are meant.
_ASKED: Final = "vivace.asked_router"
# On a route: the routers to ask before it, from the outside in, each with what tells its inclusions apart.
_GUARDS: Final = "_guards"


def add_guard(route: BaseRoute, router: Any, inclusion: object) -> None:
    """Note that a router is to be asked before this route of one of its inclusions."""
    vars(route)[_GUARDS] = ((router, inclusion), *_guards(route))


def _guards(route: BaseRoute) -> tuple[tuple[Any, object], ...]:
    guards: tuple[tuple[Any, object], ...] = getattr(route, "__dict__", {}).get(_GUARDS, ())
    return guards


class Guarded(BaseRoute):
    """Neighbouring routes of a router that is to be asked about them."""

    def __init__(self, router: Any, routes: Iterable[BaseRoute]) -> None:
        self._router = router
        self._routes = list(routes)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Let the router match a scope against these routes."""
        outer = scope.get(_ASKED)
        scope[_ASKED] = self._router, self._routes
        try:
            match, child_scope = self._router.matches(scope)
        finally:
            del scope[_ASKED]
            if outer is not None:
                scope[_ASKED] = outer
        return match, {"route": self, **child_scope}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the router hand over to the route that it found."""
        if scope.get("route") is self:  # it said yes, and not which
            del scope["route"]
            scope.update(first_match(self._routes, scope)[1])
        await self._router.handle(scope, receive, send)


def first_match(routes: Iterable[BaseRoute], scope: Scope) -> tuple[Match, Scope]:
    """Ask routes in turn; the "route" of the scope that is returned is the one that matches, fully or else in part."""
    partial: tuple[Match, Scope] = Match.NONE, {}
    for route in routes:
        match, child_scope = route.matches(scope)
        if match is Match.FULL:
            return match, {"route": route, **child_scope}
        if match is Match.PARTIAL and partial[0] is Match.NONE:
            partial = match, {"route": route, **child_scope}
    return partial


def candidates(router: Any, scope: Scope) -> Iterable[BaseRoute]:
    """Return the routes that a router is asked about: all of its own, unless a `Guarded` asks."""
    asked = scope.get(_ASKED)
    if asked is not None and asked[0] is router:
        routes: list[BaseRoute] = asked[1]
        return routes
    own: Iterable[BaseRoute] = router.routes
    return own


def grouped(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Return routes for the match table: those of a router that is to be asked, in one."""
    return _grouped(routes, 0)


def _grouped(routes: Iterable[BaseRoute], depth: int) -> list[BaseRoute]:
    items: list[BaseRoute] = []
    for guard, members in groupby(routes, key=lambda route: next(iter(_guards(route)[depth:]), None)):
        neighbours = list(members)
        items += neighbours if guard is None else [Guarded(guard[0], _grouped(neighbours, depth + 1))]
    return items
