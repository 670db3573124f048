# mypy: ignore-errors
"""Apps in apps: what crosses the border between them, and what does not."""

from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, HTTPException, Query, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketException
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.testclient import TestClient
from starlette.routing import Host, Mount, NoMatchFound, Route, Router
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from differential.cases import case, delete, get, head, options, post


def raising(**options) -> FastAPI:
    app = FastAPI(**options)

    @app.get("/http")
    def http():
        raise HTTPException(418, {"tea": "pot"}, headers={"x-tea": "1"})

    @app.get("/value")
    def value():
        raise ValueError("value")

    @app.get("/key")
    async def key():
        raise KeyError("key")

    @app.get("/number/{n}")
    def number(n: int):
        return n

    @app.get("/late")
    def late():
        def chunks():
            yield "one"
            raise ValueError("late")

        return StreamingResponse(chunks())

    @app.post("/post")
    def write(n: int):
        return n

    return app


RAISING = [
    *[get(f"/sub/{path}") for path in ("http", "value", "key", "number/1", "number/x", "none", "late", "post")],
    *[get(f"/{path}") for path in ("http", "value", "key", "number/x", "none", "sub", "sub/")],
    post("/sub/post?n=1"),
    delete("/sub/post"),
    head("/sub/http"),
    options("/sub/http"),
]


@case(*RAISING)
def errors_of_a_mounted_app() -> FastAPI:
    app = raising()
    app.mount("/sub", raising())
    return app


def add_handlers(app, mark):
    @app.exception_handler(ValueError)
    def value(request, exc):
        return PlainTextResponse(f"{mark} {exc!r} {request.scope['root_path']}", 400)

    @app.exception_handler(404)
    async def missing(request, exc):
        return PlainTextResponse(f"{mark} 404", 404)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, exc):
        return JSONResponse([mark, len(exc.errors())], 422)

    @app.exception_handler(Exception)
    async def other(request, exc):
        return PlainTextResponse(f"{mark} other {exc!r}", 500)


@case(*RAISING)
def errors_of_a_mounted_app_with_handlers_outside() -> FastAPI:
    app = raising()
    app.mount("/sub", raising())
    add_handlers(app, "outer")
    return app


@case(*RAISING)
def errors_of_a_mounted_app_with_handlers_inside() -> FastAPI:
    app, sub = raising(), raising()
    app.mount("/sub", sub)
    add_handlers(sub, "inner")
    return app


@case(*RAISING)
def errors_of_a_mounted_app_in_debug_mode_outside() -> FastAPI:
    app, sub = FastAPI(debug=False), raising()
    add_handlers(app, "outer")
    add_handlers(sub, "inner")
    app.mount("/sub", sub)
    return app


@case(*RAISING)
def errors_of_a_mounted_router() -> FastAPI:
    app, router = raising(), APIRouter()
    add_handlers(app, "outer")

    @router.get("/value")
    def value():
        raise ValueError("value")

    @router.get("/number/{n}")
    def number(n: int):
        return n

    app.mount("/sub", router)
    return app


