# mypy: ignore-errors
"""Static files, templates and WSGI apps, mounted and returned."""

import warnings

from a2wsgi import WSGIMiddleware as NewWSGIMiddleware
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import DictLoader, Environment, TemplateNotFound
from starlette.staticfiles import StaticFiles as StarletteStaticFiles

from differential.cases import case, get, head, options, post, put
from differential.trees import tree

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette's is deprecated
    from fastapi.middleware.wsgi import WSGIMiddleware

SITE = tree(
    "site",
    {
        "index.html": "<index>",
        "404.html": "<404>",
        "style.css": "css",
        "sub/index.html": "<sub>",
        "sub/a.txt": "a" * 100,
        "data": "data",
    },
    links={"out.txt": "outside-of-site/secret.txt"},
)
OUTSIDE = tree("outside-of-site", {"secret.txt": "secret"})
TEMPLATES = tree("templates", {"item.html": "<a href=\"{{ url_for('item', n=n) }}\">{{ n }}{{ extra }}</a>"})

FILES = [
    get("/static/style.css"),
    head("/static/style.css"),
    post("/static/style.css"),
    options("/static/style.css"),
    *[
        get(f"/static{path}")
        for path in (
            *("", "/", "/index.html", "/none", "/sub", "/sub/", "/sub/a.txt", "/../outside-of-site/secret.txt"),
            *("/%2e%2e/outside-of-site/secret.txt", "//style.css", "/style.css/", "/%00", "/" + "a" * 300, "/out.txt"),
        )
    ],
    get("/static/sub/a.txt", {"range": "bytes=10-19"}),
    get("/static/sub/a.txt", {"range": "bytes=0-1,5-6"}, compares_body=False),
    get("/static/sub/a.txt", {"range": "bytes=1000-"}),
    get("/static/style.css", {"if-none-match": "*"}),
    get("/static/style.css", {"if-modified-since": "Sun, 09 Sep 2001 01:46:40 GMT"}),
    get("/page"),
    get("/r/static/style.css"),
    get("/i/r/static/style.css"),
    get("/i/static/style.css"),
]


def without_boundary(app):
    async def serve(scope, receive, send):
        async def sender(message):
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, b"multipart/byteranges" if value.startswith(b"multipart") else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await app(scope, receive, sender)

    return serve


@case(*FILES)
def static_files() -> FastAPI:
    app = FastAPI()
    app.mount("/static", without_boundary(StaticFiles(directory=SITE)), name="static")

    @app.get("/page")
    def page(request: Request):
        return str(request.url_for("static", path="/sub/a.txt"))

    router = APIRouter(prefix="/r", dependencies=[Depends(lambda: 1 / 0)])
    router.mount("/static", StaticFiles(directory=SITE), name="of-a-router")
    app.include_router(router, prefix="/i")
    return app


@case(*FILES)
def static_pages() -> FastAPI:
    app = FastAPI()
    app.mount("/static", without_boundary(StarletteStaticFiles(directory=str(SITE), html=True)))
    return app


@case(*FILES, get("/other"), get("/static/own"))
def static_files_at_the_root_and_beside_routes() -> FastAPI:
    app = FastAPI()

    @app.get("/static/own")
    def own():
        return "own"

    app.mount("/static", without_boundary(StaticFiles(directory=SITE)))
    app.mount("/", StaticFiles(directory=SITE, html=True))

    @app.get("/other")
    def never():
        return "never"

    return app


@case(*FILES)
def static_files_with_handlers_of_errors_and_middleware() -> FastAPI:
    app = FastAPI()
    app.mount("/static", without_boundary(StaticFiles(directory=SITE, follow_symlink=True)))

    @app.exception_handler(404)
    async def missing(request, exc):
        return PlainTextResponse(f"missing {exc.detail}", 404)

    @app.exception_handler(405)
    async def not_allowed(request, exc):
        return PlainTextResponse(f"not allowed {exc.headers}", 405)

    @app.middleware("http")
    async def mark(request, call_next):
        response = await call_next(request)
        response.headers["x-mark"] = "1"
        return response

    return app


@case(error_text="does not exist")
def static_files_of_nowhere() -> None:
    FastAPI().mount("/static", StaticFiles(directory="/nowhere/at/all"))


@case(get("/static/x"))
def static_files_of_nowhere_unchecked() -> FastAPI:
    app = FastAPI()
    app.mount("/static", StaticFiles(directory="/nowhere/at/all", check_dir=False))
    return app


