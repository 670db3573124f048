# mypy: ignore-errors
"""Mounted apps, hosts and root paths."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route
from starlette.staticfiles import StaticFiles

from differential.cases import case, get, post


def sub_app(name: str, **options) -> FastAPI:
    app = FastAPI(title=name, **options)

    @app.get("/")
    def root(request: Request):
        return [name, request.scope["root_path"], request.scope["path"]]

    @app.get("/x/{n}")
    def read(request: Request, n: int):
        return [name, n, request.path_params, request.scope["root_path"], str(request.url_for("read", n=1))]

    return app


@case(
    *[
        get(path)
        for path in (
            "/sub",
            "/sub/",
            "/sub/x/1",
            "/sub/x/y",
            "/sub/none",
            "/subx",
            "/sub/openapi.json",
            "/own",
        )
    ]
)
def a_mounted_app() -> FastAPI:
    app = FastAPI()

    @app.get("/own")
    def own():
        return "own"

    app.mount("/sub", sub_app("sub"))
    return app


@case(*[get(path) for path in ("/a/b/x/1", "/a/x/1", "/a/b", "/a/b/", "/t/5/x/6", "/", "/x/1", "/late")])
def mounts_in_mounts_and_with_parameters() -> FastAPI:
    app, outer = FastAPI(), sub_app("outer")
    outer.mount("/b", sub_app("inner"))
    app.mount("/a", outer)
    app.mount("/t/{tenant}", sub_app("tenant"))
    app.mount("/", sub_app("root"))

    @app.get("/late")
    def late():
        return "never"

    return app


@case(get("/r/sub/x/1"), get("/r/sub"), get("/r/own"))
def a_mount_on_a_router() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/r")

    @router.get("/own")
    def own():
        return "own"

    router.mount("/sub", sub_app("sub"))
    app.include_router(router)
    return app


@case(get("/p/__init__.py"), get("/p/nothing"), post("/p/__init__.py"), get("/p/"))
def static_files() -> FastAPI:
    from pathlib import Path

    class Files(StaticFiles):
        async def get_response(self, path, scope):
            response = await super().get_response(path, scope)
            for name in ("etag", "last-modified"):
                del response.headers[name]
            return response

    app = FastAPI()
    app.mount("/p", Files(directory=Path(__file__).parent), name="p")
    return app


@case(
    get("/x/1", {"host": "api.example.com"}),
    get("/", {"host": "api.example.com:8000"}),
    get("/x/1", {"host": "eu.example.org"}),
    get("/x/1", {"host": "example.com"}),
    get("/x/1"),
    get("/", [("host", "")]),
)
def hosts() -> FastAPI:
    app = FastAPI()
    app.host("api.example.com", sub_app("api"))
    app.host("{region}.example.org", sub_app("region"))

    @app.get("/x/{n}")
    def fallback(n: int):
        return ["fallback", n]

    return app


ROOTS = [
    get("/x/1"),
    get("/api/x/1"),
    get("/openapi.json"),
    get("/docs", compares_body=False),
    get("/x/1", scope={"root_path": "/other"}),
    get("/other/x/1", scope={"root_path": "/other"}),
    get("/openapi.json", scope={"root_path": "/other"}),
    get("/openapi.json", scope={"root_path": "/other/"}),
    get("/x/1/", scope={"root_path": "/other"}),
    get("/sub/x/1", scope={"root_path": "/other"}),
    get("/sub/openapi.json", scope={"root_path": "/other"}),
]


def rooted(**options) -> FastAPI:
    app = sub_app("rooted", **options)
    app.mount("/sub", sub_app("sub"))
    return app


@case(*ROOTS)
def a_root_path_from_the_server() -> FastAPI:
    return rooted()


@case(*ROOTS)
def a_root_path_of_the_app() -> FastAPI:
    return rooted(root_path="/api")


@case(*ROOTS)
def a_root_path_of_the_app_with_a_slash() -> FastAPI:
    return rooted(root_path="/api/")


@case(*ROOTS)
def a_root_path_left_out_of_the_servers() -> FastAPI:
    return rooted(root_path="/api", root_path_in_servers=False)


@case(*ROOTS)
def a_root_path_beside_servers() -> FastAPI:
    return rooted(root_path="/api", servers=[{"url": "/", "description": "root"}, {"url": "https://example.com"}])


@case(get("/a"), get("/m/b"), get("/r/c"), get("/x", {"host": "h.example.com"}))
def routes_given_as_a_list() -> FastAPI:
    async def endpoint(request: Request):
        return PlainTextResponse(request.url.path)

    return FastAPI(
        routes=[
            Route("/a", endpoint),
            Mount("/m", routes=[Route("/b", endpoint)]),
            Host("h.example.com", Route("/x", endpoint)),
        ]
    )


@case(get("/y/x/5"), get("/y"))
def an_app_mounted_by_an_including_router_twice() -> FastAPI:
    app, shared = FastAPI(), sub_app("shared")
    app.mount("/x", shared, name="one")
    app.mount("/y", shared, name="two")
    return app
