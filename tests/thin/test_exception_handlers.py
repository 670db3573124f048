"""The handlers answer as the reference's do, and always answer something."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import fastapi.exception_handlers as reference
import fastapi.exceptions
import pytest
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.websockets import WebSocket

import vivace.exception_handlers as ours
from vivace.exceptions import HTTPException, RequestValidationError, WebSocketRequestValidationError

REQUEST = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})


@pytest.mark.parametrize(
    "exc",
    [
        HTTPException(404),
        HTTPException(418, {"a": [1]}, {"X-A": "b"}),
        HTTPException(204, "no body", {"x": "y"}),
        HTTPException(304),
        HTTPException(100, "early"),
        HTTPException(205),
        StarletteHTTPException(405, headers={"Allow": "GET"}),
        StarletteHTTPException(400, "bad"),
    ],
    ids=repr,
)
def test_an_http_exception_is_answered_as_by_the_reference(exc: StarletteHTTPException) -> None:
    response, expected = (asyncio.run(module.http_exception_handler(REQUEST, exc)) for module in (ours, reference))

    assert type(response) is type(expected)
    assert (response.status_code, response.body) == (expected.status_code, expected.body)
    assert response.raw_headers == expected.raw_headers


def test_rejected_data_is_answered_as_by_the_reference() -> None:
    errors = [{"type": "missing", "loc": ("query", "a"), "input": b"x", "ctx": {"error": ValueError("no")}}]
    response = asyncio.run(ours.request_validation_exception_handler(REQUEST, RequestValidationError(errors)))
    their_exception = fastapi.exceptions.RequestValidationError(errors)
    expected = asyncio.run(reference.request_validation_exception_handler(REQUEST, their_exception))

    assert (response.status_code, response.body) == (expected.status_code, expected.body)
    assert response.raw_headers == expected.raw_headers


def nested(depth: int) -> Any:
    data: Any = "bottom"
    for _ in range(depth):
        data = {"a": [data]}
    return data


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"n": math.nan}, {"n": None}),
        ([math.inf, -math.inf, 1.5], [None, None, 1.5]),
        ("\ud800 é", "\ud800 é"),
        ({"\udfff": ("\ud800",)}, {"\udfff": ["\ud800"]}),
        (b"\xff a", "\ufffd a"),
        ({"a": {b"\xff"}}, {"a": ["\ufffd"]}),
        ({"a": math.nan, "b": object}, {"a": None, "b": "<class 'object'>"}),
    ],
    ids=ascii,
)
def test_what_json_cannot_say_is_said_otherwise(value: Any, shown: Any) -> None:
    exc = RequestValidationError([{"type": "t", "loc": ("body",), "input": value}])
    response = asyncio.run(ours.request_validation_exception_handler(REQUEST, exc))

    assert response.status_code == 422
    assert json.loads(bytes(response.body)) == {"detail": [{"type": "t", "loc": ["body"], "input": shown}]}


def test_what_lies_too_deep_is_cut_off() -> None:
    exc = RequestValidationError([{"loc": ("body",), "input": nested(100_000)}])
    response = asyncio.run(ours.request_validation_exception_handler(REQUEST, exc))

    assert response.status_code == 422
    assert b'"..."' in response.body
    assert len(response.body) < 2_000


class FakeWebSocket(WebSocket):
    def __init__(self) -> None:
        self.closings: list[tuple[int, Any]] = []

    async def close(self, code: int = 1000, reason: Any = None) -> None:
        self.closings.append((code, reason))


@pytest.mark.parametrize(("value", "shown"), [(b"x", "x"), (b"\xff", "\ufffd")])
def test_a_websocket_is_closed_with_the_errors(value: bytes, shown: str) -> None:
    websocket = FakeWebSocket()
    exc = WebSocketRequestValidationError([{"loc": ("query", 1), "input": value}])
    asyncio.run(ours.websocket_request_validation_exception_handler(websocket, exc))

    assert websocket.closings == [(1008, [{"loc": ["query", 1], "input": shown}])]
