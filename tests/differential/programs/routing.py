# mypy: ignore-errors
"""Routing: which route answers, and what is said when none does."""

from fastapi import APIRouter, FastAPI, Request

from differential.cases import case, delete, get, head, options, patch, post, put, send


@case(
    *[
        get(path)
        for path in (
            "/users/me",
            "/users/5",
            "/users/x/y",
            "/users/me/",
            "/a/b/c",
            "/a/x/c",
            "/a/b/d",
            "/users/",
            "/users//",
        )
    ]
)
def the_first_declared_route_wins() -> FastAPI:
    app = FastAPI()

    @app.get("/users/{user_id}")
    def user(user_id: str):
        return ["by id", user_id]

    @app.get("/users/me")
    def me():
        return "never"

    @app.get("/a/{b}/c")
    def pattern(b: str):
        return ["pattern", b]

    @app.get("/a/b/{c}")
    def other(c: str):
        return ["other", c]

    @app.get("/{rest:path}")
    def rest(rest: str):
        return ["rest", rest]

    return app


@case(
    *[
        send(method, path)
        for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS", "get", "FOO")
        for path in ("/x", "/x/1", "/y")
    ]
)
def methods_and_partial_matches() -> FastAPI:
    app = FastAPI()

    @app.get("/x")
    def read():
        return "get"

    @app.post("/x")
    def create():
        return "post"

    @app.get("/x/{n}")
    def read_one(n: str):
        return "get one"

    @app.put("/{any}/1")
    def replace(any: str):
        return "put"

    @app.api_route("/y", methods=["POST", "put"], operation_id="y")
    def many():
        return "many"

    return app


@case(
    get("/"),
    head("/"),
    options("/"),
    post("/"),
    put("/"),
    patch("/"),
    delete("/"),
    send("TRACE", "/"),
    send("QUERY", "/"),
)
def every_method() -> FastAPI:
    app = FastAPI()
    for name in ("get", "head", "options", "post", "put", "patch", "delete", "trace"):

        def answer(request: Request):
            return request.method

        getattr(app, name)("/", name=name)(answer)
    return app


SLASHES = [
    get(path)
    for path in ("/a", "/a/", "/b", "/b/", "/c/x", "/c/x/", "/a?q=1&r=%20", "/b/?q=1", "/", "//a", "/d", "/d/")
] + [
    post("/b/"),
    post("/a/"),
    head("/b/"),
    get("/b/", {"host": "example.com:8080"}),
    get("/b/", {"host": "é"}),
    get("/b/", [("host", "")]),
    get("/b/", scope={"scheme": "https"}),
    get("/%62/"),
    get("/c/%2F/"),
]


@case(*SLASHES)
def slashes_are_redirected() -> FastAPI:
    app = FastAPI()

    @app.get("/a/")
    def with_slash(q: str = ""):
        return q

    @app.get("/b")
    def without():
        return "b"

    @app.get("/c/{x}")
    def parameter(x: str):
        return x

    @app.post("/d/")
    def created():
        return "d"

    return app


@case(*SLASHES)
def slashes_are_not_redirected() -> FastAPI:
    app = FastAPI(redirect_slashes=False)

    @app.get("/a/")
    def with_slash():
        return "a"

    @app.get("/b")
    def without():
        return "b"

    return app


@case(get("/r"), get("/r/"), get("/r/x/"), get("/"), get(""))
def empty_paths_and_prefixes() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/r")
    slash = APIRouter()

    @router.get("")
    def empty():
        return "empty"

    @router.get("/x")
    def x():
        return "x"

    @slash.get("/")
    def root():
        return "root"

    app.include_router(router)
    app.include_router(slash)
    return app


@case(error_text="Prefix and path cannot be both empty")
def empty_prefix_and_path_are_refused():
    app = FastAPI()
    router = APIRouter()

    @router.get("")
    def read():
        return "x"

    app.include_router(router)


@case(get("/x"), get("x"), get("/"))
def a_path_without_a_slash() -> FastAPI:
    app = FastAPI()

    @app.get("x")
    def read():
        return "x"

    return app


@case(error_text="A path prefix must start with '/'")
def a_prefix_without_a_slash_is_refused():
    APIRouter(prefix="x")


@case(error_text="A path prefix must not end with '/'")
def a_prefix_that_ends_with_a_slash_is_refused():
    APIRouter(prefix="/x/")
