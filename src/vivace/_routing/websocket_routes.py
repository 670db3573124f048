"""`APIWebSocketRoute`: a path and a websocket handler, with dependencies like any other."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

from starlette.routing import BaseRoute, WebSocketRoute, compile_path, get_name

from vivace._deps.graph import get_handler_dependant
from vivace._deps.markers import Depends
from vivace._endpoint.assemble import assemble_websocket
from vivace._endpoint.plan import EndpointPlan
from vivace._endpoint.planner import plan_line
from vivace._endpoint.seams import seams
from vivace._endpoint.websocket import websocket_app
from vivace._inspection.callables import describe_callable
from vivace._routing.templates import read_path
from vivace.options import RouteConfig
from vivace.types import ASGIApp, Handler

__all__ = ["APIWebSocketRoute"]


class APIWebSocketRoute(WebSocketRoute):
    """A websocket handler at a path.

    Args:
        path: The path, with parameters in braces.
        endpoint: The handler; it takes a `WebSocket` and whatever else it declares.
        name: The name for `url_path_for()`. Default: the handler's name.
        dependencies: Dependencies that run for their effect, before the handler's own.
        dependency_overrides_provider: The app whose overrides hold.
    """

    notes_response_start = True  # a websocket has no response that could start

    def __init__(
        self,
        path: str,
        endpoint: Handler,
        *,
        name: str | None = None,
        dependencies: Sequence[Depends] | None = None,
        dependency_overrides_provider: Any = None,
    ) -> None:
        self.endpoint = endpoint
        self.original_route: BaseRoute = self
        self.name = get_name(endpoint) if name is None else name
        self.dependencies = list(dependencies or ())
        try:
            self._place(path, dependency_overrides_provider)
        except Exception as exc:
            exc.add_note(f"Declared for websocket {path!r}: {describe_callable(endpoint)}.")
            raise

    def included(self, *, prefix: str, outer: RouteConfig, dependency_overrides_provider: Any) -> Self:
        """Return the route as it appears in a router that includes its own."""
        route = copy.copy(self)
        for name in ("app", "path_regex"):
            route.__dict__.pop(name, None)
        route.dependencies = [*outer.dependencies, *self.dependencies]
        route._place(prefix + self.path, dependency_overrides_provider)
        return route

    def _place(self, path: str, dependency_overrides_provider: Any) -> None:
        self.path = path
        self.path_format, self.param_convertors = read_path(path)
        self.dependency_overrides_provider = dependency_overrides_provider
        self.dependant = get_handler_dependant(
            path=self.path_format, call=self.endpoint, dependencies=self.dependencies
        )

    @cached_property
    def path_regex(self) -> re.Pattern[str]:  # type: ignore[override]  # made when asked for
        """The path as a regular expression."""
        return compile_path(self.path)[0]

    @cached_property
    def app(self) -> ASGIApp:  # type: ignore[override]  # made when asked for
        """The handler as an ASGI app."""
        seams.watch(self)
        self._compiled = self._make_app()
        return self._compiled

    def forget_compiled(self) -> None:
        """Make the app again for the next websocket, unless the program has put one of its own in place."""
        if vars(self).get("app") is self._compiled:
            vars(self).pop("app", None)

    def _make_app(self) -> ASGIApp:
        dependant, provider = self.dependant, self.dependency_overrides_provider
        if seams.replaced.isdisjoint({"get_websocket_app", "websocket_session"}):
            plan = EndpointPlan(dependant=dependant, overrides_provider=provider, is_websocket=True)
            exact = websocket_app(plan)
            line = None if seams.replaced else plan_line(plan)
            return exact if line is None else assemble_websocket(plan, line, exact)
        handler = seams["get_websocket_app"](
            dependant=dependant, dependency_overrides_provider=provider, embed_body_fields=False
        )
        app: ASGIApp = seams["websocket_session"](handler)
        return app
