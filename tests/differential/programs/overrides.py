# mypy: ignore-errors
"""`dependency_overrides`: live, with another signature, in the middle of a request, under routers and mounts."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, Form, HTTPException, Query, Request
from pydantic import BaseModel

from differential.cases import case, form, get, post


def common(q: int = 0):
    return ["common", q]


def wrapper(c=Depends(common)):
    return ["wrapper", c]


def app_with_routes():
    app = FastAPI()
    router = APIRouter(prefix="/router")

    @app.get("/direct")
    async def direct(c: Annotated[Any, Depends(common)]):
        return c

    @app.get("/nested")
    def nested(w=Depends(wrapper), c=Depends(common)):
        return [w, c]

    @router.get("/decorated", dependencies=[Depends(common)])
    def decorated():
        return "decorated"

    @router.get("/direct")
    def in_router(c=Depends(common)):
        return c

    app.include_router(router)
    return app


ALL = [get("/direct?q=1"), get("/nested?q=1&k=v"), get("/router/decorated"), get("/router/direct?k=v")]


@case(*ALL)
def none_in_force() -> FastAPI:
    return app_with_routes()


@case(*ALL, *[get(exchange) for exchange in ("/direct?k=x", "/nested?k=x")])
def another_signature() -> FastAPI:
    app = app_with_routes()

    def other(k: Annotated[str, Query(min_length=1)], request: Request):
        return ["other", k, request.url.path]

    app.dependency_overrides[common] = other
    return app


@case(*ALL)
def no_parameters_and_async() -> FastAPI:
    app = app_with_routes()

    async def other():
        return "other"

    app.dependency_overrides = {common: other}
    return app


@case(*ALL)
def a_lambda_and_a_nested_override() -> FastAPI:
    app = app_with_routes()
    app.dependency_overrides[wrapper] = lambda: "no wrapper"
    app.dependency_overrides[common] = lambda q=5: ["lambda", q]
    return app


@case(*ALL)
def a_generator_with_dependencies_of_its_own(log) -> FastAPI:
    app = app_with_routes()

    async def base(k: str = "none"):
        log("base", k)
        yield k
        log("base out")

    def other(b=Depends(base)):
        log("other in")
        yield b
        log("other out")

    app.dependency_overrides[common] = other
    return app


@case(*ALL)
def one_that_raises() -> FastAPI:
    app = app_with_routes()

    def other():
        raise HTTPException(403, "overridden")

    app.dependency_overrides[common] = other
    return app


@case(get("/"), get("/on"), get("/"), get("/off"), get("/"), get("/clear"), get("/"))
def set_and_removed_between_requests() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(c=Depends(common)):
        return c

    @app.get("/on")
    def on():
        app.dependency_overrides[common] = lambda: "overridden"

    @app.get("/off")
    def off():
        del app.dependency_overrides[common]

    @app.get("/clear")
    def clear():
        app.dependency_overrides.clear()

    return app


@case(get("/"), get("/"))
def installed_by_an_earlier_dependency() -> FastAPI:
    app = FastAPI()

    def installs():
        app.dependency_overrides[common] = lambda z="mid": ["mid-request", z]

    def removes(c=Depends(common)):
        app.dependency_overrides.clear()
        return c

    @app.get("/")
    def read(i=Depends(installs), c=Depends(common), r=Depends(removes), again=Depends(common, use_cache=False)):
        return [c, r, again]

    return app


@case(post("/", {"a": 1}), post("/"), post("/", {"b": {"a": 1}}))
def an_override_that_reads_a_body() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(c=Depends(common)):
        return c

    def other(b: dict[str, Any]):
        return b

    app.dependency_overrides[common] = other
    return app


@case(get("/?q=x"), get("/?q=1"), get("/"))
def the_original_is_not_validated_when_overridden(log) -> FastAPI:
    app = FastAPI()

    def original(q: int):
        log("original")
        return q

    def replacement(q: str = "default"):
        log("replacement")
        return q

    @app.get("/")
    def read(c=Depends(original)):
        return c

    app.dependency_overrides[original] = replacement
    return app


@case(get("/"), get("/sub/"), get("/sub/own"))
def a_mounted_app_has_its_own() -> FastAPI:
    app, sub = FastAPI(), FastAPI()

    @app.get("/")
    def read(c=Depends(common)):
        return c

    @sub.get("/")
    def read_sub(c=Depends(common)):
        return c

    @sub.get("/own")
    def own(w=Depends(wrapper)):
        return w

    app.dependency_overrides[common] = lambda: "app's"
    sub.dependency_overrides[wrapper] = lambda: "sub's"
    app.mount("/sub", sub)
    return app


@case(get("/"), get("/?x=1"))
def a_class_an_instance_and_a_cached_one() -> FastAPI:
    app = FastAPI()

    class Settings:
        def __init__(self, x: int = 0):
            self.x = x

    class Fake:
        def __call__(self, x: int = 5):
            return self

        x = "fake"

    @app.get("/")
    def read(
        a: Annotated[Settings, Depends()], b: Annotated[Any, Depends(Settings)], c=Depends(Settings, use_cache=False)
    ):
        return [a.x, b.x, c.x, a is b]

    app.dependency_overrides[Settings] = Fake()
    return app


@case(get("/"))
def scope_is_kept(log) -> FastAPI:
    app = FastAPI()

    def original():
        yield "original"

    def other():
        log("in")
        yield "other"
        log("out")

    @app.get("/f")
    def unused():
        return "x"

    @app.get("/")
    def read(a=Depends(original, scope="function"), b=Depends(original)):
        return [a, b]

    app.dependency_overrides[original] = other
    return app


class Item(BaseModel):
    n: int


def nothing():
    return None


def whole(item: Item):
    return item


def embedded(item: Annotated[Item, Body(embed=True)]):
    return item


def in_form(item: Annotated[int, Form()]):
    return item


def whole_form(item: Annotated[Item, Form()]):
    return item


def never_replaced(item: Annotated[Item, Body(embed=True)]):
    return item


def several(number: Annotated[int, Body()], item=Depends(never_replaced)):
    return [number, item]


BODIES = [{"n": 1}, {"item": {"n": 1}}, {"item": 2}, 3, []]
READERS = [nothing, whole, embedded, in_form, whole_form]


@case(
    *[post(f"/{old}/{new}/", body) for old in range(5) for new in range(6) for body in BODIES],
    *[form(f"/{old}/{new}/", b"item=2&n=1") for old in range(5) for new in range(6)],
    openapi=False,
)
def other_bodies_than_the_route_has() -> FastAPI:
    outer = FastAPI()
    for number, old in enumerate(READERS):
        for other, new in enumerate([*READERS, several]):
            app = FastAPI(openapi_url=None)

            @app.post("/")
            def read(value: Annotated[Any, Depends(old)]):
                return [value]

            app.dependency_overrides[old] = new
            outer.mount(f"/{number}/{other}", app)
    return outer


@case(*[post("/", body) for body in BODIES], openapi=False)
def one_body_whole_and_embedded() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(first: Annotated[Any, Depends(whole)], second: Annotated[Any, Depends(embedded)]):
        return [first, second]

    return app
