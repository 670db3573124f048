"""The match table: from a path and a method to the route that answers, at a cost that does not grow with the routes.

The one rule: the answer is the one of Starlette's loop over the routes, the first full match in the order of
declaration, else the first partial one. Paths without parameters are looked up in a dict, the others walk a tree of
segments. What neither can decide (an overridden `matches()`, a host, a parameter that may contain "/") is asked by
`route.matches(scope)`, in its place in the order, and only when the cheaper answer is not already final.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from starlette.convertors import Convertor
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Scope

from vivace._endpoint.sending import tracked
from vivace._routing.templates import UNKNOWN, Param, Segment, Template, Test, is_builtin, parse_template

__all__ = ["WEBSOCKET", "Table", "build_tables"]

# Stands for the method in the table of websockets.
WEBSOCKET: Final = "websocket"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """A route in the table.

    Attributes:
        order: Its place in the order of declaration.
        methods: The methods it answers; None for all.
        params: Filled by whole segments; None if the route must be asked.
        is_opaque: Nothing about the route is known before it is asked.
        is_guarded: A convertor that fails means "no match": it is a number too long for `int()`.
        is_direct: Its `app` may be called without `handle()`.
        notes_start: Its `app` notes in the scope that a response has started.
    """

    order: int
    route: Any  # BaseRoute, with the attributes of Route where `is_direct`
    methods: frozenset[str] | None
    template: Template
    params: tuple[Param, ...] | None
    is_opaque: bool
    is_guarded: bool
    is_direct: bool
    notes_start: bool


class Node:
    """A place in the tree: what the segments so far have led to."""

    __slots__ = (
        "by_method",
        "child",
        "ends",
        "final_before",
        "is_mixed",
        "literals",
        "open_entries",
        "patterns",
        "test",
    )

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.patterns: dict[str, tuple[Test, Node]] = {}
        self.ends: list[Entry] = []
        self.open_entries: list[Entry] = []
        # Set by freeze():
        self.child: Node | None = None
        self.test: Test = bool
        self.is_mixed = False
        self.by_method: dict[str, Entry] = {}
        self.final_before: float = inf

    def step(self, segment: Segment) -> Node:
        """Return the node after one more segment, making it if needed."""
        text, test = segment
        if test is not None:
            if text not in self.patterns:
                self.patterns[text] = (test, Node())
            return self.patterns[text][1]
        if text not in self.literals:
            self.literals[text] = Node()
        return self.literals[text]

    def freeze(self, final_before: float) -> None:
        """Settle what can be settled before the first request.

        Args:
            final_before: The place in the order of the first route, on the way here, that must be asked about any path.
        """
        for entry in self.ends:
            if entry.params is None or entry.methods is None or entry.order > final_before:
                break
            for method in entry.methods:
                self.by_method.setdefault(method, entry)
        self.final_before = min(final_before, self.open_entries[0].order) if self.open_entries else final_before
        if len(self.patterns) == 1:
            [(self.test, self.child)] = self.patterns.values()
        self.is_mixed = len(self.patterns) > 1


class Table:
    """Routes of one kind of scope, ready to be matched. Immutable."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._root = Node()
        # One more than any template has: so a longer path never has as many segments as a template.
        self._max_split = max((len(entry.template.segments) for entry in entries), default=0)
        for entry in entries:
            node = self._root
            for segment in entry.template.segments:
                node = node.step(segment)
            (node.open_entries if entry.template.is_open else node.ends).append(entry)
        self._freeze()
        self._exact = self._resolve_exact(entries)

    def select(self, scope: Scope, path: str, method: str) -> ASGIApp | None:
        """Return the ASGI app that answers, with the scope made ready for it; None if no route matches.

        Args:
            scope: Gets "route", "endpoint" and "path_params".
            path: The path of the scope, without its root path.
            method: The method, or `WEBSOCKET`.
        """
        by_path = self._exact.get(method)
        if by_path is not None and path in by_path:
            return _enter(scope, by_path[path], [])
        if path.endswith("\n"):
            return self._select_by_regex(scope, path)
        # PERF: the walk is written out here, and gives up to _select_among() where a path can go on in two ways.
        segments = path.split("/", self._max_split)
        node = self._root
        for segment in segments:
            following = node.literals.get(segment)
            if node.is_mixed:
                return self._select_among(scope, segments, method)
            if following is None:
                following = node.child
                if following is None or not node.test(segment):
                    return None if node.final_before == inf else self._select_among(scope, segments, method)
            elif node.child is not None:
                return self._select_among(scope, segments, method)
            node = following
        entry = node.by_method.get(method)
        if entry is None:
            return self._select_among(scope, segments, method)
        try:
            return _enter(scope, entry, segments)
        except ValueError:
            return self._select_among(scope, segments, method)

    def _select_among(self, scope: Scope, segments: Sequence[str], method: str) -> ASGIApp | None:
        candidates = self._candidates(segments)
        for entry in candidates:
            if entry.params is None:
                return _first_match(scope, candidates)
            if entry.methods is None or method in entry.methods:
                try:
                    return _enter(scope, entry, segments)
                except ValueError:
                    continue
        return _first_match(scope, candidates)

    def _select_by_regex(self, scope: Scope, path: str) -> ASGIApp | None:
        """Match a path that ends in a line feed: in a regular expression, "$" matches before it as well."""
        entries = {
            entry.order: entry
            for each in (path, path[:-1])
            for entry in self._candidates(each.split("/", self._max_split))
        }
        return _first_match(scope, [entries[order] for order in sorted(entries)])

    def _candidates(self, segments: Sequence[str]) -> list[Entry]:
        """Return every entry that may match, in the order of declaration."""
        nodes = [self._root]
        found: list[Entry] = []
        for segment in segments:
            following: list[Node] = []
            for node in nodes:
                found += node.open_entries
                literal = node.literals.get(segment)
                if literal is not None:
                    following.append(literal)
                following += [child for test, child in node.patterns.values() if test(segment)]
            nodes = following
            if not nodes:
                break
        else:
            for node in nodes:
                found += node.ends
        found.sort(key=_order)
        return found

    def _freeze(self) -> None:
        waiting: list[tuple[Node, float]] = [(self._root, inf)]
        while waiting:
            node, final_before = waiting.pop()
            node.freeze(final_before)
            waiting += [(child, node.final_before) for child in node.literals.values()]
            waiting += [(child, node.final_before) for _, child in node.patterns.values()]

    def _resolve_exact(self, entries: Iterable[Entry]) -> dict[str, dict[str, Entry]]:
        """Return the entries for paths without parameters, by method and path, where nothing before them may match."""
        exact: dict[str, dict[str, Entry]] = {}
        paths = {entry.route.path for entry in entries if not entry.is_opaque and entry.template.is_static}
        for path in paths:
            answered: set[str] = set()
            for entry in self._candidates(path.split("/", self._max_split)):
                if entry.is_opaque:
                    break
                if entry.params is None and not entry.route.path_regex.match(path):
                    continue
                if entry.methods is None:
                    break
                for method in entry.methods - answered:
                    if entry.template.is_static:
                        exact.setdefault(method, {})[path] = entry
                answered |= entry.methods
        return exact


