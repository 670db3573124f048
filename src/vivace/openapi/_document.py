"""The whole document: the paths of many routes under one head.

The one rule: what we made ourselves is right as it is; what users gave freely is taken through the models.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from vivace.openapi._checked import checked
from vivace.openapi._json import JsonObject
from vivace.openapi._normalise import schema_in_order
from vivace.openapi._operations import describe_path
from vivace.openapi._order import head_in_order, path_in_order
from vivace.openapi._reading import DocumentedRoute, api_routes, route_fields
from vivace.openapi._schemas import SchemaTable

__all__ = ["build_document"]


def build_document(
    head: JsonObject,
    routes: Sequence[Any],
    webhooks: Sequence[Any],
    *,
    separate_input_output_schemas: bool = True,
) -> JsonObject:
    """Return the document.

    Args:
        head: All that does not come from routes: "openapi", "info", "servers", "tags", "externalDocs".
        routes: Routes or route contexts; those that are no path operations are passed over.
        webhooks: Requests that the API sends, as routes.
        separate_input_output_schemas: Whether a model that differs between requests and answers has two schemas.

    Raises:
        pydantic.ValidationError: something that the user gave has no place in an OpenAPI document.
    """
    with _collector_paused():
        return _build(head, api_routes(routes), api_routes(webhooks), separate_input_output_schemas)


@contextmanager
def _collector_paused() -> Iterator[None]:
    # PERF: a document is many objects and no cycle. For them the collector would walk every object of the program,
    # which took two fifths of the time for 1,000 routes.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _build(
    head: JsonObject, described: list[DocumentedRoute], hooks: list[DocumentedRoute], is_separate: bool
) -> JsonObject:
    table = SchemaTable(route_fields([*described, *hooks]), separate_input_output_schemas=is_separate)
    parts = _Parts(table)
    paths = parts.describe(described)
    hook_paths = parts.describe(hooks)
    components: JsonObject = {}
    if parts.definitions:
        components["schemas"] = dict(sorted(parts.definitions.items()))
    if parts.security_schemes:
        components["securitySchemes"] = parts.security_schemes
    head = dict(head)
    if hook_paths:
        head["webhooks"] = hook_paths
    checked_head = head_in_order(head) if _is_plain(head) else checked(head)
    document: JsonObject = {"openapi": checked_head.pop("openapi"), "info": checked_head.pop("info")}
    if "servers" in checked_head:
        document["servers"] = checked_head.pop("servers")
    document["paths"] = {path: path_in_order(item) for path, item in paths.items()}
    if "webhooks" in checked_head:
        document["webhooks"] = checked_head.pop("webhooks")
    if components:
        document["components"] = components
    return document | checked_head


class _Parts:
    """What paths have in common and is collected while they are described."""

    def __init__(self, table: SchemaTable) -> None:
        self._table = table
        self._operation_ids: set[str] = set()
        self.definitions: JsonObject = dict(table.definitions)
        self.security_schemes: JsonObject = {}

    def describe(self, routes: Iterable[DocumentedRoute]) -> JsonObject:
        """Return the path items of the routes by path."""
        paths: JsonObject = {}
        for route in routes:
            description = describe_path(route, self._operation_ids, self._table)
            if description.operations:
                paths.setdefault(route.path_format, {}).update(description.operations)
            self.security_schemes.update(description.security_schemes)
            for name, schema in description.definitions.items():
                self.definitions[name] = schema_in_order(schema)
        return paths


_PLAIN_INFO = frozenset({"title", "summary", "description", "termsOfService", "version"})
_PLAIN_SERVER = frozenset({"url", "description"})
_PLAIN_TAG = frozenset({"name", "description"})


def _is_plain(head: JsonObject) -> bool:
    """Tell whether the models would leave the head as it is."""
    return (
        head.keys() <= {"openapi", "info", "servers", "tags"}
        and type(head["openapi"]) is str
        and _has_texts(head["info"], _PLAIN_INFO, "title", "version")
        and all(_has_texts(server, _PLAIN_SERVER, "url") for server in head.get("servers", ()))
        and all(_has_texts(tag, _PLAIN_TAG, "name") for tag in head.get("tags", ()))
    )


def _has_texts(part: Any, allowed: frozenset[str], *required: str) -> bool:
    return (
        type(part) is dict
        and part.keys() <= allowed
        and all(name in part for name in required)
        and all(type(value) is str for value in part.values())
    )
