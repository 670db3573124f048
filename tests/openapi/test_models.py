"""The model set has the names and fields of the reference's."""

import enum
import inspect
import subprocess
import sys
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

import pytest
from fastapi.openapi import models as reference
from pydantic import BaseModel, ValidationError

from vivace.openapi import models

MODELS = [
    name
    for name, value in vars(reference).items()
    if inspect.isclass(value) and issubclass(value, BaseModel) and value.__module__ == reference.__name__
]


def spelled(annotation: Any) -> str:
    """Spell a type, the same for `Optional[X]` and `X | None`, and for models of either package."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " | ".join(map(spelled, args))
    if origin in (dict, list, set):
        return f"{origin.__name__}[{', '.join(map(spelled, args))}]"
    return str(annotation).replace("fastapi.", "vivace.").replace("openapi._schemes.", "openapi.models.")


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_fields_of_the_reference(name: str) -> None:
    def shape(model: type[BaseModel]) -> list[tuple[str, ...]]:
        return [
            (field, spelled(info.annotation), str(info.alias), str(info.metadata))
            for field, info in model.model_fields.items()
        ]

    expected, actual = getattr(reference, name), getattr(models, name)
    assert shape(actual) == shape(expected)
    assert actual.model_config == expected.model_config
    assert [base.__name__ for base in actual.__mro__] == [base.__name__ for base in expected.__mro__]


@pytest.mark.parametrize("name", ["ParameterInType", "SecuritySchemeType", "APIKeyIn"])
def test_an_enum_has_the_members_of_the_reference(name: str) -> None:
    expected = cast(type[enum.Enum], getattr(reference, name))
    actual = cast(type[enum.Enum], getattr(models, name))
    assert [(member.name, member.value) for member in actual] == [(member.name, member.value) for member in expected]


def test_other_names_of_the_reference_are_there() -> None:
    for name in ("Example", "SchemaOrBool", "SchemaType", "SecurityScheme", "BaseModelWithConfig"):
        assert hasattr(models, name)


def test_a_document_survives_a_round_through_the_models() -> None:
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/": {"get": {"responses": {"200": {"description": "ok"}}, "x-own": 1}}},
        "components": {"schemas": {"A": {"type": ["string", "null"], "not": {"const": 1}, "if": True}}},
    }
    dumped = models.OpenAPI.model_validate(document).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert dumped == document


def test_a_schema_refuses_what_is_no_type() -> None:
    with pytest.raises(ValidationError):
        models.Schema(type=True)  # type: ignore[arg-type]  # that is the point


def test_building_a_document_does_not_import_the_models() -> None:
    program = """
import sys
from vivace.openapi.utils import get_openapi
get_openapi(title="T", version="1", routes=[])
assert "vivace.openapi.models" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
