# mypy: ignore-errors
"""What came to the reference from 0.116 on and has no other program: the oldest first."""

import functools
from collections.abc import AsyncIterator, Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated

import anyio
from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.params import Depends as DependsParam
from fastapi.params import Security as SecurityParam
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.routing import iter_route_contexts
from pydantic import AliasChoices, BaseModel, ConfigDict
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from differential.cases import case, get, post, send

# -- 0.117 to 0.119 ----------------------------------------------------------------------------------------------------


@case(get("/openapi.json"), get("/sub/openapi.json"))
def documents_elsewhere_are_linked_from_the_document() -> FastAPI:
    app = FastAPI(openapi_external_docs={"description": "more", "url": "https://example.com"})
    app.mount("/sub", FastAPI(openapi_external_docs={"url": "https://example.com/sub"}))
    return app


@case(*[get(f"/{kind}/{status}") for status in (204, 304) for kind in ("none", "annotated", "empty")])
def statuses_without_a_body(log) -> FastAPI:
    app = FastAPI()

    def add(status):
        @app.get(f"/none/{status}", status_code=status)
        def nothing():
            pass

        @app.get(f"/annotated/{status}", status_code=status)
        async def annotated() -> None:
            return None

        @app.get(f"/empty/{status}")
        async def empty():
            return Response(status_code=status)

    for status in (204, 304):
        add(status)
    return app


@case(get("/raised"), get("/plain"))
def code_behind_yield_runs_after_the_response(log) -> FastAPI:
    async def session() -> AsyncIterator[str]:
        log("open")
        try:
            yield "session"
        finally:
            log("close")

    app = FastAPI()

    @app.get("/plain")
    async def plain(it: Annotated[str, Depends(session)]):
        async def chunks():
            for number in range(2):
                log("chunk", number)
                yield f"{it} {number}\n"

        return StreamingResponse(chunks(), media_type="text/plain")

    @app.get("/raised")
    async def raised(it: Annotated[str, Depends(session)]):
        raise HTTPException(418, it)

    return app


# -- 0.121 to 0.124 ----------------------------------------------------------------------------------------------------


@case()
def markers_of_dependencies_are_values(log) -> None:
    def dependency():
        pass

    one, same, other = DependsParam(dependency), DependsParam(dependency), DependsParam(dependency, use_cache=False)
    log(one == same, hash(one) == hash(same), one == other, len({one, same, other}), one in [other, same])
    log(DependsParam(dependency, True, "function").scope, DependsParam(dependency, False).use_cache)
    security = SecurityParam(dependency, scopes=("a", "b"))
    log(hash(security) == hash(SecurityParam(dependency, scopes=("a", "b"))), security == one, security.scopes)
    try:
        one.use_cache = False
    except Exception as exc:
        log(type(exc).__name__)
    for wrong in ("max_concurrency", "scope"):
        try:
            Depends(dependency, **{wrong: 0})
            log(wrong, "is taken")
        except Exception as exc:
            log(wrong, type(exc).__name__, str(exc))


@case(get("/shared"), get("/apart"), get("/mixed"))
def what_is_computed_once(log) -> FastAPI:
    def leaf():
        log("leaf")
        return object()

    def left(it: Annotated[object, Depends(leaf)]):
        return it

    def right(it: Annotated[object, Depends(leaf)]):
        return it

    def fresh(it: Annotated[object, Depends(leaf, use_cache=False)]):
        return it

    app = FastAPI(dependencies=[Depends(leaf)])

    @app.get("/shared")
    def shared(a: Annotated[object, Depends(left)], b: Annotated[object, Depends(right)]):
        return a is b

    @app.get("/apart")
    def apart(a: Annotated[object, Depends(left)], b: Annotated[object, Depends(fresh)]):
        return a is b

    @app.get("/mixed")
    def mixed(
        a: Annotated[object, Depends(leaf, use_cache=False)],
        b: Annotated[object, Depends(leaf)],
        c: Annotated[object, Depends(leaf, use_cache=False)],
    ):
        return [a is b, b is c, a is c]

    return app


def wrapper(function):
    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapped


@case(*[get(f"/{number}?n=2") for number in range(6)], get("/0?n=x"))
def wrapped_and_partial_dependencies(log) -> FastAPI:
    def plain(n: int, factor: int = 1):
        return n * factor

    async def later(n: int, factor: int = 1):
        return n * factor

    def steps(n: int, factor: int = 1) -> Iterator[int]:
        log("enter")
        yield n * factor
        log("exit")

    class Instance:
        async def __call__(self, n: int, factor: int = 1):
            return n * factor

    app = FastAPI()
    kinds = (
        wrapper(functools.partial(plain, factor=2)),
        functools.partial(wrapper(later), factor=3),
        functools.partial(steps, factor=4),
        wrapper(wrapper(steps)),
        functools.partial(Instance(), factor=5),
        functools.partial(functools.partial(later, factor=6)),
    )
    for number, kind in enumerate(kinds):

        @app.get(f"/{number}")
        def read(value: Annotated[int, Depends(kind)]):
            return value

    return app


class Answer(BaseModel):
    n: int


@case(get("/n/x"), get("/wrong"), post("/n/1", content=b"{", content_type="application/json"), get("/sub/n/x"))
def errors_that_name_the_endpoint(log) -> FastAPI:
    app, sub = FastAPI(), FastAPI()

    @app.exception_handler(RequestValidationError)
    @sub.exception_handler(RequestValidationError)
    async def invalid(request, exc):
        text = str(exc)
        log([line for line in text.split("\n") if "line " not in line], "release_notes.py" in text, exc.body)
        return PlainTextResponse("invalid", 422)

    @app.exception_handler(ResponseValidationError)
    async def wrong_answer(request, exc):
        text = str(exc)
        log([line for line in text.split("\n") if "line " not in line], "release_notes.py" in text, exc.body)
        return PlainTextResponse("wrong", 500)

    @app.get("/n/{n}")
    @sub.get("/n/{n}")
    def read(n: int):
        return n

    @app.post("/n/{n}")
    def write(n: int, body: dict[str, int]):
        return n

    @app.get("/wrong")
    def wrong() -> Answer:
        return {"n": "x"}

    app.mount("/sub", sub)
    return app


# -- 0.128 to 0.136 ----------------------------------------------------------------------------------------------------


class Everything(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="constants")

    price: Decimal = Decimal("1.10")
    ratio: float = 1e22
    small: float = 1e-7
    day: date = date(2026, 1, 2)
    data: bytes = b"bytes"
    text: str = "ä\u2028</script>"
    missing: float = float("inf")


@case(*[get(f"/{path}") for path in ("model", "list", "class", "plain", "dict", "float")])
def json_by_pydantic_and_by_the_standard_library() -> FastAPI:
    app = FastAPI()

    @app.get("/model")
    def model() -> Everything:
        return Everything()

    @app.get("/list")
    async def many() -> list[Everything]:
        return [Everything(), Everything(price=Decimal("2"))]

    @app.get("/class", response_class=JSONResponse)
    def of_a_class() -> Answer:
        return Answer(n=1)

    @app.get("/plain", response_model=None)
    def plain():
        return Everything(missing=0.5)

    @app.get("/dict")
    def data() -> dict[str, float]:
        return {"a": 1e22, "b": -0.0, "c": 0.1}

    @app.get("/float")
    def number() -> float:
        return float("nan")

    return app


@case(
    get("/", [("x_token", "underscore")]),
    get("/", [("x-token", "dash")]),
    get("/", [("x_token", "underscore"), ("x-token", "dash")]),
    get("/kept", [("x_token", "underscore")]),
    get("/kept", [("x-token", "dash")]),
    get("/model", [("x_token", "underscore")]),
    get("/model", [("x-token", "dash")]),
    get("/alias", [("x_token", "underscore")]),
    get("/alias", [("x-token", "dash")]),
)
def headers_with_underscores() -> FastAPI:
    app = FastAPI()

    class Headers(BaseModel):
        x_token: str = "none"

    @app.get("/")
    def converted(x_token: Annotated[str, Header()] = "none"):
        return x_token

    @app.get("/kept")
    def kept(x_token: Annotated[str, Header(convert_underscores=False)] = "none"):
        return x_token

    @app.get("/model")
    def model(headers: Annotated[Headers, Header()]):
        return headers

    @app.get("/alias")
    def alias(token: Annotated[str, Header(alias="x_token")] = "none"):
        return token

    return app


