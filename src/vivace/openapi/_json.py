"""Plain JSON data: copied, merged, and made of what users give. This module knows nothing about OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python

__all__ = ["JsonObject", "copy_of", "merge_deep", "overlay", "plain", "rank_in", "without_none"]

JsonObject = dict[str, Any]


def copy_of(value: Any) -> Any:
    """Return a copy that shares no dict or list with `value`, which must be plain JSON data."""
    # PERF: four times faster than copy.deepcopy, and documents copy a schema for every parameter.
    if type(value) is dict:
        return {key: copy_of(item) if type(item) in _CONTAINERS else item for key, item in value.items()}
    if type(value) is list:
        return [copy_of(item) if type(item) in _CONTAINERS else item for item in value]
    return value


_CONTAINERS = frozenset({dict, list})


def without_none(value: Any) -> Any:
    """Return a copy in which no dict, at any depth, has a key whose value is None. Lists keep theirs."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


def plain(value: Any) -> Any:
    """Return what a user gave as JSON data of its own, without keys whose value is None, infinite or no number.

    Dates, enums, models and the like become what they are in JSON; tuples and sets become lists.
    """
    return without_none(_jsonable(value))


def _jsonable(value: Any) -> Any:
    return to_jsonable_python(value, by_alias=True, exclude_none=True, inf_nan_mode="null")


def merge_deep(target: JsonObject, update: JsonObject) -> None:
    """Write `update` over `target`, in place: dicts are merged, lists are joined, anything else is replaced."""
    for key, value in update.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            merge_deep(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            target[key] = present + value
        else:
            target[key] = value


def overlay(target: JsonObject, extra: dict[str, Any]) -> None:
    """Merge what a user gave into `target`, in place, as `merge_deep` does. None takes a key away."""
    _lay_over(target, _jsonable(extra))


def _lay_over(target: JsonObject, extra: JsonObject) -> None:
    for key, value in extra.items():
        present = target.get(key)
        if value is None:
            target.pop(key, None)
        elif isinstance(present, dict) and isinstance(value, dict):
            _lay_over(present, value)
        else:
            merge_deep(target, {key: without_none(value)})


def rank_in(keys: str) -> Callable[[str], int]:
    """Return what to sort the keys of an object by, so that they come in this order, and others behind them."""
    ranks = {key: rank for rank, key in enumerate(keys.split())}
    return lambda key: ranks.get(key, len(ranks))