class Mark:
    def __init__(self, app, mark):
        self.app, self.mark = app, mark

    async def __call__(self, scope, receive, send):
        async def sender(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-mark", self.mark.encode())]
            await send(message)

        await self.app(scope, receive, sender)


@case(*RAISING)
def middleware_of_both(log) -> FastAPI:
    app, sub = raising(), raising()
    for each, mark in ((app, "outer"), (sub, "inner")):
        each.add_middleware(Mark, mark=mark)

        @each.middleware("http")
        async def around(request, call_next, mark=mark):
            log("before", mark, request.url.path, request.scope["root_path"])
            try:
                response = await call_next(request)
            except Exception as exc:
                log("raised through", mark, repr(exc))
                raise
            log("after", mark, response.status_code)
            return response

    app.mount("/sub", sub)
    return app


# -- what is each app's own ------------------------------------------------------------------------------------------


def setting() -> str:
    return "real"


def with_setting(**options) -> FastAPI:
    app = FastAPI(**options)

    @app.get("/setting")
    def read(value: Annotated[str, Depends(setting)], request: Request):
        return [value, request.app.title, getattr(request.state, "db", None)]

    return app


@case(get("/setting"), get("/a/setting"), get("/b/setting"), get("/r/setting"))
def overrides_of_each_app() -> FastAPI:
    app, a, b, router = (with_setting(title=title) for title in ("app", "a", "b", "c"))
    app.mount("/a", a)
    app.mount("/b", b)
    shared = APIRouter()

    @shared.get("/setting")
    def read(value: Annotated[str, Depends(setting)], request: Request):
        return [value, request.app.title]

    app.include_router(shared, prefix="/r")
    b.include_router(shared, prefix="/r")
    app.dependency_overrides[setting] = lambda: "outer"
    b.dependency_overrides[setting] = lambda: "inner"
    return app


@case(get("/setting"), get("/a/setting"), lifespan=True)
def lifespans_and_state(log) -> FastAPI:
    def living(name):
        @asynccontextmanager
        async def lifespan(app):
            log("starts", name)
            yield {"db": name}
            log("stops", name)

        return lifespan

    app = with_setting(title="app", lifespan=living("outer"))
    app.mount("/a", with_setting(title="a", lifespan=living("inner")))
    return app


@case(get("/a/setting"), lifespan=True)
def a_lifespan_that_runs_the_inner_one(log) -> FastAPI:
    @asynccontextmanager
    async def inner(app):
        log("inner starts")
        yield
        log("inner stops")

    sub = with_setting(title="sub", lifespan=inner)

    @asynccontextmanager
    async def outer(app):
        async with sub.router.lifespan_context(sub):
            yield {"db": "outer"}

    app = FastAPI(lifespan=outer)
    app.mount("/a", sub)
    return app


DOCUMENTS = [
    *[get(f"{path}/openapi.json") for path in ("", "/a", "/a/b", "/r/a")],
    *[get(f"{path}/docs", compares_body=False) for path in ("", "/a", "/a/b", "/none")],
    *[get(f"{path}/redoc", compares_body=False) for path in ("", "/a")],
    get("/a/docs/oauth2-redirect", compares_body=False),
    get("/a/openapi.json", scope={"root_path": "/proxy"}),
    get("/proxy/a/openapi.json", scope={"root_path": "/proxy"}),
    get("/proxy/a/b/setting/", scope={"root_path": "/proxy"}),
]


@case(*DOCUMENTS)
def documents_of_each_app() -> FastAPI:
    app, a, b = (with_setting(title=title) for title in ("app", "a", "b"))
    a.mount("/b", b)
    app.mount("/a", a)
    router = APIRouter(prefix="/r")
    router.mount("/a", with_setting(title="on a router", servers=[{"url": "https://example.com"}]))
    app.include_router(router)
    return app


@case(*DOCUMENTS)
def documents_elsewhere_or_nowhere() -> FastAPI:
    app = with_setting(openapi_url="/api/openapi.json", docs_url="/api/docs", redoc_url=None)
    app.mount("/a", with_setting(openapi_url=None))
    return app


# -- names and addresses ---------------------------------------------------------------------------------------------


def addresses(log, app, *calls):
    for name, params in calls:
        try:
            log(name, params, str(app.url_path_for(name, **params)))
        except NoMatchFound as exc:
            log(name, params, str(exc))


@case(get("/sub/setting"), get("/r/sub/x"), get("/sub/url"))
def paths_by_name(log) -> FastAPI:
    app, sub, router = FastAPI(), with_setting(), APIRouter(prefix="/r")
    app.mount("/sub", sub, name="sub")
    app.mount("/anonymous", sub)
    app.mount("/t/{tenant}", sub, name="tenant")
    app.host("api.example.com", sub, name="api")
    app.host("{region}.example.org", sub, name="region")
    router.mount("/sub", Router([Route("/x", lambda request: PlainTextResponse("x"), name="x")]), name="inner")
    app.include_router(router, prefix="/p")

    @sub.get("/url")
    def url(request: Request):
        return [str(request.url_for("read")), str(request.url), str(request.base_url), request.scope["root_path"]]

    addresses(
        log,
        app,
        ("sub:read", {}),
        ("sub", {"path": "/any"}),
        ("sub", {}),
        ("tenant:read", {"tenant": "t"}),
        ("tenant:read", {}),
        ("api:read", {}),
        ("region:read", {"region": "eu"}),
        ("region", {"region": "eu", "path": "/x"}),
        ("inner:x", {}),
        ("inner", {"path": "y"}),
        ("read", {}),
    )
    return app


# -- mounts of every kind --------------------------------------------------------------------------------------------


async def echo_scope(scope, receive, send):
    if scope["type"] == "http":
        shown = {key: scope.get(key) for key in ("path", "root_path", "app_root_path", "path_params")}
        await JSONResponse({**shown, "raw_path": scope["raw_path"].decode(), "endpoint": "endpoint" in scope})(
            scope, receive, send
        )


KINDS = [
    get(path)
    for path in (
        *("/f", "/f/", "/f/a/b", "/f/a%2Fb", "/fx", "/f//a", "/p/5", "/p/5/x", "/p/x/x", "/r/f/x", "/i/r/f/x", "/i/5"),
        *("/d/5/y", "/own", "/own/", "/", "/none", "/f/%C3%BC"),
    )
]


@case(*KINDS)
def mounts_of_plain_asgi_apps() -> FastAPI:
    app, router = FastAPI(), APIRouter(prefix="/r", dependencies=[Depends(lambda: 1 / 0)])
    app.mount("/f", echo_scope)
    app.mount("/p/{n:int}", echo_scope)
    app.mount("/d/{n}/", echo_scope, "named")
    router.mount("/f", echo_scope)
    app.include_router(router, dependencies=[Depends(lambda: 1 / 0)])
    app.include_router(router, prefix="/i")

    @app.get("/own")
    def own():
        return "own"

    return app


@case(*KINDS)
def a_mount_at_the_root() -> FastAPI:
    app = FastAPI()

    @app.get("/own")
    def own():
        return "own"

    app.mount("", echo_scope)
    return app


@case(*KINDS)
def a_mount_before_routes() -> FastAPI:
    app = FastAPI()
    app.mount("/", echo_scope)

    @app.get("/own")
    def own():
        return "own"

    return app


@case(get("/a/x/1"), get("/a/x/none"), get("/a/h", {"host": "h.example.com"}), get("/a/h"), get("/a/deep/y"))
def routers_with_hosts_and_mounts_included() -> FastAPI:
    async def endpoint(request):
        return PlainTextResponse(f"{request.scope['root_path']} {request.scope['path']} {request.path_params}")

    app, router, outer = FastAPI(), APIRouter(), APIRouter()
    router.mount("/x", Router([Route("/{n:int}", endpoint)]))
    router.host("h.example.com", Router([Route("/a/h", endpoint), Route("/h", endpoint)]))
    router.routes.append(Mount("/deep", routes=[Mount("/", routes=[Route("/y", endpoint)])]))
    router.routes.append(Host("i.example.com", Router()))
    outer.include_router(router)
    app.include_router(outer, prefix="/a")
    return app


@case(
    get("/one"), post("/one"), head("/one"), get("/two"), post("/two"), get("/p/three/5"), get("/four"), get("/p/two")
)
def routes_of_requests(log) -> FastAPI:
    app, router = FastAPI(), APIRouter(dependencies=[Depends(lambda: log("not for these"))])

    @app.router.route("/one")
    async def one(request):
        return PlainTextResponse(f"one {request.method}")

    @router.route("/two", methods=["POST"], name="second", include_in_schema=False)
    def two(request):
        return PlainTextResponse("two")

    async def three(request):
        return PlainTextResponse(str(request.path_params))

    router.add_route("/three/{n}", three, ["GET"], "third")
    app.include_router(router, prefix="/p")
    app.include_router(router)
    app.add_route("/four", three, methods=["get"], include_in_schema=False)
    addresses(log, app, ("one", {}), ("second", {}), ("third", {"n": 1}), ("three", {}))
    log([sorted(route.methods) for route in app.routes if getattr(route, "path", "") in ("/one", "/four")])
    return app


# -- websockets ------------------------------------------------------------------------------------------------------


def converse(log, client, path, *words, **options):
    log("connect", path)
    try:
        with client.websocket_connect(path, **options) as session:
            log("accepted", session.accepted_subprotocol, session.extra_headers)
            for word in words:
                session.send_text(word)
                log("got", session.receive())
            log("last", session.receive())
    except WebSocketDenialResponse as exc:
        log("denied", exc.status_code, exc.text, exc.headers.get("x-denied"))
    except WebSocketDisconnect as exc:
        log("disconnected", exc.code, exc.reason)
    except Exception as exc:
        log("raised", type(exc).__name__, str(exc))


@case()
def websockets_in_mounts(log) -> None:
    app, sub, router = FastAPI(), FastAPI(), APIRouter(prefix="/r", dependencies=[Depends(lambda: log("router"))])

    def session_of(name):
        async def serve(
            websocket: WebSocket,
            n: int = 0,
            q: Annotated[int, Query()] = 1,
            x: Annotated[str, Header()] = "",
            c: Annotated[str | None, Cookie()] = None,
        ):
            await websocket.accept(subprotocol="chat", headers=[(b"x-name", name.encode())])
            root = websocket.scope["root_path"]
            await websocket.send_json([name, n, q, x, c, root, websocket.url.path, websocket.path_params])
            await websocket.close(3000, "enough")

        return serve

    app.websocket("/ws/{n}", name="one")(session_of("app"))
    sub.websocket("/ws/{n}")(session_of("sub"))
    router.websocket("/ws", dependencies=[Depends(lambda: log("route"))])(session_of("router"))
    router.add_api_websocket_route("/added/{n}", session_of("added"), "added")

    @router.websocket_route("/plain", name="plain")
    async def plain(websocket):
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text() + " again")
        await websocket.close()

    app.router.add_websocket_route("/plain", plain)
    router.mount("/m", sub)
    app.mount("/sub", sub)
    app.mount("/http", echo_scope)
    app.host("ws.example.com", sub)
    app.include_router(router, prefix="/p")

    @sub.websocket("/refuse")
    async def refuse(websocket: WebSocket):
        raise WebSocketException(1008, "not today")

    @sub.websocket("/deny")
    async def deny(websocket: WebSocket):
        await websocket.send_denial_response(PlainTextResponse("denied", 403, {"x-denied": "1"}))

    @sub.websocket("/boom")
    async def boom(websocket: WebSocket):
        await websocket.accept()
        raise KeyError("boom")

    @sub.exception_handler(KeyError)
    async def handle(websocket, exc):
        await websocket.close(4001, "handled by sub")

    client = TestClient(app)
    for path in (
        *("/ws/3?q=4", "/ws/x?q=y", "/sub/ws/5", "/sub/ws/x", "/p/r/ws", "/p/r/added/6", "/p/r/m/ws/7", "/none"),
        *("/sub/none", "/sub/refuse", "/sub/boom", "/sub/ws/1/", "/ws/3/"),
    ):
        converse(log, client, path, headers={"x": "header"}, cookies={"c": "cookie"}, subprotocols=["chat", "other"])
    converse(log, client, "/plain", "hello")
    converse(log, client, "/p/r/plain", "hello")
    converse(log, client, "/ws/9", headers={"host": "ws.example.com"})
    converse(log, client, "/sub/deny")
    for path in ("/ws/3", "/sub/ws/3", "/plain"):
        response = client.get(path)
        log(path, response.status_code, response.text)
    log(str(app.url_path_for("one", n=1)), str(app.url_path_for("plain")), str(app.url_path_for("added", n=1)))


