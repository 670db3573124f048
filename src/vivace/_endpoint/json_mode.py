"""Decides whether a body may be validated straight from its bytes, without `json.loads` in between.

The answer is yes only where both ways accept the same bodies and give the same values. What is refused either way
is refused by the exact path, so only acceptance matters here. The list is of what is known to be the same; anything
else goes the long way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["is_fit_for_json_mode", "is_same_in_json_mode"]

# Python refuses integers of more than 4,300 digits, Pydantic's parser does not: no shorter body can hold one.
MAX_JSON_MODE_BYTES = 4300
# An integer of 309 digits may be too large for a float: Pydantic's parser makes it infinite, Python's keeps it.
_TOO_LONG_FOR_A_FLOAT = re.compile(rb"\d{309}")


def is_fit_for_json_mode(body: bytes) -> bool:
    """Tell whether no number in a body is so long that it would be read in two ways."""
    size = len(body)
    return size < 309 or (size <= MAX_JSON_MODE_BYTES and _TOO_LONG_FOR_A_FLOAT.search(body) is None)


_LEAVES = frozenset({"str", "int", "float", "bool", "none", "datetime", "date", "time", "uuid"})
_CONTAINERS = {"nullable": "schema", "default": "schema", "list": "items_schema"}


def is_same_in_json_mode(schema: Mapping[str, Any]) -> bool:
    """Tell whether a core schema means the same for JSON bytes as for what `json.loads` makes of them."""
    for settings in (schema, schema.get("config", {})):
        # Strict JSON takes strings for dates, strict Python does not. A number made into a string shows how it was
        # parsed.
        if settings.get("strict") or settings.get("coerce_numbers_to_str"):
            return False
    kind = schema["type"]
    if kind in _LEAVES:
        return True
    if kind in _CONTAINERS:
        inner = schema.get(_CONTAINERS[kind])
        return inner is None or is_same_in_json_mode(inner)
    if kind == "literal":
        return all(type(value) in (str, int) for value in schema["expected"])
    if kind == "dict":
        keys, values = schema.get("keys_schema", {}), schema.get("values_schema", {})
        return keys.get("type") == "str" and "type" in values and is_same_in_json_mode(values)
    if kind == "model":
        is_plain = not (schema.get("custom_init") or schema.get("root_model"))
        return is_plain and is_same_in_json_mode(schema["schema"])
    if kind == "model-fields":
        return all(is_same_in_json_mode(field["schema"]) for field in schema["fields"].values())
    return False
