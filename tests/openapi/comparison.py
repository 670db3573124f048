"""Documents of one program on both frameworks, and where they differ."""

import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

import fastapi
from fastapi.routing import iter_route_contexts

import vivace
from vivace.openapi.utils import get_openapi

Program = Callable[[Any], Any]

REFERENCE: Any = fastapi


def programs_of(module: ModuleType) -> list[Program]:
    """Return the programs of a module, in the order in which they stand there."""
    return [
        value
        for value in vars(module).values()
        if callable(value) and getattr(value, "__code__", None) and value.__code__.co_varnames[:1] == ("fw",)
    ]


def reference_document(program: Program) -> dict[str, Any]:
    """Return the document that the reference makes."""
    return _as_json(_without_warnings(lambda: program(fastapi).openapi()))


def own_document(program: Program) -> dict[str, Any]:
    """Return the document that Vivace makes."""
    return _as_json(_without_warnings(lambda: program(vivace).openapi()))


def document_of_reference_routes(program: Program) -> dict[str, Any]:
    """Return the document that Vivace makes of routes of the reference."""

    def make() -> Any:
        app = program(fastapi)
        return get_openapi(
            title=app.title,
            version=app.version,
            routes=list(iter_route_contexts(app.routes)),
            webhooks=list(iter_route_contexts(app.webhooks.routes)),
            separate_input_output_schemas=app.separate_input_output_schemas,
        )

    return _as_json(_without_warnings(make))


def differences(expected: Any, actual: Any, at: str = "") -> Iterator[str]:
    """Yield where two documents differ, with both values, or with the order of keys."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.keys() == actual.keys() and list(expected) != list(actual) and not _is_of_methods(expected):
            yield f"{at}: expected the order {list(expected)}, got {list(actual)}"
        for key in expected.keys() | actual.keys():
            if key in expected and key in actual:
                yield from differences(expected[key], actual[key], f"{at}/{key}")
            else:
                yield f"{at}/{key}: expected {expected.get(key, '<absent>')!r}, got {actual.get(key, '<absent>')!r}"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, pair in enumerate(zip(expected, actual, strict=True)):
            yield from differences(*pair, f"{at}/{index}")
    elif expected != actual:
        yield f"{at}: expected {expected!r}, got {actual!r}"


def _is_of_methods(keys: Iterable[str]) -> bool:
    # The reference describes the methods of one route in the order of a set, which is another one in each process.
    return {"get", "put", "post", "delete", "options", "head", "patch", "trace"}.issuperset(keys)


def _as_json(document: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(document))
    return result


def _without_warnings(make: Callable[[], Any]) -> Any:
    # Programs use deprecated and duplicate things on purpose; what warnings say has tests of its own.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()
