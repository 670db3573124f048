"""Every option of an app, a router and a route, said once: its type, its default, and how the layers of it combine.

The one rule: an option that was not given has no value of its own. `RouteConfig.given` names those that were, and only
they are handed from an outer layer (app, including router) to an inner one (included router, route).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from pydantic.main import IncEx
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from vivace._form_limits import _FormLimits as FormLimits
from vivace._form_limits import checked_body_size, checked_form_limits
from vivace.datastructures import Default, DefaultPlaceholder

if TYPE_CHECKING:
    from vivace._deps.markers import Depends
    from vivace.telemetry._api import TelemetryConfig

__all__ = [
    "AddRouteOptions",
    "ApiRouteOptions",
    "AppOptions",
    "GroupOptions",
    "IncludeOptions",
    "LayerOptions",
    "RouteConfig",
    "RouteOptions",
    "RouterOptions",
    "ServingOptions",
    "SharedOptions",
    "check_option_names",
    "generate_unique_id",
    "settle",
]

# An APIRoute; spelled loosely, since routes are defined in a lower layer.
GenerateUniqueId = Callable[[Any], str]


def generate_unique_id(route: Any) -> str:
    """Return the operation id of a route: its name, its path and one of its methods."""
    stem = re.sub(r"\W", "_", f"{route.name}{route.path_format}")
    return f"{stem}_{min(route.methods).lower()}"


class SharedOptions(TypedDict, total=False):
    """What can be said for one route, for a router, for one inclusion of a router, and for the whole app."""

    dependencies: Sequence[Depends] | None
    """Dependencies that run for their effect; their values are dropped. Joined: those of outer layers run first."""

    responses: dict[int | str, dict[str, Any]] | None
    """Further responses for the OpenAPI document, by status code, "4XX" or "default". Inner layers win per code."""

    callbacks: list[BaseRoute] | None
    """Requests that this API sends to its clients, as routes, for the OpenAPI document. Joined."""

    deprecated: bool | None
    """Marked as deprecated in the OpenAPI document, if any layer says so."""

    include_in_schema: bool
    """Shown in the OpenAPI document, unless any layer says no. Default: True."""

    generate_unique_id_function: GenerateUniqueId
    """Makes the operation id of a route without `operation_id`. The nearest layer that sets it wins."""

    max_body_size: int | None
    """How many bytes a body may have; one with more is answered with 413. The nearest layer that sets it wins."""

    form_limits: FormLimits | None
    """How many fields and files a declared form may have, and how large a part: `max_fields`, `max_files` and
    `max_part_size` (bytes). A form with more is answered with 400. Inner layers win per key; the rest is 1000, 1000
    and 1 MiB."""


class GroupOptions(SharedOptions, total=False):
    """What can be said for one route, for a router and for one inclusion of a router."""

    tags: list[str | Enum] | None
    """Groups in the OpenAPI document. Joined: those of outer layers come first."""


class RouteOptions(GroupOptions, total=False):
    """The options of `get()`, `post()` and the other path operation decorators."""

    response_model: Any
    """The type that the result is validated and serialised as. Default: the return annotation. None: no model."""

    status_code: int | None
    """The status code of a reply. Default: that of the response class, mostly 200."""

    summary: str | None
    """One line for the OpenAPI document. Default: the handler's name in words."""

    description: str | None
    """Markdown for the OpenAPI document. Default: the handler's docstring."""

    response_description: str
    """What the OpenAPI document says about the reply. Default: "Successful Response"."""

    operation_id: str | None
    """The operation id in the OpenAPI document; must be unique in the app."""

    response_model_include: IncEx | None
    """Fields to send; all others are left out."""

    response_model_exclude: IncEx | None
    """Fields to leave out."""

    response_model_by_alias: bool
    """Send fields under their aliases. Default: True."""

    response_model_exclude_unset: bool
    """Leave out fields that were not set. Default: False."""

    response_model_exclude_defaults: bool
    """Leave out fields that are equal to their defaults. Default: False."""

    response_model_exclude_none: bool
    """Leave out fields that are None. Default: False."""

    response_class: type[Response]
    """The class of responses made from what the handler returns. Default: JSON, by the shortest way."""

    name: str | None
    """The name for `url_path_for()` and for the operation id. Default: the handler's name."""

    openapi_extra: dict[str, Any] | None
    """Merged deeply into the operation in the OpenAPI document."""


