"""Raw values come out of a scope as Starlette would read them, without its objects."""

from typing import Annotated, Any

from endpoint.asgi import make_scope
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request

from vivace import Cookie, Header, Query
from vivace._deps.graph import Dependant, get_dependant
from vivace._endpoint.fetch import lookup_paths, make_fetch
from vivace._params.field import ModelField

NAMES = ("a", "b", "x-y", "c")
QUERY_TEXTS = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, "", "%61", "a+", "é"]),
        st.text("01ab=%+&;é \x00", max_size=5) | st.just("%C3%A9%ff%zz"),
    ).map("=".join)
    | st.text("ab=%+;", max_size=4),
    max_size=6,
).map("&".join)
HEADER_ITEMS = st.lists(
    st.tuples(st.sampled_from([*NAMES, "cookie", "other"]), st.text("a1 é,;=", max_size=6)), max_size=6
)
COOKIE_TEXTS = st.text('ab= ;"\\,é01%', max_size=20)
BOUNDED = settings(max_examples=300, derandomize=True, deadline=None, database=None)


def reads(
    a: Any = None,
    b: Annotated[list[str], Query()] = [],  # noqa: B006  copied for each request
    c: Annotated[Any, Query(validation_alias=AliasChoices("c", "x-y"))] = None,
) -> None: ...


def reads_headers(
    a: Annotated[Any, Header()] = None,
    b: Annotated[list[str] | None, Header()] = None,
    x_y: Annotated[Any, Header()] = None,
    upper: Annotated[Any, Header(alias="C")] = None,
) -> None: ...


def reads_cookies(a: Annotated[Any, Cookie()] = None, b: Annotated[list[str] | None, Cookie()] = None) -> None: ...


class Filters(BaseModel):
    model_config = {"extra": "allow"}
    a: Any = None
    b: list[str] = []


def reads_model(filters: Annotated[Filters, Query()], c: Any = None) -> None: ...


def reads_optional_model(filters: Annotated[Filters | None, Query()] = None) -> None: ...


def fields_of(call: Any) -> list[ModelField]:
    dependant: Dependant = get_dependant(path="/", call=call)
    return dependant.query_params + dependant.header_params + dependant.cookie_params


def found(values: Any, field: ModelField, source: str) -> Any:
    """Look a field up as its validator will."""
    for _, key in lookup_paths(field, source):
        if key in values:
            return values[key]
    return None


@BOUNDED
@given(text=QUERY_TEXTS)
def test_a_query_string_is_read_as_starlette_reads_it(text: str) -> None:
    scope = make_scope("/?" + text)
    expected = QueryParams(scope["query_string"])
    a, b, c = fields_of(reads)
    for fields in ([a, c], [a, b, c]):  # with and without repeated values: two ways
        values = make_fetch("query", fields)(scope)
        assert found(values, a, "query") == expected.get("a")
        assert found(values, c, "query") == expected.get("c", expected.get("x-y"))
    assert (found(values, b, "query") or []) == expected.getlist("b")


@BOUNDED
@given(items=HEADER_ITEMS)
def test_headers_are_read_as_starlette_reads_them(items: list[tuple[str, str]]) -> None:
    scope = make_scope("/", headers=items)
    expected = Headers(scope=scope)
    a, b, x_y, upper = fields_of(reads_headers)
    values = make_fetch("header", [a, b, x_y, upper])(scope)
    assert found(values, a, "header") == expected.get("a")
    assert found(values, x_y, "header") == expected.get("x-y")
    assert found(values, upper, "header") == expected.get("c")
    assert (found(values, b, "header") or []) == expected.getlist("b")


@BOUNDED
@given(texts=st.lists(COOKIE_TEXTS, max_size=2))
def test_cookies_are_read_as_starlette_reads_them(texts: list[str]) -> None:
    scope = make_scope("/", headers=[("cookie", text) for text in texts])
    a, b = fields_of(reads_cookies)
    values = make_fetch("cookie", [a, b])(scope)
    expected = Request(scope).cookies
    assert found(values, a, "cookie") == expected.get("a")
    assert found(values, b, "cookie") == expected.get("b")  # a cookie has one value, whatever is declared


@BOUNDED
@given(text=QUERY_TEXTS)
def test_a_parameter_model_gets_its_fields_and_everything_else(text: str) -> None:
    scope = make_scope("/?" + text)
    expected = QueryParams(scope["query_string"])
    filters, c = fields_of(reads_model)
    values = make_fetch("query", [filters, c])(scope)
    data = found(values, filters, "query")
    assert data.keys() == expected.keys()
    assert data.get("a") == expected.get("a")
    assert data.get("b", []) == expected.getlist("b")
    assert found(values, c, "query") == expected.get("c")


def test_an_optional_model_is_absent_when_nothing_that_it_takes_is_there() -> None:
    (filters,) = fields_of(reads_optional_model)
    fetch = make_fetch("query", [filters])
    assert found(fetch(make_scope("/")), filters, "query") is None
    assert found(fetch(make_scope("/?other=1")), filters, "query") == {"other": "1"}  # it keeps other values
    assert found(fetch(make_scope("/?a=1&other=1")), filters, "query") == {"a": "1", "other": "1"}


def test_no_request_can_spell_the_key_of_a_list() -> None:
    _, b, _ = fields = fields_of(reads)
    values = make_fetch("query", fields)(make_scope("/?%00list:b=spelled&b=real"))
    assert found(values, b, "query") == ["real"]


def test_a_header_name_outside_ascii_is_never_found() -> None:
    def handler(x: Annotated[Any, Header(alias="é")] = None) -> None: ...

    (field,) = fields_of(handler)
    assert found(make_fetch("header", [field])(make_scope("/", headers=[("é", "1")])), field, "header") is None
