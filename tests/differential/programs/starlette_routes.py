# mypy: ignore-errors
"""Starlette's own routes, endpoints, mounts and middleware beside the framework's."""

from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, Router, WebSocketRoute

from differential.cases import case, get, head, options, post


async def plain(request: Request):
    return PlainTextResponse(f"{request.method} {request.url.path} {sorted(request.path_params.items())}")


def in_thread(request: Request):
    return JSONResponse({"root": request.scope["root_path"], "path": request.scope["path"]})


class Endpoint(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse("get")

    def post(self, request):
        return PlainTextResponse("post")


class Marks:
    def __init__(self, app, mark="mark"):
        self.app, self.mark = app, mark

    async def __call__(self, scope, receive, send):
        async def sender(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-mark", self.mark.encode())]
            await send(message)

        await self.app(scope, receive, sender)


REQUESTS = [
    get("/plain"),
    head("/plain"),
    post("/plain"),
    options("/plain"),
    get("/plain/5"),
    get("/plain/x"),
    get("/thread"),
    get("/class"),
    post("/class"),
    head("/class"),
    options("/class"),
    get("/asgi"),
]


@case(*REQUESTS)
def routes_of_every_kind() -> FastAPI:
    async def asgi(scope, receive, send):
        await PlainTextResponse("asgi")(scope, receive, send)

    class Asgi:
        async def __call__(self, scope, receive, send):
            await asgi(scope, receive, send)

    app = FastAPI()
    app.add_route("/plain", plain)
    app.add_route("/plain/{n:int}", plain, methods=["GET"])
    app.add_route("/thread", in_thread)
    app.router.routes.append(Route("/class", Endpoint))
    app.router.routes.append(Route("/asgi", Asgi()))
    return app


@case(get("/m/a"), get("/m"), get("/m/"), get("/m/none"), get("/m/deep/b"), get("/n/a"))
def mounts_of_routes() -> FastAPI:
    app = FastAPI()
    routes = [Route("/a", plain), Route("/", in_thread), Mount("/deep", routes=[Route("/b", in_thread)])]
    app.router.routes.append(Mount("/m", routes=routes, middleware=[Middleware(Marks, mark="mounted")]))
    app.mount("/n", Router(routes, redirect_slashes=False))
    return app


@case(get("/s/a"), get("/s/boom"), get("/s/none"), get("/boom"))
def a_starlette_app_mounted() -> FastAPI:
    def boom(request):
        raise KeyError("boom")

    async def handle(request, exc):
        return PlainTextResponse("handled by starlette", 400)

    app = FastAPI()
    inner = Starlette(routes=[Route("/a", plain), Route("/boom", boom)], exception_handlers={KeyError: handle})
    app.mount("/s", inner)
    app.add_route("/boom", boom)
    return app


@case(get("/f/x/1"), get("/f/none"), get("/f/x/y"), get("/f/openapi.json"))
def mounted_in_a_starlette_app() -> Starlette:
    app = FastAPI()

    @app.get("/x/{n}")
    def read(request: Request, n: int):
        return [n, request.scope["root_path"], str(request.url_for("read", n=2))]

    return Starlette(routes=[Mount("/f", app=app)])


@case(get("/r/a"), get("/r/api"), get("/r/m/a"), get("/r/ws"))
def routers_given_starlette_routes() -> FastAPI:
    async def socket(websocket: WebSocket):
        await websocket.accept()

    app = FastAPI()
    router = APIRouter(
        routes=[Route("/a", plain), Mount("/m", routes=[Route("/a", plain)]), WebSocketRoute("/ws", socket)]
    )

    @router.get("/api")
    def api():
        return "api"

    app.include_router(router, prefix="/r")
    return app


@case(get("/ws"), post("/ws"), get("/both"))
def websocket_paths_asked_by_http() -> FastAPI:
    app = FastAPI()

    async def socket(websocket: WebSocket):
        await websocket.accept()

    app.router.routes.append(WebSocketRoute("/ws", socket))
    app.router.routes.append(WebSocketRoute("/both", socket))

    @app.get("/both")
    def both():
        return "http"

    return app


@case(get("/x"), get("/y/z"), get("/docs/none"))
def an_app_with_middleware_on_mounts(log) -> FastAPI:
    app = FastAPI(middleware=[Middleware(Marks, mark="app")])
    sub = FastAPI(middleware=[Middleware(Marks, mark="sub")])

    @app.get("/x")
    def x():
        return "x"

    @sub.get("/z")
    def z():
        return "z"

    app.mount("/y", sub)
    return app


@case(get("/a"), get("/b"), post("/a"), get("/c"))
def partial_matches_over_several_kinds() -> FastAPI:
    app = FastAPI()

    @app.post("/a")
    def create():
        return "post"

    app.add_route("/a", plain, methods=["PUT"])
    app.mount("/b", Router([Route("/", plain, methods=["POST"])]))
    router = APIRouter()

    @router.get("/a")
    def read():
        return "get"

    @router.put("/c")
    def put():
        return "put"

    app.include_router(router)
    return app