class ApiRouteOptions(RouteOptions, total=False):
    """The options of `api_route()`: those of the decorators, and the methods."""

    methods: Collection[str] | None
    """HTTP methods that the route answers, in any case. Default: GET. HEAD is not implied by GET."""


class AddRouteOptions(ApiRouteOptions, total=False):
    """The options of `add_api_route()`."""

    route_class_override: type[Any] | None
    """The class of this one route, instead of the router's `route_class`."""

    strict_content_type: bool
    """Parse a body as JSON only if its Content-Type says so. Default: True."""


class LayerOptions(SharedOptions, total=False):
    """What can be said for all that has routes below it."""

    default_response_class: type[Response]
    """The `response_class` of routes that set none. The nearest layer that sets it wins."""


class IncludeOptions(LayerOptions, GroupOptions, total=False):
    """The options of `include_router()`."""

    prefix: str
    """Put before the path of every route. Starts with "/" and does not end with it, or is empty."""


class ServingOptions(LayerOptions, total=False):
    """What can be said for a router and for the whole app."""

    routes: Sequence[BaseRoute] | None
    """Routes to begin with."""

    redirect_slashes: bool
    """Redirect to the path with or without its last slash if only that one is known. Default: True."""

    on_startup: Sequence[Callable[[], Any]] | None
    """Functions to call at startup. Superseded by `lifespan`."""

    on_shutdown: Sequence[Callable[[], Any]] | None
    """Functions to call at shutdown. Superseded by `lifespan`."""

    lifespan: Lifespan[Any] | None
    """An async context manager around the life of the app; what it yields, a dict, becomes `request.state`."""

    strict_content_type: bool
    """Parse a body as JSON only if its Content-Type says so. The nearest layer that sets it wins. Default: True."""


class RouterOptions(IncludeOptions, ServingOptions, total=False):
    """The options of an `APIRouter`."""

    default: ASGIApp | None
    """The ASGI app that answers when no route matches. Default: a 404."""

    dependency_overrides_provider: Any
    """The app whose `dependency_overrides` hold for the routes. Set by the app."""

    route_class: type[Any]
    """The class of the routes that the decorators add. Default: `APIRoute`."""


class AppOptions(ServingOptions, total=False):
    """The options of a `Vivace` app."""

    debug: bool
    """Answer unhandled exceptions with a traceback. Default: False. Never in production."""

    title: str
    """The title of the API in the OpenAPI document."""

    summary: str | None
    """One line about the API."""

    description: str
    """Markdown about the API."""

    version: str
    """The version of the API (not of OpenAPI). Default: "0.1.0"."""

    openapi_url: str | None
    """Where the OpenAPI document is served. None: not at all, and no docs pages either. Default: "/openapi.json"."""

    openapi_tags: list[dict[str, Any]] | None
    """What the OpenAPI document says about tags, in the order in which docs pages show them."""

    servers: list[dict[str, Any]] | None
    """The servers of the API. Default: the root path the app is served under."""

    docs_url: str | None
    """Where Swagger UI is served. None: not at all. Default: "/docs"."""

    redoc_url: str | None
    """Where ReDoc is served. None: not at all. Default: "/redoc"."""

    docs_assets: Literal["bundled", "cdn"]
    """Where the docs pages load their scripts from: the app itself, or a CDN on the internet. Default: "bundled"."""

    swagger_ui_oauth2_redirect_url: str | None
    """Where OAuth2 sends the browser back to. Default: "/docs/oauth2-redirect"."""

    swagger_ui_init_oauth: dict[str, Any] | None
    """Settings for Swagger UI's `initOAuth()`."""

    swagger_ui_parameters: dict[str, Any] | None
    """Settings for Swagger UI."""

    middleware: Sequence[Middleware] | None
    """Middleware around every request, outermost first."""

    exception_handlers: Mapping[Any, Callable[..., Any]] | None
    """Functions from request and exception to response, by status code or exception class."""

    terms_of_service: str | None
    """URL of the terms of service."""

    contact: dict[str, Any] | None
    """Whom to ask: name, url, email."""

    license_info: dict[str, Any] | None
    """The licence of the API: name, and identifier or url."""

    root_path: str
    """Deprecated: the path that a proxy takes off. Tell the server instead."""

    root_path_in_servers: bool
    """Name the root path in the document's servers. Default: True."""

    telemetry: TelemetryConfig | None
    """Settings of OpenTelemetry: see `TelemetryConfig`. Default: what global providers there are is used."""

    webhooks: Any
    """A router with the requests that this API sends to those who subscribe, for the OpenAPI document."""

    separate_input_output_schemas: bool
    """Give a model two schemas where what it takes and what it sends differ. Default: True."""

    openapi_external_docs: dict[str, Any] | None
    """Further documentation: description and url."""


