# mypy: ignore-errors
"""Type aliases of the `type` statement, which Python has since 3.12."""

import sys
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Header, Path, Query
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from differential.cases import case, get, post


class Item(BaseModel):
    name: str


def paging(limit: int = 5) -> int:
    return limit


Limit = TypeAliasType("Limit", Annotated[int, Depends(paging)])
Text = TypeAliasType("Text", Annotated[str, Query(min_length=2)])
Number = TypeAliasType("Number", int)
Embedded = TypeAliasType("Embedded", Annotated[Item, Body(embed=True)])


@case(
    get("/?limit=7&text=abc&number=1"),
    get("/?limit=7&text=a&number=x"),
    get("/"),
    post("/", {"item": {"name": "a"}}),
    post("/", {"name": "a"}),
    post("/plain", {"name": "a"}),
    get("/request"),
)
def aliases_are_unpacked() -> FastAPI:
    app = FastAPI()
    plain = TypeAliasType("plain", Item)

    @app.get("/")
    def read(limit: Limit, text: Text, number: Number = 3):
        return [limit, text, number]

    @app.post("/")
    def create(item: Embedded) -> Item:
        return item

    @app.post("/plain")
    def create_plain(item: plain) -> plain:
        return item

    @app.get("/request")
    def method(request: Annotated[Any, Depends(lambda: 1)]):
        return request

    return app


Positive = TypeAliasType("Positive", Annotated[int, Field(gt=0)])


@case(get("/1?q=2&q=3", {"h": "4"}), get("/0?q=0", {"h": "0"}), post("/", 5), post("/", 0), post("/", "x"))
def an_alias_beside_a_marker_keeps_its_name() -> FastAPI:
    app = FastAPI()

    @app.get("/{p}")
    def read(
        p: Annotated[Positive, Path()],
        q: Annotated[list[Positive], Query()],
        h: Annotated[Positive | None, Header()] = None,
        n: Annotated[Number, Query()] = 3,
        t: Annotated[Text, Query()] = "a",
    ):
        return [p, q, h, n, t]

    @app.post("/")
    def create(body: Annotated[Positive, Body()]):
        return body

    return app


STATEMENTS = """
type Limit = Annotated[int, Depends(paging)]
type Text = Annotated[str, Query(min_length=2)]
type Page[T] = dict[str, T]

def declare(app):
    @app.get("/")
    def read(limit: Limit, text: Text):
        return [limit, text]

    @app.post("/")
    def create(page: Page[int]) -> Page[int]:
        return page
"""

if sys.version_info >= (3, 12):

    @case(get("/?limit=7&text=abc"), get("/?limit=x&text=a"), post("/", {"a": 1}), post("/", {"a": "x"}))
    def type_statements() -> FastAPI:
        app = FastAPI()
        names = {"Annotated": Annotated, "Depends": Depends, "Query": Query, "paging": paging, "__name__": __name__}
        exec(STATEMENTS, names)
        names["declare"](app)
        return app
