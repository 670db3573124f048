# mypy: ignore-errors
"""Postponed annotations: every name is text until the framework looks it up."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Body, Depends, FastAPI, Header, Query, Request, Response
from pydantic import BaseModel

from differential.cases import case, get, post

if TYPE_CHECKING:
    from nowhere import Missing


class Item(BaseModel):
    name: str
    parent: Item | None = None


class Paging(BaseModel):
    limit: int = 10


def paging(limit: int = 5) -> int:
    return limit


Limit = Annotated[int, Depends(paging)]


@case(get("/none"), post("/created", {}), get("/nothing"))
def handlers_that_return_none() -> FastAPI:
    app = FastAPI()

    @app.get("/none")
    async def none() -> None:
        return {"sent": "all the same"}

    @app.post("/created", status_code=201)
    def created() -> None: ...

    @app.get("/nothing", status_code=204)
    async def nothing() -> None: ...

    return app


@case(
    post("/items/5?q=1&limit=7", {"name": "a", "parent": {"name": "b"}}, {"x-token": "t"}),
    post("/items/x?q=y&limit=z", {"name": 1}),
)
def an_endpoint() -> FastAPI:
    app = FastAPI()

    @app.post("/items/{item_id}")
    def create(
        item_id: int,
        item: Item,
        request: Request,
        response: Response,
        limit: Limit,
        q: Annotated[int | None, Query(ge=0)] = None,
        x_token: str = Header(),
    ) -> Item:
        response.headers["x-limit"] = str(limit)
        return item

    return app


class Common:
    def __init__(self, limit: int = 0) -> None:
        self.limit = limit

    def method(self, request: Request, limit: int) -> int:
        return limit


def outer(inner: Annotated[int, Depends(paging)]) -> int:
    return inner


async def generator(inner: int = Depends(outer)) -> AsyncIterator[int]:
    yield inner


common = Common()


@case(get("/?limit=1"), get("/?limit=x"), get("/class?limit=2"), get("/method?limit=3"))
def dependencies() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: Annotated[int, Depends(generator)], p: Annotated[Paging, Query()]) -> list[Any]:
        return [a, p]

    @app.get("/class")
    def of_class(c: Annotated[Common, Depends()]):
        return c.limit

    @app.get("/method")
    def of_method(c: Annotated[int, Depends(common.method)]):
        return c

    return app


def wrapper(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


@case(get("/wrapped?q=1"), get("/partial?q=x"), get("/instance?q=1"))
def wrapped_partial_and_instance() -> FastAPI:
    app = FastAPI()

    class Instance:
        def __call__(self, q: int, p: Annotated[Paging, Query()]) -> list[Any]:
            return [q, p]

    @app.get("/wrapped")
    @wrapper
    def wrapped(q: int, p: Annotated[Paging, Query()]) -> list[Any]:
        return [q, p]

    app.get("/partial")(functools.partial(wrapped, p=1))
    app.get("/instance", name="instance")(Instance())
    return app


def make() -> Missing:
    return 1


async def make_all(made=Depends(make)) -> AsyncIterator[Missing]:
    yield made


@case(get("/?x=1"), get("/nested"), get("/returns"), post("/", {"name": "a"}))
def names_that_exist_for_the_type_checker_only() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(x=Depends(make)) -> Any:
        return x

    @app.get("/nested")
    def nested(x: Annotated[int, Depends(make_all)]):
        return x

    @app.get("/returns", response_model=None)
    def returns() -> Missing:
        return 1

    @app.post("/")
    def create(item: Annotated[Item, Body()]) -> list[Item]:
        return [item]

    return app


async def nothing() -> None:
    return None


@case(get("/"))
def an_optional_dependency_value() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(
        x: Annotated[Item | None, Depends(nothing)] = None, y: None = Depends(nothing)
    ) -> dict[str, Item | None]:
        return {"x": x, "y": y}

    return app


@case(get("/"), get("/?limit=3"), get("/?limit=x"), get("/required"), get("/required?a=1&limit=x"), openapi=False)
def names_that_only_type_checkers_see() -> FastAPI:
    """They are missed when there is a value for them, and not before."""
    app = FastAPI()

    @app.get("/")
    async def optional(session: Missing = None, limit: int = 5) -> list[Any]:
        return [session, limit]

    @app.get("/required")
    async def required(session: Missing, limit: int = 5) -> None: ...

    return app
