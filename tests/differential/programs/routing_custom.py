# mypy: ignore-errors
"""Routing by hand: other routes, custom route classes, URLs by name, what the scope tells."""

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from starlette.routing import Match, NoMatchFound, Route, Router

from differential.cases import case, get, post


@case(get("/a"), get("/b"), get("/c"), get("/d"), post("/d"), get("/e"), get("/f/x"))
def routes_that_are_no_api_routes() -> FastAPI:
    async def endpoint(request: Request):
        return PlainTextResponse(f"{request.method} {request.url.path} {request.path_params}")

    def sync_endpoint(request: Request):
        return PlainTextResponse("sync")

    app = FastAPI()
    app.add_route("/a", endpoint)
    app.router.routes.append(Route("/b", sync_endpoint))
    app.add_api_route("/c", lambda: "lambda", name="c")
    app.add_api_route("/d", lambda: "d", methods=["POST"], status_code=201, name="d")
    app.router.add_route("/e", endpoint, methods=["GET", "POST"], include_in_schema=False)
    app.add_route("/f/{name}", endpoint)
    return app


@case(get("/first"), get("/add"), get("/first"), get("/later"), get("/add"), get("/later"), get("/openapi.json"))
def routes_added_while_serving() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @app.get("/openapi-before")
    def before():
        return list(app.openapi()["paths"])

    @app.get("/add")
    def add():
        @router.get("/later")
        def later():
            return "later"

        @app.get("/first")
        def first():
            return "first"

    app.include_router(router)
    return app


@case()
def url_path_for(log) -> None:
    app = FastAPI()
    router = APIRouter(prefix="/r/{outer}")
    sub = FastAPI()

    @app.get("/items/{n}")
    def item(n: int):
        return n

    @app.get("/files/{name:path}", name="file")
    def read_file(name: str):
        return name

    @router.get("/x/{inner:int}")
    def in_router(outer: str, inner: int):
        return outer

    @sub.get("/y")
    def in_sub():
        return "y"

    app.include_router(router)
    app.include_router(router, prefix="/again")
    app.mount("/sub", sub, name="sub")
    for name, params in (
        ("item", {"n": 5}),
        ("item", {"n": "a b"}),
        ("item", {}),
        ("item", {"n": 1, "m": 2}),
        ("file", {"name": "a/b"}),
        ("in_router", {"outer": "o", "inner": 1}),
        ("sub:in_sub", {}),
        ("sub", {"path": "/z"}),
        ("openapi", {}),
        ("swagger_ui_html", {}),
        ("nothing", {}),
    ):
        try:
            log(name, str(app.url_path_for(name, **params)))
        except NoMatchFound as exc:
            log(name, type(exc).__name__, str(exc))


@case(
    get("/x/5"),
    get("/x/5", scope={"root_path": "/api"}),
    get("/api/x/5", scope={"root_path": "/api"}),
    get("/r/y"),
    get("/sub/z"),
)
def url_for_in_a_request() -> FastAPI:
    app, sub = FastAPI(), FastAPI()
    router = APIRouter(prefix="/r")

    @app.get("/x/{n}")
    def item(request: Request, n: int):
        return [str(request.url_for("item", n=n)), str(request.url_for("y")), str(request.url), str(request.base_url)]

    @router.get("/y")
    def y(request: Request):
        return [str(request.url_for("item", n=1)), request.scope["root_path"], request.scope["path"]]

    @sub.get("/z")
    def z(request: Request):
        return [str(request.url_for("z")), request.scope["root_path"], request.scope["path"], request.url.path]

    app.include_router(router)
    app.mount("/sub", sub)
    return app


