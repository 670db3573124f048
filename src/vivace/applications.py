"""The application: a router, middleware around it, a lifespan, and the docs.

What an option means stands in `vivace.options`; what happens to a request, in the rooms above this one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from sys import modules
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from typing_extensions import Unpack

from vivace._borrowed import borrowed_names
from vivace._endpoint.body_limits import BodyLimitMiddleware
from vivace._routing.registrar import Registrar
from vivace._routing.router import APIRouter
from vivace._signatures import APP_DEFAULTS, shows_options
from vivace.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from vivace.exceptions import (
    FastAPIDeprecationWarning,
    RequestValidationError,
    WebSocketRequestValidationError,
)
from vivace.middleware.stack import STARLETTES_OWN_CALL, build_short_stack, build_stack, is_instrumented
from vivace.openapi._pages import DocsAssets, docs_routes
from vivace.openapi.docs import get_redoc_html, get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from vivace.options import AppOptions, RouterOptions, check_option_names
from vivace.telemetry._gate import Gate
from vivace.types import ASGIApp, DecoratedCallable, Receive, Scope, Send

__all__ = [
    "AppType",
    "FastAPI",
    "Vivace",
    "get_redoc_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
]

# What programs put here in the place of `get_openapi` or of a function that makes a page is what every app calls.
_this: Final[Any] = modules[__name__]
__getattr__ = borrowed_names(__name__)

AppType = TypeVar("AppType", bound="Vivace")

_APP_OPTION_NAMES = frozenset(AppOptions.__annotations__)
_ROUTER_OPTION_NAMES = frozenset(RouterOptions.__annotations__) & _APP_OPTION_NAMES

# What describes the API: attributes of the app, with their defaults. The title is the reference's, as it is seen in
# documents.
_DESCRIPTION: dict[str, Any] = {
    "title": "FastAPI",
    "summary": None,
    "description": "",
    "version": "0.1.0",
    "openapi_url": "/openapi.json",
    "openapi_tags": None,
    "servers": None,
    "docs_url": "/docs",
    "redoc_url": "/redoc",
    "swagger_ui_oauth2_redirect_url": "/docs/oauth2-redirect",
    "swagger_ui_init_oauth": None,
    "swagger_ui_parameters": None,
    "docs_assets": "bundled",
    "terms_of_service": None,
    "contact": None,
    "license_info": None,
    "root_path": "",
    "root_path_in_servers": True,
    "separate_input_output_schemas": True,
    "openapi_external_docs": None,
}


class Vivace(Registrar, Starlette):
    """An application made of handlers with type hints.

    `AppOptions` documents the options; those that describe the API become attributes of the same names.

    Raises:
        AssertionError: there is no title or version, and the OpenAPI document needs both.
        TypeError: an option does not exist.
    """

    router: APIRouter
    webhooks: APIRouter
    title: str
    summary: str | None
    description: str
    version: str
    openapi_url: str | None
    openapi_tags: list[dict[str, Any]] | None
    servers: list[dict[str, Any]]
    docs_url: str | None
    redoc_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    swagger_ui_parameters: dict[str, Any] | None
    terms_of_service: str | None
    contact: dict[str, Any] | None
    license_info: dict[str, Any] | None
    root_path: str
    root_path_in_servers: bool
    separate_input_output_schemas: bool
    openapi_external_docs: dict[str, Any] | None
    docs_assets: DocsAssets

    @shows_options(AppOptions, {**APP_DEFAULTS, **_DESCRIPTION})
    def __init__(self, **options: Unpack[AppOptions]) -> None:
        check_option_names(options, _APP_OPTION_NAMES, f"{type(self).__name__}.__init__")
        for name, default in _DESCRIPTION.items():
            setattr(self, name, options.get(name, default))
        self.servers = self.servers or []
        self.debug = options.get("debug", False)
        self.openapi_version = "3.1.0"
        self.openapi_schema: dict[str, Any] | None = None
        self._openapi_made_at: tuple[int, int] | None = None
        if self.openapi_url:
            if not self.title:
                raise AssertionError("A title must be provided for OpenAPI, e.g.: 'My API'")
            if not self.version:
                raise AssertionError("A version must be provided for OpenAPI, e.g.: '2.1.0'")
        if self.root_path:
            _warn_about_root_path()
        self.state = State()
        self._telemetry = Gate(options.get("telemetry"))
        self.dependency_overrides: dict[Callable[..., Any], Callable[..., Any]] = {}
        self.webhooks = options.get("webhooks") or APIRouter()
        shared: Any = {name: value for name, value in options.items() if name in _ROUTER_OPTION_NAMES}
        self.router = APIRouter(**shared, dependency_overrides_provider=self)
        self.max_body_size = self.router.max_body_size
        self.exception_handlers = _with_default_handlers(options.get("exception_handlers") or {})
        self.user_middleware = list(options.get("middleware") or ())
        self.middleware_stack: ASGIApp | None = None
        self.setup()

    @property
    def _registry(self) -> APIRouter:
        return self.router

    @property
    def routes(self) -> list[BaseRoute]:
        """All routes, flat and live: see `APIRouter.routes`."""
        return self.router.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the lifespan."""
        scope["app"] = self
        if self.root_path:
            scope["root_path"] = self.root_path
        # Replaced by instrumentation (Sentry's), whenever it came: then that is the way in, as it is in Starlette.
        is_replaced = Starlette.__call__ is not STARLETTES_OWN_CALL
        stack = self.middleware_stack
        if stack is None:
            self._telemetry.open()
            stack = self.middleware_stack = self.build_middleware_stack() if is_replaced else self._choose_stack()
        entry = super().__call__ if is_replaced else stack
        # PERF: asked for here, where it costs no call as long as no one has imported OpenTelemetry.
        if "opentelemetry" in modules and (serve := self._telemetry.find(scope, stack)) is not None:
            return await serve(entry, scope, receive, send)
        await entry(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Put the middleware around the router: outermost first, as in `user_middleware`.

        A subclass may put more around it, or instrumentation replace this method on an app; it is then called before
        the first request. What it returns is a `starlette.middleware.errors.ServerErrorMiddleware`.
        """
        layers = self.user_middleware
        if self.max_body_size is not None:
            layers = [Middleware(BodyLimitMiddleware, max_body_size=self.max_body_size), *layers]
        return build_stack(self.router, layers, self.exception_handlers, debug=self.debug)

    def _choose_stack(self) -> ASGIApp:
        is_own = getattr(self.build_middleware_stack, "__func__", None) is Vivace.build_middleware_stack
        is_short = not self.user_middleware and self.max_body_size is None
        if is_own and is_short and not is_instrumented():
            return build_short_stack(self.router, self.exception_handlers, debug=self.debug)
        return self.build_middleware_stack()

    # -- declarations that a router has not ----------------------------------------------------------------------------

    def middleware(self, middleware_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Put a function around every request: `async def function(request, call_next) -> Response`.

        Args:
            middleware_type: "http", the only one there is.
        """
        if middleware_type != "http":
            raise AssertionError(f'Currently only middleware("http") is supported, got {middleware_type!r}.')

        # PERF: many programs have no such function (benchmark: startup).
        from vivace.middleware.functions import FunctionMiddleware

        def register(function: DecoratedCallable) -> DecoratedCallable:
            self.add_middleware(FunctionMiddleware, dispatch=function)
            return function

        return register

    def exception_handler(
        self, exc_class_or_status_code: int | type[Exception]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let a function answer exceptions of a class, or with a status code: `function(request, exc) -> Response`."""

        def register(handler: DecoratedCallable) -> DecoratedCallable:
            self.add_exception_handler(exc_class_or_status_code, handler)
            return handler

        return register

    # -- OpenAPI and docs ----------------------------------------------------------------------------------------------

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document; it is made again when routes have changed.

        Override it to extend the document.
        """
        version = (self.router.routes_version, self.webhooks.routes_version)
        if not self.openapi_schema or self._openapi_made_at != version:
            self.openapi_schema = _this.get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                summary=self.summary,
                description=self.description,
                terms_of_service=self.terms_of_service,
                contact=self.contact,
                license_info=self.license_info,
                routes=self.routes,
                webhooks=self.webhooks.routes,
                tags=self.openapi_tags,
                servers=self.servers,
                separate_input_output_schemas=self.separate_input_output_schemas,
                external_docs=self.openapi_external_docs,
            )
            self._openapi_made_at = version
        return self.openapi_schema

    def setup(self) -> None:
        """Add the routes of the OpenAPI document and of the docs pages."""
        for route in docs_routes(self, assets=self.docs_assets, makers=_this):
            self.router.routes.append(route)


def _warn_about_root_path() -> None:
    warnings.warn(
        "The `root_path` parameter is deprecated. Configure the server's root path instead, "
        "for example with `fastapi run --root-path /api/v1`.",
        category=FastAPIDeprecationWarning,
        stacklevel=3,
    )


def _with_default_handlers(handlers: Mapping[Any, Callable[..., Any]]) -> dict[Any, Callable[..., Any]]:
    return {
        HTTPException: http_exception_handler,
        RequestValidationError: request_validation_exception_handler,
        WebSocketRequestValidationError: websocket_request_validation_exception_handler,
        **handlers,
    }


# The name under which programs know the class.
FastAPI = Vivace
