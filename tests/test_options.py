"""Every option once: names, defaults, and how layers settle."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import fastapi
import fastapi.datastructures
import fastapi.routing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse

from vivace import Vivace
from vivace.datastructures import Default
from vivace.options import (
    AddRouteOptions,
    IncludeOptions,
    RouteConfig,
    RouterOptions,
    SharedOptions,
    check_option_names,
    generate_unique_id,
    settle,
)


def test_the_keys_of_the_options_and_the_fields_of_the_config_are_the_same() -> None:
    keys = set(AddRouteOptions.__optional_keys__)

    assert {each.name for each in fields(RouteConfig)} - {"given"} == keys - {"route_class_override"}


def test_the_options_of_inclusions_and_routers_build_on_the_shared_ones() -> None:
    shared = set(SharedOptions.__optional_keys__)

    assert shared < set(AddRouteOptions.__optional_keys__)
    assert shared < set(IncludeOptions.__optional_keys__) < set(RouterOptions.__optional_keys__)


@pytest.mark.parametrize("name", ["prefix", "tags", "default", "dependency_overrides_provider", "route_class"])
def test_an_app_refuses_the_options_that_only_routers_have(name: str) -> None:
    assert name in RouterOptions.__optional_keys__

    options: Any = {name: None}
    with pytest.raises(TypeError, match=f"got an unexpected keyword argument '{name}'"):
        Vivace(**options)


def test_an_option_that_is_not_given_has_its_default() -> None:
    config = RouteConfig.from_options()

    assert config.given == frozenset()
    assert config.tags == []
    assert config.include_in_schema is True
    assert config.response_description == "Successful Response"
    assert config.response_class is JSONResponse
    assert config.as_options() == {}


def test_none_means_not_given_except_for_the_response_model() -> None:
    config = RouteConfig.from_options(tags=None, status_code=None, summary=None, deprecated=None, response_model=None)

    assert config.given == {"response_model"}


def test_a_placeholder_means_not_given_and_brings_its_default() -> None:
    config = RouteConfig.from_options(response_class=Default(HTMLResponse))

    assert config.given == frozenset()
    assert config.value("response_class") is HTMLResponse


def test_lists_and_dicts_of_the_program_are_copied() -> None:
    tags: list[Any] = ["a"]
    config = RouteConfig.from_options(tags=tags)

    tags.append("b")

    assert config.tags == ["a"]


def test_an_unknown_option_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        TypeError, match=r"got an unexpected keyword argument 'response_modle'. Did you mean 'response_m"
    ):
        RouteConfig.from_options(response_modle=int)


def test_an_unknown_option_without_a_near_name_is_refused_with_all_names() -> None:
    with pytest.raises(TypeError, match=r"^f\(\) got an unexpected keyword argument 'zzz'. It takes: a, b.$"):
        check_option_names(["a", "zzz"], {"b", "a"}, "f")


@pytest.mark.parametrize(
    ("name", "outer", "inner", "settled"),
    [
        ("tags", ["outer"], ["inner"], ["outer", "inner"]),
        ("dependencies", [1], [2], [1, 2]),
        ("callbacks", [1], [2], [1, 2]),
        ("responses", {1: {}, 2: {"a": 1}}, {2: {"b": 1}}, {1: {}, 2: {"b": 1}}),
        ("deprecated", True, False, True),
        ("deprecated", False, True, True),
        ("include_in_schema", True, False, False),
        ("include_in_schema", False, True, False),
        ("response_class", HTMLResponse, PlainTextResponse, PlainTextResponse),
        ("strict_content_type", True, False, False),
    ],
)
def test_two_layers_settle_by_the_rule_of_the_option(name: str, outer: Any, inner: Any, settled: Any) -> None:
    config = settle(RouteConfig.from_options(**{name: outer}), RouteConfig.from_options(**{name: inner}))

    assert config.value(name) == settled
    assert config.given == {name}


def test_what_one_layer_gives_alone_stays() -> None:
    config = settle(
        RouteConfig.from_options(tags=["outer"], response_class=HTMLResponse),
        RouteConfig.from_options(summary="inner", response_class=Default(PlainTextResponse)),
    )

    assert config.as_options() == {"tags": ["outer"], "response_class": HTMLResponse, "summary": "inner"}


def test_complete_options_make_an_equal_config() -> None:
    config = RouteConfig.from_options(tags=["a"], response_class=HTMLResponse, strict_content_type=False)

    again = RouteConfig.from_options(**config.as_complete_options())

    assert {name: again.value(name) for name in config.given} == config.as_options()
    assert not again.given & {"response_model", "generate_unique_id_function"}


def test_a_unique_id_is_made_of_name_path_and_method() -> None:
    class Route:
        name, path_format, methods = "read item", "/items/{item_id}", frozenset({"POST", "GET"})

    assert generate_unique_id(Route()) == "read_item_items__item_id__get"


LAYERS = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=2) | st.none(),
        "responses": st.dictionaries(st.sampled_from([401, 402]), st.sampled_from([{"description": "x"}, {}]))
        | st.none(),
        "deprecated": st.sampled_from([True, False, None]),
        "include_in_schema": st.booleans(),
        "callbacks": st.lists(st.integers(), max_size=2) | st.none(),
        "class": st.sampled_from([HTMLResponse, PlainTextResponse]),
    },
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(app_layer=LAYERS, include_layer=LAYERS, router_layer=LAYERS, route_layer=LAYERS)
def test_four_layers_settle_as_in_the_reference(
    app_layer: dict[str, Any], include_layer: dict[str, Any], router_layer: dict[str, Any], route_layer: dict[str, Any]
) -> None:
    def outer(layer: dict[str, Any]) -> dict[str, Any]:
        return {"default_response_class" if key == "class" else key: value for key, value in layer.items()}

    def own(layer: dict[str, Any]) -> dict[str, Any]:
        return {"response_class" if key == "class" else key: value for key, value in layer.items()}

    router = fastapi.APIRouter(**outer(router_layer))
    router.add_api_route("/", lambda: None, **own(route_layer))
    app = fastapi.APIRouter(**outer(app_layer))
    app.include_router(router, prefix="/p", **outer(include_layer))
    [expected] = fastapi.routing.iter_route_contexts(app.routes)

    config = RouteConfig.from_options(**own(route_layer))
    for layer in (router_layer, include_layer, app_layer):
        config = settle(RouteConfig.from_options(**own(layer)), config)

    assert config.tags == expected.tags
    assert config.responses == expected.responses
    assert bool(config.deprecated) == bool(expected.deprecated)
    assert config.include_in_schema == expected.include_in_schema
    assert config.callbacks == expected.callbacks
    response_class: Any = expected.response_class
    is_default = isinstance(response_class, fastapi.datastructures.DefaultPlaceholder)
    assert ("response_class" not in config.given) == is_default
    assert config.response_class is (response_class.value if is_default else response_class)