Combine = Callable[[Any, Any], Any]


def _nearest(outer: Any, inner: Any) -> Any:
    return inner


def _joined(outer: list[Any], inner: list[Any]) -> list[Any]:
    return [*outer, *inner]


def _overlaid(outer: dict[Any, Any], inner: dict[Any, Any]) -> dict[Any, Any]:
    return {**outer, **inner}


def _any(outer: Any, inner: Any) -> Any:
    return inner or outer


def _all(outer: Any, inner: Any) -> Any:
    return inner and outer


NEAREST: Final = {"combine": _nearest}
# The default may be told apart from the same value given on purpose, so it travels inside a placeholder.
NEAREST_MARKED: Final = {"combine": _nearest, "marked": True}
JOINED: Final = {"combine": _joined, "copy": list}
OVERLAID: Final = {"combine": _overlaid, "copy": dict}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RouteConfig:
    """The options of one layer, or of several that were settled into one.

    Every attribute holds its default until given; `given` tells which were. Names and meanings are those of
    `AddRouteOptions`.
    """

    given: frozenset[str] = frozenset()

    response_model: Any = field(default=None, metadata=NEAREST_MARKED)
    status_code: int | None = field(default=None, metadata=NEAREST)
    tags: list[str | Enum] = field(default_factory=list, metadata=JOINED)
    dependencies: list[Depends] = field(default_factory=list, metadata=JOINED)
    summary: str | None = field(default=None, metadata=NEAREST)
    description: str | None = field(default=None, metadata=NEAREST)
    response_description: str = field(default="Successful Response", metadata=NEAREST)
    responses: dict[int | str, dict[str, Any]] = field(default_factory=dict, metadata=OVERLAID)
    deprecated: bool | None = field(default=None, metadata={"combine": _any})
    methods: Collection[str] | None = field(default=None, metadata=NEAREST)
    operation_id: str | None = field(default=None, metadata=NEAREST)
    response_model_include: IncEx | None = field(default=None, metadata=NEAREST)
    response_model_exclude: IncEx | None = field(default=None, metadata=NEAREST)
    response_model_by_alias: bool = field(default=True, metadata=NEAREST)
    response_model_exclude_unset: bool = field(default=False, metadata=NEAREST)
    response_model_exclude_defaults: bool = field(default=False, metadata=NEAREST)
    response_model_exclude_none: bool = field(default=False, metadata=NEAREST)
    include_in_schema: bool = field(default=True, metadata={"combine": _all})
    response_class: type[Response] = field(default=JSONResponse, metadata=NEAREST_MARKED)
    name: str | None = field(default=None, metadata=NEAREST)
    callbacks: list[BaseRoute] = field(default_factory=list, metadata=JOINED)
    openapi_extra: dict[str, Any] | None = field(default=None, metadata=NEAREST)
    generate_unique_id_function: GenerateUniqueId = field(default=generate_unique_id, metadata=NEAREST_MARKED)
    strict_content_type: bool = field(default=True, metadata=NEAREST_MARKED)
    max_body_size: int | None = field(default=None, metadata={**NEAREST, "copy": checked_body_size})
    form_limits: dict[str, int] = field(default_factory=dict, metadata={**OVERLAID, "copy": checked_form_limits})

    @classmethod
    def from_options(cls, **options: Any) -> RouteConfig:
        """Make a config from keyword options.

        None means "not given" wherever it is the default, except for `response_model`, where it means "no model". A
        `DefaultPlaceholder` means "not given" as well, and brings the default to use.

        Raises:
            TypeError: an option has a name that is not known.
        """
        values: dict[str, Any] = {}
        given: list[str] = []
        for name, value in options.items():
            if isinstance(value, DefaultPlaceholder):
                values[name] = value.value
            elif value is None and name in _NONE_IS_NOT_GIVEN:
                continue
            else:
                copy = _COPIES.get(name)
                values[name] = value if copy is None else copy(value)
                given.append(name)
        try:
            return cls(given=frozenset(given), **values)
        except TypeError:
            check_option_names(options, CONFIG_OPTIONS, "RouteConfig.from_options")
            raise

    def value(self, name: str) -> Any:
        """Return the value of an option: as given, or its default."""
        return getattr(self, name)

    def as_options(self) -> dict[str, Any]:
        """Return the options that were given, as keywords for `from_options()`."""
        return {name: getattr(self, name) for name in _CONFIG_NAMES if name in self.given}

    def as_complete_options(self) -> dict[str, Any]:
        """Return every option as a keyword; a default that must not pass for a given value is inside a placeholder."""
        return {
            name: Default(getattr(self, name)) if name in _MARKED and name not in self.given else getattr(self, name)
            for name in _CONFIG_NAMES
            if name in self.given or name not in _UNEXPECTED
        }


