"""Handlers, dependencies and exception handlers may read a request as if no one had read it before them."""

import asyncio
from typing import Annotated, Any

import pytest
from endpoint.asgi import Client, answer
from pydantic import BaseModel

from vivace import Body, Depends, FastAPI, HTTPException, Request
from vivace.exceptions import RequestValidationError
from vivace.requests import HTTPConnection
from vivace.responses import JSONResponse

JSON = [("content-type", "application/json")]


class Item(BaseModel):
    n: int


class Refused(Exception):
    pass


def test_the_body_can_be_read_again_in_every_way(path: str) -> None:
    app = FastAPI()

    @app.post("/")
    async def create(item: Item, request: Request) -> list[Any]:
        chunks = [chunk.decode() async for chunk in request.stream()]
        return [await request.is_disconnected(), "".join(chunks), (await request.body()).decode(), await request.json()]

    assert answer(app, "/", content=b'{"n": 1}').json == [False, '{"n": 1}', '{"n": 1}', {"n": 1}]


def test_the_request_shows_the_body_that_was_parsed(path: str) -> None:
    app = FastAPI()

    @app.post("/")
    async def create(body: Annotated[Any, Body()], request: Request) -> bool:
        return await request.json() is body

    assert answer(app, "/", json_body={"n": 1}).json is True


def test_one_request_object_serves_dependencies_and_handler(path: str) -> None:
    app = FastAPI()

    async def dependency(request: Request, connection: HTTPConnection) -> tuple[Request, HTTPConnection]:
        return request, connection

    @app.post("/")
    async def create(item: Item, request: Request, seen: Any = Depends(dependency)) -> bool:
        return seen[0] is request and seen[1] is request

    assert answer(app, "/", json_body={"n": 1}).json is True


def test_a_dependency_reads_a_body_that_nobody_declares(path: str) -> None:
    app = FastAPI()

    async def raw(request: Request) -> str:
        return (await request.body()).decode()

    @app.post("/")
    async def create(request: Request, text: str = Depends(raw)) -> list[str]:
        return [text, (await request.body()).decode()]

    assert answer(app, "/", content=b"text").json == ["text", "text"]


def app_whose_handlers_read_the_body() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc: RequestValidationError) -> JSONResponse:
        return JSONResponse([(await request.body()).decode(), exc.body], status_code=422)

    @app.exception_handler(Refused)
    async def refused(request: Request, exc: Refused) -> JSONResponse:
        return JSONResponse([(await request.body()).decode(), await request.json()], status_code=418)

    @app.exception_handler(HTTPException)
    def in_thread(request: Request, exc: HTTPException) -> JSONResponse:
        return JSONResponse("from a thread", status_code=exc.status_code)

    @app.post("/model")
    async def model(item: Item) -> None:
        raise Refused

    @app.post("/request")
    async def with_request(item: Item, request: Request) -> None:
        _ = [chunk async for chunk in request.stream()]
        raise Refused

    @app.post("/http")
    def http(item: Item) -> None:
        raise HTTPException(409)

    return app


@pytest.mark.parametrize("target", ["/model", "/request"])
def test_an_exception_handler_reads_the_body_again(path: str, target: str) -> None:
    refused = answer(app_whose_handlers_read_the_body(), target, content=b'{"n": 1}')
    assert (refused.status, refused.json) == (418, ['{"n": 1}', {"n": 1}])


@pytest.mark.parametrize(
    ("content", "shown"), [(b'{"n": "x"}', {"n": "x"}), (b'{"n"', '{"n"'), (b"", None), (b"[1]", [1])]
)
def test_the_handler_of_invalid_requests_reads_the_body_too(path: str, content: bytes, shown: Any) -> None:
    refused = answer(app_whose_handlers_read_the_body(), "/model", content=content)
    assert (refused.status, refused.json) == (422, [content.decode(), shown])


