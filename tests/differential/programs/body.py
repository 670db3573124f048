# mypy: ignore-errors
"""JSON bodies: one, several, embedded, across dependencies, empty, of every JSON kind."""

from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Query, Request
from pydantic import BaseModel, Field

from differential.cases import case, delete, get, patch, post, put, send


class Item(BaseModel):
    name: str
    price: float = Field(1.0, gt=0)
    tags: list[str] = []


class User(BaseModel):
    id: int
    email: str | None = None


GOOD = {"name": "a", "price": 2, "tags": ["x"]}


@case(
    post("/", GOOD),
    post("/", {"name": "a", "extra": 1}),
    post("/", {"price": 0, "tags": [1]}),
    post("/", {}),
    post("/", []),
    post("/", [GOOD]),
    post("/", "text"),
    post("/", 5),
    post("/", None),
    post("/", True),
    post("/"),
    post("/", content_type="application/json"),
    post("/", content=b"  ", content_type="application/json"),
    post("/", content=b"{", content_type="application/json"),
    post("/", content=b'{"name": "a",}', content_type="application/json"),
    post("/", content=b'{"name": "a"} x', content_type="application/json"),
    post("/", content=b"{'name': 'a'}", content_type="application/json"),
    post("/", content=b'{"name":"a","name":"b"}', content_type="application/json"),
    post("/", content=[b'{"na', b'me": "', b"\xc3", b'\xa9"}'], content_type="application/json"),
    post("/", content=[b"", b'{"name":"a"}', b""], content_type="application/json"),
    post("/", content=b'\n {"name": "a"} \n\n', content_type="application/json"),
)
def one_model() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item):
        return item

    return app


@case(
    post("/"),
    post("/", None),
    post("/", GOOD),
    post("/", {}),
    post("/", []),
    post("/", content=b"null", content_type="text/plain"),
)
def an_optional_model() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item | None = None):
        return {"item": item}

    return app


@case(post("/"), post("/", None), post("/", GOOD))
def a_nullable_model_without_a_default() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item | None):
        return {"item": item}

    return app


@case(post("/"), post("/", GOOD), post("/", None))
def a_model_with_a_default() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item = Item(name="default")):
        item.tags.append("seen")
        return item

    return app


@case(
    post("/", {"item": GOOD, "user": {"id": 1}, "n": 5}),
    post("/", {"item": {}, "user": {"id": "x"}, "n": "y"}),
    post("/", {"item": GOOD}),
    post("/", {}),
    post("/", []),
    post("/", None),
    post("/", 5),
    post("/"),
    post("/", {"item": None, "user": None, "n": None}),
    post("/", {"item": GOOD, "user": {"id": 1}, "n": 5, "more": 1}),
    post("/", content=b'{"item":1}', content_type="text/plain"),
)
def several_bodies() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item, user: User, n: Annotated[int, Body(gt=0)] = 1, opt: User | None = None):
        return [item, user, n, opt]

    return app


@case(
    post("/", {"item": GOOD}),
    post("/", GOOD),
    post("/", {}),
    post("/"),
    post("/", []),
    post("/", {"item": {"price": 0}}),
)
def one_embedded_body() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Annotated[Item, Body(embed=True)]):
        return item

    return app


@case(post("/"), post("/", {}), post("/", {"item": None}), post("/", {"item": {}}), post("/", []))
def one_optional_embedded_body() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Annotated[Item | None, Body(embed=True)] = None):
        return item

    return app