def _order(entry: Entry) -> int:
    return entry.order


def _enter(scope: Scope, entry: Entry, segments: Sequence[str]) -> ASGIApp:
    """Make the scope ready for a route whose parameters fill whole segments, and return its app.

    Raises:
        ValueError: a convertor refuses the text: a number too long for `int()`.
    """
    outer_params = scope.get("path_params")
    path_params = dict(outer_params) if outer_params else {}
    for name, position, convert in entry.params or ():
        text = segments[position]
        path_params[name] = text if convert is None else convert(text)
    route = entry.route
    scope["route"] = route
    scope["endpoint"] = route.endpoint
    scope["path_params"] = path_params
    # PERF: as in `_app_of`, without the call (benchmark: plain GET).
    return route.app if entry.notes_start else _app_of(entry)


def _app_of(entry: Entry) -> ASGIApp:
    app: ASGIApp = entry.route.app if entry.is_direct else entry.route.handle
    return app if entry.notes_start else tracked(app)


def _first_match(scope: Scope, entries: Iterable[Entry]) -> ASGIApp | None:
    """Ask the routes in turn, as Starlette's router does."""
    partial: tuple[BaseRoute, Scope] | None = None
    for entry in entries:
        try:
            match, child_scope = entry.route.matches(scope)
        except ValueError:
            # A number too long for int() is no match; in Starlette it is a 500. A program's convertor may raise.
            if not entry.is_guarded:
                raise
            continue
        if match is Match.FULL:
            scope["route"] = entry.route
            scope.update(child_scope)
            return _app_of(entry)
        if match is Match.PARTIAL and partial is None:
            partial = entry.route, child_scope
    if partial is None:
        return None
    scope["route"], child_scope = partial
    scope.update(child_scope)
    return partial[0].handle  # answers 405, with Allow


# A class with a `matches()` of its own is asked, one with a `handle()` of its own is called through it.
KNOWN_MATCHES: Final = (Route.matches, WebSocketRoute.matches, Mount.matches)
KNOWN_HANDLES: Final = (Route.handle, WebSocketRoute.handle, Mount.handle)


def _describe(order: int, route: BaseRoute) -> Entry:
    is_opaque = not _is_inherited(route, "matches", KNOWN_MATCHES)
    methods: frozenset[str] | None = None
    template = UNKNOWN
    convertors: dict[str, Convertor[Any]] = {}
    if isinstance(route, Route | WebSocketRoute | Mount) and not is_opaque:
        path = route.path + "/{path:path}" if isinstance(route, Mount) else route.path
        # An expression that is made on demand is not asked for: compiling it costs more than all else here.
        regex = vars(route).get("path_regex")
        convertors = route.param_convertors
        template = parse_template(path, convertors, None if regex is None else regex.pattern)
        if isinstance(route, WebSocketRoute):
            methods = frozenset({WEBSOCKET})
        elif isinstance(route, Route) and route.methods:
            methods = frozenset(route.methods)
    is_direct = _is_inherited(route, "handle", KNOWN_HANDLES)
    return Entry(
        order=order,
        route=route,
        methods=methods,
        template=template,
        params=template.params,
        is_opaque=is_opaque,
        is_guarded=not is_opaque and is_builtin(convertors),
        is_direct=is_direct,
        notes_start=is_direct and getattr(route, "notes_response_start", False),
    )


def _is_inherited(route: BaseRoute, name: str, known: tuple[object, ...]) -> bool:
    return getattr(type(route), name) in known and name not in getattr(route, "__dict__", ())


def build_tables(routes: Iterable[BaseRoute]) -> tuple[Table, Table]:
    """Return the tables for HTTP and for websockets."""
    entries = [_describe(order, route) for order, route in enumerate(routes)]
    http = [entry for entry in entries if not isinstance(entry.route, WebSocketRoute) or entry.is_opaque]
    websocket = [entry for entry in entries if not isinstance(entry.route, Route) or entry.is_opaque]
    return Table(http), Table(websocket)
