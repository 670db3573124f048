"""Programs about responses: declared ones, their models, media types, status codes."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

from typing import Any

from pydantic import BaseModel
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)


class Problem(BaseModel):
    code: int


class Item(BaseModel):
    a: int = 1


class Special(JSONResponse):
    media_type = "application/vnd.special+json"

    def __init__(self, content: Any, status_code: int = 203, **rest: Any) -> None:
        super().__init__(content, status_code, **rest)


def declared(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get(
        "/",
        response_model=Item,
        responses={
            404: {"model": Problem, "description": "nf", "x-n": None},
            "4XX": {"description": "many"},
            "5xx": {"description": "in lower case"},
            "default": {"model": Problem},
            200: {
                "description": "fine",
                "content": {"application/json": {"example": {"a": None}}, "text/csv": {"schema": {"type": "string"}}},
                "headers": {"X-A": {"schema": {"type": "integer"}}},
            },
            418: {},
            422: {"description": "mine"},
            "201": {"model": None},
            204: {"description": "n"},
            299: {"description": ""},
            302: {"model": Problem | None},
            303: {"model": list[Problem], "description": "a list"},
        },
    )
    def read(q: int): ...

    return app


def model_and_content(fw: Any) -> Any:
    app = fw.FastAPI()
    content = {"application/json": {"schema": {"title": "over", "x": 1, "$ref": "mine"}, "example": 3}}
    joined = {"application/json": {"schema": {"title": "over", "anyOf": [{"x": 1}]}}}

    @app.get(
        "/", responses={404: {"model": Problem, "content": content}, 405: {"model": int | None, "content": joined}}
    )
    def read(): ...

    @app.get("/special", response_class=Special, responses={404: {"model": Problem}, 405: {"content": content}})
    def special() -> Item: ...

    return app


def without_validation_error(fw: Any) -> Any:
    app = fw.FastAPI()
    for index, status in enumerate(["4XX", "4xx", "default", "DEFAULT", 422, "422", 400, "2XX"]):

        @app.get(f"/{index}", responses={status: {}})
        def read(q: int): ...

    return app


def classes(fw: Any) -> Any:
    app = fw.FastAPI()
    kinds = [HTMLResponse, PlainTextResponse, Response, FileResponse, RedirectResponse, StreamingResponse, Special]
    for kind in kinds:

        @app.get(f"/{kind.__name__}", response_class=kind)
        def plain(): ...

        @app.get(f"/{kind.__name__}/model", response_class=kind, response_model=Item)
        def with_model(): ...

        @app.get(f"/{kind.__name__}/declared", response_class=kind, responses={200: {"content": {"image/png": {}}}})
        def with_content(): ...

        @app.get(f"/{kind.__name__}/status", response_class=kind, status_code=302)
        def with_status(): ...

    return app


def bodiless(fw: Any) -> Any:
    app = fw.FastAPI()
    for status in (101, 204, 205, 304, 500, 299):

        @app.get(f"/{status}", status_code=status, responses={200: {"model": Item}}, response_description="d")
        def read(q: int): ...

    return app


def default_response_class(fw: Any) -> Any:
    app = fw.FastAPI(default_response_class=HTMLResponse, responses={500: {"description": "app"}})
    router = fw.APIRouter(default_response_class=PlainTextResponse, responses={404: {"model": Problem}})

    @app.get("/a")
    def html(): ...

    @router.get("/b", responses={404: {"description": "route"}})
    def text(): ...

    app.include_router(router, prefix="/r", responses={403: {"description": "included"}})
    return app


def models(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/a", response_model=Item | None)
    def optional(): ...

    @app.get("/b")
    def listed() -> list[Item]: ...

    @app.get("/c")
    def mapped() -> dict[str, Item]: ...

    @app.get("/d")
    def scalar() -> int: ...

    @app.get("/e", response_model=None)
    def none() -> Item: ...

    @app.get("/f")
    def response() -> Response: ...

    @app.get("/g", response_model=Item)
    def other() -> Response: ...

    @app.get("/h", response_description="")
    def nothing() -> None: ...

    return app
