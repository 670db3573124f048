"""The OpenAPI document of an app: `get_openapi()`, and the steps it is made of for programs that make their own.

The one rule: this module is a face. The work is done by the private modules beside it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from starlette.routing import BaseRoute
from typing_extensions import deprecated

from vivace._borrowed import borrowed_names
from vivace._params.field import ModelField
from vivace.exceptions import FastAPIDeprecationWarning
from vivace.openapi import _answers
from vivace.openapi._answers import (
    status_code_ranges,
    validation_error_definition,
    validation_error_response_definition,
)
from vivace.openapi._document import build_document
from vivace.openapi._json import JsonObject
from vivace.openapi._operations import describe_path, operation_metadata, operation_summary
from vivace.openapi._reading import DocumentedRoute, api_routes, route_fields
from vivace.openapi._requests import request_body
from vivace.openapi._schemas import FieldMapping, MappedSchemas
from vivace.types import ModelNameMap

__all__ = [
    "generate_operation_id",
    "generate_operation_summary",
    "get_fields_from_routes",
    "get_openapi",
    "get_openapi_operation_metadata",
    "get_openapi_operation_request_body",
    "get_openapi_path",
    "status_code_ranges",
    "validation_error_definition",
    "validation_error_response_definition",
]


def get_openapi(
    *,
    title: str,
    version: str,
    openapi_version: str = "3.1.0",
    summary: str | None = None,
    description: str | None = None,
    routes: Sequence[BaseRoute | Any],
    webhooks: Sequence[BaseRoute | Any] | None = None,
    tags: list[dict[str, Any]] | None = None,
    servers: list[dict[str, str | Any]] | None = None,
    terms_of_service: str | None = None,
    contact: dict[str, str | Any] | None = None,
    license_info: dict[str, str | Any] | None = None,
    separate_input_output_schemas: bool = True,
    external_docs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the OpenAPI document of some routes, as data that JSON can hold and that is the caller's to change.

    Args:
        title: The name of the API.
        version: The version of the API.
        openapi_version: The version of the specification that the document claims to follow.
        summary: One line about the API.
        description: What the API is, in Markdown.
        routes: Routes, such as `app.routes`; those that are no path operations are passed over.
        webhooks: Requests that the API sends to its clients, as routes: `app.webhooks.routes`.
        tags: Metadata of tags.
        servers: Where the API is reached.
        terms_of_service: A URL.
        contact: "name", "url", "email".
        license_info: "name", and "identifier" or "url".
        separate_input_output_schemas: Whether a model that looks different in requests and in answers has two schemas.
        external_docs: "url" and "description" of more documentation.

    Raises:
        pydantic.ValidationError: something given here, or added to a schema, has no place in an OpenAPI document.
    """
    optional_info = {
        "summary": summary,
        "description": description,
        "termsOfService": terms_of_service,
        "contact": contact,
        "license": license_info,
    }
    info = {"title": title, "version": version} | {name: value for name, value in optional_info.items() if value}
    optional_head = {"servers": servers, "tags": tags, "externalDocs": external_docs}
    head: JsonObject = {"openapi": openapi_version, "info": info}
    head |= {name: value for name, value in optional_head.items() if value}
    return build_document(head, routes, webhooks or (), separate_input_output_schemas=separate_input_output_schemas)


def get_fields_from_routes(routes: Sequence[BaseRoute | Any]) -> list[ModelField]:
    """Return every field whose schema a document of these routes needs."""
    return route_fields(api_routes(routes))


def get_openapi_path(
    *,
    route: DocumentedRoute,
    operation_ids: set[str],
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return what one route adds to a document: operations by method, security schemes by name, schemas by name.

    Args:
        route: The route.
        operation_ids: Ids that are taken; this route's are added.
        model_name_map: Not used: references in `field_mapping` have their names.
        field_mapping: The schemas of the route's fields, by field and mode.
        separate_input_output_schemas: Whether answers have schemas of their own.
    """
    schemas = MappedSchemas(field_mapping, separate_input_output_schemas=separate_input_output_schemas)
    description = describe_path(route, operation_ids, schemas)
    return description.operations, description.security_schemes, description.definitions


def get_openapi_operation_metadata(*, route: DocumentedRoute, method: str, operation_ids: set[str]) -> dict[str, Any]:
    """Return tags, summary, description, id and deprecation of an operation. Warns when its id is taken."""
    return operation_metadata(route, operation_ids)


def get_openapi_operation_request_body(
    *,
    body_field: ModelField | None,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> dict[str, Any] | None:
    """Return what the body of a request is, or None without a field for it. Arguments as in `get_openapi_path()`."""
    schemas = MappedSchemas(field_mapping, separate_input_output_schemas=separate_input_output_schemas)
    return request_body(body_field, schemas)


def generate_operation_summary(*, route: DocumentedRoute, method: str) -> str:
    """Return the route's summary, or its name in words."""
    return operation_summary(route)


@deprecated(
    "fastapi.openapi.utils.generate_operation_id() was deprecated, it is not used internally, and will be removed soon",
    category=FastAPIDeprecationWarning,
)
def generate_operation_id(*, route: DocumentedRoute, method: str) -> str:  # pragma: no cover
    """Return the id that an operation had by default in early versions of the reference."""
    if route.operation_id:
        return route.operation_id
    return re.sub(r"\W", "_", route.name + route.path_format) + "_" + method.lower()


__getattr__ = borrowed_names(__name__)


class _UtilsModule(ModuleType):
    """Lets documents show what programs put in the place of the definitions of errors."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("validation_error_definition", "validation_error_response_definition"):
            setattr(_answers, name, value)


sys.modules[__name__].__class__ = _UtilsModule
