"""Values are read where they were declared to be; every error is reported with its place, in order."""

from typing import Annotated, Any

import pytest
from endpoint.asgi import answer
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, Json
from pydantic_core import PydanticUndefined

from vivace import Body, Cookie, Depends, FastAPI, Header, Query
from vivace._params.field import ModelField
from vivace._params.read import read_body, values_by_name
from vivace._routing import routes
from vivace.datastructures import QueryParams
from vivace.testclient import TestClient


@pytest.fixture(params=["compiled", "exact"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Send all requests of the test through one path of the endpoint."""
    chosen: str = request.param
    if chosen == "exact":
        monkeypatch.setattr(routes, "plan_line", lambda plan: None)
    return chosen


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(10, gt=0)
    tags: list[str] = []


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


class Tokens(BaseModel):
    x_token: str
    x_many: list[str] = []


class Item(BaseModel):
    n: int
    s: str = "s"


def app_with(handler: Any, method: str = "GET", path: str = "/") -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.add_api_route(path, handler, methods=[method], response_model=None)
    return app


def errors_of(client: Any) -> list[tuple[list[Any], str]]:
    assert client.status == 422
    return [(error["loc"], error["type"]) for error in client.json["detail"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [None, []]),
        ("a=1", [1, []]),
        ("a=1&a=2", [2, []]),
        ("b=x", [None, ["x"]]),
        ("b=x&b=y&b=", [None, ["x", "y", ""]]),
        ("b", [None, [""]]),
    ],
)
def test_repeated_values_are_a_list_or_the_last_one(path: str, query: str, expected: Any) -> None:
    async def handler(a: int | None = None, b: Annotated[list[str], Query()] = []) -> Any:  # noqa: B006  copied
        return [a, b]

    assert answer(app_with(handler), f"/?{query}").json == expected


def test_the_first_alias_that_is_present_counts_and_errors_name_it(path: str) -> None:
    async def handler(a: Annotated[int, Query(validation_alias=AliasChoices("x", "y"))]) -> Any:
        return a

    app = app_with(handler)
    assert [answer(app, f"/?{query}").json for query in ("y=2", "y=2&x=1", "x=1")] == [2, 1, 1]
    assert errors_of(answer(app, "/?y=z")) == [(["query", "y"], "int_parsing")]
    assert errors_of(answer(app, "/?a=1")) == [(["query", "x"], "missing")]


def test_headers_are_found_whatever_their_case_and_not_with_underscores(path: str) -> None:
    async def handler(
        x_token: Annotated[str | None, Header()] = None,
        many: Annotated[list[str], Header(alias="X-Many")] = [],  # noqa: B006
    ) -> Any:
        return [x_token, many]

    app = app_with(handler)
    assert answer(app, "/", headers=[("X-TOKEN", "a"), ("x-token", "b")]).json == ["a", []]
    assert answer(app, "/", headers=[("x_token", "a"), ("x-many", "1"), ("X-Many", "2")]).json == [None, ["1", "2"]]


def test_cookies_are_read(path: str) -> None:
    async def handler(a: Annotated[int, Cookie()], b: Annotated[str, Cookie(alias="B")] = "") -> Any:
        return [a, b]

    app = app_with(handler)
    assert answer(app, "/", headers=[("cookie", 'a=1; B="x y"')]).json == [1, "x y"]
    assert errors_of(answer(app, "/")) == [(["cookie", "a"], "missing")]


def test_a_query_model_spreads_over_the_query(path: str) -> None:
    async def handler(filters: Annotated[Filters, Query()], q: str = "") -> Any:
        return [filters.model_dump(), q]

    app = app_with(handler)
    assert answer(app, "/?tags=a&tags=b").json == [{"limit": 10, "tags": ["a", "b"]}, ""]
    assert errors_of(answer(app, "/?limit=0")) == [(["query", "limit"], "greater_than")]
    refused = [(["query", "other"], "extra_forbidden"), (["query", "q"], "extra_forbidden")]
    assert errors_of(answer(app, "/?other=0&q=x")) == refused  # a model sees the arguments beside it, too


def test_a_model_that_allows_more_gets_everything(path: str) -> None:
    async def handler(loose: Annotated[Loose, Query()]) -> Any:
        return loose.model_dump()

    assert answer(app_with(handler), "/?a=1&b=2&c=3&c=4").json == {"a": 1, "b": "2", "c": ["3", "4"]}


def test_json_text_of_a_model_is_one_value(path: str) -> None:
    async def handler(item: Annotated[Json[Item], Query()], text: Annotated[Json[Item] | None, Header()] = None) -> Any:
        return [item, text]

    app = app_with(handler)
    assert answer(app, '/?item={"n":1}', headers=[("text", '{"n":2}')]).json == [{"n": 1, "s": "s"}, {"n": 2, "s": "s"}]
    assert errors_of(answer(app, "/?item=x")) == [(["query", "item"], "json_invalid")]


def test_a_header_model_reads_dashes_and_errors_name_the_header(path: str) -> None:
    async def handler(tokens: Annotated[Tokens, Header()]) -> Any:
        return tokens.model_dump()

    app = app_with(handler)
    headers = [("x-token", "t"), ("x-many", "1"), ("x-many", "2")]
    assert answer(app, "/", headers=headers).json == {"x_token": "t", "x_many": ["1", "2"]}
    assert errors_of(answer(app, "/", headers=[("x_token", "t")])) == [(["header", "x-token"], "missing")]


@pytest.mark.parametrize(("query", "expected"), [("", None), ("other=1", {"a": 0, "other": "1"}), ("a=1", {"a": 1})])
def test_an_optional_model_is_none_when_nothing_of_it_is_there(path: str, query: str, expected: Any) -> None:
    async def handler(loose: Annotated[Loose | None, Query()] = None) -> Any:
        return loose and loose.model_dump()

    assert answer(app_with(handler), f"/?{query}").json == expected


def test_errors_come_in_the_order_of_dependencies_then_sources(path: str) -> None:
    async def dependency(d: int) -> None: ...

    async def handler(
        item: Item,
        c: Annotated[int, Cookie()],
        h: Annotated[int, Header()],
        q: int,
        p: int,
        dep: None = Depends(dependency),
    ) -> None: ...

    got = answer(app_with(handler, "POST", "/{p}"), "/x", json_body={"n": "x"})
    assert [loc for loc, _ in errors_of(got)] == [
        *(["query", "d"], ["path", "p"], ["query", "q"], ["header", "h"], ["cookie", "c"], ["body", "n"])
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", [(["body"], "missing")]),
        (b"[]", [(["body"], "model_attributes_type")]),
        (b"null", [(["body"], "model_attributes_type")]),
        (b"{}", [(["body", "n"], "missing")]),
        (b'{"n": 1.5}', [(["body", "n"], "int_from_float")]),
    ],
)
def test_a_body_that_does_not_fit_is_reported(path: str, body: bytes, expected: Any) -> None:
    async def handler(item: Item) -> None: ...

    assert errors_of(answer(app_with(handler, "POST"), "/", content=body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", [(["body", "a"], "missing"), (["body", "B"], "missing")]),
        (b"[1]", [(["body", "a"], "missing"), (["body", "B"], "missing"), (["body", "c"], "missing")]),
        (b'{"a": {"n": 1}}', [(["body", "B"], "missing")]),
        (b'{"a": {"n": "x"}, "b": 1}', [(["body", "a", "n"], "int_parsing"), (["body", "B"], "missing")]),
    ],
)
def test_several_bodies_are_keys_of_one(path: str, body: bytes, expected: Any) -> None:
    async def handler(a: Item, b: Annotated[int, Body(alias="B")], c: Annotated[int, Body()] = 3) -> Any:
        return [a.n, b, c]

    app = app_with(handler, "POST")
    assert answer(app, "/", content=b'{"a": {"n": 1}, "B": 2}').json == [1, 2, 3]
    assert errors_of(answer(app, "/", content=body)) == expected


def test_an_optional_body_may_be_absent(path: str) -> None:
    async def handler(item: Item | None = None) -> Any:
        return item

    app = app_with(handler, "POST")
    assert [answer(app, "/", content=content).json for content in (b"", b"null")] == [None, None]


def test_bytes_that_are_not_json_reach_a_body_that_takes_them(path: str) -> None:
    async def handler(raw: Annotated[bytes, Body()]) -> Any:
        return raw.decode()

    got = answer(app_with(handler, "POST"), "/", content=b"raw", headers=[("content-type", "text/plain")])
    assert got.json == "raw"


def test_embedded_values_of_raw_bytes_are_missing() -> None:
    info: Any = Body(embed=True)
    info.annotation = int
    field = ModelField(field_info=info, name="a")
    for body in (b"raw", PydanticUndefined):
        values, errors = read_body([field], body, embed=True)
        assert (values, [error["loc"] for error in errors]) == ({}, [("body", "a")])


def test_a_model_is_read_in_one_pass_however_many_names_a_client_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tagged(BaseModel):
        tags: list[str]

    app = FastAPI()

    @app.get("/")
    def read(filters: Annotated[Tagged, Query()]) -> list[str]:
        return filters.tags

    asked: list[str] = []
    get_list = QueryParams.getlist

    def count(self: QueryParams, key: Any) -> list[Any]:
        asked.append(key)
        return get_list(self, key)

    monkeypatch.setattr(QueryParams, "getlist", count)
    names = "&".join(f"n{number}=1" for number in range(100))
    assert TestClient(app).get(f"/?tags=a&{names}&tags=b").json() == ["a", "b"]
    assert asked == ["tags"]
    assert values_by_name([("a", 1), ("b", 2), ("a", 3), ("c", 4)], besides={"c"}) == {"a": [1, 3], "b": 2}
