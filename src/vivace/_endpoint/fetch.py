"""Fetches raw values out of an ASGI scope: one small function per source, chosen and filled in at start-up.

Each returns a mapping from lookup key to what was received. A scalar's key is its name in the request; lists and
parameter models have numbers for keys (`list_key`, `model_key`), since a request could spell any name.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel
from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser

from vivace._params.field import ModelField
from vivace._params.models import RequestKey, parameter_model, request_keys, takes_others
from vivace._params.read import collect_model_input, model_keys
from vivace.types import Scope

__all__ = ["Fetch", "lookup_paths", "make_fetch"]

Key = str | int
Fetch = Callable[[Scope], Mapping[Any, Any]]

SOURCES = ("path", "query", "header", "cookie")
# Sources in which a name can stand several times.
_MULTI_SOURCES = frozenset({"query", "header"})


_list_numbers = itertools.count(-1, -1)


@functools.cache
def list_key(name: str) -> int:
    """Return the key of all values of a name, beside that of its one value: a number below zero."""
    return next(_list_numbers)


def model_key(field: ModelField) -> int:
    """Return the key of the data of a parameter model: a number above zero."""
    return id(field)


def lookup_paths(field: ModelField, source: str) -> list[list[str | int]]:
    """Return where a field's value is found in `{source: mapping}`, in the order in which places are tried."""
    if parameter_model(field) is not None:
        return [[source, model_key(field)]]
    is_multi = source in _MULTI_SOURCES
    return [
        [source, list_key(key.name) if key.is_list and is_multi else _received_name(key, source)]
        for key in request_keys(field)
    ]


def _received_name(key: RequestKey, source: str) -> str:
    return key.name.lower() if source == "header" else key.name  # RFC 9110 5.1: header names have no case


def make_fetch(source: str, fields: Sequence[ModelField]) -> Fetch:
    """Return the function that fetches what `fields` of one source need."""
    plain = [field for field in fields if parameter_model(field) is None]
    models = _collectors(fields)
    keys = [key for field in plain for key in request_keys(field)]
    lists = {_received_name(key, source): list_key(key.name) for key in keys if key.is_list}
    fetch: Fetch
    if source == "path":
        fetch = _fetch_path
    elif source == "query":
        fetch = _fetch_query_lists(lists) if lists else _fetch_query
    elif source == "header":
        fetch = _fetch_headers({_received_name(key, source) for key in keys}, lists)
    else:
        fetch = _fetch_cookies_but_empty(frozenset(lists)) if lists else _fetch_cookies
    return _with_models(fetch, models, source) if models else fetch


def _fetch_path(scope: Scope) -> Mapping[Key, Any]:
    params: Mapping[Key, Any] = scope["path_params"]
    return params


def _fetch_query(scope: Scope) -> dict[str, str]:
    query_string: bytes = scope["query_string"]
    if not query_string:
        return {}
    text = query_string.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    # PERF: without escapes, splitting is all there is to parsing (benchmark: typed parameters).
    values: dict[str, str] = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            values[name] = value
    return values


def _fetch_query_lists(lists: Mapping[str, int]) -> Fetch:
    def fetch(scope: Scope) -> dict[Key, Any]:
        values: dict[Key, Any] = {}
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
            values[name] = value
            if name in lists:
                values.setdefault(lists[name], []).append(value)
        return values

    return fetch


def _fetch_headers(names: Iterable[str], lists: Mapping[str, int]) -> Fetch:
    keys = {name.encode("latin-1"): name for name in names if name.isascii()}

    def fetch(scope: Scope) -> dict[Key, Any]:
        values: dict[Key, Any] = {}
        for raw_name, raw_value in scope["headers"]:
            if raw_name in keys:
                name, value = keys[raw_name], raw_value.decode("latin-1")
                values.setdefault(name, value)  # the first of several counts, as in Starlette
                if name in lists:
                    values.setdefault(lists[name], []).append(value)
        return values

    return fetch


def _fetch_cookies(scope: Scope) -> dict[str, str]:
    cookies: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies.update(cookie_parser(value.decode("latin-1")))
    return cookies


def _fetch_cookies_but_empty(lists: frozenset[str]) -> Fetch:
    """Return the function that fetches cookies, where an empty one that is a list is none."""
    return lambda scope: {name: value for name, value in _fetch_cookies(scope).items() if value or name not in lists}


# The key of the model's data, the names of its fields, whether it may be absent, and whether it takes other values.
_Collector = tuple[int, Sequence[Sequence[RequestKey]], bool, bool]


def _collectors(fields: Sequence[ModelField]) -> list[_Collector]:
    collectors: list[_Collector] = []
    for field in fields:
        model: type[BaseModel] | None = parameter_model(field)
        if model is not None:
            is_optional = field.field_info.annotation is not model
            collectors.append((model_key(field), model_keys(field, model), is_optional, takes_others(model)))
    return collectors


_MULTI_VIEWS: dict[str, Callable[[Scope], Mapping[str, Any]]] = {
    "query": lambda scope: QueryParams(scope["query_string"]),
    "header": lambda scope: Headers(scope=scope),
}


def _with_models(fetch: Fetch, collectors: Sequence[_Collector], source: str) -> Fetch:
    view = _MULTI_VIEWS.get(source, fetch)

    def fetch_with_models(scope: Scope) -> dict[Key, Any]:
        received = view(scope)
        values = dict(fetch(scope))
        for key, keys_by_field, is_optional, with_others in collectors:
            data, is_present = collect_model_input(received, keys_by_field, received, takes_others=with_others)
            if is_present or not is_optional:
                values[key] = data
        return values

    return fetch_with_models
