# mypy: ignore-errors
"""Which content types are read as JSON, strictly and not, and what happens to all others."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI
from pydantic import BaseModel

from differential.cases import case, post, send


class Item(BaseModel):
    n: int


JSON = b'{"n": 1}'
TYPES = (
    "application/json",
    "APPLICATION/JSON",
    "application/json; charset=utf-8",
    "application/json;charset=latin-1",
    "application/json; charset=nonsense",
    "application/json ; a=b",
    " application/json",
    "application/vnd.api+json",
    "application/problem+json; x=y",
    "application/+json",
    "application/json+xml",
    "application/x-json",
    "application/jsonl",
    "application/geo+json-seq",
    "text/json",
    "text/plain",
    "text/vnd+json",
    "model/gltf+json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "application",
    "json",
    "/",
    "",
    ";",
    "application/json, text/plain",
    "application/json\x00",
    "multipart/form-data",
    "*/*",
    "é/ü",
)
KINDS = [post("/", content=JSON, content_type=kind) for kind in TYPES]
REPEATED = [
    send("POST", "/", [("content-type", "text/plain"), ("content-type", "application/json")], content=JSON),
    send("POST", "/", [("content-type", "application/json"), ("content-type", "text/plain")], content=JSON),
]


@case(post("/", content=JSON), *KINDS, *REPEATED)
def a_model_by_content_type() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item):
        return item

    return app


@case(post("/", content=JSON), *KINDS)
def a_model_by_content_type_when_not_strict() -> FastAPI:
    app = FastAPI(strict_content_type=False)

    @app.post("/")
    def create(item: Item):
        return item

    return app


@case(
    post("/", content=JSON),
    post("/", content=JSON, content_type="text/plain"),
    post("/", JSON.decode()),
)
def text_and_bytes_by_content_type() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(text: Annotated[str, Body()]):
        return text

    @app.post("/bytes")
    def raw(data: Annotated[bytes, Body()]):
        return data

    return app


@case(
    post("/", content=b"abc", content_type="application/octet-stream"),
    post("/", content=b"abc"),
    post("/", "abc"),
    post("/", 5),
    post("/", content=b"\xff\x00", content_type="application/octet-stream"),
)
def raw_bytes() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(data: Annotated[bytes, Body(media_type="application/octet-stream")]):
        return len(data)

    return app


@case(
    post("/", content=b"x", content_type="text/plain"), post("/", content=b"1", content_type="text/plain"), post("/", 1)
)
def anything_by_content_type() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(data: Annotated[Any, Body(media_type="text/plain")]):
        return repr(data)

    return app


@case(*[post(path, content=JSON) for path in ("/a", "/b", "/c/a", "/d/a", "/e")])
def the_nearest_setting_wins() -> FastAPI:
    app = FastAPI(strict_content_type=False)
    strict = APIRouter(strict_content_type=True)
    inherits = APIRouter(prefix="/c")
    loose = APIRouter(prefix="/d", strict_content_type=False)

    def create(item: Item):
        return item

    app.post("/a")(create)
    strict.post("/b")(create)
    inherits.post("/a")(create)
    loose.post("/a")(create)
    strict.add_api_route("/e", create, methods=["POST"], strict_content_type=False)
    strict.include_router(loose)
    app.include_router(strict)
    app.include_router(inherits)
    return app


@case(
    post("/", content=b"", content_type="text/plain"),
    post("/", content=b""),
    post("/", content=b"{}", content_type="text/plain"),
)
def optional_bodies_by_content_type() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(item: Item | None = None, other: Annotated[int, Body()] = 1):
        return [item, other]

    return app
