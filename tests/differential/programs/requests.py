# mypy: ignore-errors
"""What the `Request` tells handlers and dependencies, and what happens to a body that several read."""

from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from fastapi.requests import HTTPConnection
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from differential.cases import case, get, post


class Item(BaseModel):
    name: str


@case(get("/x/5?q=1&q=2&r=", {"x-a": "1", "cookie": "c=d"}), post("/x/5", {"a": 1}, {"accept": "x"}))
def everything_about_a_request() -> FastAPI:
    app = FastAPI()

    @app.api_route("/x/{n}", methods=["GET", "POST"], operation_id="x")
    async def read(request: Request, n: str):
        return {
            "method": request.method,
            "url": str(request.url),
            "base": str(request.base_url),
            "headers": request.headers.items(),
            "query": request.query_params.multi_items(),
            "path": request.path_params,
            "cookies": request.cookies,
            "client": request.client,
            "keys": sorted(
                key
                for key in request.scope
                if key in {"type", "app", "router", "endpoint", "route", "path_params", "state"}
            ),
            "raw": request.scope["raw_path"].decode(),
            "body": (await request.body()).decode(),
        }

    return app


@case(post("/", {"name": "a"}), post("/", {"name": 1}), post("/", content=b"x", content_type="text/plain"))
def a_body_read_by_a_dependency_and_a_model() -> FastAPI:
    app = FastAPI()

    async def raw(request: Request):
        return (await request.body()).decode()

    async def parsed(request: Request):
        try:
            return await request.json()
        except ValueError as exc:
            return type(exc).__name__

    @app.post("/")
    def create(request: Request, r: str = Depends(raw), p: Any = Depends(parsed), item: Annotated[Any, Body()] = None):
        return [r, p, item, hasattr(request, "_body"), hasattr(request, "_json")]

    return app


@case(post("/", {"name": "a"}), post("/", content=[b'{"name"', b':"b"}'], content_type="application/json"))
def a_stream_read_after_the_body() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def create(request: Request, item: Item):
        return [item, [chunk.decode() async for chunk in request.stream()]]

    @app.post("/json")
    async def of_json(request: Request):
        return await request.json()

    return app


@case(post("/twice", content=b"abc"), post("/body", content=b"abc"))
def a_stream_read_twice() -> FastAPI:
    app = FastAPI()

    @app.post("/twice")
    async def twice(request: Request):
        first = [chunk.decode() async for chunk in request.stream()]
        try:
            second = [chunk.decode() async for chunk in request.stream()]
        except RuntimeError as exc:
            second = str(exc)
        return [first, second]

    @app.post("/body")
    async def body(request: Request):
        async for _ in request.stream():
            pass
        try:
            return (await request.body()).decode()
        except RuntimeError as exc:
            return str(exc)

    return app


@case(
    post("/json", content=b"{", content_type="application/json"),
    post("/json", content=b"\xff", content_type="application/json"),
)
def bad_json_read_by_hand() -> FastAPI:
    app = FastAPI()

    @app.post("/json")
    async def read(request: Request):
        return await request.json()

    return app


@case(get("/"), get("/session"), get("/user"), get("/auth"))
def what_needs_middleware() -> FastAPI:
    app = FastAPI()

    @app.get("/{name}")
    def read(request: Request, name: str):
        try:
            return repr(getattr(request, name))
        except AssertionError as exc:
            raise HTTPException(400, str(exc)) from exc

    return app


@case(get("/same"), get("/connection"))
def one_request_object(log) -> FastAPI:
    app = FastAPI()

    def first(request: Request):
        request.state.seen = ["first"]
        return request

    async def second(connection: HTTPConnection, f=Depends(first)):
        connection.state.seen.append("second")
        return connection

    @app.get("/same")
    def same(request: Request, f=Depends(first), s=Depends(second)):
        return [request is f, request.state.seen, s.scope is request.scope, s.state.seen]

    @app.get("/connection")
    def connection(c: HTTPConnection, s=Depends(second)):
        return [c.url.path, c.scope is s.scope]

    return app


@case(get("/?q=1", {"x-a": "1"}), get("/old?q=1"))
def middleware_that_changes_the_scope() -> FastAPI:
    app = FastAPI()

    class Rewrite:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "http":
                scope["query_string"] = b"q=7"
                scope["headers"] = [*scope["headers"], (b"x-a", b"9")]
                if scope["path"] == "/old":
                    scope["path"] = "/new"
                    scope["raw_path"] = b"/new"
            await self.app(scope, receive, send)

    app.add_middleware(Rewrite)

    @app.get("/")
    def read(q: int, x_a: Annotated[list[str], Header()] = []):
        return [q, x_a]

    @app.get("/new")
    def new(q: int):
        return ["new", q]

    return app


@case(get("/?q=1"), post("/", {"name": "a"}))
def a_dependency_that_changes_the_scope() -> FastAPI:
    app = FastAPI()

    def rewrite(request: Request):
        request.scope["query_string"] = b"q=9"
        request.scope["path_params"]["n"] = "5"

    @app.get("/", dependencies=[Depends(rewrite)])
    def read(request: Request, q: int):
        return [q, str(request.url), request.path_params]

    @app.post("/", dependencies=[Depends(rewrite)])
    def create(item: Item, q: int = 0):
        return [item, q]

    return app


@case(
    get("/", scope={"client": None, "server": None}),
    get("/", scope={"http_version": "2"}),
    get("/", scope={"scheme": "https", "extensions": {}}),
)
def unusual_scopes() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(request: Request):
        return [request.client, str(request.url), request.scope["http_version"]]

    return app


@case(get("/a"), get("/b"))
def is_disconnected() -> FastAPI:
    app = FastAPI()

    @app.get("/a")
    async def a(request: Request):
        return await request.is_disconnected()

    @app.get("/b")
    async def b(request: Request):
        await request.body()
        return await request.is_disconnected()

    return app


@case(get("/x"), post("/x", {"name": 1}))
def an_app_called_by_an_app() -> FastAPI:
    inner = FastAPI()

    @inner.api_route("/x", methods=["GET", "POST"], operation_id="x")
    async def read(request: Request, item: Item | None = None):
        return [request.app is inner, item]

    class Outer:
        async def __call__(self, scope, receive, send):
            if scope["method"] == "GET":
                await PlainTextResponse("outer")(scope, receive, send)
            await inner(dict(scope), receive, send) if scope["method"] == "POST" else None

    return Outer()
