"""The exceptions have the reference's names, bases, attributes and texts."""

from __future__ import annotations

import copy
import inspect
import pickle
import types
from typing import Any

import fastapi.exceptions as reference
import pytest

import vivace.exceptions as ours

NAMES = [name for name in ours.__all__ if name != "VivaceError"]
VALIDATION = [
    "ValidationException",
    "RequestValidationError",
    "WebSocketRequestValidationError",
    "ResponseValidationError",
]
ERRORS = [{"type": "missing", "loc": ("query", "a"), "msg": "Field required", "input": None}]
PLACES: list[dict[str, Any] | None] = [
    None,
    {},
    {"function": "f", "path": "GET /x", "file": "/a/b.py", "line": 12},
    {"function": "f", "file": "/a/b.py", "line": 12},
    {"function": "f", "path": "GET /x"},
    {"path": "GET /x"},
    {"file": "/a/b.py", "line": 12, "path": "GET /x"},
    {"file": "/a/b.py", "line": 12},
    {"function": "", "file": "", "line": 0, "path": ""},
]


def classes(module: types.ModuleType, name: str) -> list[str]:
    return [base.__name__ for base in getattr(module, name).__mro__]


@pytest.mark.parametrize("name", [name for name in NAMES if "Model" not in name])
def test_a_class_has_the_bases_of_the_references(name: str) -> None:
    assert classes(ours, name) == classes(reference, name)


@pytest.mark.parametrize("name", ["HTTPException", "WebSocketException", *VALIDATION])
def test_a_constructor_takes_the_same_arguments(name: str) -> None:
    def arguments(module: types.ModuleType) -> list[tuple[str, Any, Any]]:
        parameters = inspect.signature(getattr(module, name)).parameters.values()
        return [(each.name, each.kind, each.default) for each in parameters]

    assert arguments(ours) == arguments(reference)


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("errors", [[], ERRORS, (*ERRORS, *ERRORS)], ids=["none", "one", "two"])
@pytest.mark.parametrize("name", VALIDATION)
def test_a_validation_error_says_the_same(name: str, errors: Any, place: Any) -> None:
    exc, expected = (getattr(module, name)(errors, endpoint_ctx=place) for module in (ours, reference))

    assert str(exc) == str(expected)
    assert repr(exc) == repr(expected)
    assert vars(exc) == vars(expected)
    assert exc.args == expected.args
    assert exc.errors() is errors


@pytest.mark.parametrize("name", ["RequestValidationError", "ResponseValidationError"])
def test_a_validation_error_keeps_the_body_and_can_be_copied(name: str) -> None:
    exc = getattr(ours, name)(ERRORS, body={"a": 1}, endpoint_ctx={"path": "GET /x"})

    for twin in (copy.copy(exc), pickle.loads(pickle.dumps(exc))):
        assert twin.body == {"a": 1}
        assert str(twin) == str(exc)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("HTTPException", {"status_code": 404}),
        ("HTTPException", {"status_code": 404, "detail": {"a": [1]}, "headers": {"x": "y"}}),
        ("WebSocketException", {"code": 1008}),
        ("WebSocketException", {"code": 1008, "reason": "because"}),
    ],
)
def test_an_answer_raised_as_an_exception_says_the_same(name: str, arguments: Any) -> None:
    exc, expected = (getattr(module, name)(**arguments) for module in (ours, reference))

    assert (str(exc), repr(exc), vars(exc)) == (str(expected), repr(expected), vars(expected))


def test_the_framework_has_one_base_of_errors_under_two_names() -> None:
    assert ours.VivaceError is ours.FastAPIError
    assert ours.FastAPIError.__name__ == "FastAPIError"


def test_the_models_of_errors_have_the_references_names() -> None:
    for name in ("RequestErrorModel", "WebSocketErrorModel"):
        assert getattr(ours, name).__name__ == getattr(reference, name).__name__


def test_the_place_of_a_handler_has_the_references_keys() -> None:
    assert ours.EndpointContext.__optional_keys__ == reference.EndpointContext.__optional_keys__


def test_the_docstring_prints_the_tree() -> None:
    assert ours.__doc__ is not None
    absent = [name for name in NAMES if issubclass(getattr(ours, name), Exception) and name not in ours.__doc__]
    assert absent == []
