# mypy: ignore-errors
"""The class of the answer: declared, by default of app and router, by annotation; other bodiless statuses."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from pydantic import BaseModel

from differential.cases import case, get


class Item(BaseModel):
    name: str = "a"


class Shouting(JSONResponse):
    media_type = "application/vnd.shout+json"

    def render(self, content: Any) -> bytes:
        return super().render(content).upper()


@case(
    *[get(f"/{name}") for name in ("html", "text", "raw", "shout", "shout-model", "json", "file", "redirect", "stream")]
)
def response_classes() -> FastAPI:
    app = FastAPI()

    @app.get("/html", response_class=HTMLResponse)
    def html():
        return "<b>b</b>"

    @app.get("/text", response_class=PlainTextResponse)
    async def text() -> str:
        return "text"

    @app.get("/raw", response_class=Response)
    def raw():
        return b"raw"

    @app.get("/shout", response_class=Shouting)
    def shout():
        return {"a": "b"}

    @app.get("/shout-model", response_class=Shouting, response_model=Item)
    def shout_model(response: Response):
        response.headers["x-injected"] = "1"
        return {"name": "x", "other": 1}

    @app.get("/json", response_class=JSONResponse)
    def json() -> Item:
        return Item(name="é")

    @app.get("/file", response_class=FileResponse)
    def file(response: Response):
        return str(Path(__file__).parent / "__init__.py.none")

    @app.get("/redirect", response_class=RedirectResponse, status_code=302)
    def redirect():
        return "/elsewhere"

    @app.get("/stream", response_class=StreamingResponse)
    def stream():
        return iter(["a", "b"])

    return app


@case(get("/app"), get("/r/router"), get("/r/route"), get("/i/x"), get("/n/x"))
def default_response_classes() -> FastAPI:
    app = FastAPI(default_response_class=PlainTextResponse)
    router = APIRouter(prefix="/r", default_response_class=HTMLResponse)
    included = APIRouter()
    nested = APIRouter(prefix="/n")

    @app.get("/app")
    def of_app():
        return "app"

    @router.get("/router")
    def of_router():
        return "router"

    @router.get("/route", response_class=JSONResponse)
    def of_route():
        return "route"

    @included.get("/x")
    def of_inclusion():
        return "x"

    app.include_router(router)
    app.include_router(included, prefix="/i", default_response_class=Shouting)
    nested.include_router(included)
    app.include_router(nested)
    return app


@case(get("/"), get("/x"))
def a_subclass_of_response_as_annotation() -> FastAPI:
    app = FastAPI()

    class Mine(Response):
        media_type = "text/mine"

    @app.get("/")
    def read() -> Mine:
        return Mine("x")

    @app.get("/x")
    def untrue() -> Mine:
        return {"not": "a response"}

    return app


@case(get("/"), get("/x"), get("/y"))
def unions_with_response_need_no_model() -> FastAPI:
    app = FastAPI()

    @app.get("/", response_model=None)
    def read(x: bool = False) -> Response | dict[str, int]:
        return Response("x") if x else {"a": 1}

    @app.get("/x", response_model=Item)
    def other() -> Any:
        return JSONResponse({"anything": 1})

    @app.get("/y", response_model=Item)
    def untrue() -> int:
        return {"name": "y", "more": 1}

    return app


@case(error_text="Invalid args for response field!")
def a_union_with_response_is_refused():
    app = FastAPI()

    @app.get("/")
    def read() -> Response | dict[str, int] | None:
        return None


@case(get("/205"), get("/101"), get("/injected205"))
def other_bodiless_statuses() -> FastAPI:
    app = FastAPI()

    @app.get("/101", status_code=101)
    def switching():
        return None

    return app
