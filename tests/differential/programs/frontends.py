# mypy: ignore-errors
"""`frontend()`: directories of files, served where no route answers."""

import os
from typing import Annotated
from unittest import mock

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles

from differential.cases import case, get, head, options, post, put
from differential.trees import tree

OUTSIDE = tree("outside", {"secret.txt": "secret", "pages/index.html": "<outside>"})
FULL = tree(
    "full",
    {
        "index.html": "<index>",
        "404.html": "<404>",
        "app.js": "js",
        "sub/index.html": "<sub>",
        "sub/a.txt": "a",
        "plain/x.txt": "x",
        "plain/404.html": "<plain 404>",
        "sp ace/ü.txt": "u",
        ".hidden": "h",
        "noext": "n",
    },
)
APP = tree(
    "app", {"index.html": "<app>", "app.js": "js", "assets/x.css": "css", "items": "file", "x/index.html": "<x>"}
)
ONLY_404 = tree("only-404", {"404.html": "<only 404>", "app.js": "js"})
BARE = tree("bare", {"bare.js": "js"})
LINKED = tree(
    "linked",
    {"index.html": "<linked>", "real.txt": "real", "dir/index.html": "<dir>"},
    links={
        "out.txt": "outside/secret.txt",
        "outdir": "outside/pages",
        "in.txt": "linked/real.txt",
        "indir": "linked/dir",
        "broken": "nowhere",
    },
)
PAGE = {"accept": "text/html"}


def both(*targets, methods=(get,), **details):
    """Ask for each target as a script does, and as a browser does that goes to an address."""
    return [method(target, headers, **details) for target in targets for method in methods for headers in ((), PAGE)]


EVERYWHERE = both(
    *("/", "/app.js", "/missing", "/missing.js", "/index.html", "/404.html", "/sub", "/sub/", "/sub?x=1"),
    *("/plain", "/plain/", "/plain/none", "/bare.js", "/assets"),
    methods=(get, head, post),
)


def serving(directory, **details):
    app = FastAPI()
    app.frontend("/", directory=directory, **details)
    return app


@case(*EVERYWHERE, *both("/app.js", "/none", "/sub", methods=(put, options)))
def everything() -> FastAPI:
    return serving(FULL)


@case(*EVERYWHERE)
def everything_with_the_index_as_fallback() -> FastAPI:
    return serving(FULL, fallback="index.html")


@case(*EVERYWHERE)
def everything_with_the_404_as_fallback() -> FastAPI:
    return serving(FULL, fallback="404.html")


@case(*EVERYWHERE)
def everything_without_fallback() -> FastAPI:
    return serving(FULL, fallback=None)


@case(*EVERYWHERE)
def an_app_of_one_page() -> FastAPI:
    return serving(APP)


@case(*EVERYWHERE)
def a_site_without_index() -> FastAPI:
    return serving(ONLY_404)


@case(*EVERYWHERE)
def files_alone() -> FastAPI:
    return serving(str(BARE))


ACCEPTED = [
    *("text/html", "TEXT/HTML", "application/xhtml+xml", "text/*", "*/*", "*", "", "text/htmlx", "text / html"),
    *("text/html;q=0", "text/html;q=0.0", "text/html; q=0.5", "text/html;Q=0", 'text/html;q="0"', "text/html;q=0;x=1"),
    *("text/html;q=abc", "text/html;q=", "text/html;q=-1", "text/html;q=2", "text/html;q=nan", "text/html;level=1;q=0"),
    *(
        "text/html;q=<0>",
        'text/html;q="0',
        "text/html;q*0=0",
        "text/html(c)",
        '"text/html"',
        "text/html/x",
        "text/html;q==0",
    ),
    *("text/html; q = 0", "text/html;q=-0", "text/html;q=1;q=0", "text/html;q=0;q=1", "text/html;q*=0", "text/html;"),
    *(
        "application/json, text/html",
        "application/json, */*",
        "*/*;q=0, text/html",
        " , text/html",
        "text/html;q=0,*/*",
    ),
    *('text/html;x="a,b";q=0', 'text/html;x="a;q=0"', "text/html;q=00", "text/html;q=0e5", "text/html;q=0_0"),
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "image/avif,image/webp,*/*;q=0.8",
]


@case(
    *[get("/missing", {"accept": accept}) for accept in ACCEPTED],
    get("/missing", [("accept", "application/json"), ("accept", "text/html")]),
    get("/missing", [("accept", "text/html"), ("accept", "application/json")]),
    get("/missing", {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}),
    get("/missing", {"sec-fetch-mode": "cors", "accept": "text/html"}),
    get("/missing", [("accept", b"text/html\xff")]),
)
def who_wants_a_page() -> FastAPI:
    return serving(APP)