class Timed(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()

        async def handler(request: Request):
            response = await original(request)
            response.headers["x-route"] = self.path
            return response

        return handler


class UpperRequest(Request):
    async def body(self) -> bytes:
        return (await super().body()).replace(b"low", b"UP")


class Upper(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()

        async def handler(request: Request):
            try:
                return await original(UpperRequest(request.scope, request.receive))
            except ValueError as exc:
                return PlainTextResponse(type(exc).__name__, 400)

        return handler


@case(
    get("/timed"),
    get("/timed/x"),
    get("/plain"),
    post("/upper", {"a": "low"}),
    post("/upper", [1]),
    get("/override"),
    get("/timed?n=x"),
)
def a_custom_route_class() -> FastAPI:
    app = FastAPI()
    router = APIRouter(route_class=Timed)
    upper = APIRouter(route_class=Upper)

    @router.get("/timed")
    def timed(n: int = 0):
        return "timed"

    @app.get("/plain")
    def plain():
        return "plain"

    @upper.post("/upper")
    async def up(body: dict[str, str], request: Request):
        return [body, type(request).__name__]

    router.add_api_route("/override", plain, route_class_override=Upper, name="override")
    app.include_router(router)
    app.include_router(upper)
    app.router.route_class = Timed
    app.get("/late")(plain)
    return app


@case(get("/a"), get("/b"), get("/x"))
def a_starlette_router_as_a_mount() -> FastAPI:
    async def endpoint(request: Request):
        return PlainTextResponse(str(request.scope.get("root_path")) + request.scope["path"])

    app = FastAPI()
    app.mount("/a", Router([Route("/", endpoint), Route("/{x}", endpoint)]))
    app.mount("/b", PlainTextResponse("an app"))
    return app


@case(get("/"), get("/x"))
def a_default_for_unknown_paths() -> FastAPI:
    async def default(scope, receive, send):
        await PlainTextResponse("default", 418)(scope, receive, send)

    app = FastAPI()
    router = APIRouter(default=default)

    @router.get("/x")
    def read():
        return "x"

    app.mount("/", router)
    return app


@case(get("/a/1"), get("/a/x"), get("/sub/b/2"))
def what_the_scope_tells() -> FastAPI:
    app, sub = FastAPI(), FastAPI()

    @app.get("/a/{n}")
    def read(request: Request, n: str):
        scope = request.scope
        return [
            scope["path_params"],
            scope["endpoint"].__name__,
            type(scope["route"]).__name__,
            scope["route"].path,
            scope["app"] is app,
            type(scope["router"]).__name__,
            request.app.title,
        ]

    @sub.get("/b/{n}")
    def read_sub(request: Request, n: int):
        return [
            request.scope["path_params"],
            request.app is sub,
            request.scope["root_path"],
            request.scope["route"].path,
        ]

    app.mount("/sub", sub)
    return app


class Noting(APIRouter):
    """Asked before its routes, once it is included."""

    log = None

    def matches(self, scope):
        match, child_scope = super().matches(scope)
        self.log("matches", match.name, scope["path"])
        return (Match.NONE, {}) if scope["path"].endswith("/hidden") else (match, child_scope)

    async def handle(self, scope, receive, send):
        self.log("handle", scope["path"])
        await super().handle(scope, receive, send)


def noting(log, **options):
    router = Noting(prefix="/r", **options)
    router.log = log

    @router.get("/a")
    def a(request: Request):
        return [request.url.path, request.path_params]

    @router.get("/hidden")
    def hidden():
        return "hidden"

    @router.get("/p/{n}")
    def p(n: int):
        return n

    return router


@case(
    *[
        get(f"{prefix}/r{path}")
        for prefix in ("", "/i")
        for path in ("/a", "/a/", "/hidden", "/p/5", "/p/x", "/none", "/late")
    ],
    post("/r/a"),
    post("/r/none"),
)
def included_routers_that_decide_themselves(log) -> FastAPI:
    app, router = FastAPI(), noting(log, dependencies=[Depends(lambda: log("dependency"))])

    @app.get("/r/late")
    def before():
        return "before"

    app.include_router(router)
    app.include_router(router, prefix="/i")

    @app.get("/r/hidden")
    @app.get("/i/r/hidden")
    def behind():
        return "behind"

    @router.get("/late")
    def late():
        return "late"

    return app


@case(get("/a"), post("/a"), get("/b"), get("/c"), get("/d"))
def included_routers_that_answer_themselves() -> FastAPI:
    class Closed(APIRouter):
        async def handle(self, scope, receive, send):
            await PlainTextResponse(f"closed {scope['path']}", 503)(scope, receive, send)

    class Open(APIRouter):
        def matches(self, scope):
            return (Match.FULL, {}) if scope["path"] == "/c" else super().matches(scope)

        async def handle(self, scope, receive, send):
            if scope["path"] == "/c":
                await PlainTextResponse("no route of mine")(scope, receive, send)
            else:
                await super().handle(scope, receive, send)

    app, closed, opened = FastAPI(), Closed(), Open()

    @closed.get("/a")
    def a():
        return "a"

    @opened.get("/d")
    def d():
        return "d"

    app.include_router(closed)
    app.include_router(opened)
    return app
