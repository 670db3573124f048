"""The path item of one route: an operation per method. Nothing here looks at two routes but the set of ids taken."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass, field
from typing import Any

from vivace.openapi._answers import operation_responses, validation_error_definitions
from vivace.openapi._json import JsonObject, overlay, plain
from vivace.openapi._reading import DocumentedRoute
from vivace.openapi._requests import operation_parameters, operation_security, request_body
from vivace.openapi._schemas import SchemaSource
from vivace.openapi.constants import METHODS_WITH_BODY

__all__ = ["PathDescription", "describe_path", "operation_metadata", "operation_summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDescription:
    """What one route adds to a document."""

    operations: JsonObject = field(default_factory=dict)
    """By method, in lower case."""
    security_schemes: JsonObject = field(default_factory=dict)
    definitions: JsonObject = field(default_factory=dict)
    """Schemas beyond those of fields."""


def describe_path(route: DocumentedRoute, operation_ids: set[str], schemas: SchemaSource) -> PathDescription:
    """Describe a route. `operation_ids` are those already taken, and takes this route's.

    Raises:
        AssertionError: the route has no methods.
    """
    if route.methods is None:
        raise AssertionError(f"The route {route.path!r} has no methods to describe.")
    description = PathDescription()
    if not route.include_in_schema:
        return description
    for method in sorted(route.methods):
        operation = operation_metadata(route, operation_ids)
        _add_request(operation, route, method, description, schemas)
        if route.callbacks:
            operation["callbacks"] = {
                callback.name: {callback.path: describe_path(callback, operation_ids, schemas).operations}
                for callback in _described_callbacks(route)
            }
        responses = operation["responses"] = operation_responses(route, schemas)
        description.definitions.update(validation_error_definitions(responses))
        if route.openapi_extra:
            overlay(operation, route.openapi_extra)
        description.operations[method.lower()] = operation
    return description


def _described_callbacks(route: DocumentedRoute) -> list[Any]:
    return [callback for callback in route.callbacks or () if hasattr(callback, "response_fields")]


def _add_request(
    operation: JsonObject, route: DocumentedRoute, method: str, description: PathDescription, schemas: SchemaSource
) -> None:
    schemes, needs = operation_security(route.dependant)
    if needs:
        operation["security"] = needs
        description.security_schemes.update(schemes)
    if parameters := operation_parameters(route.dependant, schemas):
        operation["parameters"] = parameters
    if method in METHODS_WITH_BODY and (body := request_body(route.body_field, schemas)) is not None:
        operation["requestBody"] = body


def operation_metadata(route: DocumentedRoute, operation_ids: set[str]) -> JsonObject:
    """Return tags, summary, description, id and deprecation of an operation. Warns when its id is taken."""
    metadata: JsonObject = {}
    if route.tags:
        metadata["tags"] = plain(list(route.tags))
    metadata["summary"] = operation_summary(route)
    if route.description:
        metadata["description"] = route.description
    operation_id = route.operation_id or route.unique_id
    if operation_id in operation_ids:
        _warn_of_duplicate(route, operation_id)
    operation_ids.add(operation_id)
    metadata["operationId"] = operation_id
    if route.deprecated:
        metadata["deprecated"] = route.deprecated
    return metadata


def operation_summary(route: DocumentedRoute) -> str:
    """Return the route's summary, or its name in words."""
    return route.summary or route.name.replace("_", " ").title()


def _warn_of_duplicate(route: DocumentedRoute, operation_id: str) -> None:
    handler = route.endpoint
    message = f"Duplicate Operation ID {operation_id} for function {getattr(handler, '__name__', repr(handler))}"
    file = getattr(inspect.getmodule(handler), "__file__", None) or getattr(
        inspect.unwrap(handler), "__globals__", {}
    ).get("__file__")
    if file:
        message += f" at {file}"
    warnings.warn(message, stacklevel=1)
