"""What the `routes` command prints: the table of routes, and what a request to one of them goes through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute, Match

__all__ = ["RouteNotFound", "Row", "explain", "list_routes", "rows_of"]


class RouteNotFound(Exception):
    """No route answers what was asked about. The text says what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table."""

    methods: str
    path: str
    name: str
    route: BaseRoute


def rows_of(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[Row]:
    """Yield the routes in the order in which they are asked, those below a mount after it."""
    for route in routes:
        path = prefix + (getattr(route, "path_format", None) or getattr(route, "path", "") or f"host {_host(route)}")
        path = path.removesuffix("/{path}") if hasattr(route, "routes") else path
        yield Row(methods=_methods(route), path=path or "/", name=getattr(route, "name", "") or "", route=route)
        yield from rows_of(
            getattr(route, "routes", None) or (), path if getattr(route, "path", None) is not None else ""
        )


def _host(route: BaseRoute) -> str:
    return str(getattr(route, "host", type(route).__name__))


def _methods(route: BaseRoute) -> str:
    methods = getattr(route, "methods", None)
    if methods:
        return ",".join(sorted(methods))
    if hasattr(route, "routes"):
        return "MOUNT"
    return "WEBSOCKET" if "WebSocket" in type(route).__name__ else "ANY"


def list_routes(app: Any) -> str:
    """Return the table of an app's routes, aligned."""
    rows = list(rows_of(app.routes))
    if not rows:
        return "The app has no routes."
    methods = max(len(row.methods) for row in rows)
    path = max(len(row.path) for row in rows)
    return "\n".join(f"{row.methods:<{methods}}  {row.path:<{path}}  {row.name}".rstrip() for row in rows)


def explain(app: Any, request: str) -> str:
    """Return in words what a request goes through.

    Args:
        app: An app with `routes`.
        request: A path as it was declared or as a client sends it, after a method if that is not GET.

    Raises:
        RouteNotFound: no route answers it, or none that can explain itself.
    """
    method, _, path = request.strip().rpartition(" ")
    method = method.strip().upper() or "GET"
    rows = list(rows_of(app.routes))
    found = next((row for row in rows if row.path == path and method in row.methods.split(",")), None)
    found = found or next((row for row in rows if _answers(row.route, method, path)), None)
    if found is None:
        there = sorted({row.methods for row in rows if row.path == path})
        hint = f" At {path!r} there is {', '.join(there)}." if there else " `vivace routes` lists what there is."
        raise RouteNotFound(f"No route answers {method} {path!r}.{hint}")
    how = getattr(found.route, "explain", None)
    if how is None:
        raise RouteNotFound(f"{method} {path!r} is a {type(found.route).__name__}, which cannot be explained.")
    return str(how())


def _answers(route: BaseRoute, method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": [], "path_params": {}}
    return route.matches(scope)[0] is Match.FULL
