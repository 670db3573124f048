"""The graph of what a callable needs is read from signatures, once, and says which needs are the same."""

import functools
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from vivace import Body, Cookie, Depends, Form, Header, Path, Query, Security
from vivace._deps.graph import Dependant, flat_dependants, get_dependant, get_parameterless_sub_dependant
from vivace._deps.scopes import SecurityScopes
from vivace._inspection.callables import CallableKind
from vivace.exceptions import DependencyScopeError


class Item(BaseModel):
    n: int = 0


def number(n: int = 0) -> int:
    return n


async def twice(n: int = Depends(number)) -> int:
    return 2 * n


async def opens() -> AsyncIterator[int]:
    yield 1


def dependant_of(call: Any, path: str = "/") -> Dependant:
    return get_dependant(path=path, call=call)


def test_every_argument_has_its_place() -> None:
    def handler(
        p: int,
        q: str,
        h: Annotated[str, Header()],
        c: Annotated[str, Cookie()],
        b: Item,
        d: int = Depends(number),
    ) -> None: ...

    dependant = dependant_of(handler, "/{p}")
    lists = (dependant.path_params, dependant.query_params, dependant.header_params, dependant.cookie_params)
    assert [[field.name for field in fields] for fields in lists] == [["p"], ["q"], ["h"], ["c"]]
    assert [field.name for field in dependant.body_params] == ["b"]
    assert [(sub.name, sub.call) for sub in dependant.dependencies] == [("d", number)]


def test_special_types_are_injected_without_a_marker() -> None:
    def handler(
        r: Request,
        w: WebSocket,
        h: HTTPConnection,
        a: Response,
        b: BackgroundTasks,
        s: SecurityScopes,
    ) -> None: ...

    dependant = dependant_of(handler)
    assert dependant.request_param_name == "r"
    assert dependant.websocket_param_name == "w"
    assert dependant.http_connection_param_name == "h"
    assert dependant.response_param_name == "a"
    assert dependant.background_tasks_param_name == "b"
    assert dependant.security_scopes_param_name == "s"
    assert not dependant.query_params


def test_subclasses_of_special_types_are_injected_too() -> None:
    class OwnRequest(Request):
        pass

    def handler(r: OwnRequest, a: JSONResponse) -> None: ...

    dependant = dependant_of(handler)
    assert (dependant.request_param_name, dependant.response_param_name) == ("r", "a")


@pytest.mark.parametrize("marker", [Query(), Body(), Header()])
def test_a_special_type_takes_no_marker(marker: Any) -> None:
    def handler(r: Any) -> None: ...

    handler.__annotations__["r"] = Annotated[Request, marker]
    with pytest.raises(AssertionError, match=re.escape("Cannot specify FastAPI annotation for type <class ")):
        dependant_of(handler)


def test_a_dependency_wins_over_a_special_type() -> None:
    def handler(r: Annotated[Request, Depends(number)]) -> None: ...

    dependant = dependant_of(handler)
    assert dependant.request_param_name is None
    assert dependant.dependencies[0].call is number


def test_the_type_is_called_when_nothing_else_is_named() -> None:
    def handler(a: Annotated[Item, Depends()], b: Item = Depends()) -> None: ...

    assert [sub.call for sub in dependant_of(handler).dependencies] == [Item, Item]


def test_the_marker_that_names_no_callable_is_left_as_it_was() -> None:
    marker = Depends()

    def handler(a: Item = marker) -> None: ...

    dependant_of(handler)
    assert marker.dependency is None


def test_the_graph_is_listed_depth_first() -> None:
    def handler(a: int = Depends(twice), b: int = Depends(opens)) -> None: ...

    assert [node.call for node in flat_dependants(dependant_of(handler))] == [handler, twice, number, opens]


@pytest.mark.parametrize(
    ("call", "kind", "scope"),
    [
        (number, CallableKind.SYNC, None),
        (twice, CallableKind.ASYNC, None),
        (opens, CallableKind.ASYNC_GENERATOR, "request"),
        (functools.partial(opens), CallableKind.ASYNC_GENERATOR, "request"),
    ],
)
def test_what_yields_lives_as_long_as_the_request(call: Any, kind: CallableKind, scope: str | None) -> None:
    dependant = dependant_of(call)
    assert (dependant.kind, dependant.computed_scope) == (kind, scope)


def test_needs_with_the_same_callable_are_the_same() -> None:
    def handler(a: int = Depends(number), b: int = Depends(twice)) -> None: ...

    direct, two = dependant_of(handler).dependencies
    assert direct.cache_key == two.dependencies[0].cache_key


def test_oauth_scopes_tell_needs_apart_only_where_they_are_seen() -> None:
    def sees(scopes: SecurityScopes) -> None: ...

    def handler(
        a: int = Security(number, scopes=["a"]),
        b: int = Depends(number),
        c: Any = Security(sees, scopes=["x", "y"]),
        d: Any = Security(sees, scopes=["y", "x"]),
        e: Any = Depends(sees),
        f: Any = Depends(sees),
    ) -> None: ...

    keys = [sub.cache_key for sub in dependant_of(handler).dependencies]
    assert keys[0] != keys[1]
    assert keys[2] == keys[3] != keys[4] == keys[5]


