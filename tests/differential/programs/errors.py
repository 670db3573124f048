# mypy: ignore-errors
"""What a client is told when something is wrong, and in which order."""

from typing import Annotated, Any

from fastapi import Body, Cookie, Depends, FastAPI, Header, HTTPException, Path, Query
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from differential.cases import case, delete, get, head, options, post


class Item(BaseModel):
    name: str
    price: float = Field(gt=0)


@case(
    post("/x?q=y&r=z", {"price": 0}, {"x-h": "h", "cookie": "c=c"}),
    post("/1", {}),
    post("/1?q=1&r=1", {"name": "a", "price": 1}, {"x-h": "1", "cookie": "c=1"}),
    post("/x"),
)
def errors_of_all_locations_in_order(log) -> FastAPI:
    app = FastAPI()

    def first(q: int, x_h: Annotated[int, Header()]):
        log("first")

    def second(r: int, f=Depends(first)):
        log("second")

    def third():
        log("third")

    @app.post("/{p}")
    def create(
        item: Item,
        c: Annotated[int, Cookie()],
        x_h: Annotated[int, Header()],
        q: int,
        p: Annotated[int, Path()],
        s=Depends(second),
        t=Depends(third),
    ):
        log("endpoint")
        return "ok"

    return app


@case(get("/?a=x&b=1"), get("/?a=1&b=x"), get("/?a=x&b=x"), get("/?a=1&b=1"))
def siblings_of_a_failing_dependency_still_run(log) -> FastAPI:
    app = FastAPI()

    def one(a: int):
        log("one")
        yield a
        log("one exits")

    async def two(b: int):
        log("two")
        yield b
        log("two exits")

    async def needs_one(x=Depends(one)):
        log("needs one", x)

    def free():
        log("free")

    @app.get("/")
    def read(x=Depends(one), y=Depends(two), z=Depends(needs_one), f=Depends(free)):
        log("endpoint")
        return [x, y]

    return app


@case(
    post("/", content=b"{", content_type="application/json"),
    post("/", content=b'{"a": }', content_type="application/json"),
    post("/", content=b"[1,", content_type="application/json"),
    post("/", content=b'"abc', content_type="application/json"),
    post("/", content=b"nul", content_type="application/json"),
    post("/", content=b'{"a":1}\n}', content_type="application/json"),
    post("/", content=b'{"a": "\t"}', content_type="application/json"),
    post("/", content=b"{'a'}", content_type="application/json"),
    post("/", content="é{".encode(), content_type="application/json"),
    post("/", content=b"01", content_type="application/json"),
    post("/", content=b'{"a": "\\x"}', content_type="application/json"),
    post("/", content=b'{"a": "\\ud8"}', content_type="application/json"),
)
def invalid_json_is_refused_before_dependencies_run(log) -> FastAPI:
    app = FastAPI()

    def dependency():
        log("dependency")

    @app.post("/")
    def create(item: dict, q: int = Query(), d=Depends(dependency)):
        log("endpoint")
        return item

    return app


@case(
    get("/text"),
    get("/any"),
    get("/none"),
    get("/headers"),
    get("/204"),
    get("/304"),
    get("/418"),
    get("/599"),
    get("/default"),
    head("/text"),
)
def http_exceptions() -> FastAPI:
    app = FastAPI()

    @app.get("/text")
    async def text():
        raise HTTPException(404, "no such thing")

    @app.get("/any")
    def anything():
        raise HTTPException(status_code=400, detail={"a": [1, None, 1.5], "b": "é"})

    @app.get("/none")
    def none():
        raise HTTPException(400, None)

    @app.get("/headers")
    def headers():
        raise HTTPException(401, "no", headers={"WWW-Authenticate": "Basic", "x": "é"})

    @app.get("/default")
    def default():
        raise HTTPException(403)

    @app.get("/{code}")
    def status(code: int):
        raise HTTPException(code, "a detail")

    return app


