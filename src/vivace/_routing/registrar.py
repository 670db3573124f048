"""How routes are declared: `get()`, `post()` and the others, once for the app and for routers.

The one rule: nothing is decided here. Every declaration ends in a method of the router that keeps the routes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

from typing_extensions import deprecated

from vivace._deps.markers import Depends
from vivace._routing.frontend import CheckDir, Directory, Fallback, resolve_check_dir
from vivace._signatures import ROUTE_DEFAULTS, ROUTER_DEFAULTS, shows_options
from vivace.options import AddRouteOptions, ApiRouteOptions, IncludeOptions, RouteOptions, check_option_names
from vivace.types import DecoratedCallable, Handler

if TYPE_CHECKING:
    from vivace._routing.router import APIRouter

__all__ = ["OWN_METHODS", "Registrar"]


ROUTE_OPTION_NAMES: Final = RouteOptions.__required_keys__ | RouteOptions.__optional_keys__
API_ROUTE_OPTION_NAMES: Final = ApiRouteOptions.__required_keys__ | ApiRouteOptions.__optional_keys__
INCLUDE_OPTION_NAMES: Final = IncludeOptions.__required_keys__ | IncludeOptions.__optional_keys__
_shows_route_options: Final = shows_options(RouteOptions, ROUTE_DEFAULTS)

OWN_METHODS: Final[set[Any]] = set()
"""The methods that take an absent option for its default. One that a program has put in their place may look for any
option, as it can in the reference, so it gets them all."""


def _for(method: Any, options: Any, names: Collection[str], defaults: Mapping[str, Any]) -> Any:
    if getattr(method, "__func__", None) in OWN_METHODS:
        return options
    return {**{name: defaults.get(name) for name in names}, **options}


class Registrar:
    """The declarations that an app and a router have in common."""

    @property
    def _registry(self) -> APIRouter:
        """The router that keeps the routes."""
        raise NotImplementedError

    @_shows_route_options
    def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer GET requests for a path; the options are those of `RouteOptions`."""
        return self._declare("get", path, options)

    @_shows_route_options
    def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer PUT requests for a path; the options are those of `RouteOptions`."""
        return self._declare("put", path, options)

    @_shows_route_options
    def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer POST requests for a path; the options are those of `RouteOptions`."""
        return self._declare("post", path, options)

    @_shows_route_options
    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer DELETE requests for a path; the options are those of `RouteOptions`."""
        return self._declare("delete", path, options)

    @_shows_route_options
    def options(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer OPTIONS requests for a path; the options are those of `RouteOptions`."""
        return self._declare("options", path, options)

    @_shows_route_options
    def head(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer HEAD requests for a path; the options are those of `RouteOptions`."""
        return self._declare("head", path, options)

    @_shows_route_options
    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer PATCH requests for a path; the options are those of `RouteOptions`."""
        return self._declare("patch", path, options)

    @_shows_route_options
    def trace(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer TRACE requests for a path; the options are those of `RouteOptions`."""
        return self._declare("trace", path, options)

    def _declare(self, verb: str, path: str, options: RouteOptions) -> Callable[[Any], Any]:
        check_option_names(options, ROUTE_OPTION_NAMES, f"{type(self).__name__}.{verb}")
        register = self._registry.api_route
        return register(
            path=path, methods=[verb.upper()], **_for(register, options, ROUTE_OPTION_NAMES, ROUTE_DEFAULTS)
        )

    @shows_options(ApiRouteOptions, ROUTE_DEFAULTS)
    def api_route(
        self, path: str, **options: Unpack[ApiRouteOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function answer requests for a path with any of `methods`; default: GET."""
        check_option_names(options, API_ROUTE_OPTION_NAMES, f"{type(self).__name__}.api_route")

        def register(handler: DecoratedCallable) -> DecoratedCallable:
            add = self._registry.add_api_route
            add(path, handler, **_for(add, options, API_ROUTE_OPTION_NAMES, ROUTE_DEFAULTS))
            return handler

        return register

    @shows_options(AddRouteOptions, ROUTE_DEFAULTS)
    def add_api_route(self, path: str, endpoint: Handler, **options: Unpack[AddRouteOptions]) -> None:
        """Let a function answer requests for a path, without a decorator."""
        add = self._registry.add_api_route
        add(path, endpoint, **_for(add, options, API_ROUTE_OPTION_NAMES, ROUTE_DEFAULTS))

    @shows_options(IncludeOptions, ROUTER_DEFAULTS)
    def include_router(self, router: APIRouter, **options: Unpack[IncludeOptions]) -> None:
        """Add the routes of a router, those it has now and those it gets later."""
        include = self._registry.include_router
        include(router, **_for(include, options, INCLUDE_OPTION_NAMES, ROUTER_DEFAULTS))

    def route(
        self,
        path: str,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function, which takes a Request and returns a Response, answer requests for a path."""

        def register(handler: DecoratedCallable) -> DecoratedCallable:
            self._registry.add_route(path, handler, methods, name, include_in_schema)
            return handler

        return register

    def websocket(
        self, path: str, name: str | None = None, *, dependencies: Sequence[Depends] | None = None
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function serve websockets for a path. It may declare parameters and dependencies."""

        def register(handler: DecoratedCallable) -> DecoratedCallable:
            self._registry.add_api_websocket_route(path, handler, name=name, dependencies=dependencies)
            return handler

        return register

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Handler,
        name: str | None = None,
        *,
        dependencies: Sequence[Depends] | None = None,
    ) -> None:
        """Let a function serve websockets for a path, without a decorator."""
        self._registry.add_api_websocket_route(path, endpoint, name=name, dependencies=dependencies)

    def websocket_route(self, path: str, name: str | None = None) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the decorated function, which takes a WebSocket, serve websockets for a path."""

        def register(handler: DecoratedCallable) -> DecoratedCallable:
            self._registry.add_websocket_route(path, handler, name)
            return handler

        return register

    def frontend(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: CheckDir = "auto",
    ) -> None:
        """Serve a directory with the build of a web page under a path, for requests that no route answers.

        Dependencies of the app, of routers and of inclusions run before a file is sent. Of several frontends the one
        with the longest path answers.

        Args:
            path: Put before the paths of the files, "/" for none. Braces in it are no parameters.
            directory: Where the files are.
            fallback: What answers where there is no file. "404.html": that file, with status 404. "index.html": that
                file, with status 200, if the client asks for a page (`Accept` names text/html). "auto": the first, else
                the second, as far as there are such files. None: an error 404.
            check_dir: Refuse a directory that is not there. "auto": yes, but only warn if the environment variable
                `FASTAPI_ENV` is "development", as with `vivace dev`.

        Raises:
            AssertionError: the path does not start with "/", or there is no such `fallback`.
            RuntimeError: the directory or the fallback file is not there.
        """
        check = resolve_check_dir(directory, check_dir)
        self._registry.frontend(path, directory=directory, fallback=fallback, check_dir=check)

    @deprecated("on_event is deprecated, use lifespan event handlers instead.")
    def on_event(self, event_type: Literal["startup", "shutdown"]) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Call the decorated function at startup or shutdown. Superseded by `lifespan`."""

        def register(handler: DecoratedCallable) -> DecoratedCallable:
            self._registry.add_event_handler(event_type, handler)
            return handler

        return register


OWN_METHODS.add(Registrar.api_route)