HOSTILE = both(
    *("/../outside/secret.txt", "/%2e%2e/outside/secret.txt", "/..%2foutside/secret.txt", "/..\\outside\\secret.txt"),
    *("/sub/../app.js", "/sub%2fa.txt", "/sub%2f", "/%2fetc/passwd", "//etc/passwd", "/x%00y", "/%00", "/app.js%00"),
    *("/app.js/", "/app.js/x", "/APP.JS", "/sub//a.txt", "//app.js", "/./app.js", "/sub/./a.txt", "/sub//", "/sub/."),
    *("/sub/..", "/..", "/.", "/../full/app.js", "/%FF", "/\xff", "/sp%20ace/%C3%BC.txt", "/" + "a" * 300),
    *("/" + "a/" * 3000, "/.hidden", "/noext", "/sub/index.html/", "/app.js%0a", "/sub%0a", "/%", "/%zz", "*", ""),
    *("app.js", "/sub%20", "/sub/?a", "/sub/%2e%2e/%2e%2e/outside/secret.txt", "/%5c%5cserver%5cshare"),
    methods=(get, post),
)


@case(*HOSTILE)
def hostile_paths() -> FastAPI:
    return serving(FULL, fallback=None)


@case(*HOSTILE)
def hostile_paths_of_an_app() -> FastAPI:
    return serving(APP)


@case(
    *both(
        *("/out.txt", "/outdir", "/outdir/", "/outdir/index.html", "/in.txt", "/indir", "/indir/", "/broken"),
        methods=(get, post),
    )
)
def links() -> FastAPI:
    return serving(LINKED)


@case(
    *[
        method("/app.js", headers)
        for method in (get, head)
        for headers in (
            {"if-none-match": "*"},
            {"if-none-match": '"x"'},
            {"if-modified-since": "Sun, 09 Sep 2001 01:46:40 GMT"},
            {"if-modified-since": "Sun, 09 Sep 2000 01:46:40 GMT"},
            {"range": "bytes=0-0"},
            {"range": "bytes=5-9"},
            {"range": "bytes=a"},
            {"range": "bytes=0-0", "if-range": '"x"'},
        )
    ],
    get("/none", PAGE | {"if-none-match": "*"}),
    get("/none", PAGE | {"range": "bytes=0-0"}),
    get("/none", PAGE | {"range": "bytes=90-"}),
    head("/none", PAGE | {"if-modified-since": "Sun, 09 Sep 2001 01:46:40 GMT"}),
)
def conditions_and_ranges() -> FastAPI:
    app = FastAPI()
    app.frontend("/", directory=APP)
    return app


@case(get("/none", {"if-none-match": "*"}), get("/none", {"range": "bytes=0-0"}))
def conditions_on_a_page_not_found() -> FastAPI:
    return serving(FULL)


# -- beside routes ---------------------------------------------------------------------------------------------------


def beside_routes(**details) -> FastAPI:
    app = FastAPI(**details)
    app.frontend("/", directory=APP)

    @app.get("/items/")
    def items():
        return "items/"

    @app.get("/x")
    def x():
        return "x"

    @app.post("/app.js")
    def post_app():
        return "posted"

    @app.get("/get/{n}")
    def read(n: int):
        return n

    @app.get("/not-found")
    def not_found():
        raise HTTPException(404, "mine")

    sub = FastAPI()

    @sub.get("/hello")
    def hello():
        return "hello"

    app.mount("/assets", sub)
    return app


BESIDE = both(
    *("/items", "/items/", "/x", "/x/", "/app.js", "/get/1", "/get/1/", "/get/z", "/not-found", "/assets", "/assets/"),
    *("/assets/hello", "/assets/x.css", "/openapi.json/", "/none"),
    methods=(get, head, post),
)


@case(*BESIDE)
def routes_are_asked_first() -> FastAPI:
    return beside_routes()


@case(*BESIDE)
def routes_are_asked_first_without_redirects() -> FastAPI:
    return beside_routes(redirect_slashes=False)


@case(*both("/p/later", "/p/app.js", "/p/none", "/p/slash"))
def routes_added_later_are_asked_first() -> FastAPI:
    app, router = FastAPI(), APIRouter()
    router.frontend("/", directory=APP)
    app.include_router(router, prefix="/p")

    @router.get("/later")
    def later():
        return "later"

    @router.get("/slash/")
    def slash():
        return "slash"

    @app.get("/p/app.js")
    def app_js():
        return "a route"

    return app


