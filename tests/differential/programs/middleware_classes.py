# mypy: ignore-errors
"""Middleware that is not a function: pure ASGI, classes, Starlette's own, mixtures."""

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from differential.cases import case, get, options, post


class Item(BaseModel):
    name: str


def add_routes(app, log):
    @app.get("/")
    async def root(request: Request):
        log("endpoint", request.url.path)
        return {"ok": True, "state": getattr(request.state, "value", None)}

    @app.get("/sync/{n}")
    def sync(n: int, tasks: BackgroundTasks):
        tasks.add_task(log, "task")
        return n

    @app.post("/items")
    async def create(item: Item):
        return item

    @app.get("/boom")
    def boom():
        raise ValueError("boom")

    @app.get("/http")
    def http():
        raise HTTPException(400, "http")

    @app.get("/stream")
    async def stream():
        async def chunks():
            for number in range(3):
                log("chunk", number)
                yield str(number)

        return StreamingResponse(chunks(), media_type="text/plain")


ALL = [
    get("/"),
    get("/sync/1"),
    get("/sync/x"),
    post("/items", {"name": "a"}),
    post("/items", {}),
    get("/boom"),
    get("/http"),
    get("/stream"),
    get("/none"),
    post("/"),
]


class Pure:
    def __init__(self, app: ASGIApp, name: str, log) -> None:
        self.app, self.name, self.log = app, name, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sender(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-pure", self.name.encode())]
            await send(message)

        self.log(self.name, "in")
        try:
            await self.app(scope, receive, sender)
        finally:
            self.log(self.name, "out")


class Base(BaseHTTPMiddleware):
    def __init__(self, app, log, header="base"):
        super().__init__(app)
        self.log, self.header = log, header

    async def dispatch(self, request, call_next):
        self.log("base in")
        response = await call_next(request)
        response.headers["x-base"] = self.header
        self.log("base out")
        return response


@case(*ALL)
def pure_asgi(log) -> FastAPI:
    app = FastAPI(middleware=[Middleware(Pure, name="given", log=log)])
    app.add_middleware(Pure, name="first", log=log)
    app.add_middleware(Pure, name="second", log=log)
    add_routes(app, log)
    return app


@case(*ALL)
def classes_functions_and_pure_asgi_mixed(log) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Base, log=log)

    @app.middleware("http")
    async def around(request: Request, call_next):
        log("function in")
        response = await call_next(request)
        log("function out")
        return response

    app.add_middleware(Pure, name="pure", log=log)

    async def plain_dispatch(request, call_next):
        log("dispatch")
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=plain_dispatch)
    add_routes(app, log)
    return app


@case(get("/"), get("/late"), get("/"))
def middleware_cannot_be_added_once_started(log) -> FastAPI:
    app = FastAPI()

    @app.get("/late")
    def late():
        try:
            app.add_middleware(Pure, name="late", log=log)
        except RuntimeError as exc:
            return str(exc)

    add_routes(app, log)
    return app


CORS = [
    get("/", {"origin": "https://a.example"}),
    get("/", {"origin": "https://b.example", "cookie": "a=1"}),
    get("/"),
    options(
        "/",
        {
            "origin": "https://a.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "x-a",
        },
    ),
    options("/", {"origin": "https://b.example", "access-control-request-method": "PUT"}),
    get("/boom", {"origin": "https://a.example"}),
    get("/http", {"origin": "https://a.example"}),
]


@case(*CORS)
def cors(log) -> FastAPI:
    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://a.example"],
        allow_methods=["GET"],
        allow_headers=["X-A"],
        allow_credentials=True,
    )
    add_routes(app, log)
    return app


@case(
    get("/", {"accept-encoding": "gzip"}, compares_body=False),
    get("/"),
    get("/stream", {"accept-encoding": "gzip"}, compares_body=False),
)
def gzip(log) -> FastAPI:
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=5)
    add_routes(app, log)
    return app


@case(get("/"), get("/", {"host": "evil.example"}), get("/", {"host": "testserver:80"}))
def trusted_hosts(log) -> FastAPI:
    app = FastAPI()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["testserver"])
    add_routes(app, log)
    return app


@case(get("/?a=b"))
def https_redirect(log) -> FastAPI:
    app = FastAPI()
    app.add_middleware(HTTPSRedirectMiddleware)
    add_routes(app, log)
    return app


@case(post("/items", content=[b'{"na'], disconnects=True, content_type="application/json"), get("/stream"))
def a_client_that_leaves(log) -> FastAPI:
    app = FastAPI()
    add_routes(app, log)
    return app