def test_oauth_scopes_are_collected_from_the_outside_in() -> None:
    def inner(scopes: SecurityScopes) -> None: ...

    def outer(i: Any = Security(inner, scopes=["c", "a"])) -> None: ...

    def handler(o: Any = Security(outer, scopes=["a", "b"])) -> None: ...

    (node,) = dependant_of(handler).dependencies
    assert node.oauth_scopes == ["a", "b"]
    assert node.dependencies[0].oauth_scopes == ["a", "b", "c"]


def test_other_lifetimes_are_other_needs() -> None:
    def handler(a: int = Depends(opens, scope="function"), b: int = Depends(opens)) -> None: ...

    first, second = dependant_of(handler).dependencies
    assert first.cache_key != second.cache_key


def test_what_lives_longer_cannot_need_what_ends_earlier() -> None:
    def long_lived(a: int = Depends(opens, scope="function")) -> Iterator[int]:
        yield a

    def handler(a: int = Depends(long_lived)) -> None: ...

    with pytest.raises(
        DependencyScopeError,
        match=re.escape(
            'The dependency "long_lived" has a scope of "request", '
            'it cannot depend on dependencies with scope "function".'
        ),
    ):
        dependant_of(handler)


def test_what_ends_as_early_may_need_it() -> None:
    def short_lived(a: int = Depends(opens, scope="function")) -> Iterator[int]:
        yield a

    def handler(a: int = Depends(short_lived, scope="function")) -> None: ...

    assert dependant_of(handler).dependencies[0].computed_scope == "function"


def test_a_need_without_a_name_is_called_for_its_effect() -> None:
    dependant = get_parameterless_sub_dependant(depends=Security(number, scopes=["a"]), path="/")
    assert (dependant.name, dependant.call, dependant.own_oauth_scopes) == (None, number, ["a"])


def test_a_need_without_a_name_must_name_a_callable() -> None:
    with pytest.raises(AssertionError, match="A parameter-less dependency must have a callable dependency"):
        get_parameterless_sub_dependant(depends=Depends(), path="/")


def test_the_error_of_a_dependency_that_cannot_be_called_says_who_needs_it() -> None:
    def handler(a: int = Depends("number")) -> None:  # type: ignore[arg-type]  # what is tested
        ...

    with pytest.raises(TypeError) as caught:
        dependant_of(handler)
    assert re.fullmatch(
        r"'number' is not a callable object: .*handler\(\) in .*test_graph\.py, line \d+ depends on it "
        r"through 'a'\. Give Depends\(\) a function or a class\.",
        str(caught.value),
    )


def test_depends_in_two_places_is_refused() -> None:
    def handler(a: Annotated[int, Depends(number)] = Depends(twice)) -> None: ...

    with pytest.raises(
        AssertionError, match="Cannot specify `Depends` in `Annotated` and default value together for 'a'"
    ):
        dependant_of(handler)


def test_a_parameter_and_a_dependency_at_once_are_refused() -> None:
    def handler(a: Annotated[int, Query()] = Depends(number)) -> None: ...

    with pytest.raises(
        AssertionError,
        match="Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default value together for 'a'",
    ):
        dependant_of(handler)


def test_the_last_marker_in_annotated_counts() -> None:
    def handler(a: Annotated[int, Query(), Depends(number)], b: Annotated[int, Depends(number), Query()]) -> None: ...

    dependant = dependant_of(handler)
    assert [sub.name for sub in dependant.dependencies] == ["a"]
    assert [field.name for field in dependant.query_params] == ["b"]


def test_one_callable_under_two_paths_has_two_readings() -> None:
    def handler(x: int) -> None: ...

    assert [field.name for field in dependant_of(handler, "/{x}").path_params] == ["x"]
    assert [field.name for field in dependant_of(handler, "/").query_params] == ["x"]
    assert [field.name for field in dependant_of(handler, "/{x:path}/{y}").path_params] == ["x"]


def test_a_dependency_reads_the_path_of_its_route() -> None:
    def needs(x: int) -> None: ...

    def handler(a: None = Depends(needs)) -> None: ...

    (node,) = dependant_of(handler, "/{x}").dependencies
    assert [field.name for field in node.path_params] == ["x"]


def test_a_callable_that_cannot_be_hashed_is_read_too() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]  # what is tested

        def __call__(self, n: int) -> int:
            return n

    assert [field.name for field in dependant_of(Unhashable()).query_params] == ["n"]


def test_a_new_signature_is_read_again() -> None:
    def handler(a: int) -> None: ...

    def other(b: int, c: Annotated[int, Path()]) -> None: ...

    assert [field.name for field in dependant_of(handler).query_params] == ["a"]
    handler.__wrapped__ = other  # type: ignore[attr-defined]  # what decorators do
    handler.__annotations__ = {}
    assert [field.name for field in dependant_of(handler).query_params] == ["b"]


def test_form_fields_are_bodies() -> None:
    def handler(a: Annotated[str, Form()], b: Annotated[int, Body()]) -> None: ...

    assert [field.name for field in dependant_of(handler).body_params] == ["a", "b"]
