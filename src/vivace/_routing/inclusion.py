"""The flat, live list of a router's routes, and how the routes of included routers appear in it.

The one rule: the list is an ordinary list to programs. They may change it as they like; what they did stays when routes
are added to an included router later, and a route in the list stays the same object as long as its source does.

Changes are found by comparing numbers, not announced: `clock.now` changes whenever any list of routes in the process
does, so "has anything changed?" is one comparison, and a router need not know who includes it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final, Protocol, runtime_checkable

from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute, compile_path
from starlette.types import Receive, Scope, Send

from vivace._endpoint.body_limits import BodyLimitMiddleware
from vivace._routing.guarded import add_guard
from vivace.options import RouteConfig

__all__ = ["Inclusion", "PrefixedRoute", "RouteList", "clock"]


class Clock:
    """Tells whether any list of routes in the process has changed."""

    __slots__ = ("_numbers", "now")

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.now = 0

    def next_number(self) -> int:
        """Return a number that was never returned before."""
        return next(self._numbers)

    def tick(self) -> int:
        """Note a change and return its number."""
        self.now = number = next(self._numbers)
        return number


clock: Final = Clock()


@runtime_checkable
class Includable(Protocol):
    """A route that knows how to appear in another router."""

    def included(self, *, prefix: str, outer: RouteConfig, dependency_overrides_provider: Any) -> BaseRoute:
        """Return a new route under the prefix, with its options settled under those of the outer layer."""


class PrefixedRoute(Mount):
    """A route without a path of its own (a host, a program's own kind) under the prefix of an inclusion."""

    def __init__(self, prefix: str, route: BaseRoute) -> None:
        super().__init__(prefix, routes=[route])
        self.original_route = route

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the prefix, then ask the route with the prefix as root path."""
        match, prefix_scope = super().matches(scope)
        if match is Match.NONE:
            return match, prefix_scope
        match, child_scope = self.original_route.matches({**scope, **prefix_scope})
        return match, {**prefix_scope, **child_scope}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the route."""
        await self.original_route.handle(scope, receive, send)


class Inclusion:
    """One call of `include_router()`: whose routes, and what is put around them.

    Args:
        source: The routes of the included router.
        prefix: What stands before their paths.
        outer: The options of the layers around, settled.
        dependency_overrides_provider: The app whose overrides hold.
        max_body_size: The limit of the included router.
        guard: The included router, if it is to be asked before its routes.
    """

    def __init__(
        self,
        source: RouteList,
        *,
        prefix: str,
        outer: RouteConfig,
        dependency_overrides_provider: Any,
        max_body_size: int | None = None,
        guard: Any = None,
    ) -> None:
        self.source = source
        # Of routes that have no options of their own.
        self.max_body_size = outer.max_body_size if max_body_size is None else max_body_size
        self.guard = guard
        self.prefix = prefix
        self.outer = outer
        self.dependency_overrides_provider = dependency_overrides_provider
        self._seen_version = -1
        # By the id of the source route; holding the source keeps its id from being used again.
        self._included: dict[int, tuple[BaseRoute, BaseRoute]] = {}
        self._pending = self._seen_version, self._included

    def is_stale(self) -> bool:
        """Whether the source has changed since its routes were last spread."""
        return self.source.version != self._seen_version

    def spread(self, items: list[BaseRoute | Inclusion]) -> list[BaseRoute | Inclusion]:
        """Return the items with the routes of the source as they are now.

        Routes that are new go behind the one they follow in the source. Those that the program took out stay out.
        Nothing is remembered before `settle()`: a route may refuse to appear here, and then no list has changed.
        """
        previous = self._included
        in_list = {id(item) for item in items}
        was_in_list = [route for _, route in previous.values() if id(route) in in_list]
        version = self.source.version
        included = {id(route): previous.get(id(route)) or (route, self._include(route)) for route in self.source}
        self._pending = version, included
        current = [route for key, (_, route) in included.items() if key not in previous or id(route) in in_list]
        start = items.index(self) + 1
        end = start + len(was_in_list)
        if [id(item) for item in items[start:end]] == [id(route) for route in was_in_list]:
            return [*items[:start], *current, *items[end:]]
        return self._weave(items, current, {id(route) for route in was_in_list})

    def settle(self) -> None:
        """Take what was spread for what is in the list."""
        self._seen_version, self._included = self._pending

    def _weave(
        self, items: list[BaseRoute | Inclusion], current: list[BaseRoute], was_in_list: set[int]
    ) -> list[BaseRoute | Inclusion]:
        """Keep the order that the program gave to the list: only put in what is new, and take out what is gone."""
        gone = was_in_list - {id(route) for route in current}
        behind: dict[int, list[BaseRoute]] = {}
        anchor: BaseRoute | Inclusion = self
        for route in current:
            if id(route) in was_in_list:
                anchor = route
            else:
                behind.setdefault(id(anchor), []).append(route)
        woven: list[BaseRoute | Inclusion] = []
        for item in items:
            if id(item) not in gone:
                woven.append(item)
            woven += behind.get(id(item), ())
        return woven

    def own_places(self, places: dict[int, int]) -> list[int]:
        """Return where the routes of this inclusion stand, of the places given by the ids of routes."""
        return [places[id(route)] for _, route in self._included.values() if id(route) in places]

    def _include(self, route: BaseRoute) -> BaseRoute:
        included = self._place(route)
        if self.guard is not None:
            add_guard(included, self.guard, self)
        return included

    def _place(self, route: BaseRoute) -> BaseRoute:
        if isinstance(route, Includable):
            return route.included(
                prefix=self.prefix,
                outer=self.outer,
                dependency_overrides_provider=self.dependency_overrides_provider,
            )
        twin = self._include_plain(route)
        if self.max_body_size is not None and isinstance(twin, Route | Mount) and not isinstance(twin, PrefixedRoute):
            twin.app = BodyLimitMiddleware(twin.app, self.max_body_size)
        return twin

    def _include_plain(self, route: BaseRoute) -> BaseRoute:
        if not self.prefix:
            return _copy(route)
        if isinstance(route, Mount) and not isinstance(route, PrefixedRoute):
            return _copy(route, self.prefix + route.path, "/{path:path}")
        if isinstance(route, Route | WebSocketRoute):
            return _copy(route, self.prefix + route.path)
        return PrefixedRoute(self.prefix, route)


def _copy(route: BaseRoute, path: str | None = None, rest: str = "") -> BaseRoute:
    twin: Any = copy.copy(route)  # BaseRoute, with the attributes of its class
    twin.original_route = route
    if path is not None:
        twin.path = path
        twin.path_regex, twin.path_format, twin.param_convertors = compile_path(path + rest)
    return twin  # type: ignore[no-any-return]  # the same class as `route`


class RouteList(list[BaseRoute]):
    """The routes of a router and of the routers it includes, in order, every one with its full path."""

    def __init__(self) -> None:
        super().__init__()
        self.own_version = clock.tick()
        self._checked_at = -1
        # The same routes, with each inclusion standing where its routes begin, as of `_items_version`.
        self._items: list[BaseRoute | Inclusion] = []
        self._items_version = self.own_version
        self._inclusions: list[Inclusion] = []

    @property
    def version(self) -> int:
        """A number that is another one after every change."""
        self.refresh()
        return self.own_version

    def contains(self, other: RouteList) -> bool:
        """Whether the routes of another list appear in this one by inclusion, at any depth."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            routes = waiting.pop()
            if routes is other:
                return True
            if id(routes) not in seen:
                seen.add(id(routes))
                waiting += [inclusion.source for inclusion in routes._inclusions]
        return False

    def include(self, inclusion: Inclusion) -> None:
        """Let the routes of another list appear at the end of this one."""
        items = inclusion.spread([inclusion])
        inclusion.settle()
        self._inclusions.append(inclusion)
        self._items = self._current_items()
        self._items += items
        super().extend(item for item in items if not isinstance(item, Inclusion))
        self._items_version = self.own_version = clock.tick()

    def append(self, route: BaseRoute) -> None:
        """Add a route at the end."""
        super().append(route)
        is_current = self._items_version == self.own_version
        self.own_version = clock.tick()
        if is_current:
            self._items.append(route)
            self._items_version = self.own_version

    def replace(self, routes: Iterable[BaseRoute]) -> None:
        """Make these the routes. An inclusion none of whose routes is among them ends."""
        kept = list(routes)
        places = {id(route): place for place, route in enumerate(kept)}
        before = {id(route): place for place, route in enumerate(self)}
        self._items = [
            item
            for item in self._current_items()
            if not isinstance(item, Inclusion) or item.own_places(places) or not item.own_places(before)
        ]
        self._inclusions = [item for item in self._items if isinstance(item, Inclusion)]
        super().__setitem__(slice(None), kept)
        self.note_change()

    def clear(self) -> None:
        """Take out all routes, and end all inclusions that brought some."""
        self.replace(())

    def __radd__(self, other: list[BaseRoute]) -> list[BaseRoute]:
        return [*other, *self]

    def refresh(self) -> None:
        """Take in what has changed in included routers."""
        now = clock.now
        if self._checked_at == now:
            return
        stale = [inclusion for inclusion in self._inclusions if inclusion.is_stale()]
        if stale:
            items = self._current_items()
            for inclusion in stale:
                items = inclusion.spread(items)
            for inclusion in stale:
                inclusion.settle()
            super().__setitem__(slice(None), [item for item in items if not isinstance(item, Inclusion)])
            self._items = items
            self._items_version = self.own_version = clock.next_number()
        self._checked_at = now

    def note_change(self) -> None:
        """Make the change of a program known."""
        self.own_version = clock.tick()

    def _current_items(self) -> list[BaseRoute | Inclusion]:
        """Return the routes with the inclusions put back where they belong after the program's changes."""
        if self._items_version == self.own_version:
            return self._items
        routes = list(list.__iter__(self))
        places = {id(route): place for place, route in reversed(list(enumerate(routes)))}
        kept = [places[id(item)] for item in self._items if id(item) in places]
        # Behind what stood before the inclusion; if nothing of that is left, before what stood first.
        place = kept[0] if kept else 0
        placed: list[tuple[int, Inclusion]] = []
        for item in self._items:
            if not isinstance(item, Inclusion):
                place = places.get(id(item), place - 1) + 1
                continue
            placed.append((min(item.own_places(places), default=place), item))
        placed.sort(key=lambda pair: pair[0])
        items: list[BaseRoute | Inclusion] = []
        begin = 0
        for place, inclusion in placed:
            items += [*routes[begin:place], inclusion]
            begin = place
        return items + routes[begin:]


def _fresh(name: str, *, changes: bool) -> Callable[..., Any]:
    operation = getattr(list, name)

    @wraps(operation)
    def method(self: RouteList, *args: Any, **kwargs: Any) -> Any:
        self.refresh()
        result = operation(self, *args, **kwargs)
        if changes:
            self.note_change()
        return result

    return method


# Every operation of a list first takes in what has changed in included routers.
READS: Final = (
    "__iter__",
    "__len__",
    "__getitem__",
    "__contains__",
    "__reversed__",
    "__eq__",
    "__ne__",
    "__add__",
    "__repr__",
    "copy",
    "count",
    "index",
)
CHANGES: Final = (
    "__setitem__",
    "__delitem__",
    "__iadd__",
    "__imul__",
    "extend",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
)
for _name in READS:
    setattr(RouteList, _name, _fresh(_name, changes=False))
for _name in CHANGES:
    setattr(RouteList, _name, _fresh(_name, changes=True))
