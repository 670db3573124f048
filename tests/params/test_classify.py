"""What an argument means, and which declarations are refused with which words."""

import dataclasses
import re
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Gt
from pydantic import BaseModel, Field, Json
from typing_extensions import TypeAliasType, TypedDict

from vivace import Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query
from vivace._deps.graph import get_dependant
from vivace._params import markers
from vivace._params.field import ModelField
from vivace.datastructures import UploadFile
from vivace.exceptions import FastAPIError


class Item(BaseModel):
    n: int = 0


@dataclasses.dataclass
class Point:
    x: int = 0


class Options(TypedDict):
    x: int


Positive = TypeAliasType("Positive", Annotated[int, Gt(0)])
Token = TypeAliasType("Token", Annotated[str, Header()])
Outer = TypeAliasType("Outer", Annotated[Token, "more"])


def field_for(annotation: Any, *, default: Any = ..., path: str = "/") -> ModelField:
    """Classify the argument `a` of a handler."""
    namespace: dict[str, Any] = {"T": annotation, "D": default}
    exec("def handler(a: T): ..." if default is ... else "def handler(a: T = D): ...", namespace)
    dependant = get_dependant(path=path, call=namespace["handler"])
    (field,) = [
        *dependant.path_params,
        *dependant.query_params,
        *dependant.header_params,
        *dependant.cookie_params,
        *dependant.body_params,
    ]
    return field


@pytest.mark.parametrize(
    ("annotation", "marker"),
    [
        (int, markers.Query),
        (str | None, markers.Query),
        (Any, markers.Query),
        (Literal["a"], markers.Query),
        (Annotated[int, Gt(0)], markers.Query),
        (Positive, markers.Query),
        (Json[int], markers.Query),
        (Json[list[int]], markers.Body),
        (Item, markers.Body),
        (Item | None, markers.Body),
        (dict[str, int], markers.Body),
        (list[int], markers.Body),
        (list, markers.Body),
        (Point, markers.Body),
        (Options, markers.Body),
        (int | Item, markers.Body),
        (UploadFile, markers.File),
        (list[UploadFile], markers.File),
        (UploadFile | None, markers.File),
        (Token, markers.Header),
        (Outer, markers.Header),
    ],
    ids=str,
)
def test_an_argument_without_a_marker_is_told_by_its_type(annotation: Any, marker: type) -> None:
    assert type(field_for(annotation).field_info) is marker


def test_a_name_in_the_path_is_read_from_there() -> None:
    assert type(field_for(int, path="/{a}").field_info) is markers.Path
    assert type(field_for(int, path="/{a:path}").field_info) is markers.Path
    assert type(field_for(int, path="/a/{b}").field_info) is markers.Query


def test_a_default_of_a_path_parameter_is_for_direct_calls() -> None:
    assert field_for(int, default=1, path="/{a}").required


@pytest.mark.parametrize("marker", [Query, Header, Cookie, Body, Form, File])
def test_markers_work_as_defaults_and_in_annotated(marker: Any) -> None:
    for field in (field_for(int, default=marker(1)), field_for(Annotated[int, marker()], default=1)):
        assert type(field.field_info).__name__ == marker.__name__
        assert (field.required, field.get_default(), field.type_) == (False, 1, int)


@pytest.mark.parametrize("default", [..., "unset"])
def test_without_a_default_a_value_is_required(default: Any) -> None:
    field = field_for(int, default=Query(...)) if default is ... else field_for(Annotated[int, Query()])
    assert field.required


def test_an_ellipsis_after_annotated_means_required() -> None:
    namespace: dict[str, Any] = {"T": Annotated[int, Query()]}
    exec("def handler(a: T = ...): ...", namespace)
    (field,) = get_dependant(path="/", call=namespace["handler"]).query_params
    assert field.required


def test_everything_in_annotated_counts_for_the_constraints() -> None:
    field = field_for(Annotated[Positive, Field(lt=10, title="A"), Query(multiple_of=2)])
    assert [field.validate(value)[1] == [] for value in ("0", "2", "3", "12")] == [False, True, False, False]
    assert field.field_info.title == "A"


def test_the_last_marker_wins() -> None:
    assert type(field_for(Annotated[int, Query(), Header()]).field_info) is markers.Header


def test_a_marker_that_serves_two_arguments_is_not_changed() -> None:
    marker = Query(alias="x")
    assert field_for(int, default=marker).type_ is int
    assert field_for(str, default=marker).type_ is str
    assert marker.annotation is None


