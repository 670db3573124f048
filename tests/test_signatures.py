"""What `inspect.signature()` shows of functions that take options."""

from __future__ import annotations

import inspect

import pytest

from vivace import APIRouter, FastAPI, param_functions, params
from vivace._params.markers import FieldOptions
from vivace.options import AppOptions, RouteOptions, RouterOptions
from vivace.routing import APIRoute


def test_decorators_show_their_options() -> None:
    shown = inspect.signature(FastAPI.get).parameters

    assert list(shown)[:2] == ["self", "path"]
    assert set(shown) - {"self", "path"} == set(RouteOptions.__annotations__)
    assert shown["response_description"].default == "Successful Response"


def test_classes_show_their_options_without_self() -> None:
    assert set(inspect.signature(FastAPI).parameters) == set(AppOptions.__annotations__)
    assert set(inspect.signature(APIRouter).parameters) == set(RouterOptions.__annotations__)
    assert inspect.signature(FastAPI).parameters["title"].default == "FastAPI"


def test_a_subclass_shows_what_it_takes_itself() -> None:
    class App(FastAPI):
        def __init__(self, name: str) -> None:
            super().__init__(title=name)

    assert list(inspect.signature(App).parameters) == ["name"]


def test_what_the_signature_names_can_be_passed() -> None:
    settings = {"title": "Mine", "summary": "short", "workers": 4}
    known = inspect.signature(FastAPI.__init__).parameters

    assert FastAPI(**{name: value for name, value in settings.items() if name in known}).title == "Mine"  # type: ignore[arg-type]  # values of several types


def test_a_route_shows_its_options() -> None:
    assert {"path", "endpoint", "dependency_overrides_provider", "methods"} <= set(
        inspect.signature(APIRoute).parameters
    )


@pytest.mark.parametrize("name", ["Path", "Query", "Header", "Cookie", "Body", "Form", "File"])
def test_markers_show_their_options(name: str) -> None:
    of_class = inspect.signature(getattr(params, name)).parameters
    of_function = inspect.signature(getattr(param_functions, name)).parameters

    assert set(FieldOptions.__annotations__) < set(of_class)
    assert set(of_class) - set(of_function) == {"annotation"}
    assert getattr(params, name)(**{key: each.default for key, each in of_class.items()}).include_in_schema
