"""The router: keeps routes, takes in other routers, and hands every request to the route that answers it.

The one rule: what a request costs here does not depend on how many routes there are. All is in the match table, which
is made again when routes have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Unpack

from starlette._utils import get_route_path
from starlette.datastructures import URL, URLPath
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import BaseRoute, Match, NoMatchFound, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from vivace._deps.markers import Depends
from vivace._endpoint.body_limits import BodyLimitMiddleware
from vivace._endpoint.forms import FORM_LIMITS
from vivace._form_limits import checked_body_size, checked_form_limits
from vivace._params.refusals import refused
from vivace._routing.frontend import (
    CheckDir,
    Directory,
    Fallback,
    Frontend,
    FrontendFiles,
    by_precedence,
    frontend_prefix,
    resolve_check_dir,
)
from vivace._routing.guarded import candidates, first_match, grouped
from vivace._routing.inclusion import Inclusion, RouteList, clock
from vivace._routing.lifespans import EventLifespan, merge_lifespans, normalise_lifespan
from vivace._routing.registrar import OWN_METHODS, Registrar
from vivace._routing.routes import APIRoute
from vivace._routing.table import WEBSOCKET, Table, build_tables
from vivace._routing.websocket_routes import APIWebSocketRoute
from vivace._signatures import ROUTE_DEFAULTS, ROUTER_DEFAULTS, shows_options
from vivace._straight import runs_straight
from vivace._watch import WATCH, found_route, watch_of
from vivace.datastructures import Default
from vivace.exceptions import FastAPIError
from vivace.options import (
    AddRouteOptions,
    IncludeOptions,
    RouteConfig,
    RouterOptions,
    check_option_names,
    generate_unique_id,
    settle,
)
from vivace.types import Handler

__all__ = ["APIRouter"]

ROUTER_OPTION_NAMES: Final = RouterOptions.__required_keys__ | RouterOptions.__optional_keys__
INCLUDE_OPTION_NAMES: Final = IncludeOptions.__required_keys__ | IncludeOptions.__optional_keys__
ADD_ROUTE_OPTION_NAMES: Final = AddRouteOptions.__required_keys__ | AddRouteOptions.__optional_keys__


class APIRouter(Registrar, Router):
    """A group of path operations with options in common, to be included in an app or in another router.

    `RouterOptions` documents the options. They become attributes of the same names, and hold for routes added later.
    """

    @shows_options(RouterOptions, {**ROUTER_DEFAULTS, "route_class": APIRoute})
    def __init__(self, **options: Unpack[RouterOptions]) -> None:
        check_option_names(options, ROUTER_OPTION_NAMES, type(self).__name__)
        self.prefix = _checked_prefix(options.get("prefix"))
        self.tags = options.get("tags") or []
        self.dependencies = list(options.get("dependencies") or [])
        self.responses = options.get("responses") or {}
        self.callbacks = options.get("callbacks") or []
        self.deprecated = options.get("deprecated")
        self.include_in_schema = options.get("include_in_schema", True)
        self.default_response_class = options.get("default_response_class", Default(JSONResponse))
        self.generate_unique_id_function = options.get("generate_unique_id_function", Default(generate_unique_id))
        self.strict_content_type = options.get("strict_content_type", Default(True))
        self.max_body_size = checked_body_size(options.get("max_body_size"))
        form_limits = options.get("form_limits")
        self.form_limits = {} if form_limits is None else checked_form_limits(form_limits)
        self.dependency_overrides_provider = options.get("dependency_overrides_provider")
        self.route_class = options.get("route_class", APIRoute)
        self.on_startup = list(options.get("on_startup") or [])
        self.on_shutdown = list(options.get("on_shutdown") or [])
        self._routes = RouteList()
        self._frontends = RouteList()
        super().__init__(
            routes=options.get("routes"),
            redirect_slashes=options.get("redirect_slashes", True),
            default=options.get("default"),
        )
        lifespan = options.get("lifespan")
        if lifespan is None:
            self.lifespan_context = EventLifespan(self)
        else:
            self.lifespan_context = normalise_lifespan(lifespan)
        self._tables: tuple[Table, Table] = build_tables(())
        self._tables_version = -1
        self._frontends_in_order: list[Frontend] = []
        self._tables_checked_at = -1
        if self.max_body_size is not None or self.form_limits:
            self.find_app = self._find_app_within_limits  # type: ignore[method-assign]  # others pay nothing for it

    def __init_subclass__(cls) -> None:
        # Starlette calls `app` through its middleware stack, a frame per request. Only who overrides `app` pays it.
        if "app" in vars(cls) and "__call__" not in vars(cls):
            cls.__call__ = Router.__call__  # type: ignore[method-assign]  # the same signature
        super().__init_subclass__()

    @property
    def routes(self) -> RouteList:
        """All routes, those of included routers among them, each with its full path."""
        return self._routes

    @routes.setter
    def routes(self, routes: Iterable[BaseRoute]) -> None:
        if routes is not self._routes:
            self._routes.replace(routes)

    @property
    def routes_version(self) -> int:
        """A number that is another one after every change of the routes."""
        return self._routes.version

    @property
    def _registry(self) -> APIRouter:
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the route that answers it."""
        await self.find_app(scope)(scope, receive, send)

    app = __call__

    def find_app(self, scope: Scope) -> ASGIApp:
        """Return the app that answers, a route's or the lifespan's, with the scope made ready for it."""
        if "router" not in scope:
            scope["router"] = self
        kind = scope["type"]
        if kind == "http" or kind == "websocket":
            path = get_route_path(scope) if scope.get("root_path") else scope["path"]
            http, websocket = self._tables if self._tables_checked_at == clock.now else self._refresh_tables()
            if kind == "http":
                app = http.select(scope, path, scope["method"])
            else:
                app = websocket.select(scope, path, WEBSOCKET)
            if app is None:
                app = self._find_redirect(scope, path) or self._find_frontend(scope, path) or self.default
            elif WATCH in scope:
                app = found_route(scope, app)
            return app
        assert kind == "lifespan"
        self._refresh_tables()  # PERF: or the first request would wait for it (benchmark: startup)
        return self.lifespan

    def _find_app_within_limits(self, scope: Scope) -> ASGIApp:
        if self.form_limits:  # apps that are mounted inside go by them, too
            scope[FORM_LIMITS] = {**scope.get(FORM_LIMITS, {}), **self.form_limits}
        app = APIRouter.find_app(self, scope)
        limit, around = self.max_body_size, scope.get(MAX_BODY_SIZE_SCOPE_KEY)
        if limit is None or scope["type"] != "http" or around == limit:
            return app
        has_own_limit = isinstance(scope.get("route"), APIRoute | None)  # or nothing that would read
        return app if around is None and has_own_limit else BodyLimitMiddleware(app, limit)

    def runs_straight(self, scope: Scope) -> bool:
        """Tell whether the route that answers runs straight: see `vivace._straight`."""
        probe = dict(scope)  # matching leaves its results in the scope
        http, _ = self._tables if self._tables_checked_at == clock.now else self._refresh_tables()
        app = http.select(probe, get_route_path(probe), probe["method"])
        return self._answers_the_unknown_plainly if app is None else runs_straight(app, probe)

    @property
    def _decides_itself(self) -> bool:
        cls = type(self)
        is_changed = cls.matches is not APIRouter.matches or cls.handle is not APIRouter.handle
        return is_changed or not vars(self).keys().isdisjoint(("matches", "handle"))

    @property
    def _answers_the_unknown_plainly(self) -> bool:
        return self.default == self.not_found and not self._frontends_in_order

    def _refresh_tables(self) -> tuple[Table, Table]:
        now = clock.now
        version = self._routes.version
        if version != self._tables_version:
            self._tables = build_tables(grouped(self._routes))
            self._tables_version = version
        self._frontends_in_order = by_precedence(self._frontends)
        self._tables_checked_at = now
        return self._tables

    def _find_redirect(self, scope: Scope, path: str) -> ASGIApp | None:
        """Return a redirect to the path with its last slash added or taken away, if that one would match."""
        if not self.redirect_slashes or path == "/" or scope["type"] != "http":
            return None
        redirect_scope = dict(scope)
        redirect_scope["path"] = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
        http, _ = self._tables
        app = http.select(redirect_scope, get_route_path(redirect_scope), scope["method"])
        if app is None:
            return None
        if WATCH in scope:
            found_route(redirect_scope, app)
        return RedirectResponse(url=str(URL(scope=redirect_scope)))

    def _find_frontend(self, scope: Scope, path: str) -> ASGIApp | None:
        if scope["type"] == "http":
            for frontend in self._frontends_in_order:
                if frontend.covers(path):
                    watch_of(scope).took_route(frontend)
                    return frontend.enter(scope)
        return None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a scope against the routes, so that a router may itself stand in a list of routes."""
        return first_match(candidates(self, scope), scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that `matches()` found answer."""
        route = scope.get("route")
        await (self.default if route is None else route.handle)(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route with a name, filled with its parameters.

        Raises:
            NoMatchFound: no route has this name and these parameters.
        """
        for route in self.routes:
            if isinstance(route, Route | WebSocketRoute) and route.name != name:
                continue  # PERF: spares raising and catching an exception per route
            try:
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                pass
        raise NoMatchFound(name, path_params)

    @shows_options(AddRouteOptions, ROUTE_DEFAULTS)
    def add_api_route(self, path: str, endpoint: Handler, **options: Unpack[AddRouteOptions]) -> None:
        """Let a function answer requests for a path, without a decorator."""
        check_option_names(options, ADD_ROUTE_OPTION_NAMES, f"{type(self).__name__}.add_api_route")
        route_class = options.pop("route_class_override", None) or self.route_class
        config = settle(self._layer(), RouteConfig.from_options(**options))
        # A class with a constructor of its own may look for any option, so it gets them all.
        is_plain = route_class.__init__ is APIRoute.__init__
        self.routes.append(
            route_class(
                self.prefix + path,
                endpoint=endpoint,
                dependency_overrides_provider=self.dependency_overrides_provider,
                **(config.as_options() if is_plain else config.as_complete_options()),
            )
        )

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Handler,
        name: str | None = None,
        *,
        dependencies: Sequence[Depends] | None = None,
    ) -> None:
        """Let a function serve websockets for a path, without a decorator."""
        self.routes.append(
            APIWebSocketRoute(
                self.prefix + path,
                endpoint,
                name=name,
                dependencies=[*self.dependencies, *(dependencies or ())],
                dependency_overrides_provider=self.dependency_overrides_provider,
            )
        )

    def frontend(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: CheckDir = "auto",
    ) -> None:
        # Documented in Registrar.
        prefix = self.prefix + frontend_prefix(path)
        files = FrontendFiles(directory, fallback=fallback, check_dir=resolve_check_dir(directory, check_dir))
        frontend = Frontend(
            prefix,
            files,
            dependencies=self.dependencies,
            dependency_overrides_provider=self.dependency_overrides_provider,
        )
        # Those of included routers come after it, whenever they came: between equal paths the first one answers.
        own = sum(not each.is_included for each in self._frontends if isinstance(each, Frontend))
        self._frontends.insert(own, frontend)

    @shows_options(IncludeOptions, ROUTER_DEFAULTS)
    def include_router(self, router: APIRouter, **options: Unpack[IncludeOptions]) -> None:
        """Add the routes of a router, those it has now and those it gets later.

        Raises:
            AssertionError: the prefix is malformed, or the router contains this one.
            FastAPIError: a route would have an empty path.
        """
        check_option_names(options, INCLUDE_OPTION_NAMES, f"{type(self).__name__}.include_router")
        self._check_includable(router)
        prefix = _checked_prefix(options.pop("prefix", ""))
        if not prefix:
            _refuse_empty_paths(router.routes)
        own: dict[str, Any] = {**options}
        if "default_response_class" in own:
            own["response_class"] = own.pop("default_response_class")
        outer = settle(self._layer(), RouteConfig.from_options(**own))
        for routes, source in ((self._routes, router.routes), (self._frontends, router._frontends)):
            routes.include(
                Inclusion(
                    source,
                    prefix=self.prefix + prefix,
                    outer=outer,
                    dependency_overrides_provider=self.dependency_overrides_provider,
                    max_body_size=router.max_body_size,
                    guard=router if router._decides_itself else None,
                )
            )
        # As the reference does: the handlers are called by this router's own events, and again by the merged lifespan.
        self.on_startup += router.on_startup
        self.on_shutdown += router.on_shutdown
        self.lifespan_context = merge_lifespans(self.lifespan_context, router.lifespan_context)

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Call a function at "startup" or "shutdown". Superseded by `lifespan`."""
        handlers = {"startup": self.on_startup, "shutdown": self.on_shutdown}
        if event_type not in handlers:
            raise AssertionError(f"There is no event {event_type!r}. Use 'startup' or 'shutdown'.")
        handlers[event_type].append(func)

    def _layer(self) -> RouteConfig:
        """Return the options that this router puts around its routes, as they are now."""
        return RouteConfig.from_options(
            tags=self.tags or None,
            dependencies=self.dependencies or None,
            responses=self.responses or None,
            callbacks=self.callbacks or None,
            deprecated=self.deprecated,
            include_in_schema=self.include_in_schema,
            response_class=self.default_response_class,
            generate_unique_id_function=self.generate_unique_id_function,
            strict_content_type=self.strict_content_type,
            max_body_size=self.max_body_size,
            form_limits=self.form_limits or None,
        )

    def _check_includable(self, router: APIRouter) -> None:
        if not isinstance(router, APIRouter):
            raise TypeError(
                f"include_router() takes an APIRouter, got {router!r}. To add an app under a path, use mount()."
            )
        if router is self:
            raise AssertionError(
                "Cannot include the same APIRouter instance into itself. Did you mean to include a different router?"
            )
        if router.routes.contains(self._routes):
            raise AssertionError(
                "Cannot include an APIRouter instance that already includes this router. "
                "Did you mean to include a different router?"
            )


OWN_METHODS.update((APIRouter.add_api_route, APIRouter.include_router))


def _checked_prefix(prefix: str | None) -> str:
    if not prefix:
        return ""
    if not prefix.startswith("/"):
        raise refused("A path prefix must start with '/'", f"write {'/' + prefix!r}.")
    if prefix.endswith("/"):
        raise refused(
            "A path prefix must not end with '/', as the routes will start with '/'", f"write {prefix.rstrip('/')!r}."
        )
    return prefix


def _refuse_empty_paths(routes: Iterable[BaseRoute]) -> None:
    for route in routes:
        if getattr(route, "path", None) == "":
            name = getattr(route, "name", "unknown")
            raise FastAPIError(f"Prefix and path cannot be both empty (path operation: {name})")
