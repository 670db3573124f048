# mypy: ignore-errors
"""Including routers: how every option of app, router, inclusion and route settles."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from differential.cases import case, get


class Message(BaseModel):
    message: str


class Other(BaseModel):
    other: int


def level(name: str):
    def dependency(x: Annotated[str | None, Header(alias=f"x-{name}")] = None):
        return x

    return Depends(dependency)


def responses(name: str) -> dict[int | str, Any]:
    return {
        400: {"description": f"400 by {name}", "model": Message},
        {"app": 401, "outer": 402, "inner": 403, "include": 404, "route": 405}[name]: {"description": f"own of {name}"},
        "4XX": {"description": f"range of {name}", "content": {f"text/{name}": {}}},
    }


def callbacks(name: str):
    router = APIRouter()

    @router.post(f"{{$callback_url}}/{name}", name=f"{name} callback")
    def called(body: Message):
        pass

    return router.routes


@case(get("/include/outer/inner/route"), get("/plain"))
def every_option_on_every_level() -> FastAPI:
    app = FastAPI(
        dependencies=[level("app")],
        responses=responses("app"),
        callbacks=callbacks("app"),
        default_response_class=PlainTextResponse,
        generate_unique_id_function=lambda route: f"app-{route.name}",
    )
    outer = APIRouter(
        prefix="/outer",
        tags=["outer", "shared"],
        dependencies=[level("outer")],
        responses=responses("outer"),
        callbacks=callbacks("outer"),
        default_response_class=HTMLResponse,
    )
    inner = APIRouter(prefix="/inner", tags=["inner"], dependencies=[level("inner")], responses=responses("inner"))

    @inner.get(
        "/route",
        tags=["route", "shared"],
        dependencies=[level("route")],
        responses=responses("route"),
        callbacks=callbacks("route"),
        summary="S",
        description="D",
        response_description="R",
        operation_id="fixed",
    )
    def read():
        return "x"

    @app.get("/plain", tags=["plain"])
    def plain():
        return "plain"

    outer.include_router(inner, tags=["include inner"])
    app.include_router(
        outer,
        prefix="/include",
        tags=["include"],
        dependencies=[level("include")],
        responses=responses("include"),
        deprecated=True,
    )
    return app


FLAGS = [(a, b, c) for a in (None, True, False) for b in (None, True, False) for c in (None, True, False)]


@case(get("/"))
def deprecation_of_every_combination() -> FastAPI:
    app = FastAPI()
    for number, (of_router, of_inclusion, of_route) in enumerate(FLAGS):
        router = APIRouter(prefix=f"/{number}", deprecated=of_router)

        def read():
            return "x"

        router.get("/x", deprecated=of_route, name=f"r{number}")(read)
        app.include_router(router, deprecated=of_inclusion)
    return app


@case(*[get(f"/{number}/x") for number in range(8)])
def inclusion_in_the_schema_of_every_combination() -> FastAPI:
    app = FastAPI()
    combinations = [(a, b, c) for a in (True, False) for b in (True, False) for c in (True, False)]
    for number, (of_router, of_inclusion, of_route) in enumerate(combinations):
        router = APIRouter(prefix=f"/{number}", include_in_schema=of_router)

        def read():
            return "x"

        router.get("/x", include_in_schema=of_route, name=f"r{number}")(read)
        app.include_router(router, include_in_schema=of_inclusion)
    return app


@case(get("/x"), get("/openapi.json"))
def an_app_hidden_or_deprecated_as_a_whole() -> FastAPI:
    app = FastAPI(deprecated=True)

    @app.get("/x")
    def read():
        return "x"

    @app.get("/hidden", include_in_schema=False)
    def hidden():
        return "x"

    return app


@case(get("/x"), get("/y"))
def an_app_left_out_of_its_schema() -> FastAPI:
    app = FastAPI(include_in_schema=False)
    router = APIRouter()

    @app.get("/x")
    def read():
        return "x"

    @router.get("/y", include_in_schema=True)
    def y():
        return "y"

    app.include_router(router)
    return app


@case(get("/a/x"), get("/b/x"), get("/b/c/x"), get("/x"))
def one_router_included_many_times() -> FastAPI:
    app = FastAPI()
    router, between = APIRouter(tags=["t"]), APIRouter(prefix="/c")

    @router.get("/x")
    def read() -> Message:
        return {"message": "x"}

    between.include_router(router)
    app.include_router(router, prefix="/a", tags=["a"])
    app.include_router(router, prefix="/b", responses={404: {"description": "b"}})
    app.include_router(between, prefix="/b")
    app.include_router(router)
    return app


@case(get("/a"), get("/n/b"), get("/n/c"), get("/added"), get("/router-openapi"))
def routes_added_after_inclusion() -> FastAPI:
    app = FastAPI()
    router, nested = APIRouter(), APIRouter(prefix="/n", tags=["nested"])
    app.include_router(router)
    router.include_router(nested)

    @router.get("/a")
    def a():
        return "a"

    @nested.get("/b")
    def b():
        return "b"

    late = APIRouter()

    @late.get("/c")
    def c():
        return "c"

    nested.include_router(late, tags=["late"])
    return app


UNIQUE = {
    "app": lambda route: f"app_{route.name}",
    "router": lambda route: f"router_{route.name}_{'-'.join(route.tags)}",
    "route": lambda route: f"route{route.path_format}",
}


@case(get("/a"))
def unique_ids() -> FastAPI:
    app = FastAPI(generate_unique_id_function=UNIQUE["app"])
    router = APIRouter(prefix="/r", tags=["t"], generate_unique_id_function=UNIQUE["router"])
    plain = APIRouter(prefix="/p")

    class Body(BaseModel):
        a: int

    class BodyOther(BaseModel):
        b: int

    @app.get("/a")
    def a():
        return "a"

    @router.post("/b")
    def b(one: Body, two: BodyOther):
        return one

    @router.post("/c", generate_unique_id_function=UNIQUE["route"])
    def c(one: Body, two: BodyOther):
        return one

    @plain.post("/d")
    def d(one: Body, two: BodyOther):
        return one

    app.include_router(router)
    app.include_router(plain)
    app.include_router(plain, prefix="/with", generate_unique_id_function=UNIQUE["route"])
    return app


@case(get("/x"))
def response_classes_by_inclusion() -> FastAPI:
    app = FastAPI()
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/x")
    def x():
        return "<x>"

    @router.get("/y", response_class=JSONResponse)
    def y():
        return "y"

    app.include_router(router, default_response_class=PlainTextResponse)
    return app


class Marked(APIRoute):
    pass


@case()
def what_routers_list(log) -> None:
    app = FastAPI(openapi_url=None)
    router = APIRouter(prefix="/p", route_class=Marked, tags=["t"])

    @router.get("/x", name="named", summary="s")
    def x():
        return "x"

    @app.get("/y")
    def y():
        return "y"

    for route in (router.routes[0], app.routes[0]):
        log(type(route).__name__, route.path, route.name, sorted(route.methods), route.tags, route.path_format)
        log(route.endpoint.__name__, route.unique_id, route.operation_id, route.status_code, route.include_in_schema)
        log(route.response_model, route.deprecated, route.summary, route.description, route.path_regex.pattern)
    log(repr(app.routes[0]).split("(")[0])


@case(error_text="")
def a_router_in_itself_is_refused():
    router = APIRouter()
    router.include_router(router)


@case(error_text="")
def a_cycle_of_routers_is_refused():
    one, two = APIRouter(prefix="/one"), APIRouter(prefix="/two")
    one.include_router(two)
    two.include_router(one)


@case(error_text="A path prefix must start with '/'")
def an_inclusion_prefix_without_a_slash_is_refused():
    FastAPI().include_router(APIRouter(), prefix="x")


@case(error_text="")
def an_inclusion_prefix_that_ends_with_a_slash_is_refused():
    FastAPI().include_router(APIRouter(), prefix="/x/")