def app_whose_handlers_share_the_request() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Refused)
    async def refused(request: Request, exc: Refused) -> JSONResponse:
        try:
            body = (await request.body()).decode()
        except RuntimeError as error:
            body = str(error)
        return JSONResponse([body, getattr(request, "mark", None)], status_code=418)

    async def reads(request: Request) -> None:
        request.mark = "mark"  # type: ignore[attr-defined]  # what is tested
        await request.body()

    @app.post("/handler")
    async def handler(request: Request) -> None:
        await reads(request)
        raise Refused

    @app.post("/dependency", dependencies=[Depends(reads)])
    def dependency() -> None:
        raise Refused

    @app.post("/stream")
    async def stream(request: Request) -> None:
        _ = [chunk async for chunk in request.stream()]
        raise Refused

    @app.post("/invalid", dependencies=[Depends(reads)])
    async def invalid(n: int) -> None: ...

    @app.exception_handler(RequestValidationError)
    async def told(request: Request, exc: RequestValidationError) -> JSONResponse:
        return await refused(request, Refused())

    return app


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/handler", ["text", "mark"]),
        ("/dependency", ["text", "mark"]),
        ("/stream", ["Stream consumed", None]),
        ("/invalid?n=x", ["text", "mark"]),
    ],
)
def test_an_exception_handler_gets_the_request_that_the_handler_had(path: str, target: str, expected: Any) -> None:
    assert answer(app_whose_handlers_share_the_request(), target, content=b"text").json == expected


def test_a_request_that_changes_its_path_keeps_what_was_read(path: str) -> None:
    app = FastAPI()

    async def reads(request: Request) -> Request:
        await request.body()
        app.dependency_overrides[original] = lambda: "override"
        return request

    async def original() -> str:
        return "original"

    @app.post("/")
    async def create(request: Request, seen: Any = Depends(reads), value: str = Depends(original)) -> list[Any]:
        return [seen is request, (await request.body()).decode(), value]

    assert answer(app, "/", content=b"text").json == [True, "text", "override"]


def test_a_plain_exception_handler_runs_in_a_thread(path: str) -> None:
    refused = answer(app_whose_handlers_read_the_body(), "/http", json_body={"n": 1})
    assert (refused.status, refused.json) == (409, "from a thread")


def test_a_body_in_many_pieces_is_joined(path: str) -> None:
    app = app_echoing()
    client = asyncio.run(Client(chunks=[b"", b'{"n"', b": ", b"1}", b""]).call(app, "/", method="POST", headers=JSON))
    assert client.json == {"n": 1}


def app_echoing() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def create(item: Item) -> Item:
        return item

    return app


@pytest.mark.parametrize("chunks", [[b'{"n"'], []], ids=["in the middle", "before it"])
def test_a_client_that_leaves_before_the_end_of_its_body_is_at_fault(path: str, chunks: list[bytes]) -> None:
    client = asyncio.run(Client(chunks=chunks, leaves_early=True).call(app_echoing(), "/", method="POST", headers=JSON))
    assert (client.status, client.json, client.error) == (400, {"detail": "There was an error parsing the body"}, None)


def test_a_client_that_leaves_does_not_start_dependencies(path: str) -> None:
    app = FastAPI()
    calls: list[str] = []

    @app.post("/")
    async def create(item: Item, _: None = Depends(lambda: calls.append("called"))) -> None: ...

    asyncio.run(Client(chunks=[b"{"], leaves_early=True).call(app, "/", method="POST", headers=JSON))
    assert calls == []


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"n": 1}', JSON, 200),
        (b'{"n": 1}', [("content-type", "application/json; charset=utf-8")], 200),
        (b'{"n": 1}', [("content-type", "APPLICATION/JSON")], 200),
        (b'{"n": 1}', [("content-type", "application/geo+json")], 200),
        (b'{"n": 1}', [("content-type", "application/jsonish")], 422),
        (b'{"n": 1}', [("content-type", "text/json")], 422),
        (b'{"n": 1}', [("content-type", "")], 422),
        ('{"n": 1}'.encode("utf-16"), JSON, 200),
        (b"\xef\xbb\xbf" + b'{"n": 1}', JSON, 200),
        (b'"\xff"', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"n": NaN}', JSON, 422),
        (b'{"n": "\\ud800"}', JSON, 422),
    ],
)
def test_what_counts_as_json(path: str, content: bytes, headers: list[tuple[str, str]], status: int) -> None:
    assert answer(app_echoing(), "/", content=content, headers=headers).status == status


@pytest.mark.parametrize(("is_strict", "status"), [(True, 422), (False, 200)])
def test_a_body_without_a_content_type_is_json_unless_types_are_strict(path: str, is_strict: bool, status: int) -> None:
    app = FastAPI(strict_content_type=is_strict)

    @app.post("/")
    async def create(item: Item) -> Item:
        return item

    client = asyncio.run(Client(chunks=[b'{"n": 1}']).call(app, "/", method="POST"))
    assert client.status == status


def test_json_that_cannot_be_parsed_is_reported_with_its_position(path: str) -> None:
    assert answer(app_echoing(), "/", content=b'{"n": x}').json == {
        "detail": [
            {
                "type": "json_invalid",
                "loc": ["body", 6],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": "Expecting value"},
            }
        ]
    }
