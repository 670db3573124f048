"""The functions that programs import from `vivace.utils`."""

import pytest
from pydantic.fields import FieldInfo

from vivace.datastructures import Default
from vivace.exceptions import FastAPIDeprecationWarning, FastAPIError
from vivace.utils import (
    create_model_field,
    deep_dict_update,
    generate_operation_id_for_path,
    get_path_param_names,
    get_value_or_default,
    is_body_allowed_for_status_code,
)


@pytest.mark.parametrize(
    ("path", "names"), [("/", set()), ("/{a}/{b}", {"a", "b"}), ("/{a:path}", {"a:path"}), ("/{a}/{a}", {"a"})]
)
def test_names_in_a_path_are_what_stands_between_braces(path: str, names: set[str]) -> None:
    assert get_path_param_names(path) == names


def test_a_field_is_made_of_a_type() -> None:
    field = create_model_field("a", int, default=1)
    assert (field.name, field.required, field.validate("2")) == ("a", False, (2, []))
    assert create_model_field("a", int, field_info=FieldInfo(annotation=str)).type_ is str
    assert create_model_field("a", int, alias="b").alias == "b"


def test_a_type_that_pydantic_does_not_know_is_refused() -> None:
    class Unknown: ...

    with pytest.raises(FastAPIError, match="Invalid args for response field"):
        create_model_field("a", Unknown)


def test_the_old_operation_id_warns() -> None:
    with pytest.warns(FastAPIDeprecationWarning, match="generate_operation_id_for_path"):
        made = generate_operation_id_for_path(name="read", path="/items/{id}", method="GET")
    assert made == "read_items__id__get"


def test_dicts_are_merged_lists_joined_and_values_replaced() -> None:
    main = {"a": {"b": 1, "c": [1]}, "d": [1], "e": 1, "f": {"x": 1}}
    deep_dict_update(main, {"a": {"c": [2], "g": 3}, "d": [2], "e": {"now": "a dict"}, "f": 1})
    assert main == {"a": {"b": 1, "c": [1, 2], "g": 3}, "d": [1, 2], "e": {"now": "a dict"}, "f": 1}


def test_the_first_value_that_was_set_counts() -> None:
    first, second = Default(1), Default(2)
    assert get_value_or_default(first, None, 3) is None
    assert get_value_or_default(first, second, 3) == 3
    assert get_value_or_default(first, second) is first


@pytest.mark.parametrize(
    ("status_code", "expected"),
    [
        *((None, True), (200, True), ("200", True), ("default", True), ("2XX", True), ("4XX", True)),
        *((100, False), (199, False), (204, False), (205, False), (304, False), ("204", False)),
    ],
)
def test_some_status_codes_allow_no_body(status_code: int | str | None, expected: bool) -> None:
    assert is_body_allowed_for_status_code(status_code) is expected