@pytest.mark.parametrize(
    ("annotation", "default", "alias"),
    [
        (Annotated[int, Header()], ..., "a"),
        (Annotated[int, Header(alias="X-A")], ..., "X-A"),
        (int, Query(alias="b"), "b"),
        (Annotated[int, Field(alias="c")], ..., "c"),
    ],
)
def test_the_alias_is_the_name_in_the_request(annotation: Any, default: Any, alias: str) -> None:
    assert field_for(annotation, default=default).alias == alias


def test_a_header_has_dashes_for_underscores_unless_told_otherwise() -> None:
    def handler(
        x_token: Annotated[str, Header()], y_token: Annotated[str, Header(convert_underscores=False)]
    ) -> None: ...

    assert [field.alias for field in get_dependant(path="/", call=handler).header_params] == ["x-token", "y_token"]


CHANGE_THE_PATH = "use `Path()`, or take {a} out of the path."
USE_ONE_STRING = "use a type that one string can carry, such as `int`, `str`, `UUID` or an enum."
USE_FILE = "write `File()`: files come in the body."
USE_QUERY_TYPES = "use a scalar, a list of scalars or a Pydantic model, or read it from the body with `Body()`."


@pytest.mark.parametrize(
    ("annotation", "default", "path", "text", "remedy"),
    [
        (
            Annotated[int, Query()],
            Query(),
            "/",
            "Cannot specify FastAPI annotations in `Annotated` and default value together for 'a'",
            "keep the one in `Annotated` and set the plain default with `=`.",
        ),
        (
            Annotated[int, Query(1)],
            ...,
            "/",
            "`Query` default value cannot be set in `Annotated` for 'a'. Set the default value with `=` instead.",
            "write `a: Annotated[..., Query()] = 1`.",
        ),
        (
            Annotated[int, Path()],
            1,
            "/{a}",
            "Path parameters cannot have default values",
            "take the default away, or the name out of the path.",
        ),
        (Annotated[int, Query()], ..., "/{a}", "Cannot use `Query` for path param 'a'", CHANGE_THE_PATH),
        (int, Body(), "/{a}", "Cannot use `Body` for path param 'a'", CHANGE_THE_PATH),
        (list[int], ..., "/{a}", "Path params must be of one of the supported types", USE_ONE_STRING),
        (Item, ..., "/{a}", "Path params must be of one of the supported types", USE_ONE_STRING),
        (UploadFile | None, ..., "/{a}", "Path params must be of one of the supported types", USE_ONE_STRING),
        (dict[str, int], Query(), "/", "Query parameter 'a' must be one of the supported types", USE_QUERY_TYPES),
        (list[Item], Query(), "/", "Query parameter 'a' must be one of the supported types", USE_QUERY_TYPES),
        (int | Item, Query(), "/", "Query parameter 'a' must be one of the supported types", USE_QUERY_TYPES),
        (UploadFile, Query(), "/", "Query parameter 'a' must be one of the supported types", USE_FILE),
        (list[UploadFile], Query(), "/", "Query parameter 'a' must be one of the supported types", USE_FILE),
        (
            int,
            Field(default=1),
            "/",
            "non-body parameters must be in path, query, header or cookie: a",
            "use `Query()`, `Header()`, `Cookie()` or `Body()`; Pydantic's `Field()` goes into `Annotated`.",
        ),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused_with_place_and_remedy(
    annotation: Any, default: Any, path: str, text: str, remedy: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        field_for(annotation, default=default, path=path)
    assert str(caught.value) == text
    assert caught.value.__notes__ == [
        f"To mend it: {remedy}",
        "At argument 'a' of handler() in <string>, line 1.",
    ]


def test_two_defaults_are_refused() -> None:
    with pytest.raises(TypeError, match="cannot specify both default and default_factory"):
        field_for(Annotated[int, Query(default_factory=int)], default=1)


def test_a_type_that_pydantic_does_not_know_is_refused() -> None:
    class Unknown: ...

    with pytest.raises(FastAPIError, match=re.escape(f"check that {Unknown} is a valid Pydantic field type")):
        field_for(Unknown)
    written = Annotated[Unknown, Body()]
    with pytest.raises(FastAPIError, match=re.escape(f"check that {written} is a valid Pydantic field type")):
        field_for(written)


def test_models_are_query_parameters_when_they_are_marked() -> None:
    for annotation in (Annotated[Item, Query()], Annotated[Item | None, Query()]):
        assert type(field_for(annotation).field_info) is markers.Query


def test_a_wrong_declaration_fails_when_it_is_made() -> None:
    app = FastAPI()

    def wrong(a: dict[str, int] = Query()) -> None: ...

    def handler(w: None = Depends(wrong)) -> None: ...

    with pytest.raises(AssertionError, match="Query parameter 'a' must be one of the supported types"):
        app.get("/")(handler)