@case(get("/nope"), post("/"), delete("/"), options("/"), head("/"), get("//"), get("/items"), post("/items/1"))
def not_found_and_method_not_allowed() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read():
        return "ok"

    @app.put("/")
    def replace():
        return "ok"

    @app.get("/items/{n}")
    def item(n: int):
        return n

    return app


class Picky(BaseModel):
    a: int
    b: str = "b"

    @field_validator("a")
    @classmethod
    def check(cls, value: int) -> int:
        if value == 1:
            raise ValueError("one")
        if value == 2:
            raise PydanticCustomError("custom_kind", "a {what} error", {"what": "custom"})
        assert value != 3
        if value == 4:
            raise ValueError({"not": "text"})
        return value


@case(*[post("/", {"a": value}) for value in (1, 2, 3, 4, 5, "x", None, [1], {"b": 1.5}, True, 1.5)])
def errors_of_validators() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(p: Picky):
        return p

    return app


@case(
    get("/?n=x"),
    post("/", {"a": "x", "b": 1}),
    post("/", content=b"{", content_type="application/json"),
    get("/nope"),
    get("/wrong"),
)
def what_the_validation_error_carries(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def handle(request, exc: RequestValidationError):
        log(type(exc).__name__, exc.errors(), exc.body, str(exc).replace(__file__, "FILE"))
        log(exc.args, exc.endpoint_ctx)
        return JSONResponse({"mine": len(exc.errors())}, status_code=400)

    @app.exception_handler(ResponseValidationError)
    async def handle_ours(request, exc: ResponseValidationError):
        log(type(exc).__name__, exc.args, repr(exc), exc.endpoint_ctx, exc.body)
        return JSONResponse({"ours": len(exc.errors())}, status_code=500)

    @app.get("/wrong")
    def wrong() -> int:
        return "x"

    @app.get("/")
    def read(n: int):
        return n

    @app.post("/")
    def create(p: Picky, q: Annotated[int, Query()] = 0):
        return p

    return app


@case(post("/", {"name": "a", "price": "x"}), post("/", []), get("/raise"))
def a_validation_error_raised_by_hand() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(value: Any = Body()):
        Item.model_validate(value)
        return "ok"

    @app.get("/raise")
    def read():
        raise RequestValidationError([{"loc": ("body", "x"), "msg": "by hand", "type": "mine"}], body={"a": 1})

    return app


@case(get("/?n=x"))
def an_override_that_falls_back_to_the_default_handler() -> FastAPI:
    from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler

    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def handle(request, exc):
        response = await request_validation_exception_handler(request, exc)
        response.headers["x-handled"] = "1"
        return response

    @app.exception_handler(404)
    async def missing(request, exc):
        response = await http_exception_handler(request, exc)
        response.headers["x-missing"] = "1"
        return response

    @app.get("/")
    def read(n: int):
        return n

    return app


@case(post("/", {"a": 1}), get("/?n=x"))
def documented_errors_replace_the_generated_ones() -> FastAPI:
    app = FastAPI()

    @app.post("/", responses={422: {"description": "mine", "model": Item}})
    def create(p: Picky):
        return p

    @app.get("/", responses={"4XX": {"description": "any client error"}})
    def read(n: int):
        return n

    @app.get("/default", responses={"default": {"description": "else"}})
    def other(n: int):
        return n

    return app


@case(get("/?n=1"), get("/"))
def no_parameters_no_422_in_the_document() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read():
        return PlainTextResponse("x")

    return app


@case(
    post(
        "/",
        {
            "items": [{"name": 1, "price": -1}, {"name": "a", "price": 1}, 5, None, {"price": "x"}],
            "map": {"k": {"price": 0}},
        },
    )
)
def locations_in_nested_models() -> FastAPI:
    app = FastAPI()

    class Order(BaseModel):
        items: list[Item]
        map: dict[str, Item]
        union: Item | list[Item] | int = 0

    @app.post("/")
    def create(order: Order):
        return order

    return app
