# mypy: ignore-errors
"""The program that generated requests are sent to: one route per way of reading input."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Body, Cookie, Depends, FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from differential.cases import case


class Leaf(BaseModel):
    n: int = 0
    s: str = Field("", max_length=5)
    f: float | None = None


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: Leaf
    b: list[Leaf] = []
    c: dict[str, int] = {}
    d: Literal["x", 1] | None = None
    e: Decimal = Decimal(1)
    g: datetime | None = None
    t: bool = False


class Params(BaseModel):
    n: int = 1
    a: list[str] = []
    s: str | None = None


def limits(n: float = 0, s: Annotated[str, Query(max_length=4)] = "") -> list[Any]:
    return [n, s]


@case(openapi=False)
def every_kind_of_input() -> FastAPI:
    app = FastAPI()

    @app.post("/leaf")
    def leaf(value: Leaf) -> Leaf:
        return value

    @app.post("/tree")
    async def tree(value: Tree) -> Tree:
        return value

    @app.post("/leaves")
    async def leaves(value: list[Leaf]):
        return [repr(leaf) for leaf in value]

    @app.post("/several")
    def several(a: Leaf, c: Annotated[int | None, Body()] = None, n: int = 0):
        return repr([a, c, n])

    @app.post("/anything")
    async def anything(value: Annotated[Any, Body()]):
        return repr(value)

    @app.post("/union")
    async def union(value: Annotated[int | str | Leaf | None, Body()] = None):
        return repr(value)

    @app.get("/scalars")
    async def scalars(n: int, a: Annotated[list[int], Query()] = [], s: str = "s", t: bool = False, x=Depends(limits)):
        return repr([n, a, s, t, x])

    @app.get("/params")
    def params(value: Annotated[Params, Query()], s: str = ""):
        return repr([value, s])

    @app.get("/headers")
    async def headers(
        n: Annotated[int, Header()] = 0, a: Annotated[list[str], Header()] = [], s: Annotated[str, Cookie()] = ""
    ):
        return repr([n, a, s])

    return app
