"""Every type, declared in every way, reads the same requests to the same values as in the reference."""

import asyncio
import collections
import dataclasses
import datetime
import decimal
import enum
import ipaddress
import pathlib
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import fastapi
import pytest
from endpoint.asgi import Client
from pydantic import Base64Str, BaseModel, Field, HttpUrl, Json, PositiveInt, RootModel, SecretStr, StrictInt
from typing_extensions import TypedDict

import vivace

T = TypeVar("T")
UserId = NewType("UserId", int)


class Item(BaseModel):
    n: int = 0
    s: list[str] = []


class Required(BaseModel):
    n: int


class Box(BaseModel, Generic[T]):
    n: T


class RootInt(RootModel[int]):
    pass


class RootList(RootModel[list[int]]):
    pass


class Text(enum.StrEnum):
    A = "1"
    B = "b"


@dataclasses.dataclass
class Point:
    n: int = 0


class Options(TypedDict):
    n: int


TYPES: dict[str, Any] = {
    **{kind.__name__: kind for kind in (int, float, bool, str, bytes, object, dict, Item, Required, RootInt, RootList)},
    **{kind.__name__: kind for kind in (Text, Point, Options, UserId, HttpUrl, SecretStr, Box[int], pathlib.Path)},
    **{kind.__name__: kind for kind in (datetime.datetime, datetime.timedelta, decimal.Decimal, uuid.UUID)},
    **{kind.__name__: kind for kind in (ipaddress.IPv4Address,)},
    **{
        str(kind): kind
        for kind in (
            *(Any, None, Literal["1", 2], list[int], list[int] | None, list[int | None], int | list[int]),
            *(list[int] | int, str | list[str], set[int], frozenset[int], tuple[int, ...], tuple[int, str]),
            *(dict[str, int], Item | None, Required | None, list[Item], Item | Required, int | Item, str | None),
            *(Sequence[int], collections.deque[int], list[list[int]], list[dict[str, int]], list[Text], list[Any]),
            *(Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)] | None, list[Annotated[int, Field(gt=0)]]),
            *(StrictInt, PositiveInt, Base64Str, Json[int], Json[Item], Json[list[int]] | None),
        )
    },
}

QUERIES = ["", "x=1", "x=1&x=b", "x=", "x=2020-01-01T00:00:00", "x=%7B%22n%22%3A1%7D", "n=1", "n=1&s=a&s=b", "x=[1]"]
HEADERS = [[], [("x", "1")], [("x", "1"), ("x", "b")], [("n", "1"), ("s", "a"), ("s", "b")], [("x", "")]]
COOKIES = ["", "x=1", "n=1; s=a", "x=[1]"]
BODIES = [b"", b"1", b'[1, "b"]', b'{"n": 1}', b'{"x": 1}', b'{"x": {"n": 1}}', b"null", b'"2020-01-01"', b'[{"n": 1}]']
SEGMENTS = ["1", "b", "[1]", "2020-01-01"]

Request = tuple[str, list[tuple[str, str]], bytes]
JSON = ("content-type", "application/json")


def requests_to(way: str) -> Iterator[Request]:
    match way:
        case "path" | "named in the path":
            yield from ((f"/{way}/{segment}", [], b"") for segment in SEGMENTS)
        case "header":
            yield from ((f"/{way}", items, b"") for items in HEADERS)
        case "cookie":
            yield from ((f"/{way}", [("cookie", text)], b"") for text in COOKIES)
        case "query":
            yield from ((f"/{way}?{query}", [], b"") for query in QUERIES)
        case "body" | "embedded":
            yield from ((f"/{way}", [JSON] if body else [], body) for body in BODIES)
        case _:
            yield from ((f"/{way}?{query}", [], b"") for query in QUERIES)
            yield from ((f"/{way}?x=1", [JSON] if body else [], body) for body in BODIES)


def ways_of(framework: ModuleType) -> dict[str, Callable[[], Any] | None]:
    return {
        "unmarked": None,
        "named in the path": None,
        "path": framework.Path,
        "query": framework.Query,
        "header": framework.Header,
        "cookie": framework.Cookie,
        "body": framework.Body,
        "embedded": lambda: framework.Body(embed=True),
    }


async def told_by(framework: ModuleType, annotation: Any, *, has_default: bool) -> list[Any]:
    """Declare a handler in every way, send it every request, and return what came of it."""
    told: list[Any] = []
    app = framework.FastAPI(openapi_url=None)
    for way, marker in ways_of(framework).items():

        async def handler(x):  # type: ignore[no-untyped-def]  # annotated below
            return [type(x).__name__, repr(x)]

        handler.__annotations__["x"] = annotation if marker is None else Annotated[annotation, marker()]
        if has_default and "path" not in way:
            handler.__defaults__ = (None,)
        try:
            app.post(f"/{way}/{{x}}" if "path" in way else f"/{way}")(handler)
        except AssertionError as exc:
            told.append((way, str(exc)))
            continue
        for target, headers, body in requests_to(way):
            client = await Client(chunks=[body]).call(app, target, method="POST", headers=headers)
            told.append((target, headers, body, client.status, client.body, repr(client.error)))
    return told


@pytest.mark.parametrize("has_default", [False, True], ids=["required", "with a default"])
@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_read_alike_in_every_way(name: str, has_default: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pydantic, about types that it cannot describe
        expected, told = (
            asyncio.run(told_by(framework, TYPES[name], has_default=has_default)) for framework in (fastapi, vivace)
        )
    assert told == expected
