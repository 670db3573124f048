"""Schemas as `components.schemas` shows them: equal to what a round through the models makes of them."""

from typing import Any

import pytest
from pydantic import ValidationError

from vivace.openapi import _normalise
from vivace.openapi._checked import checked_schema
from vivace.openapi._normalise import component_schema, inline_schema

PLAIN: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "integer", "default": None, "maximum": 5}}, "required": ["a"]},
    {"anyOf": [{"type": "integer"}, True], "const": None, "enum": [None, 1], "default": {"a": None, "b": [None]}},
    {"type": "array", "prefixItems": [{"minLength": 1}], "items": False, "minItems": 1, "uniqueItems": True},
    {"oneOf": [], "discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/A"}}},
    {"not": {"multipleOf": 2}, "additionalProperties": {"exclusiveMinimum": 0.5}, "x-own": {"n": None, "f": 1.5}},
    {"$ref": "#/components/schemas/A", "title": "t", "examples": [{"n": None}], "example": True, "readOnly": True},
]

FOR_THE_MODELS: list[dict[str, Any]] = [
    {"deprecated": "yes", "maximum": "5"},
    {"type": ["string", "null"]},
    {"dependentRequired": {"a": ["b"]}, "xml": {"name": "x"}, "externalDocs": {"url": "http://a.b"}},
    {"discriminator": {"propertyName": "k", "x-own": 1}},
    {"maximum": float("inf"), "x": float("inf")},
    {"x": ("tuple",), "minLength": 3.0},
    {"required": ("a",)},
    {"items": 1},
]


@pytest.mark.parametrize("schema", PLAIN, ids=str)
def test_a_plain_schema_is_what_the_models_make_of_it(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = checked_schema(schema, "S")
    monkeypatch.setattr(_normalise, "checked_schema", None)  # so that a use of the models fails
    assert component_schema(schema, {}, "S") == expected


@pytest.mark.parametrize("schema", FOR_THE_MODELS, ids=str)
def test_any_other_schema_goes_through_the_models(schema: dict[str, Any]) -> None:
    assert component_schema(schema, {}, "S") == checked_schema(schema, "S")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"properties": []},
        {"properties": {"a": None}},
        {"anyOf": {}},
        {"minLength": -1},
        {"title": 1},
        {"discriminator": {"mapping": {}}},
        {"discriminator": {"propertyName": "k", "mapping": []}},
        {"enum": {}},
        {"required": "a"},
    ],
    ids=str,
)
def test_what_is_no_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"components\.schemas\.S\.Schema"):
        component_schema(schema, {}, "S")


def test_references_are_renamed_wherever_they_stand() -> None:
    names = {"key": "Name"}
    schema = {
        "$ref": "#/components/schemas/key",
        "discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/key"}},
        "examples": ["#/components/schemas/key", "#/components/schemas/other"],
    }
    expected = {
        "$ref": "#/components/schemas/Name",
        "discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/Name"}},
        "examples": ["#/components/schemas/Name", "#/components/schemas/other"],
    }
    assert component_schema(schema, names, "S") == expected
    assert inline_schema(schema, names) == expected


def test_a_description_ends_at_a_form_feed() -> None:
    assert component_schema({"description": "shown\fhidden"}, {}, "S") == {"description": "shown"}


def test_an_inline_schema_keeps_its_numbers_and_loses_what_has_no_value() -> None:
    schema = {"maximum": 5, "default": None, "examples": [None, {"n": None}], "x": float("nan")}
    assert inline_schema(schema, {}) == {"maximum": 5, "examples": [None, {}]}