# -- 0.137 to 0.141 ----------------------------------------------------------------------------------------------------


@case(get("/a/b/late"), get("/a/b/sub/x"), get("/a/own"), get("/openapi.json"))
def routers_are_live(log) -> FastAPI:
    app, outer, inner = FastAPI(), APIRouter(prefix="/a", tags=["outer"]), APIRouter(prefix="/b")
    outer.include_router(inner, tags=["inclusion"])
    app.include_router(outer, deprecated=True)

    @inner.get("/late", tags=["late"])
    def late(request: Request):
        return "late"

    @outer.get("/own")
    def own():
        return "own"

    inner.add_api_route("/sub/{x}", lambda x: x, name="sub")
    for context in iter_route_contexts(app.routes):
        if context.path.startswith("/a"):
            log(context.path, context.name, sorted(context.methods), context.path_format)
    log(str(app.url_path_for("sub", x="1")), str(app.url_path_for("late")))
    return app


# -- up to 0.165 -------------------------------------------------------------------------------------------------------


@case(error_text="openapi_prefix")
def the_prefix_of_the_document_is_gone() -> None:
    FastAPI(openapi_prefix="/api")


@case(error_text="extra_option")
def further_options_of_markers_are_gone() -> None:
    Query(extra_option=1)


@case(get("/api/x"), get("/x"))
def root_paths_are_deprecated() -> FastAPI:
    app = FastAPI(root_path="/api")

    @app.get("/x")
    def read(request: Request):
        return request.scope["root_path"]

    return app


@case(get("/x"))
def lists_of_routes_are_deprecated() -> FastAPI:
    async def endpoint(request):
        return PlainTextResponse("x")

    return FastAPI(routes=[Route("/x", endpoint)])


@case(lifespan=True)
def events_are_deprecated(log) -> FastAPI:
    app = FastAPI()

    @app.on_event("startup")
    async def start():
        log("start")

    @app.on_event("shutdown")
    def stop():
        log("stop")

    return app


class Page(BaseModel):
    limit: int = 10
    offset: int | None = None


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    tags: list[str] = []


@case(
    *[
        get(f"/{path}?{query}")
        for path in ("several", "beside", "optional", "both")
        for query in (
            *("", "limit=1", "limit=x", "name=a", "name=a&tags=1&tags=2", "name=a&limit=1&offset=2&q=3", "other=1"),
            *("name=", "tags=1", "q=x", "name=a&name=b"),
        )
    ]
)
def several_parameter_models() -> FastAPI:
    app = FastAPI()

    @app.get("/several")
    def several(page: Annotated[Page, Query()], sort: Annotated[Filter, Query()]):
        return [page, sort]

    @app.get("/beside")
    def beside(page: Annotated[Page, Query()], q: int = 0):
        return [page, q]

    @app.get("/optional")
    def optional(sort: Annotated[Filter | None, Query()] = None, page: Annotated[Page | None, Query()] = None):
        return [sort, page]

    @app.get("/both")
    def both(page: Annotated[Page, Query()], x_h: Annotated[str, Header()] = "h", limit: int = 5):
        return [page, x_h, limit]

    return app


@case(
    *[
        get(f"/{extra}/{source}/{kind}?{query}", {"cookie": query.replace("&", "; ")} | headers)
        for extra in ("forbid", "allow", "ignore")
        for source in ("query", "header", "cookie")
        for kind in ("default", "required")
        for query in ("", "name=a", "other=1", "other=1&third=3")
        for headers in ({}, {"name": "a"})
    ]
)
def optional_models_with_other_values() -> FastAPI:
    app = FastAPI()

    def add(extra, source):
        class Named(BaseModel):
            model_config = ConfigDict(extra=extra)

            name: str = "default"

        marker = {"query": Query, "header": Header, "cookie": Cookie}[source]

        @app.get(f"/{extra}/{source}/default")
        async def default(named: Annotated[Named | None, marker()] = None):
            return named

        @app.get(f"/{extra}/{source}/required")
        def required(named: Annotated[Named | None, marker()]):
            return named

    for extra in ("forbid", "allow", "ignore"):
        for source in ("query", "header", "cookie"):
            add(extra, source)
    return app


