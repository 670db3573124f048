"""What this room reads: routes, their fields, and what their dependency graphs say, flattened.

The one rule: routes are read by what they have, not by their class, so that route contexts and look-alikes serve too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeGuard

from starlette.responses import Response

from vivace._deps.graph import Dependant
from vivace._deps.schemes import scheme_of
from vivace._params.field import ModelField
from vivace._params.models import flat_fields, missed_key, model_fields, parameter_model, request_keys

__all__ = [
    "DocumentedRoute",
    "Parameter",
    "SecurityNeed",
    "api_routes",
    "has_parameters",
    "parameters",
    "response_class_of",
    "route_fields",
    "security_needs",
]


class DocumentedRoute(Protocol):
    """What is read from a route."""

    path: str
    path_format: str
    name: str
    methods: set[str] | None
    endpoint: Callable[..., Any]
    unique_id: str
    operation_id: str | None
    tags: list[str | Enum]
    summary: str | None
    description: str
    response_description: str
    deprecated: bool | None
    dependant: Dependant
    body_field: ModelField | None
    response_field: ModelField | None
    response_fields: dict[int | str, ModelField]
    responses: dict[int | str, dict[str, Any]]
    response_class: Any  # a class of responses, or such a class as a default that nobody set
    status_code: int | None
    include_in_schema: bool
    callbacks: list[Any] | None
    openapi_extra: dict[str, Any] | None
    stream_item_field: ModelField | None
    is_sse_stream: bool
    is_json_stream: bool


def api_routes(routes: Iterable[Any]) -> list[DocumentedRoute]:
    """Return the routes that a document shows, in order; route contexts are replaced by the route they stand for."""
    found = (getattr(route, "_effective_route", None) or route for route in routes)
    return [route for route in found if _is_api_route(route) and route.include_in_schema]


def _is_api_route(route: Any) -> TypeGuard[DocumentedRoute]:
    # Websocket routes and plain Starlette routes lack one or the other.
    return hasattr(route, "response_fields") and hasattr(route, "dependant")


def response_class_of(route: DocumentedRoute) -> type[Response]:
    """Return the class of the route's responses, whether it was set or is a default."""
    chosen = route.response_class
    response_class: type[Response] = chosen if isinstance(chosen, type) else chosen.value
    return response_class


class Parameter(NamedTuple):
    """A value of the path, the query, a header or a cookie, as a document shows it."""

    location: str
    name: str
    alias: str
    """The name in the request before underscores became hyphens; the title is made of it."""
    field: ModelField
    is_required: bool


_LOCATIONS = (
    ("path", "path_params"),
    ("query", "query_params"),
    ("header", "header_params"),
    ("cookie", "cookie_params"),
)


def parameters(dependant: Dependant) -> list[Parameter]:
    """Return the parameters of a handler and of all it depends on, by location, each location outermost first."""
    found: list[Parameter] = []
    nodes = list(_nodes(dependant))
    if len({id(node.call) for node in nodes}) < len(nodes):
        nodes = list(_distinct_nodes(dependant, set()))
    for location, attribute in _LOCATIONS:
        for node in nodes:
            for field in getattr(node, attribute):
                info = field.field_info
                if not getattr(info, "include_in_schema", True):
                    continue
                if _is_plain(info.annotation) and info.validation_alias in (None, info.alias):
                    found.append(Parameter(location, field.alias, field.alias, field, info.is_required()))
                else:
                    found += _as_parameters(location, field, dependant.path)
    return found


# PERF: most parameters are one of these, and need not be asked whether they are models (benchmark: startup).
_PLAIN = frozenset({str, int, float, bool, str | None, int | None, float | None, bool | None})


def _is_plain(annotation: Any) -> bool:
    try:
        return annotation in _PLAIN
    except TypeError:  # an annotation that cannot be hashed
        return False


def has_parameters(dependant: Dependant) -> bool:
    """Tell whether a request has anything to validate besides its body, shown or not."""
    return any(flat_fields(getattr(node, attribute)) for node in _nodes(dependant) for _, attribute in _LOCATIONS)


def _distinct_nodes(dependant: Dependant, seen: set[Any]) -> Iterator[Dependant]:
    """Yield a node and those below it, each need once, where it is met first: later declarations of a name win."""
    yield dependant
    for sub in dependant.dependencies:
        # Look-alikes of ours may have no key; that of ours knows which scopes make a difference.
        key = getattr(sub, "cache_key", None) or (sub.call, tuple(sub.own_oauth_scopes or ()), sub.scope)
        if key not in seen:
            seen.add(key)
            yield from _distinct_nodes(sub, seen)


def _nodes(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for sub in dependant.dependencies:
        yield from _nodes(sub)


def _as_parameters(location: str, field: ModelField, path: str | None) -> Iterator[Parameter]:
    info = field.field_info
    model = parameter_model(field)
    if model is not None:
        # The fields of a model that may be absent as a whole may be absent too.
        is_optional = info.annotation is not model and not info.is_required()
        for sub in model_fields(model):
            key = request_keys(sub, info, model)[0]
            yield Parameter(location, key.name, key.key, sub, sub.field_info.is_required() and not is_optional)
    elif info.validation_alias is None or info.validation_alias == info.alias:
        yield Parameter(location, field.alias, field.alias, field, info.is_required())
    else:
        keys = request_keys(field)
        # Of several names for a value of the path, the path has but one.
        in_path = (key for key in keys if location == "path" and _is_in(path or "", key.name))
        key = next(in_path, missed_key(field, keys))
        yield Parameter(location, key.name, key.key, field, info.is_required())


def _is_in(path: str, name: str) -> bool:
    return f"{{{name}}}" in path or f"{{{name}:" in path


def route_fields(routes: Sequence[DocumentedRoute]) -> list[ModelField]:
    """Return every field whose schema a document of these routes needs: of callbacks, bodies, answers, parameters."""
    callbacks: list[ModelField] = []
    bodies: list[ModelField] = []
    answers: list[ModelField] = []
    values: list[ModelField] = []
    for route in routes:
        if route.callbacks:
            callbacks += route_fields(api_routes(route.callbacks))
        if route.body_field is not None:
            bodies.append(route.body_field)
        if route.response_field is not None:
            answers.append(route.response_field)
        answers += route.response_fields.values()
        if (item := getattr(route, "stream_item_field", None)) is not None:
            answers.append(item)
        values += [parameter.field for parameter in parameters(route.dependant)]
    return callbacks + bodies + answers + values


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityNeed:
    """A security scheme that an operation demands."""

    name: str
    model: Any
    """The scheme in the terms of `openapi.models`, or plain data."""
    scopes: tuple[str, ...]


def security_needs(dependant: Dependant) -> Iterator[SecurityNeed]:
    """Yield the security schemes among a handler's dependencies, each with the scopes asked for on the way to it."""
    for node in _distinct_nodes(dependant, set()):
        scheme = scheme_of(node.call)
        if scheme is not None:
            scopes = tuple(dict.fromkeys(node.oauth_scopes))
            yield SecurityNeed(name=scheme.scheme_name, model=scheme.model, scopes=scopes)
