# mypy: ignore-errors
"""Declarations that say a thing twice, or say what has no meaning where it stands."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Security, WebSocket
from fastapi.routing import iter_route_contexts
from pydantic import Field

from differential.cases import case, get


@case(error_text="`Query` default value cannot be set in `Annotated` for 'p'")
def a_default_in_a_field_beside_the_marker_is_refused():
    @FastAPI().get("/")
    def read(p: Annotated[int, Field(default=3), Query()]): ...


@case(*[get(f"/{path}") for path in ("twice", "before", "router", "argument", "sub", "scopes", "yields")])
def what_is_called_for_its_effect_is_shared_whatever_it_says(log) -> FastAPI:
    def count():
        log("count")

    def open_():
        log("open")
        yield

    def sub(value=Depends(count, use_cache=False)): ...

    app = FastAPI()
    again = Depends(count, use_cache=False)
    router = APIRouter(dependencies=[again])
    app.get("/twice", dependencies=[again, again])(lambda: 1)
    app.get("/before", dependencies=[again, Depends(count)])(lambda: 1)
    router.get("/router", dependencies=[again])(lambda: 1)

    @router.get("/argument")
    def argument(value=again): ...

    app.get("/sub", dependencies=[Depends(sub), again, Depends(sub, use_cache=False)])(lambda: 1)
    app.get("/scopes", dependencies=[Security(count, scopes=["a"], use_cache=False), Depends(count)])(lambda: 1)
    app.get("/yields", dependencies=[Depends(open_, use_cache=False), Depends(open_)])(lambda: 1)
    app.include_router(router, dependencies=[again])
    return app


@case()
def a_document_that_was_put_there_is_made_again(log) -> FastAPI:
    app = FastAPI()
    for document in ({"put": "before"}, {"put": "after"}, {}, None):
        app.openapi_schema = document
        log(app.openapi())
    app.get("/added")(lambda: 1)
    log(app.openapi())
    return app


@case(openapi=False)
def methods_that_a_router_overrides_get_every_option(log) -> None:
    def tell(name, positional, named):
        values = {key: getattr(value, "value", value) for key, value in named.items() if not callable(value)}
        log(name, len(positional), *[f"{key}={values[key]!r}" for key in sorted(values) if "endpoint" not in key])

    class Telling(APIRouter):
        def api_route(self, *positional, **named):
            tell("api_route", positional, named)
            return super().api_route(*positional, **named)

        def add_api_route(self, *positional, **named):
            tell("add_api_route", positional, named)
            super().add_api_route(*positional, **named)

        def add_api_websocket_route(self, *positional, **named):
            tell("add_api_websocket_route", positional, named)
            super().add_api_websocket_route(*positional, **named)

        def include_router(self, *positional, **named):
            tell("include_router", positional, named)
            super().include_router(*positional, **named)

    async def greet(websocket: WebSocket): ...

    app, router = FastAPI(), Telling()
    router.api_route("/api-route", methods=["PUT"])(lambda: 1)
    router.add_api_route("/add", lambda: 1)
    app.router = router
    for declares in (router, app):
        declares.get("/get", tags=["t"])(lambda: 1)
        declares.websocket("/websocket")(greet)
        declares.include_router(APIRouter(), prefix="/p")


@case(openapi=False)
def contexts_of_routes_have_the_same_attributes(log) -> None:
    app, router = FastAPI(openapi_url=None), APIRouter(prefix="/r")

    async def greet(websocket: WebSocket): ...

    router.get("/get")(lambda: 1)
    router.websocket("/websocket")(greet)
    router.mount("/mount", FastAPI(), name="inner")
    router.add_route("/plain", lambda request: None)
    app.mount("/mount", FastAPI())
    app.host("host", FastAPI(), name="host")
    app.include_router(router)
    for context in iter_route_contexts(app.routes):
        kind = type(context.original_route).__name__
        log(kind, context.path, context.path_format, context.name, sorted(context.methods or ()))
        log(getattr(context.endpoint, "__name__", None), hasattr(context, "tags"))


@case(get("/"), get("/?q=x"))
def an_ellipsis_beside_a_factory_is_no_default() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[str, Query(default_factory=lambda: "made")] = ...):
        return repr(q)

    return app