@case(
    get("/?one=1"),
    get("/?two=2"),
    get("/?two=2&one=1"),
    get("/?one=x"),
    get("/"),
    get("/", {"x-one": "1"}),
    get("/", {"cookie": "c-two=2"}),
    post("/", {"two": 2}),
    post("/", {"one": 1, "other": 2}),
    post("/", {}),
)
def choices_of_aliases() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        q: Annotated[int | None, Query(validation_alias=AliasChoices("one", "two"))] = None,
        h: Annotated[int | None, Header(validation_alias=AliasChoices("x-one", "x-two"))] = None,
        c: Annotated[int | None, Cookie(validation_alias=AliasChoices("c-one", "c-two"))] = None,
    ):
        return [q, h, c]

    @app.post("/")
    def write(
        a: Annotated[int, Body(validation_alias=AliasChoices("one", "two"))],
        b: Annotated[int, Body(validation_alias=AliasChoices("other"))] = 0,
    ):
        return [a, b]

    return app


@case(
    *[get(f"/?{query}") for query in ("", "n=1", "n=x", "many=1&many=x&many=y", "either=1", "either=x", "s=abc")],
    get("/strict?n=1"),
)
def options_of_validation() -> FastAPI:
    import re

    app = FastAPI()

    @app.get("/")
    def read(
        n: Annotated[int, Query(validate_default=True)] = "5",
        many: Annotated[list[int], Query(fail_fast=True)] = [],
        either: Annotated[int | str, Query(union_mode="left_to_right")] = 0,
        s: Annotated[str, Query(pattern=re.compile("^[a-z]+$"))] = "a",
    ):
        return [n, many, either, s]

    @app.get("/strict")
    def strict(n: Annotated[int, Query(strict=True)]):
        return n

    return app


@case(*[get("/limited") for _ in range(5)], concurrent=True)
def dependencies_with_a_limit() -> FastAPI:
    running = 0
    most = 0

    async def limited():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0)
        running -= 1
        return most

    app = FastAPI()

    @app.get("/limited")
    async def read(seen: Annotated[int, Depends(limited, max_concurrency=1)]):
        return seen

    return app


@case(get("/x"))
def clean_up_that_waits_is_not_cancelled(log) -> FastAPI:
    async def resource():
        try:
            yield
        finally:
            await anyio.sleep(0)
            log("cleaned up")

    app = FastAPI()

    @app.get("/x", dependencies=[Depends(resource)])
    async def read():
        with anyio.move_on_after(0):
            await anyio.sleep(1)
        return "x"

    return app


# -- Starlette ---------------------------------------------------------------------------------------------------------


@case(
    *[send("POST", path, content=b"x" * size) for path in ("/route", "/mount/x", "/free") for size in (5, 50)],
    send("POST", "/route", content=[b"x" * 6, b"x" * 6]),
)
def limits_of_starlette_routes() -> FastAPI:
    async def endpoint(request):
        return PlainTextResponse(str(len(await request.body())))

    app = FastAPI()
    app.router.routes.append(Route("/route", endpoint, methods=["POST"], max_body_size=10))
    app.router.routes.append(Mount("/mount", routes=[Route("/x", endpoint, methods=["POST"])], max_body_size=10))
    app.router.routes.append(Route("/free", endpoint, methods=["POST"]))
    return app


@case(get("/hints", scope={"extensions": {"http.response.early_hint": {}}}), get("/hints"))
def early_hints(log) -> FastAPI:
    app = FastAPI()

    @app.get("/hints")
    async def hints(request: Request):
        try:
            await request.send_early_hints(["</style.css>; rel=preload; as=style"])
        except Exception as exc:
            log(type(exc).__name__, str(exc))
        return "hints"

    return app


@case(get("/a/1"), get("/a/x"), get("/m/b"))
def what_starlette_puts_into_the_scope(log) -> FastAPI:
    class Look:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)
            route = scope.get("route")
            log(type(route).__name__, getattr(route, "path", None), scope.get("path_params"))

    async def endpoint(request):
        return PlainTextResponse("b")

    app = FastAPI(middleware=[Middleware(Look)])

    @app.get("/a/{n}")
    def a(n: int):
        return n

    app.router.routes.append(Mount("/m", routes=[Route("/b", endpoint)]))
    return app