_OPTION_FIELDS: Final = tuple(each for each in fields(RouteConfig) if each.name != "given")
_CONFIG_NAMES: Final = tuple(each.name for each in _OPTION_FIELDS)
# The reference gives these to no constructor of a route, so one may not take them.
_UNEXPECTED: Final = frozenset({"form_limits"})
CONFIG_OPTIONS: Final = frozenset(_CONFIG_NAMES)
_COMBINES: Final[Mapping[str, Combine]] = {each.name: each.metadata["combine"] for each in _OPTION_FIELDS}
_COPIES: Final[Mapping[str, Callable[[Any], Any]]] = {
    each.name: each.metadata["copy"] for each in _OPTION_FIELDS if "copy" in each.metadata
}
_MARKED: Final = frozenset(each.name for each in _OPTION_FIELDS if "marked" in each.metadata)
_NONE_IS_NOT_GIVEN: Final = frozenset(_COPIES) | {
    each.name for each in _OPTION_FIELDS if each.default is None and each.name != "response_model"
}


def settle(outer: RouteConfig, inner: RouteConfig) -> RouteConfig:
    """Return `inner` with what it takes from the layer around it.

    An option given by one of them only is that one's. Given by both, its rule decides: the nearest (inner) wins, lists
    are joined (outer first), `responses` are overlaid (inner wins per status code), `deprecated` holds if any says so,
    `include_in_schema` if all do.
    """
    if not outer.given:
        return inner
    changes: dict[str, Any] = {}
    for name in outer.given:
        value = getattr(outer, name)
        changes[name] = _COMBINES[name](value, getattr(inner, name)) if name in inner.given else value
    return replace(inner, given=inner.given | outer.given, **changes)


def check_option_names(names: Iterable[str], known: Collection[str], where: str) -> None:
    """Refuse an option that does not exist.

    Args:
        names: The names of the options given.
        known: The names that exist.
        where: The callable they were given to, for the message.

    Raises:
        TypeError: with the nearest name that exists.
    """
    for name in names:
        if name not in known:
            from difflib import get_close_matches  # PERF: only a program that fails needs it (benchmark: startup)

            near = get_close_matches(name, known, n=1)
            remedy = f"Did you mean {near[0]!r}?" if near else f"It takes: {', '.join(sorted(known))}."
            raise TypeError(f"{where}() got an unexpected keyword argument {name!r}. {remedy}")