@case(*both("/app.js", "/none"), get("/app.js", {"host": "api.example.com"}))
def hosts_and_mounts_are_asked_first() -> FastAPI:
    app = FastAPI()
    app.frontend("/", directory=APP)
    app.host("api.example.com", FastAPI())
    return app


@case(*both("/x/app.js", "/"))
def a_mount_of_everything_leaves_nothing() -> FastAPI:
    app = FastAPI()
    app.mount("/", FastAPI())
    app.frontend("/x", directory=APP)
    return app


@case(*both("/m", "/m/", "/m/app.js", "/m/none", "/m/x", "/m/x/", "/m/bare.js", "/static/bare.js", "/static/none"))
def in_a_mounted_app() -> FastAPI:
    app, sub = FastAPI(), FastAPI()
    sub.frontend("/", directory=APP)
    app.mount("/m", sub)
    app.mount("/static", StaticFiles(directory=BARE))
    app.frontend("/", directory=BARE)
    app.frontend("/m", directory=BARE)
    return app


@case(*both("/m/pre/ui/app.js", "/m/pre/ui/none", "/m/pre/ui", "/m/pre/ui/", "/m/x", "/x"))
def on_a_mounted_router() -> FastAPI:
    async def default(scope, receive, send):
        await Response("default", 418)(scope, receive, send)

    app, router = FastAPI(), APIRouter(prefix="/pre", default=default)
    router.frontend("/ui", directory=APP)
    app.mount("/m", router)
    return app


# -- paths -----------------------------------------------------------------------------------------------------------

PATHS = both(
    *("/", "/ui", "/ui/", "/ui/app.js", "/uix", "/ui//app.js", "/ui/none", "/app.js", "/UI/app.js", "/i/r/ui"),
    *("/i/r/ui/app.js", "/i/r/ui/none", "/i", "/i/", "/i/app.js", "/r", "/r/app.js", "/{x}/app.js", "/y/app.js"),
)


@case(*PATHS)
def under_a_path() -> FastAPI:
    app = FastAPI()
    app.frontend("/ui", directory=APP)
    return app


@case(*PATHS)
def under_a_path_with_slashes() -> FastAPI:
    app = FastAPI()
    app.frontend("/ui//", directory=APP)
    return app


@case(*PATHS)
def braces_are_no_parameters() -> FastAPI:
    app = FastAPI()
    app.frontend("/{x}", directory=APP)
    return app


@case(*PATHS)
def on_routers_with_prefixes() -> FastAPI:
    app, router, root = FastAPI(), APIRouter(prefix="/r"), APIRouter()
    router.frontend("/ui", directory=APP)
    root.frontend("/", directory=APP)
    app.include_router(router, prefix="/i")
    app.include_router(router)
    app.include_router(root, prefix="/{x}")
    return app


@case(*both("/a/app.js", "/b/app.js", "/late/app.js"))
def included_twice_and_added_late() -> FastAPI:
    app, router, late = FastAPI(), APIRouter(), APIRouter()
    router.frontend("/", directory=APP)
    app.include_router(router, prefix="/a")
    app.include_router(router, prefix="/b")
    app.include_router(late, prefix="/late")
    late.frontend("/", directory=APP)
    return app


ROOTED = [
    *both("/ui", "/ui/x", "/ui/app.js", "/none"),
    *both("/root/ui", "/root/ui/x", "/root/ui/app.js", "/root", "/root/", scope={"root_path": "/root"}),
    *both("/ui/x", "/ui/app.js", scope={"root_path": "/root"}),
]


@case(*ROOTED)
def a_root_path_of_the_server() -> FastAPI:
    app = FastAPI()
    app.frontend("/ui", directory=APP)
    return app


@case(*ROOTED)
def a_root_path_of_the_app() -> FastAPI:
    app = FastAPI(root_path="/root")
    app.frontend("/ui", directory=APP)
    return app


# -- several ---------------------------------------------------------------------------------------------------------


@case(*both("/", "/ui", "/ui/", "/ui/bare.js", "/ui/app.js", "/ui/x", "/ui/x/", "/ui/x/app.js", "/app.js", "/uix"))
def the_longest_path_answers() -> FastAPI:
    app, router = FastAPI(), APIRouter()
    app.frontend("/", directory=APP)
    router.frontend("/ui", directory=BARE)
    app.include_router(router)
    app.frontend("/ui/x", directory=APP)
    return app


