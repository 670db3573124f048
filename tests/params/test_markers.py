"""Markers hold what was declared: Pydantic's part in a `FieldInfo`, ours beside it."""

import inspect
import re
import warnings
from types import ModuleType
from typing import Any

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vivace import param_functions, params
from vivace._params import markers
from vivace._params.markers import FieldOptions, ParamTypes
from vivace.exceptions import FastAPIDeprecationWarning

ALL = (markers.Query, markers.Header, markers.Cookie, markers.Body, markers.Form, markers.File)


@pytest.mark.parametrize("marker", [*ALL, markers.Path])
def test_a_marker_is_a_field_info(marker: Any) -> None:
    made: Any = marker(description="d", gt=1, deprecated=True, include_in_schema=False, openapi_examples={"e": {}})
    assert issubclass(marker, FieldInfo)
    assert (made.description, made.deprecated) == ("d", True)
    assert (made.include_in_schema, made.openapi_examples) == (False, {"e": {}})
    assert [type(item).__name__ for item in made.metadata] == ["Gt"]


@pytest.mark.parametrize("marker", ALL)
def test_an_option_that_is_none_is_not_set(marker: Any) -> None:
    made = marker(**dict.fromkeys(FieldOptions.__annotations__.keys() - {"include_in_schema", "example"}))
    assert made.metadata == []
    assert made.is_required()
    assert made.example is PydanticUndefined


@pytest.mark.parametrize("marker", [*ALL, markers.Path])
def test_an_option_that_does_not_exist_is_refused(marker: Any) -> None:
    text = f"{marker.__name__}() got an unexpected keyword argument 'unknown'"
    with pytest.raises(TypeError, match=re.escape(text)):
        marker(unknown=1)


def test_an_alias_is_also_the_name_to_validate_and_to_serialise() -> None:
    made = markers.Query(alias="a")
    assert (made.alias, made.validation_alias, made.serialization_alias) == ("a", "a", "a")
    made = markers.Query(alias="a", validation_alias="b")
    assert (made.alias, made.validation_alias) == ("a", "b")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"regex": "^a$"}, "`regex` has been deprecated, please use `pattern` instead"),
        ({"example": 1}, "`example` has been deprecated, please use `examples` instead"),
    ],
)
def test_old_names_of_options_still_work_and_warn(options: dict[str, Any], text: str) -> None:
    with pytest.warns(FastAPIDeprecationWarning, match=re.escape(text)):
        made = markers.Query(**options)
    if "regex" in options:
        assert made.metadata[0].pattern == "^a$"


@pytest.mark.parametrize("source", [markers, param_functions])
@pytest.mark.parametrize("name", ["Path", "Query", "Header", "Cookie", "Body", "Form", "File"])
def test_the_warning_points_at_the_line_of_the_declaration(source: ModuleType, name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(source, name)(example=1)
    assert caught[0].category is FastAPIDeprecationWarning
    assert caught[0].filename == __file__


@pytest.mark.parametrize("options", [{"default": 1}, {"default": None}])
def test_a_path_parameter_has_no_default(options: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="Path parameters cannot have a default value"):
        markers.Path(**options)


def test_a_marker_shows_its_default() -> None:
    assert repr(markers.Query(1)) == "Query(1)"
    assert repr(markers.Header()) == "Header(PydanticUndefined)"


@pytest.mark.parametrize(
    ("marker", "media_type"),
    [
        (markers.Body, "application/json"),
        (markers.Form, "application/x-www-form-urlencoded"),
        (markers.File, "multipart/form-data"),
    ],
)
def test_bodies_have_a_media_type(marker: Any, media_type: str) -> None:
    assert marker().media_type == media_type
    assert marker(media_type="own/type").media_type == "own/type"


def test_sources_have_names() -> None:
    assert [marker.in_.value for marker in (markers.Path, markers.Query, markers.Header, markers.Cookie)] == [
        *("path", "query", "header", "cookie")
    ]
    assert ParamTypes("query") is ParamTypes.query


@pytest.mark.parametrize("name", ["Path", "Query", "Header", "Cookie", "Body", "Form", "File"])
def test_the_functions_make_the_markers_of_the_same_names(name: str) -> None:
    made = getattr(param_functions, name)(title="t")
    assert type(made) is getattr(params, name) is getattr(markers, name)
    assert made.title == "t"
    assert made.is_required()


@pytest.mark.parametrize("name", ["Query", "Header", "Cookie", "Body", "Form", "File"])
def test_the_functions_take_the_default_first(name: str) -> None:
    function = getattr(param_functions, name)
    assert function(1).default == 1
    assert next(iter(inspect.signature(function).parameters)) == "default"


def test_the_functions_pass_their_own_options_on() -> None:
    assert param_functions.Header(convert_underscores=False).convert_underscores is False
    assert param_functions.Body(embed=True, media_type="own/type").embed is True
    assert param_functions.Depends(len, use_cache=False).use_cache is False
    assert param_functions.Security(len, scopes=["a"]).scopes == ["a"]
