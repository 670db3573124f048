# mypy: ignore-errors
"""What is changed on an app that already answers: routes, handlers, settings."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from differential.cases import case, get, post


class Broken(Exception):
    pass


def changing(app: FastAPI, **changes) -> FastAPI:
    """Make each change a route of its own."""
    for name, change in changes.items():

        def apply(change=Depends(change)):
            return "changed"

        app.add_api_route(f"/{name}", apply, name=name)
    return app


@case(
    get("/x"),
    get("/add"),
    get("/x"),
    get("/first"),
    get("/x"),
    get("/remove"),
    get("/x"),
    get("/y"),
    get("/clear"),
    get("/x"),
    get("/y"),
)
def routes_added_inserted_and_removed() -> FastAPI:
    app = FastAPI()

    def add():
        app.add_api_route("/x", lambda: "added", name="added")
        app.add_api_route("/y", lambda: "y", name="y")

    def first():
        app.add_api_route("/{anything}", lambda anything: f"first {anything}", name="first")
        app.router.routes.insert(0, app.router.routes.pop())

    def remove():
        del app.router.routes[0]

    def clear():
        app.router.routes[:] = [route for route in app.router.routes if getattr(route, "name", "") != "added"]

    return changing(app, add=add, first=first, remove=remove, clear=clear)


@case(get("/x/"), get("/off"), get("/x/"), get("/on"), get("/x/"))
def redirects_switched() -> FastAPI:
    app = FastAPI()

    @app.get("/x")
    def x():
        return "x"

    def off():
        app.router.redirect_slashes = False

    def on():
        app.router.redirect_slashes = True

    return changing(app, off=off, on=on)


@case(get("/boom"), get("/handle"), get("/boom"), get("/http"), get("/handle-http"), get("/http"))
def handlers_added_after_the_first_request() -> FastAPI:
    app = FastAPI()

    @app.get("/boom")
    def boom():
        raise Broken("x")

    @app.get("/http")
    def http():
        raise HTTPException(418)

    async def handle(request, exc):
        return PlainTextResponse("handled", 400)

    def add():
        app.add_exception_handler(Broken, handle)

    def add_http():
        app.exception_handlers[418] = handle

    return changing(app, **{"handle": add, "handle-http": add_http})


@case(
    get("/boom", {"accept": "text/plain"}, compares_body=False),
    get("/debug"),
    get("/boom", {"accept": "text/plain"}, compares_body=False),
)
def debug_switched_on() -> FastAPI:
    app = FastAPI()

    @app.get("/boom")
    def boom():
        raise Broken("x")

    def debug():
        app.debug = True

    return changing(app, debug=debug)


@case(get("/a/x"), get("/grow"), get("/a/y"), get("/b/y"), get("/again"), get("/a/z/deep"), get("/openapi.json"))
def routers_that_grow_after_inclusion() -> FastAPI:
    app = FastAPI()
    router, deep = APIRouter(), APIRouter(prefix="/z")

    @router.get("/x")
    def x():
        return "x"

    app.include_router(router, prefix="/a", tags=["a"])
    app.include_router(router, prefix="/b", tags=["b"])

    def grow():
        router.add_api_route("/y", lambda q=1: ["y", q], name="y")

    def again():
        deep.add_api_route("/deep", lambda: "deep", name="deep", response_class=PlainTextResponse)
        router.include_router(deep)

    return changing(app, grow=grow, again=again)


@case(get("/x"), post("/x"), get("/mount"), get("/m/x"), get("/x"), get("/root"), get("/nothing"))
def mounts_added_while_serving() -> FastAPI:
    app, sub = FastAPI(), FastAPI()

    @app.get("/x")
    def x():
        return "x"

    @sub.get("/x")
    def sub_x(request: Request):
        return ["sub", request.scope["root_path"]]

    def mount():
        app.mount("/m", sub)

    def root():
        app.mount("/", PlainTextResponse("everything"))

    return changing(app, mount=mount, root=root)


@case(get("/"), get("/override"), get("/"), get("/replace"), get("/"), get("/none"), get("/"))
def overrides_replaced_as_a_whole() -> FastAPI:
    app = FastAPI()

    def original(q: Annotated[int, Query()] = 1):
        return ["original", q]

    @app.get("/")
    def read(value=Depends(original)):
        return value

    def override():
        app.dependency_overrides = {original: lambda: "override"}

    def replace():
        app.dependency_overrides[original] = lambda r="r": ["replace", r]

    def none():
        app.dependency_overrides = {}

    return changing(app, override=override, replace=replace, none=none)


@case(get("/"), get("/set"), get("/"), get("/after"))
def defaults_changed_after_a_declaration() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read():
        return {"a": 1}

    def change():
        app.router.default_response_class = HTMLResponse
        app.add_api_route("/after", lambda: "<after>", name="after")

    return changing(app, set=change)


@case(get("/"), get("/json"), get("/"))
def a_middleware_stack_replaced() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read():
        return "inner"

    def replace():
        inner = app.middleware_stack

        async def stack(scope, receive, send):
            if scope["path"] == "/":
                await JSONResponse("from the new stack")(scope, receive, send)
            else:
                await inner(scope, receive, send)

        app.middleware_stack = stack

    return changing(app, json=replace)


@case(get("/"), get("/wrapped"))
def a_stack_built_by_hand() -> FastAPI:
    class Wrapped(FastAPI):
        def build_middleware_stack(self):
            inner = super().build_middleware_stack()

            async def stack(scope, receive, send):
                async def sender(message):
                    if message["type"] == "http.response.start":
                        message = {**message, "headers": [*message["headers"], (b"x-wrapped", b"1")]}
                    await send(message)

                await inner(scope, receive, sender)

            return stack

    app = Wrapped()

    @app.get("/")
    def read():
        return "x"

    return app
