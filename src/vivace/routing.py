"""Routes, routers and the functions that serve them, under the reference's import path.

Whoever replaces one of these functions here (`vivace.routing.run_endpoint_function = ...`) has the new one called by
every route from the next request on, until the original is put back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, Final

from starlette.routing import BaseRoute, Mount

from vivace._borrowed import borrowed_names
from vivace._endpoint import events
from vivace._endpoint.seams import seams
from vivace._endpoint.stages import (
    get_request_handler,
    get_websocket_app,
    request_response,
    run_endpoint_function,
    serialize_response,
    solve_dependencies,
)
from vivace._endpoint.websocket import websocket_session
from vivace._routing.router import APIRouter
from vivace._routing.routes import APIRoute
from vivace._routing.websocket_routes import APIWebSocketRoute

__all__ = [
    "APIRoute",
    "APIRouter",
    "APIWebSocketRoute",
    "Mount",
    "RouteContext",
    "get_request_handler",
    "get_websocket_app",
    "iter_route_contexts",
    "request_response",
    "run_endpoint_function",
    "serialize_response",
    "solve_dependencies",
    "websocket_session",
]


_ALWAYS_THERE: Final = frozenset({"path", "path_format", "name", "methods", "endpoint"})


class RouteContext:
    """A route as it is served: with its full path and everything that the routers around it add.

    Here the routes of an app are just that, so a context only passes their attributes on. `path`, `path_format`,
    `name`, `methods` and `endpoint` are None where a route has no such thing: a mount, or a route of another kind.
    """

    def __init__(self, route: BaseRoute) -> None:
        self.route = route
        self.original_route: BaseRoute = getattr(route, "original_route", route)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.route, name, None) if name in _ALWAYS_THERE else getattr(self.route, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.route!r})"


def iter_route_contexts(routes: Iterable[BaseRoute | RouteContext]) -> Iterator[RouteContext]:
    """Yield a context for each route."""
    for route in routes:
        yield route if isinstance(route, RouteContext) else RouteContext(route)


_EffectiveRouteContext = RouteContext


class _IncludedRouter(BaseRoute):
    """Asked for by programs that walk the reference's tree of routes. Here routes are flat: there are none of these."""

    original_router: APIRouter


class _RoutingModule(ModuleType):
    """Lets the endpoints know what programs put in the place of a function, or of a name of the reference's."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in seams:
            seams.replace(name, value)

    @property
    def _PING_INTERVAL(self) -> float:
        """Seconds of silence before a stream of events sends a ping."""
        return events.ping_interval_s()

    @_PING_INTERVAL.setter
    def _PING_INTERVAL(self, seconds: float) -> None:
        events.set_ping_interval(seconds)


__getattr__ = borrowed_names(__name__)

_this: Final = sys.modules[__name__]
_this.__class__ = _RoutingModule
for _name in [name for name in __all__ if name in seams]:
    seams.replace(_name, getattr(_this, _name))  # a module that is loaded again has the originals
