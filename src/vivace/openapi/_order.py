"""The order of keys in a document: that in which the OpenAPI models list them.

The one rule: a document's text is the reference's, so that one that is kept under version control stays as it is. There
each path goes through the models, and comes out in their order, unless the models had to convert a text: into an enum,
where a parameter is, or into a URL. Then the path does not match its model, and stays as it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vivace.openapi._json import JsonObject, rank_in
from vivace.openapi._normalise import schema_in_order

__all__ = ["head_in_order", "path_in_order"]

_METHODS = "get put post delete options head patch trace".split()

Arrange = Callable[[Any], Any]


def path_in_order(item: JsonObject) -> JsonObject:
    """Return a path item with its keys in order."""
    return item if _is_converted(item) else _path_item(item)


def _path_item(item: Any) -> Any:
    if type(item) is not dict:
        return item
    # The specification has these methods; others have no model.
    known = {method: _operation(item[method]) for method in _METHODS if method in item}
    return known | {method: operation for method, operation in item.items() if method not in known}


def head_in_order(head: JsonObject) -> JsonObject:
    """Return what of a document does not come from routes, all of it plain texts, with its keys in order."""
    parts = {"info": _info, "servers": _list_of(_server), "tags": _list_of(_tag)}
    return {key: parts[key](value) if key in parts else value for key, value in head.items()}


def _is_converted(item: Any) -> bool:
    operations = item.values() if type(item) is dict else ()
    return any(
        operation.get("parameters") or "externalDocs" in operation or _calls_back_converted(operation.get("callbacks"))
        for operation in operations
        if type(operation) is dict
    )


def _calls_back_converted(callbacks: Any) -> bool:
    by_name = callbacks.values() if type(callbacks) is dict else ()
    return any(_is_converted(item) for paths in by_name if type(paths) is dict for item in paths.values())


def _arranged(keys: str, **parts: Arrange) -> Arrange:
    """Return a function that puts the keys of an object in this order, others behind them, and arranges its parts."""
    rank = rank_in(keys)

    def arrange(value: Any) -> Any:
        if type(value) is not dict:
            return value
        return {key: parts[key](value[key]) if key in parts else value[key] for key in sorted(value, key=rank)}

    return arrange


def _each(arrange: Arrange) -> Arrange:
    return lambda value: {key: arrange(item) for key, item in value.items()} if type(value) is dict else value


def _list_of(arrange: Arrange) -> Arrange:
    return lambda value: [arrange(item) for item in value]


_info = _arranged("title summary description termsOfService contact license version")
_server = _arranged("url description")
_tag = _arranged("name description")
_media_type = _arranged("schema example examples encoding", schema=schema_in_order)
_header = _arranged(
    "description required deprecated style explode allowReserved schema example examples content",
    schema=schema_in_order,
    content=_each(_media_type),
)
_response = _arranged("description headers content links", headers=_each(_header), content=_each(_media_type))
_operation = _arranged(
    "tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security"
    " servers",
    requestBody=_arranged("description content required", content=_each(_media_type)),
    responses=_each(_response),
    callbacks=_each(_each(_path_item)),
)
