"""Errors of wrong declarations: the text of the reference, and under it the remedy and the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from vivace import Body, Depends, FastAPI, Path, Query
from vivace.exceptions import DependencyScopeError, FastAPIError


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
