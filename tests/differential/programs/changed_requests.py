# mypy: ignore-errors
"""Dependencies that change the request: what those after them, and the handler, then see."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, Header, Query, Request
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from differential.cases import case, get, post


def other_path_params(request: Request):
    request.scope["path_params"] = {"n": "7", "extra": "e"}


async def more_path_params(connection: HTTPConnection):
    connection.scope["path_params"]["n"] = "8"
    connection.path_params["z"] = "z"


def wrong_path_params(request: Request):
    request.path_params["n"] = "wrong"


def no_path_params(request: Request):
    request.path_params.clear()


def more_headers(request: Request) -> Iterator[None]:
    request.scope["headers"].append((b"x-h", b"added"))
    yield


def other_headers(request: Request):
    request.scope["headers"] = [*request.scope["headers"], (b"x-h", b"replaced"), (b"cookie", b"c=replaced")]


async def other_headers_after_a_look(request: Request):
    _ = request.headers
    request.scope["headers"] = [(b"x-h", b"replaced")]


def fewer_headers(request: Request):
    request.scope["headers"].clear()


def other_query(request: Request):
    request.scope["query_string"] = b"q=changed"


def nothing(request: Request):
    return request.headers.get("x-h")


class Names(BaseModel):
    x_h: str = "none"
    x_i: list[str] = []


CHANGES = (
    *(other_path_params, more_path_params, wrong_path_params, no_path_params, more_headers, other_headers),
    *(other_headers_after_a_look, fewer_headers, other_query, nothing),
)
PATHS = [f"/{kind}/{change.__name__}" for kind in ("route", "argument", "model", "body") for change in CHANGES]


@case(
    *[
        (post if path.startswith("/body") else get)(
            f"{path}/1?q=orig", *([{"a": "1"}] if path.startswith("/body") else []), headers=headers
        )
        for path in PATHS
        for headers in ({"cookie": "c=orig"}, {"x-h": "first"})
    ],
)
def changes(log) -> FastAPI:
    app = FastAPI()

    async def before(n: str, x_h: Annotated[str | None, Header()] = None):
        log("before", n, x_h)

    def behind(n: int, x_h: Annotated[str | None, Header()] = None):
        log("behind", n, x_h)
        return n

    def add(change):
        @app.get(f"/route/{change.__name__}/{{n}}", dependencies=[Depends(before), Depends(change)])
        async def route(n: str, x_h: Annotated[str, Header()] = "none"):
            return [n, x_h]

        @app.get(f"/argument/{change.__name__}/{{n}}")
        def argument(
            n: int,
            changed: Annotated[object, Depends(change)],
            request: Request,
            sub: Annotated[int, Depends(behind)],
            q: Annotated[str, Query()] = "none",
            c: Annotated[str, Cookie()] = "none",
        ):
            return [n, q, c, sub, request.path_params]

        @app.get(f"/model/{change.__name__}/{{n}}", dependencies=[Depends(change)])
        async def model(names: Annotated[Names, Header()]):
            return names

        @app.post(f"/body/{change.__name__}/{{n}}", dependencies=[Depends(change)])
        async def body(n: int, data: dict[str, int]):
            return [n, data]

    for change in CHANGES:
        add(change)
    return app


@case(
    *[
        get(path, {"cookie": cookie})
        for path in ("/list", "/default", "/optional", "/set", "/either", "/model", "/text")
        for cookie in ("c=", 'c=""', "c", "", "c=a", "c=a; c=b", "c=a; c=", "c=; c=b", "d=")
    ]
)
def cookies_that_are_lists() -> FastAPI:
    app = FastAPI()

    class Cookies(BaseModel):
        c: list[str] = ["default"]
        d: str = "d"

    @app.get("/list")
    def of_list(c: Annotated[list[str], Cookie()]):
        return c

    @app.get("/default")
    def of_default(c: Annotated[list[str], Cookie()] = ["default"]):
        return c

    @app.get("/optional")
    def of_optional(c: Annotated[list[str] | None, Cookie()] = None):
        return c

    @app.get("/set")
    async def of_set(c: Annotated[set[int], Cookie()]):
        return c

    @app.get("/either")
    async def of_either(c: Annotated[list[str] | str, Cookie()] = "default"):
        return c

    @app.get("/model")
    def of_model(cookies: Annotated[Cookies, Cookie()]):
        return cookies

    @app.get("/text")
    def of_text(c: Annotated[str, Cookie()]):
        return c

    return app
