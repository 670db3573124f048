"""Routes and routers, under the reference's import path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.routing import BaseRoute, Mount

from vivace._routing.router import APIRouter
from vivace._routing.routes import APIRoute
from vivace._routing.websocket_routes import APIWebSocketRoute

__all__ = ["APIRoute", "APIRouter", "APIWebSocketRoute", "Mount", "RouteContext", "iter_route_contexts"]


class RouteContext:
    """A route as it is served: with its full path and everything that the routers around it add.

    Here the routes of an app are just that, so a context only passes their attributes on.
    """

    def __init__(self, route: BaseRoute) -> None:
        self.route = route
        self.original_route: BaseRoute = getattr(route, "original_route", route)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.route, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.route!r})"


def iter_route_contexts(routes: Iterable[BaseRoute]) -> Iterator[RouteContext]:
    """Yield a context for each route."""
    for route in routes:
        yield RouteContext(route)
