"""A field validates one value, gives its default and serialises it; what it makes is made once."""

from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Json
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vivace._params.bodies import combined_body_field, is_embedded
from vivace._params.field import ModelField, create_model_field, is_json_field, missing_error
from vivace._params.markers import Body, File, Form, Header, Query
from vivace._params.models import flat_fields, model_fields, parameter_model, request_keys


class Item(BaseModel):
    n: int = 0


class Named(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    some_name: Annotated[int, Query(alias="alias")] = 0


class OnlyNames(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    some_name: Annotated[int, Query(alias="alias")] = 0


class Headers(BaseModel):
    x_token: str
    x_alias: Annotated[str, Header(alias="X_Alias")] = ""
    many: list[str] = []


def field_of(annotation: Any, marker: FieldInfo | None = None, name: str = "a") -> ModelField:
    info = Query() if marker is None else marker
    info.annotation = annotation
    return ModelField(field_info=info, name=name)


def test_a_value_is_validated_with_errors_at_its_location() -> None:
    field = field_of(int)
    assert field.validate("1") == (1, [])
    value, errors = field.validate("x", loc=("query", "a"))
    assert value is None
    assert [(error["loc"], error["type"], "url" in error) for error in errors] == [
        (("query", "a"), "int_parsing", False)
    ]


def test_the_error_of_an_absent_value_is_always_the_same() -> None:
    assert missing_error(("query", "a")) == {
        "type": "missing",
        "loc": ("query", "a"),
        "msg": "Field required",
        "input": None,
    }


def test_a_default_is_a_fresh_copy() -> None:
    default = {"a": [1]}
    field = field_of(dict, Query(default))
    assert field.get_default() == default
    assert field.default is not field.default
    field.get_default()["a"].append(2)
    assert default == {"a": [1]}


def test_a_required_field_has_no_default() -> None:
    assert field_of(int).get_default() is PydanticUndefined
    assert field_of(int, Query(None)).get_default() is None
    assert field_of(int).required
    assert not field_of(int, Query(None)).required


def test_a_factory_makes_the_default() -> None:
    assert field_of(list, Query(default_factory=list)).get_default() == []


def test_a_field_serialises_by_alias_to_data_for_json() -> None:
    field = ModelField(field_info=FieldInfo(annotation=Named), name="a", mode="serialization")
    value = Named(some_name=1)
    assert field.serialize(value) == {"alias": 1}
    assert field.serialize(value, by_alias=False) == {"some_name": 1}
    assert field.serialize_json(value) == b'{"alias":1}'
    assert field.serialize_json(value, exclude_defaults=True, by_alias=False) == b'{"some_name":1}'


def test_fields_of_the_same_plain_type_share_a_validator() -> None:
    assert field_of(int).validator is field_of(int).validator
    assert field_of(int, Query(gt=1)).validator is not field_of(int).validator


def test_unions_that_are_equal_but_not_alike_share_nothing() -> None:
    class Left(BaseModel):
        n: int = 1

    class Right(BaseModel):
        n: int = 1

    one, other = field_of(Left | Right), field_of(Right | Left)
    assert type(one.validate({})[0]) is Left
    assert type(other.validate({})[0]) is Right


def test_a_type_that_cannot_be_hashed_is_validated_too() -> None:
    field = field_of(Annotated[int, {"not": "hashable"}])
    assert field.validate("1") == (1, [])


def test_a_type_that_is_named_by_a_string_may_come_later() -> None:
    field = create_model_field("a", FieldInfo(annotation=list["Later"]))  # type: ignore[name-defined]  # noqa: F821
    assert field.name == "a"


def test_a_field_shows_what_it_is_made_of() -> None:
    assert (
        repr(field_of(int))
        == "ModelField(field_info=Query(PydanticUndefined), name='a', mode='validation', config=None)"
    )


def test_names_come_from_the_marker() -> None:
    field = field_of(int, Query(alias="x", validation_alias="y", serialization_alias="z"))
    assert (field.alias, field.validation_alias, field.serialization_alias) == ("x", "y", "z")
    assert field_of(int).alias == "a"


def test_json_in_one_string_is_recognised() -> None:
    assert is_json_field(FieldInfo.from_annotation(Json[list[int]]))
    assert not is_json_field(FieldInfo.from_annotation(list[int]))


# -- names in the request ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "names"),
    [
        (Query(), ["a"]),
        (Query(alias="x"), ["x"]),
        (Query(validation_alias="y"), ["y"]),
        (Query(alias="x", validation_alias="y"), ["y"]),
        (Query(validation_alias=AliasChoices("x", "y")), ["x", "y"]),
        (Query(alias="z", validation_alias=AliasPath("x", 0)), ["z"]),
    ],
)
def test_a_parameter_is_looked_up_under_its_aliases(marker: FieldInfo, names: list[str]) -> None:
    assert [key.name for key in request_keys(field_of(int, marker))] == names


@pytest.mark.parametrize(("model", "names"), [(Named, ["alias", "some_name"]), (OnlyNames, ["some_name"])])
def test_a_model_says_whether_names_count(model: type[BaseModel], names: list[str]) -> None:
    (field,) = model_fields(model)
    assert [key.name for key in request_keys(field, Query(), model)] == names


def test_header_models_have_dashes_unless_the_field_has_an_alias() -> None:
    plain, aliased, many = model_fields(Headers)
    keys = [request_keys(field, Header(), Headers)[0] for field in (plain, aliased, many)]
    assert [(key.name, key.key, key.is_list) for key in keys] == [
        ("x-token", "x_token", False),
        ("X_Alias", "X_Alias", False),
        ("many", "many", True),
    ]
    assert request_keys(plain, Header(convert_underscores=False))[0].name == "x_token"


def test_a_model_or_nothing_is_a_parameter_model() -> None:
    assert parameter_model(field_of(Item)) is Item
    assert parameter_model(field_of(Item | None)) is Item
    assert parameter_model(field_of(Item | Named)) is None
    assert parameter_model(field_of(list[Item])) is None


def test_json_text_of_a_model_is_one_value() -> None:
    info = Query()
    info.metadata = FieldInfo.from_annotation(Json[Item]).metadata
    assert parameter_model(field_of(Item, info)) is None
    assert parameter_model(field_of(Json[Item] | None)) is None


def test_parameter_models_are_flattened_in_place() -> None:
    flat = flat_fields([field_of(int), field_of(Headers, name="m"), field_of(str, name="z")])
    assert [field.name for field in flat] == ["a", "x_token", "x_alias", "many", "z"]


def test_the_fields_of_a_model_are_made_once() -> None:
    assert model_fields(Item) is model_fields(Item)


# -- several bodies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], False),
        ([field_of(Item, Body())], False),
        ([field_of(Item, Body(embed=True))], True),
        ([field_of(Item, Body()), field_of(Item, Body(), name="b")], True),
        ([field_of(Item, Body()), field_of(Item, Body())], False),  # one body for two callables
        ([field_of(str, Form())], True),
        ([field_of(Item, Form())], False),
    ],
)
def test_bodies_are_keys_when_there_are_several(fields: list[ModelField], expected: bool) -> None:
    assert is_embedded(fields) is expected


def test_several_bodies_become_one_model_with_their_names() -> None:
    combined = combined_body_field([field_of(Item, Body()), field_of(int, Body(1), name="b")], "create")
    assert combined.name == "body"
    assert combined.required
    assert combined.type_.__name__ == "Body_create"
    assert combined.validate({"a": {}})[0].b == 1


@pytest.mark.parametrize(
    ("kinds", "kind", "media_type"),
    [
        ([Body, Body], Body, "application/json"),
        ([Form, Form], Form, "application/x-www-form-urlencoded"),
        ([Form, File], File, "multipart/form-data"),
    ],
)
def test_the_combined_body_is_of_the_widest_kind(kinds: list[Any], kind: type, media_type: str) -> None:
    fields = [field_of(str, made(), name=name) for made, name in zip(kinds, "ab", strict=True)]
    info: Any = combined_body_field(fields, "create").field_info
    assert (type(info), info.media_type) == (kind, media_type)


def test_a_combined_body_of_optional_parts_is_optional() -> None:
    assert not combined_body_field([field_of(int, Body(1)), field_of(int, Body(2), name="b")], "create").required