@case(
    post("/int", 5),
    post("/int", "x"),
    post("/int"),
    post("/str", "x"),
    post("/str", 5),
    post("/any", {"a": [1, None]}),
    post("/any"),
    post("/any", None),
    post("/dict", {"a": 1, "b": "x"}),
    post("/dict", {"a": 1}),
    post("/dict", []),
    post("/keys", {"1": 2, "x": 3}),
    post("/keys", {"1": 2.0}),
    post("/list", [1, "2", "x"]),
    post("/list", {}),
    post("/models", [GOOD, {}]),
    post("/set", [1, 1, 2]),
    post("/default"),
    post("/default", 7),
    post("/factory"),
)
def bodies_that_are_no_model() -> FastAPI:
    app = FastAPI()

    @app.post("/int")
    def integer(n: int = Body()):
        return n

    @app.post("/str")
    def text(s: Annotated[str, Body()]):
        return s

    @app.post("/any")
    def anything(a: Any = Body()):
        return a

    @app.post("/dict")
    def mapping(d: dict[str, int]):
        return d

    @app.post("/keys")
    def keys(d: dict[int, float]):
        return d

    @app.post("/list")
    def numbers(n: list[int]):
        return n

    @app.post("/models")
    def models(items: list[Item]):
        return items

    @app.post("/set")
    def unique(n: set[int]):
        return sorted(n)

    @app.post("/default")
    def default(n: Annotated[int, Body()] = 3):
        return n

    @app.post("/factory")
    def factory(n: Annotated[list[int], Body(default_factory=list)]):
        return n

    return app


@case(
    post("/?q=1", {"item": GOOD, "user": {"id": 1}}),
    post("/?q=x", {"item": {}, "user": {}}),
    post("/", GOOD),
    post("/?q=1"),
)
def bodies_across_dependencies() -> FastAPI:
    app = FastAPI()

    def inner(user: User, q: int):
        return user

    def outer(user: Annotated[User, Depends(inner)]):
        return user

    @app.post("/")
    def create(item: Item, user=Depends(outer)):
        return [item, user]

    return app


@case(post("/", GOOD), post("/", {"item": GOOD}), post("/", {}))
def the_same_body_in_a_dependency_and_the_endpoint() -> FastAPI:
    app = FastAPI()

    def checked(item: Item):
        return item.name

    @app.post("/")
    def create(item: Item, name=Depends(checked)):
        return [item, name]

    return app


@case(post("/", GOOD), post("/", {"item": GOOD}), post("/", {}), post("/"))
def a_body_in_a_dependency_alone() -> FastAPI:
    app = FastAPI()

    def checked(item: Item):
        return item.name

    @app.post("/")
    def create(name=Depends(checked)):
        return name

    return app


@case(
    *[send(method, "/", json=GOOD) for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")],
    get("/"),
    delete("/"),
    openapi=False,  # the reference names an operation after whichever method its set gives first
)
def bodies_on_every_method() -> FastAPI:
    app = FastAPI()

    @app.api_route("/", methods=["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
    def create(item: Item):
        return item

    return app


@case(put("/5?q=1", GOOD), put("/x?q=y", {}), patch("/5", {"name": "b"}), patch("/5", {}))
def path_query_and_body_together() -> FastAPI:
    app = FastAPI()

    @app.put("/{n}")
    def replace(n: int, item: Item, q: int | None = None):
        return {"n": n, **item.model_dump(), "q": q}

    @app.patch("/{n}")
    def update(n: int, item: Item, tags: Annotated[list[str], Query()] = []):
        return [n, item.model_dump(exclude_unset=True), tags]

    return app


@case(post("/", {"a": 1, "b": 2}), post("/", {"a": "x"}), post("/", 5))
def embedded_scalars_with_documentation() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(
        a: Annotated[int, Body(title="A", description="the a", examples=[1, 2], ge=0)],
        b: Annotated[int, Body(deprecated=True, openapi_examples={"one": {"value": 1}})] = 2,
    ):
        return [a, b]

    return app


@case(post("/", GOOD))
def one_body_with_documentation() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(
        item: Annotated[
            Item,
            Body(
                title="An item",
                description="what is sold",
                examples=[{"name": "x"}],
                openapi_examples={"normal": {"summary": "S", "description": "D", "value": {"name": "y"}}},
            ),
        ],
    ):
        return item

    return app


@case(post("/", GOOD), post("/", content=b"[1, 2]", content_type="application/json"), post("/"))
def the_request_beside_a_body() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def create(request: Request, item: Item | list[int] | None = None):
        return [(await request.body()).decode(), await request.json() if item else None, item]

    return app


@case(post("/", GOOD), post("/", content=b"{x", content_type="application/json"), post("/", content=[b"ab", b"cd"]))
def the_request_alone() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def create(request: Request):
        return [chunk.decode() async for chunk in request.stream()]

    return app
