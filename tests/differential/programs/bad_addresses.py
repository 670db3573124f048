# mypy: ignore-errors
"""Hostile paths, query strings, headers and cookies."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

from fastapi import Cookie, FastAPI, Header, Query, Request
from pydantic import BaseModel, ConfigDict

from differential.cases import case, get, send


class Kind(Enum):
    A = "a"


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int = 0
    names: list[str] = []


BIG = "9" * 5000
TEXTS = (
    "%FF",
    "%C3",
    "%ED%A0%80",
    "%F0%9F%98%80",
    "%",
    "%zz",
    "%u0041",
    "%00",
    "%0A%0D",
    "%E2%80%AE",
    "\xff",
    "\xc3\xa9",
    "+",
    "%2B",
    "&&&",
    "=",
    ";",
    "%26%3D",
    "NaN",
    "inf",
    "-1",
    "1e400",
    "1_0",
    "0x1",
    "%D9%A3",
    "%EF%BC%91",
    BIG,
    "-" + BIG,
    "0." + BIG,
    "1" * 4301,
    "{}",
    "[]",
    "null",
    "..",
    "%2e%2e%2f",
    "a" * 20_000,
)
NAMES = ("i", "f", "s", "b", "d", "dt", "td", "x", "u", "k", "l", "o")


@case(*[get(f"/?{name}={text}") for text in TEXTS for name in NAMES], hostile=True, openapi=False)
def values_in_the_query() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(
        i: int = 0,
        f: Annotated[float, Query(ge=0, le=5)] = 0,
        s: Annotated[str, Query(max_length=2)] = "",
        b: bool = False,
        d: date | None = None,
        dt: datetime | None = None,
        td: timedelta | None = None,
        x: Decimal = Decimal(0),
        u: UUID | None = None,
        k: Kind = Kind.A,
        l: Annotated[list[int], Query()] = [],  # noqa: E741
        o: int | str | None = None,
    ):
        return "ok"

    return app


@case(
    *[get(f"/?{text}=1") for text in TEXTS],
    *[get(f"/?n={text}&names={text}&{text}") for text in TEXTS],
    get("/?" + "&".join(f"n{number}=1" for number in range(2000))),
    get("/?" + "n=1&" * 2000),
    get("/?" + "names=1&" * 2000),
    get("/?" + "&" * 5000),
    get("/??"),
    get("/?#"),
    hostile=True,
    openapi=False,
)
def names_in_the_query() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(params: Annotated[Params, Query()]):
        return "ok"

    return app


PATHS = tuple(text for text in TEXTS if text.isascii())


@case(
    *[
        get(f"/{name}/{text}")
        for text in PATHS
        for name in ("int", "intc", "floatc", "float", "uuidc", "text", "path", "kind", "date")
    ],
    hostile=True,
    openapi=False,
)
def values_in_the_path() -> FastAPI:
    app = FastAPI()

    @app.get("/int/{n}")
    def integer(n: int):
        return "ok"

    @app.get("/intc/{n:int}")
    def convertor(n: int):
        return "ok"

    @app.get("/floatc/{n:float}")
    def float_convertor(n: float):
        return "ok"

    @app.get("/float/{n}")
    def real(n: float):
        return "ok"

    @app.get("/uuidc/{n:uuid}")
    def unique(n: UUID):
        return "ok"

    @app.get("/text/{s}")
    def text(s: str):
        return "ok"

    @app.get("/path/{s:path}")
    def path(s: str):
        return "ok"

    @app.get("/kind/{k}")
    def kind(k: Kind):
        return "ok"

    @app.get("/date/{d}")
    def day(d: date):
        return "ok"

    return app


@case(
    *[get(f"/{text}") for text in PATHS],
    *[get(f"/a/{text}/") for text in PATHS],
    get("/" + "a/" * 2000),
    get("/" * 2000),
    get(""),
    hostile=True,
    openapi=False,
)
def unknown_paths_and_slashes() -> FastAPI:
    app = FastAPI()

    @app.get("/a/{b}")
    def read(b: str):
        return "ok"

    @app.get("/int/{n:int}/x")
    def convertor(n: int):
        return "ok"

    return app


BYTES = (
    b"\xff",
    b"\xc3\xa9",
    b"\x00",
    b"",
    b" ",
    b"\xed\xa0\x80",
    b"9" * 5000,
    b"NaN",
    b"a" * 20_000,
    b"\x80=1; a",
    b'"\xff',
    b"=?utf-8?q?=FF?=",
)


@case(
    *[get("/", [(b"x-int", value)]) for value in BYTES],
    *[get("/", [(b"x-text", value)]) for value in BYTES],
    *[get("/", [(b"cookie", b"c=" + value)]) for value in BYTES],
    *[get("/", [(b"cookie", value)]) for value in BYTES],
    *[get("/", [(b"cookie", b"t=" + value + b"; c=1")]) for value in BYTES],
    *[get("/model", [(value, b"1")]) for value in BYTES],
    *[get("/", [(b"host", value)]) for value in BYTES],
    *[get("/url", [(b"host", value)]) for value in BYTES],
    *[get("/model/", [(b"host", value)]) for value in BYTES],
    *[get("/", [(b"accept", value), (b"content-type", value)]) for value in BYTES],
    get("/", [(b"x-int", b"1")] * 1000),
    get("/", [(b"cookie", b"a=1; " * 3000)]),
    hostile=True,
    openapi=False,
)
def headers_and_cookies() -> FastAPI:
    app = FastAPI()

    class Headers(BaseModel):
        n: int = 0

    @app.get("/")
    def read(
        x_int: Annotated[int, Header()] = 0,
        x_text: Annotated[str, Header(max_length=2)] = "",
        c: Annotated[int, Cookie()] = 0,
        t: Annotated[str, Cookie()] = "",
    ):
        return "ok"

    @app.get("/model")
    def model(headers: Annotated[Headers, Header()]):
        return "ok"

    @app.get("/url")
    def url(request: Request):
        return request.url.path

    return app


@case(
    *[send(method, "/") for method in ("", "get", "GET ", "\x00", "CONNECT", "PRI", "é", "X" * 5000)],
    hostile=True,
    openapi=False,
)
def methods() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read():
        return "ok"

    return app
