"""Errors of wrong declarations: the text of the reference, and under it the remedy and the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import ValidationError
from pydantic_core import SchemaError

from vivace import Body, Depends, FastAPI, Path, Query
from vivace.exceptions import DependencyScopeError, FastAPIError
from vivace.responses import JSONResponse


class NotForPydantic: ...


def needs_a_dict(q: dict = Query()) -> None: ...  # type: ignore[type-arg]


def needs_that(d: None = Depends(needs_a_dict)) -> None: ...


def short_lived() -> Any:
    yield


def long_lived(x: None = Depends(short_lived, scope="function")) -> Any:
    yield


def query_dict(a: None = Depends(needs_that)) -> None: ...
def path_dict(y: dict) -> None: ...  # type: ignore[type-arg]
def query_in_path(y: int = Query()) -> None: ...
def path_with_default(y: Annotated[int, Path()] = 3) -> None: ...
def default_in_annotated(b: Annotated[int, Query(3)]) -> None: ...
def two_markers(b: Annotated[int, Query()] = Body()) -> None: ...
def not_callable(b: int = Depends(3)) -> None: ...  # type: ignore[arg-type]  # that is the mistake
def no_signature(b: int = Depends()) -> None: ...
def wrong_scopes(b: None = Depends(long_lived)) -> None: ...
def wrong_result() -> NotForPydantic: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("handler", "error", "text", "remedy"),
    [
        (query_dict, AssertionError, "Query parameter 'q' must be one of", "use a scalar, a list of scalars"),
        (path_dict, AssertionError, "Path params must be of one of the supported types", "use a type that one string"),
        (query_in_path, AssertionError, "Cannot use `Query` for path param 'y'", "use `Path()`"),
        (path_with_default, AssertionError, "Path parameters cannot have default values", "take the default away"),
        (default_in_annotated, AssertionError, "`Query` default value cannot be set in", "= 3`"),
        (two_markers, AssertionError, "Cannot specify FastAPI annotations in `Annotated`", "keep the one in"),
        (not_callable, TypeError, "3 is not a callable object", "At argument 'b'"),
        (no_signature, ValueError, "no signature found", "needed for argument 'b'"),
        (wrong_scopes, DependencyScopeError, 'The dependency "long_lived" has a scope', "give both the same scope"),
        (wrong_result, FastAPIError, "Invalid args for response field!", "Declared for GET"),
    ],
)
def test_a_wrong_declaration_says_what_where_and_what_to_do(
    handler: Callable[..., Any], error: type[Exception], text: str, remedy: str
) -> None:
    with pytest.raises(error) as raised:
        FastAPI().get("/x/{y}")(handler)

    notes = "\n".join(raised.value.__notes__)
    assert str(raised.value).startswith(text)
    assert remedy in notes
    code = handler.__code__
    place = f"{handler.__name__}() in {code.co_filename}, line {code.co_firstlineno}"
    assert f"Declared for GET '/x/{{y}}': {place}." in notes


def test_every_dependency_on_the_way_is_named() -> None:
    with pytest.raises(AssertionError) as raised:
        FastAPI().get("/x")(query_dict)

    notes = "\n".join(raised.value.__notes__)
    assert "At argument 'q' of needs_a_dict()" in notes
    assert "needed for argument 'd' of needs_that()" in notes
    assert "needed for argument 'a' of query_dict()" in notes


class NeedsItself:
    def __init__(self, other: Annotated[NeedsItself, Depends()]) -> None: ...


def test_a_circle_of_dependencies_is_named() -> None:
    def handler(a: Annotated[NeedsItself, Depends()]) -> None: ...

    with pytest.raises(FastAPIError, match=r"in a circle: NeedsItself.* -> NeedsItself"):
        FastAPI().get("/x")(handler)


def test_a_wrong_regular_expression_is_found_at_start_up() -> None:
    def handler(q: str = Query("", pattern="(")) -> None: ...

    with pytest.raises(SchemaError) as raised:
        FastAPI().get("/x")(handler)
    assert "At argument 'q' of " in "\n".join(raised.value.__notes__)


def test_a_misspelt_option_of_a_marker_suggests_the_right_one() -> None:
    with pytest.raises(TypeError, match=r"Query\(\) got an unexpected keyword argument 'gte'\. Did you mean '\w+'\?"):
        Query(gte=3)  # type: ignore[call-arg]  # that is the mistake


def test_wrong_limits_of_forms_name_those_that_there_are() -> None:
    with pytest.raises(ValidationError) as raised:
        FastAPI(form_limits={"max_filez": 3})  # type: ignore[arg-type]  # that is the mistake
    assert raised.value.__notes__ == [
        "form_limits takes max_fields, max_files, max_part_size, each a whole number from 0 on."
    ]


def test_a_frontend_that_is_not_built_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="Frontend directory 'no/dist' does not exist") as raised:
        FastAPI().frontend("/", directory="no/dist")
    assert raised.value.__notes__ == [
        "To mend it: build the page first, or say `check_dir=False` if it is built later."
    ]


def test_a_route_without_methods_is_refused() -> None:
    with pytest.raises(AssertionError, match="The route '/x' has no methods"):
        FastAPI().api_route("/x", methods=[])(path_dict)


def test_a_dependency_that_is_not_wrapped_says_how_to_wrap_it() -> None:
    with pytest.raises(AttributeError) as raised:
        FastAPI().get("/x", dependencies=[needs_a_dict])(path_dict)  # type: ignore[list-item]  # that is the mistake
    assert "write `dependencies=[Depends(...)]`" in "\n".join(raised.value.__notes__)


def test_a_handler_for_no_exception_is_refused_when_the_app_starts() -> None:
    app = FastAPI()
    app.add_exception_handler("x", print)  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(TypeError, match="not for 'x'"):
        app.build_middleware_stack()


def test_a_handler_that_yields_has_a_response_class_that_takes_items() -> None:
    with pytest.raises(AssertionError, match=r"A handler that yields cannot answer with JSONResponse") as raised:
        FastAPI().get("/x", response_class=JSONResponse)(short_lived)
    assert "EventSourceResponse or StreamingResponse" in "\n".join(raised.value.__notes__)
    assert "short_lived() in " in "\n".join(raised.value.__notes__)