@case(*both("/ui/bare.js", "/ui/app.js", "/ui/none", "/own/bare.js", "/own/app.js", "/two/bare.js", "/two/app.js"))
def of_equal_paths_the_own_and_the_first_answers() -> FastAPI:
    app, router, other = FastAPI(), APIRouter(), APIRouter()
    for path in ("/own", "/two"):
        router.frontend(path, directory=BARE)
    other.frontend("/two", directory=APP)
    app.include_router(router)
    app.include_router(other)
    app.frontend("/own", directory=APP)
    app.frontend("/ui", directory=BARE)
    app.frontend("/ui", directory=APP)
    return app


@case(*both("/"))
def routers_in_routers_are_asked_in_their_order() -> FastAPI:
    app, outer, inner, other = FastAPI(), APIRouter(), APIRouter(), APIRouter()
    inner.frontend("/", directory=BARE)
    other.frontend("/", directory=ONLY_404)
    outer.include_router(inner)
    app.include_router(outer)
    app.include_router(other)
    outer.frontend("/", directory=APP)
    return app


# -- dependencies ----------------------------------------------------------------------------------------------------


def noting(log, name):
    def note(request: Request):
        log(name, request.method, request.url.path, request.path_params)

    return Depends(note)


@case(
    *both("/own/app.js", "/own/none", "/own", "/i/o/r/ui/app.js", "/i/o/r/ui/none", "/none", methods=(get, head, post))
)
def dependencies_of_every_layer(log) -> FastAPI:
    app = FastAPI(dependencies=[noting(log, "app")])
    app.frontend("/own", directory=APP)
    router = APIRouter(prefix="/r", dependencies=[noting(log, "router")])
    router.frontend("/ui", directory=APP)
    router.dependencies.append(noting(log, "too late"))
    outer = APIRouter(prefix="/o", dependencies=[noting(log, "outer")])
    outer.include_router(router, dependencies=[noting(log, "inner inclusion")])
    app.include_router(outer, prefix="/i", dependencies=[noting(log, "inclusion")])
    return app


@case(*both("/bare.js", "/none", methods=(get, post)))
def dependencies_that_yield(log) -> FastAPI:
    async def until_sent():
        log("enter")
        try:
            yield
        except BaseException as exc:
            log("saw", repr(exc))
            raise
        finally:
            log("exit")

    app = FastAPI(dependencies=[Depends(until_sent)])
    app.frontend("/", directory=BARE)
    return app


@case(*both("/app.js", "/none", "/sub", methods=(get, head, post)), get("/app.js", {"if-none-match": "*"}))
def dependencies_that_set_headers(log) -> FastAPI:
    def decorate(response: Response, tasks: BackgroundTasks):
        response.headers["x-dependency"] = "1"
        response.set_cookie("a", "b")
        response.status_code = 299
        tasks.add_task(log, "in the background")

    app = FastAPI(dependencies=[Depends(decorate)])
    app.frontend("/", directory=FULL)
    return app


@case(
    *both("/app.js", "/app.js?q=1", "/none?q=x", methods=(get, post)),
    get("/app.js?q=1", {"x-h": "h"}),
    get("/none?q=1", {"x-h": "h"}),
)
def dependencies_that_read_the_request(log) -> FastAPI:
    def read(q: int, x_h: Annotated[str, Header()]):
        log("read", q, x_h)

    app = FastAPI(dependencies=[Depends(read)])
    app.frontend("/", directory=FULL)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, exc):
        return Response(str(exc), 422)

    return app


@case(get("/5/app.js"), get("/{item}/app.js?item=3"), get("/{item}/app.js"), get("/p/{item}/app.js?item=3"))
def prefixes_have_no_parameters(log) -> FastAPI:
    def read(item: int):
        log("read", item)

    def read_path(item: Annotated[int, Path()]):
        log("read path", item)

    app = FastAPI()
    router = APIRouter(prefix="/{item}", dependencies=[Depends(read)])
    router.frontend("/", directory=APP)
    app.include_router(router)
    other = APIRouter(prefix="/p/{item}", dependencies=[Depends(read_path)])
    other.frontend("/", directory=APP)
    app.include_router(other)
    return app


@case(get("/5/app.js"))
def parameters_of_a_mount(log) -> FastAPI:
    def read(item: Annotated[int, Path()]):
        log("read path", item)

    app, sub = FastAPI(), FastAPI(dependencies=[Depends(read)])
    sub.frontend("/", directory=APP)
    app.mount("/{item}", sub)
    return app


