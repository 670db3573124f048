"""The result of a handler becomes a response: filtered, encoded and sent as was declared."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
from endpoint.asgi import Client, answer
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_serializer, model_validator
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from vivace import APIRouter, BackgroundTasks, Depends, FastAPI, Response
from vivace.exceptions import FastAPIError, ResponseValidationError
from vivace.responses import JSONResponse


class Item(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    n: int
    s: str = "s"
    none: int | None = None


class SubItem(Item):
    secret: str = "secret"


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
    n: int = Field(alias="N")


class Checked(BaseModel):
    n: int

    @model_validator(mode="after")
    def count(self) -> "Checked":
        self.n += 1
        return self


class Wrapped(BaseModel):
    n: int

    @model_serializer
    def wrap(self) -> dict[str, int]:
        return {"wrapped": self.n}


@dataclass
class Point:
    x: int


class Row:
    n = 3
    s = "row"
    none = None


KINDS = pytest.mark.parametrize("is_async", [True, False], ids=["async", "threaded"])


def app_returning(result: Callable[[], Any], *, is_async: bool = True, **options: Any) -> FastAPI:
    app = FastAPI(openapi_url=None)

    async def handler() -> Any:
        return result()

    def in_thread() -> Any:
        return result()

    app.add_api_route("/", handler if is_async else in_thread, **{"response_model": None, **options})
    return app


@KINDS
@pytest.mark.parametrize(
    ("model", "result", "expected"),
    [
        (Item, lambda: Item(n=1), {"n": 1, "s": "s", "none": None}),
        (Item, lambda: SubItem(n=1), {"n": 1, "s": "s", "none": None}),
        (Item, lambda: {"n": "1", "more": 1}, {"n": 1, "s": "s", "none": None}),
        (Item, Row, {"n": 3, "s": "row", "none": None}),
        (list[Item], lambda: [Row(), {"n": 1}], [{"n": 3, "s": "row", "none": None}, {"n": 1, "s": "s", "none": None}]),
        (Item | None, lambda: None, None),
        (int | str, lambda: "1", "1"),
        (Point, lambda: Point(1), {"x": 1}),
        (Checked, lambda: {"n": 1}, {"n": 2}),
        (Wrapped, lambda: Wrapped(n=1), {"wrapped": 1}),
        (SecretStr, lambda: "secret", "**********"),
        (dict[str, Item], lambda: {"a": SubItem(n=1)}, {"a": {"n": 1, "s": "s", "none": None}}),
        (None, lambda: SubItem(n=1), {"n": 1, "s": "s", "none": None, "secret": "secret"}),
        (None, lambda: {"a": {1}, "b": Point(1), "c": SecretStr("x")}, {"a": [1], "b": {"x": 1}, "c": "**********"}),
        (None, lambda: None, None),
        (None, lambda: "text", "text"),
    ],
)
def test_a_result_is_encoded_by_its_declared_type(
    path: str, is_async: bool, model: Any, result: Callable[[], Any], expected: Any
) -> None:
    got = answer(app_returning(result, is_async=is_async, response_model=model), "/")
    assert (got.status, got.json) == (200, expected)
    assert sorted(got.headers) == [("content-length", str(len(got.body))), ("content-type", "application/json")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"response_model_include": {"n"}}, {"n": 1}),
        ({"response_model_include": set()}, {}),
        ({"response_model_exclude": {"n"}}, {"s": "s", "none": None}),
        ({"response_model_exclude": {}}, {"n": 1, "s": "s", "none": None}),
        ({"response_model_exclude_unset": True}, {"n": 1}),
        ({"response_model_exclude_defaults": True}, {"n": 1}),
        ({"response_model_exclude_none": True}, {"n": 1, "s": "s"}),
        ({"response_model_exclude_none": True, "response_class": JSONResponse}, {"n": 1, "s": "s"}),
    ],
)
def test_filters_choose_what_is_sent(path: str, options: dict[str, Any], expected: Any) -> None:
    assert answer(app_returning(lambda: Item(n=1), response_model=Item, **options), "/").json == expected


@pytest.mark.parametrize(("by_alias", "expected"), [(True, {"N": 1}), (False, {"n": 1})])
def test_names_are_chosen_by_the_route_whatever_the_model_says(path: str, by_alias: bool, expected: Any) -> None:
    app = app_returning(lambda: Aliased(N=1), response_model=Aliased, response_model_by_alias=by_alias)
    assert answer(app, "/").json == expected


@KINDS
def test_a_result_that_does_not_fit_is_the_fault_of_the_program(path: str, is_async: bool) -> None:
    got = answer(app_returning(lambda: {"n": "x"}, is_async=is_async, response_model=Item), "/")
    assert (got.status, got.body) == (500, b"Internal Server Error")
    assert isinstance(got.error, ResponseValidationError)
    assert got.error.body == {"n": "x"}
    (error,) = got.error.errors()
    assert (error["loc"], error["type"]) == (("response", "n"), "int_parsing")
    text = str(got.error)
    assert text.startswith("1 validation error:\n")
    assert re.search(r'File ".*test_replies\.py", line \d+, in (handler|in_thread)\n +GET /', text)


@KINDS
def test_a_result_that_json_cannot_say_is_the_fault_of_the_program(path: str, is_async: bool) -> None:
    got = answer(app_returning(lambda: float("nan"), is_async=is_async), "/")
    assert got.status == 500
    assert isinstance(got.error, ValueError)


@KINDS
@pytest.mark.parametrize(
    ("response", "status", "content_type"),
    [
        (lambda: PlainTextResponse("x", 202), 202, "text/plain; charset=utf-8"),
        (lambda: RedirectResponse("/other"), 307, None),
        (lambda: JSONResponse({"a": 1}), 200, "application/json"),
        (lambda: Response(b"x", media_type="image/png"), 200, "image/png"),
    ],
)
def test_a_response_is_sent_as_it_is(
    path: str, is_async: bool, response: Callable[[], Any], status: int, content_type: str | None
) -> None:
    got = answer(app_returning(response, is_async=is_async, response_model=Item, status_code=201), "/")
    assert (got.status, dict(got.headers).get("content-type")) == (status, content_type)


def test_a_response_class_renders_the_body(path: str) -> None:
    got = answer(app_returning(lambda: "<p>", response_class=HTMLResponse), "/")
    assert (got.body, dict(got.headers)["content-type"]) == (b"<p>", "text/html; charset=utf-8")


@pytest.mark.parametrize("status", [204, 304, 205, 100])
@pytest.mark.parametrize("result", [None, {"a": 1}])
def test_some_status_codes_have_no_body(path: str, status: int, result: Any) -> None:
    got = answer(app_returning(lambda: result, status_code=status), "/")
    assert (got.status, got.body) == (status, b"")
    assert dict(got.headers).get("content-length") in (None, "0")


def test_a_model_for_an_answer_without_a_body_is_refused() -> None:
    with pytest.raises(AssertionError, match="Status code 204 must not have a response body"):
        app_returning(lambda: None, status_code=204, response_model=Item)


def test_a_type_that_pydantic_does_not_know_is_refused_with_a_way_out() -> None:
    class Unknown: ...

    with pytest.raises(FastAPIError) as caught:
        app_returning(lambda: None, response_model=Unknown)
    assert str(caught.value) == (
        f"Invalid args for response field! Hint: check that {Unknown} is a valid Pydantic field type. "
        "If you are using a return type annotation that is not a valid Pydantic field "
        "(e.g. Union[Response, dict, None]) you can disable generating the response model from the type annotation "
        "with the path operation decorator parameter response_model=None. "
        "Read more: https://fastapi.tiangolo.com/tutorial/response-model/"
    )


def test_a_status_code_reaches_the_server_as_a_plain_number(path: str) -> None:
    got = answer(app_returning(lambda: 1, status_code=HTTPStatus.CREATED), "/")
    assert type(got.sent[0]["status"]) is int
    assert got.status == 201


def test_what_is_set_on_the_injected_response_is_merged(path: str) -> None:
    app = FastAPI()

    @app.get("/", status_code=201)
    def read(response: Response) -> dict[str, int]:
        response.headers["x-own"] = "1"
        response.set_cookie("a", "b")
        return {"a": 1}

    @app.get("/status", status_code=201)
    async def status(response: Response) -> dict[str, int]:
        response.status_code = 204
        return {"a": 1}

    got = answer(app, "/")
    assert (got.status, got.json) == (201, {"a": 1})
    assert [value for name, value in got.headers if name == "content-length"] == ["7"]
    assert ("x-own", "1") in got.headers
    assert ("set-cookie", "a=b; Path=/; SameSite=lax") in got.headers
    assert (answer(app, "/status").status, answer(app, "/status").body) == (204, b"")


def test_background_tasks_run_in_order_after_the_response(path: str) -> None:
    app = FastAPI()
    log: list[str] = []

    async def later(name: str) -> None:
        log.append(name)

    async def dependency(tasks: BackgroundTasks) -> None:
        tasks.add_task(later, "of the dependency")

    @app.get("/")
    async def read(tasks: BackgroundTasks, d: None = Depends(dependency)) -> int:
        tasks.add_task(log.append, "of the handler")
        return 1

    @app.get("/response")
    def response(tasks: BackgroundTasks, d: None = Depends(dependency)) -> PlainTextResponse:
        return PlainTextResponse("x")

    @app.get("/own")
    async def own(tasks: BackgroundTasks, d: None = Depends(dependency)) -> PlainTextResponse:
        return PlainTextResponse("x", background=BackgroundTask(log.append, "of the response"))

    class LoggingClient(Client):
        async def send(self, message: Any) -> None:
            log.append(message["type"])
            await super().send(message)

    asyncio.run(LoggingClient().call(app, "/"))
    sent = ["http.response.start", "http.response.body"]
    assert log == [*sent, "of the dependency", "of the handler"]
    log.clear()
    answer(app, "/response")
    assert log == ["of the dependency"]
    log.clear()
    answer(app, "/own")
    assert log == ["of the response"]


def test_a_background_task_that_fails_stops_those_after_it(path: str) -> None:
    app = FastAPI()
    log: list[str] = []

    def fails() -> None:
        raise ValueError("in the background")

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> int:
        tasks.add_task(log.append, "before")
        tasks.add_task(fails)
        tasks.add_task(log.append, "after")
        return 1

    got = answer(app, "/")
    assert (got.status, got.json, log) == (200, 1, ["before"])
    assert isinstance(got.error, ValueError)


def test_an_error_on_the_way_names_the_path_under_its_prefix(path: str) -> None:
    app = FastAPI()
    router = APIRouter()

    @router.get("/items/{item_id}", response_model=Item)
    async def read_item(item_id: int) -> Any:
        return None

    app.include_router(router, prefix="/api")
    error = answer(app, "/api/items/1").error
    assert isinstance(error, ResponseValidationError)
    assert "GET /api/items/{item_id}" in str(error)
    assert error.endpoint_function == "read_item"