@case()
def websockets_with_overrides_and_root_paths(log) -> None:
    app, sub = FastAPI(), FastAPI(dependencies=[Depends(lambda: log("sub"))])

    for each in (app, sub):

        @each.websocket("/ws")
        async def serve(websocket: WebSocket, value: Annotated[str, Depends(setting)]):
            await websocket.accept()
            await websocket.send_json([value, str(websocket.url_for("serve")), websocket.scope["root_path"]])
            await websocket.close()

    app.mount("/sub", sub)
    sub.dependency_overrides[setting] = lambda: "override"
    for root_path in ("", "/proxy"):
        client = TestClient(app, root_path=root_path)
        for path in ("/ws", "/sub/ws", "/proxy/sub/ws"):
            converse(log, client, path)


@case(get("/sub/cookie"), get("/sub/stream"))
def responses_of_a_mounted_app() -> FastAPI:
    app, sub = FastAPI(), FastAPI()

    @sub.get("/cookie")
    def cookie(response: Response):
        response.set_cookie("a", "b", path="/sub")
        return "cookie"

    @sub.get("/stream")
    async def stream():
        async def chunks():
            for number in range(3):
                yield f"{number}\n"

        return StreamingResponse(chunks(), media_type="text/plain")

    app.mount("/sub", sub)
    return app