@case(*both("/app.js", "/none", "/sub", methods=(get, head, post)))
def dependencies_that_refuse() -> FastAPI:
    def refuse():
        raise HTTPException(401, "no", headers={"www-authenticate": "Bearer"})

    app = FastAPI(dependencies=[Depends(refuse)])
    app.frontend("/", directory=FULL)
    return app


@case(get("/app.js"), get("/r/app.js"))
def dependencies_overridden(log) -> FastAPI:
    def refuse():
        raise HTTPException(401, "no")

    app, router = FastAPI(dependencies=[Depends(refuse)]), APIRouter(dependencies=[Depends(refuse)])
    router.frontend("/r", directory=FULL)
    app.include_router(router)
    app.frontend("/", directory=FULL)
    app.dependency_overrides[refuse] = lambda: log("overridden")
    return app


@case(*both("/none", "/bare.js", methods=(get, post)))
def handlers_of_errors_and_middleware() -> FastAPI:
    app = FastAPI()
    app.frontend("/", directory=BARE)

    @app.exception_handler(404)
    async def unknown(request, exc):
        return Response(f"custom {exc.detail}", 404)

    @app.exception_handler(405)
    async def not_allowed(request, exc):
        return Response(f"custom {exc.detail} {exc.headers}", 405)

    @app.middleware("http")
    async def mark(request, call_next):
        response = await call_next(request)
        response.headers["x-mark"] = "1"
        return response

    return app


@case(get("/ui/app.js"))
def what_is_listed_and_found_by_name(log) -> FastAPI:
    app = FastAPI()
    before = len(app.routes)
    app.frontend("/ui", directory=APP)
    log(len(app.routes) - before)
    for name in ("frontend", "ui", "/ui", ""):
        try:
            log(app.url_path_for(name, path="x"))
        except Exception as exc:
            log(type(exc).__name__)
    return app


# -- declarations ----------------------------------------------------------------------------------------------------


@case(error_text="A frontend path cannot be empty")
def an_empty_path() -> None:
    FastAPI().frontend("", directory=APP)


@case(error_text="A frontend path cannot be empty")
def a_path_of_slashes() -> None:
    FastAPI().frontend("//", directory=APP)


@case(error_text="A frontend path must start with '/'")
def a_relative_path() -> None:
    APIRouter().frontend("ui", directory="nowhere", fallback="nothing")


@case(error_text="fallback must be 'auto', 'index.html', '404.html', or None")
def a_fallback_that_is_none() -> None:
    FastAPI().frontend("/", directory="nowhere", fallback="home.html")


@case(error_text="Frontend directory 'nowhere/../no' does not exist. Resolved absolute path: '/")
def a_missing_directory() -> None:
    FastAPI().frontend("/", directory="nowhere/../no")


@case(error_text="does not exist. Resolved absolute path:")
def a_directory_that_is_a_file() -> None:
    APIRouter().frontend("/", directory=APP / "index.html", check_dir=True)


@case(error_text="Frontend fallback file '404.html' does not exist in directory '")
def a_missing_404() -> None:
    FastAPI().frontend("/", directory=APP, fallback="404.html")


@case(error_text="Resolved absolute directory: '/")
def a_missing_index() -> None:
    FastAPI().frontend("/", directory=BARE, fallback="index.html")


@case(get("/app.js"), post("/app.js"))
def a_directory_that_never_comes() -> FastAPI:
    return serving("nowhere", check_dir=False)


@case(*both("/bare.js", "/none", methods=(get, post)))
def a_fallback_that_never_comes() -> FastAPI:
    app = FastAPI(exception_handlers={RuntimeError: lambda request, exc: Response(str(exc)[:60], 503)})
    app.frontend("/", directory=BARE, fallback="index.html", check_dir=False)
    return app


@case(*both("/bare.js", "/none", methods=(get, post)))
def a_missing_directory_while_developing(log) -> FastAPI:
    with mock.patch.dict(os.environ, {"FASTAPI_ENV": "development"}):
        APIRouter().frontend("/", directory="/nowhere")
        app = serving(BARE, fallback="index.html")
        try:
            serving("/nowhere", check_dir=True)
        except RuntimeError as exc:
            log(str(exc))
    return app


@case(*both("/bare.js", "/none", methods=(get, post)))
def a_404_that_never_comes() -> FastAPI:
    app = FastAPI(exception_handlers={RuntimeError: lambda request, exc: Response(str(exc)[:60], 503)})
    app.frontend("/", directory=BARE, fallback="404.html", check_dir=False)
    return app
