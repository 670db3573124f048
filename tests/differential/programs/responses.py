# mypy: ignore-errors
"""What a handler may return, and what is sent: status, headers, bodiless answers, background tasks."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, Request, Response, status
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from pydantic import BaseModel
from starlette.background import BackgroundTask

from differential.cases import case, get, head, post


class Item(BaseModel):
    name: str = "a"


@case(
    *[
        get(f"/{name}")
        for name in ("none", "text", "number", "float", "list", "dict", "bool", "model", "models", "empty")
    ]
)
def plain_values() -> FastAPI:
    app = FastAPI()
    values: dict[str, Any] = {
        "none": None,
        "text": "é",
        "number": 2**70,
        "float": 1.0,
        "list": [1, [2, {"a": None}]],
        "dict": {"b": 1, "a": "\x00\u2028</script>"},
        "bool": True,
        "model": Item(),
        "models": {"x": [Item()], "y": (Item(name="b"),)},
        "empty": {},
    }

    def declare(name: str, value: Any) -> None:
        @app.get(f"/{name}", name=name)
        async def read():
            return value

    for name, value in values.items():
        declare(name, value)
    return app


@case(
    *[get(f"/{name}") for name in ("raw", "text", "html", "json", "redirect", "stream", "file", "task", "headers")],
    head("/raw"),
)
def response_objects(log) -> FastAPI:
    app = FastAPI()

    @app.get("/raw", status_code=201)
    def raw(response: Response):
        response.headers["x-not-merged"] = "1"
        response.status_code = 299
        return Response(b"\xff\x00", media_type="application/octet-stream")

    @app.get("/text", response_model=int)
    def text():
        return PlainTextResponse("text", status_code=202)

    @app.get("/html")
    def html() -> HTMLResponse:
        return HTMLResponse("<p>é</p>")

    @app.get("/json")
    def json() -> JSONResponse:
        return JSONResponse({"a": 1}, headers={"x": "1"}, status_code=203)

    @app.get("/redirect")
    def redirect():
        return RedirectResponse("/text?a=é", status_code=303)

    @app.get("/stream")
    async def stream():
        return StreamingResponse(iter([b"a", "b"]), media_type="text/plain")

    @app.get("/file")
    def file():
        return FileResponse(
            Path(__file__).parent / "__init__.py",
            media_type="text/x-python",
            headers={"etag": "e", "last-modified": "m"},
        )

    @app.get("/task")
    def task(tasks: BackgroundTasks):
        tasks.add_task(log, "injected")
        return Response("own", background=BackgroundTask(log, "own"))

    @app.get("/headers")
    def headers(tasks: BackgroundTasks):
        tasks.add_task(log, "injected")
        response = Response("x")
        response.headers["x-own"] = "1"
        response.set_cookie("a", "b")
        return response

    return app


@case(*[get(f"/{code}") for code in (200, 201, 202, 204, 304, 400, 404, 418, 500, 599)])
def declared_status_codes() -> FastAPI:
    app = FastAPI()

    def declare(code: int) -> None:
        @app.get(f"/{code}", status_code=code)
        def read():
            return {"code": code}

    for code in (200, 201, 202, 204, 304, 400, 404, 418, 500, 599):
        declare(code)
    return app


@case(get("/none"), get("/204"), get("/injected"), get("/dep"), get("/class"), post("/"), get("/304"))
def bodiless_and_injected_statuses() -> FastAPI:
    app = FastAPI()

    @app.get("/none", status_code=status.HTTP_204_NO_CONTENT)
    def none() -> None:
        return None

    @app.get("/204", status_code=204, response_class=Response)
    def empty():
        pass

    @app.get("/injected", status_code=201)
    def injected(response: Response):
        response.status_code = 204
        return {"a": 1}

    def dependency(response: Response):
        response.status_code = 304
        response.headers["x"] = "dep"

    @app.get("/dep", dependencies=[Depends(dependency)])
    def dep():
        return {"a": 1}

    class Created(JSONResponse):
        def __init__(self, content, status_code=201, **kwargs):
            super().__init__(content, status_code, **kwargs)

    @app.get("/class", response_class=Created)
    def of_class():
        return {"a": 1}

    @app.post("/", status_code=201)
    def create() -> Item:
        return Item()

    @app.get("/304", status_code=304, response_model=None)
    def not_modified():
        return None

    return app


@case(error_text="")
def a_model_with_a_bodiless_status_is_refused():
    app = FastAPI()

    @app.get("/", status_code=204, response_model=Item)
    def read():
        return None


@case(get("/"), get("/dep"), get("/fail"), get("/order"))
def background_tasks(log) -> FastAPI:
    app = FastAPI()

    async def async_task(a, *, b=2):
        log("async task", a, b)

    def sync_task(a):
        log("sync task", a)

    def failing():
        log("failing")
        raise ValueError("in a task")

    @app.get("/")
    def read(tasks: BackgroundTasks):
        tasks.add_task(sync_task, 1)
        tasks.add_task(async_task, 1, b=3)
        return {"a": 1}

    def dependency(tasks: BackgroundTasks):
        tasks.add_task(sync_task, "dep")

    @app.get("/dep")
    async def dep(d: Annotated[None, Depends(dependency)]) -> Item:
        return Item()

    @app.get("/fail")
    async def fail(tasks: BackgroundTasks):
        tasks.add_task(failing)
        tasks.add_task(sync_task, "never")
        return "sent"

    @app.get("/order")
    def order(request: Request, tasks: BackgroundTasks):
        tasks.add_task(sync_task, request.url.path)
        log("endpoint")
        return PlainTextResponse("x")

    return app


@case(get("/cookies"), get("/many"), get("/type"), get("/length"), get("/delete"), get("/model"))
def injected_headers() -> FastAPI:
    app = FastAPI()

    @app.get("/cookies")
    def cookies(response: Response):
        response.set_cookie(key="k", value="v w", httponly=True)
        response.set_cookie("l", "m", domain="example.com", samesite=None)
        return None

    @app.get("/many")
    def many(response: Response):
        response.headers.append("vary", "a")
        response.headers.append("vary", "b")
        response.headers["X-Text"] = "é"
        return []

    @app.get("/type")
    def content_type(response: Response):
        response.headers["content-type"] = "text/x"
        response.media_type = "text/y"
        return {}

    @app.get("/length")
    def length(response: Response):
        response.headers["content-length"] = "2"
        response.headers["x"] = "1"
        return {}

    @app.get("/delete")
    def deleted(response: Response):
        response.headers["a"] = "1"
        del response.headers["a"]
        return {}

    @app.get("/model", status_code=202)
    def model(response: Response) -> Item:
        response.headers["x"] = "1"
        response.status_code = 203
        return Item()

    return app
