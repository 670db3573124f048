# mypy: ignore-errors
"""Small APIs that join what the other files show apart."""

from typing import Annotated, Any, Generic, TypeVar

from fastapi import (
    APIRouter,
    Cookie,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
)
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from differential.cases import case, get, post, put

T = TypeVar("T")


class Base(BaseModel):
    kind: str


class Cat(Base):
    lives: int = 9


class Dog(Base):
    barks: bool = True
    tags: dict[str, Any] = {}


@case(
    post("/", {"kind": "cat", "lives": 1}),
    post("/", {"kind": "dog", "barks": False}),
    post("/", {"kind": 1}),
    post("/", {"kind": "x", "tags": {"a": [1]}}),
)
def unions_of_models_with_a_common_base() -> FastAPI:
    app = FastAPI()

    @app.post("/", responses={404: {"model": Cat | Dog}, 409: {"model": dict[str, Cat]}})
    def create(animal: Cat | Dog) -> Dog | Cat:
        return animal

    @app.get("/many")
    def many() -> list[Cat | Dog | None]:
        return []

    return app


class Problem(BaseModel):
    code: int
    text: str


@case(get("/teapot"), get("/items/1"), put("/items/1", {"name": "x"}), get("/items/99"), post("/items", {"name": ""}))
def a_small_api(log) -> FastAPI:
    class Item(BaseModel):
        name: str = Field(min_length=1)
        owner: str | None = None

    class Stored(Item):
        id: int
        secret: str = "hidden"

    class Public(Item):
        id: int

    class NotFound(Exception):
        def __init__(self, what: str) -> None:
            self.what = what

    stored = {1: Stored(id=1, name="one")}

    async def session(request: Request, response: Response):
        log("open", request.url.path)
        response.headers["x-session"] = "1"
        try:
            yield stored
        finally:
            log("close")

    Session = Annotated[dict[int, Stored], Depends(session)]

    def find(item_id: Annotated[int, Path(ge=1)], items: Session) -> Stored:
        if item_id not in items:
            raise NotFound(f"item {item_id}")
        return items[item_id]

    def user(x_user: Annotated[str, Header()] = "anonymous", token: Annotated[str | None, Cookie()] = None) -> str:
        return token or x_user

    router = APIRouter(prefix="/items", tags=["items"], responses={404: {"model": Problem}})

    @router.get("/{item_id}", response_model=Public, response_model_exclude_none=True)
    async def read(item: Annotated[Stored, Depends(find)]):
        return item

    @router.put("/{item_id}", response_model=Public)
    def replace(item_id: int, item: Item, items: Session, owner: Annotated[str, Depends(user)]):
        items[item_id] = Stored(**item.model_dump(exclude={"owner"}), id=item_id, owner=owner)
        return items[item_id]

    @router.post("", status_code=201)
    def create(item: Item, items: Session) -> Public:
        number = max(items) + 1
        items[number] = Stored(id=number, **item.model_dump())
        return items[number]

    app = FastAPI(title="Shop", version="2")

    @app.exception_handler(NotFound)
    async def not_found(request: Request, exc: NotFound):
        return JSONResponse({"code": 404, "text": f"no {exc.what}"}, 404)

    @app.middleware("http")
    async def timing(request: Request, call_next):
        response = await call_next(request)
        response.headers["x-path"] = request.url.path
        return response

    @app.get("/teapot")
    def teapot():
        raise HTTPException(418, {"code": 418}, {"x-tea": "green"})

    app.include_router(router)
    return app


class Described(BaseModel):
    """Seen in the document."""

    a: Annotated[int, Field(description="first"), Field(ge=1)] = 1
    b: Annotated[list[Annotated[str, Field(max_length=3)]], Field(min_length=1)] = ["x"]


@case(post("/", {"a": 0, "b": ["long text"]}), post("/", {"b": []}))
def annotations_inside_models() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(value: Described, extra: Annotated[Described | None, Query()] = None):
        return value

    return app


@case(get("/a/x?n=1"), get("/b/y"))
def a_route_class_per_router_and_inclusion(log) -> FastAPI:
    class Logged(APIRoute):
        def get_route_handler(self):
            inner = super().get_route_handler()

            async def handler(request: Request) -> Response:
                log("before", self.path, sorted(self.methods), request.url.path)
                try:
                    response = await inner(request)
                except HTTPException as exc:
                    log("http", exc.status_code)
                    raise
                log("after", response.status_code, response.body)
                return response

            return handler

    app = FastAPI()
    router = APIRouter(prefix="/a", route_class=Logged)
    other = APIRouter(prefix="/b")

    @router.get("/x")
    def x(n: int) -> int:
        return n

    @other.get("/y")
    def y():
        raise HTTPException(400)

    other.include_router(router)
    app.include_router(router)
    app.include_router(other)
    return app


@case(get("/r/7/x"), get("/r/7"), get("/r/a/x"))
def a_prefix_with_parameters() -> FastAPI:
    app = FastAPI()

    def segment(segment_id: int):
        return segment_id

    router = APIRouter(prefix="/r/{segment_id}", dependencies=[Depends(segment)])

    @router.get("/{rest:path}")
    def read(rest: str, s: int = Depends(segment)):
        return [rest, s]

    app.include_router(router)
    return app


class Tree(BaseModel):
    name: str
    children: "list[Tree]" = []
    parent: "Tree | None" = None


@case(
    post("/", {"name": "a", "children": [{"name": "b", "parent": {"name": "a"}}]}),
    post("/", {"name": "a", "children": [{"n": 1}]}),
)
def recursive_models_out_and_in() -> FastAPI:
    app = FastAPI()

    @app.post("/", response_model_exclude_defaults=True)
    def create(tree: Tree) -> Tree:
        return tree

    @app.post("/untyped")
    def untyped(tree: Tree):
        return tree

    return app


class Wrapper(BaseModel, Generic[T]):
    data: T
    meta: dict[str, str] = {}


@case(get("/one"), get("/many"), post("/", {"data": {"kind": "x"}}), post("/", {"data": 1}))
def generic_envelopes() -> FastAPI:
    app = FastAPI()

    @app.get("/one", response_model=Wrapper[Cat])
    def one():
        return {"data": Dog(kind="d")}

    @app.get("/many")
    def many() -> Wrapper[list[Wrapper[int]]]:
        return {"data": [{"data": 1}, {"data": "2"}]}

    @app.post("/")
    def create(wrapper: Wrapper[Cat]) -> Wrapper[Cat | None]:
        return wrapper

    return app