@case(
    *[get(path) for path in ("/file", "/class", "/none", "/named", "/path")],
    head("/file"),
    get("/file", {"range": "bytes=0-1"}),
    get("/class", {"range": "bytes=9-1"}),
)
def files_as_responses(log) -> FastAPI:
    app = FastAPI()

    @app.get("/file")
    def file():
        return FileResponse(SITE / "style.css", headers={"x-own": "1"}, status_code=202)

    @app.get("/class", response_class=FileResponse)
    async def of_the_class():
        return str(SITE / "sub/a.txt")

    @app.get("/named")
    def named():
        return FileResponse(SITE / "data", filename="dätei name.txt", content_disposition_type="inline")

    @app.get("/none")
    def none():
        return FileResponse("/nowhere/at/all")

    @app.get("/path", response_class=FileResponse, status_code=201)
    async def of_the_class_by_path():
        return SITE / "style.css"

    return app


# -- templates ---------------------------------------------------------------------------------------------------------


@case(
    *[
        get(f"/{path}")
        for path in ("items/5", "items/%3Cb%3E", "wrong", "missing", "kept", "headers", "class", "x/sub")
    ],
    get("/items/5", scope={"root_path": "/proxy"}),
    get("/sub/items/5"),
)
def pages_from_templates(log) -> FastAPI:
    def more(request: Request):
        return {"extra": f" {request.method}"}

    templates = Jinja2Templates(directory=TEMPLATES, context_processors=[more])
    own = Jinja2Templates(env=Environment(loader=DictLoader({"t": "{{ request.url.path }} {{ a }}"}), autoescape=True))
    app = FastAPI()

    def add(to):
        @to.get("/items/{n}", response_class=HTMLResponse)
        async def item(request: Request, n: str):
            return templates.TemplateResponse(request=request, name="item.html", context={"n": n})

    add(app)
    sub = FastAPI()
    add(sub)
    app.mount("/sub", sub)

    @app.get("/wrong")
    def wrong(request: Request):
        return templates.TemplateResponse(request, "item.html", {"n": None, "request": "mine"})

    @app.get("/missing")
    def missing(request: Request):
        return templates.TemplateResponse(request, "none.html")

    @app.exception_handler(TemplateNotFound)
    async def not_found(request, exc):
        return PlainTextResponse(f"no template {exc}", 500)

    @app.get("/kept")
    def kept(request: Request):
        response = own.TemplateResponse(request, "t", {"a": "<>"})
        log(response.template.name, sorted(response.context))
        return response

    @app.get("/headers", status_code=299)
    def headers(request: Request):
        return own.TemplateResponse(request, "t", {}, 203, {"x-own": "1"}, "text/plain")

    @app.get("/class", response_class=HTMLResponse)
    def of_the_class():
        return own.get_template("t").render({"a": "text", "request": {"url": {"path": "p"}}})

    return app


@case(error_text="either 'directory' or 'env' arguments must be passed")
def templates_of_nothing() -> None:
    Jinja2Templates()


@case(get("/form"), post("/form", content=b"name=x", content_type="application/x-www-form-urlencoded"), get("/done"))
def a_page_with_a_form() -> FastAPI:
    templates = Jinja2Templates(env=Environment(loader=DictLoader({"form": "<form method=post>{{ error }}</form>"})))
    app = FastAPI()

    @app.get("/form")
    def show(request: Request):
        return templates.TemplateResponse(request, "form", {"error": ""})

    @app.post("/form", response_class=RedirectResponse, status_code=303)
    async def send(request: Request):
        form = await request.form()
        return str(request.url_for("done")) + f"?name={form['name']}"

    @app.get("/done")
    def done(name: str = "nobody"):
        return name

    return app


# -- WSGI --------------------------------------------------------------------------------------------------------------


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/boom":
        raise ValueError("boom")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("201 Created", [("Content-Type", "text/plain"), ("X-Twice", "1"), ("X-Twice", "2")])
    shown = [environ.get(name) for name in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_X_H")]
    return [repr(shown).encode(), b" ", body]


WSGI = [
    get("/w/a/b?c=d", {"x-h": "h"}),
    get("/w"),
    get("/w/"),
    post("/w/post", content=[b"one", b"two"], content_type="text/plain"),
    put("/w/%C3%BC"),
    get("/w/boom"),
    get("/w/a", scope={"root_path": "/proxy"}),
    get("/r/w/x"),
    get("/own"),
]


@case(*WSGI)
def wsgi_apps_by_starlette() -> FastAPI:
    app = FastAPI()
    app.mount("/w", WSGIMiddleware(wsgi))

    @app.get("/own")
    def own():
        return "own"

    return app


@case(*WSGI)
def wsgi_apps_by_a2wsgi() -> FastAPI:
    app, router = FastAPI(), APIRouter()
    app.mount("/w", NewWSGIMiddleware(wsgi))
    router.mount("/w", NewWSGIMiddleware(wsgi))
    app.include_router(router, prefix="/r")
    return app
