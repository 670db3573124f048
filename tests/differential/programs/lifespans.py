# mypy: ignore-errors
"""Lifespans and events: every form, state, routers, failures."""

from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request

from differential.cases import case, get


def add_state_route(app) -> None:
    @app.get("/state")
    def state(request: Request):
        return {name: getattr(request.state, name, None) for name in ("a", "b", "c")}

    @app.get("/change")
    def change(request: Request):
        request.state.a = "changed"
        request.state.b.append(1) if getattr(request.state, "b", None) is not None else None


STATE = [get("/state"), get("/change"), get("/state")]


@case(*STATE, lifespan=True)
def a_context_manager_with_state(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        log("starts", isinstance(app, FastAPI))
        yield {"a": 1, "b": []}
        log("stops")

    app = FastAPI(lifespan=lifespan)
    add_state_route(app)
    return app


@case(*STATE, lifespan=True)
def a_context_manager_without_state(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        app.state.ready = True
        yield
        log("ready was", app.state.ready)

    app = FastAPI(lifespan=lifespan)
    add_state_route(app)
    return app


@case(*STATE, lifespan=True)
def an_async_generator(log) -> FastAPI:
    async def lifespan(app):
        log("starts")
        yield {"a": 1}
        log("stops")

    app = FastAPI(lifespan=lifespan)
    add_state_route(app)
    return app


@case(*STATE, lifespan=True)
def a_generator(log) -> FastAPI:
    def lifespan(app):
        log("starts")
        yield {"a": 1}
        log("stops")

    app = FastAPI(lifespan=lifespan)
    add_state_route(app)
    return app


@case(*STATE, lifespan=True)
def events_of_every_form(log) -> FastAPI:
    app = FastAPI(on_startup=[lambda: log("given start")], on_shutdown=[lambda: log("given stop")])
    router = APIRouter(on_startup=[lambda: log("router start")])

    @app.on_event("startup")
    async def start():
        log("start")

    @app.on_event("startup")
    def second_start():
        log("second start")

    @app.on_event("shutdown")
    def stop():
        log("stop")

    @router.on_event("shutdown")
    async def router_stop():
        log("router stop")

    app.router.add_event_handler("startup", lambda: log("added"))
    app.include_router(router)
    add_state_route(app)
    return app


@case(*STATE, lifespan=True)
def a_lifespan_beside_events(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        log("lifespan starts")
        yield
        log("lifespan stops")

    app = FastAPI(lifespan=lifespan, on_startup=[lambda: log("never?")])

    @app.on_event("startup")
    def start():
        log("event start")

    add_state_route(app)
    return app


@case(*STATE, lifespan=True)
def lifespans_of_included_routers(log) -> FastAPI:
    def make(name, state):
        @asynccontextmanager
        async def lifespan(app):
            log(name, "starts", isinstance(app, FastAPI))
            yield state
            log(name, "stops")

        return lifespan

    app = FastAPI(lifespan=make("app", {"a": "app"}))
    outer = APIRouter(lifespan=make("outer", {"a": "outer", "b": ["outer"]}))
    inner = APIRouter(lifespan=make("inner", {"b": ["inner"], "c": "inner"}))
    other = APIRouter(lifespan=make("other", None))
    outer.include_router(inner)
    app.include_router(outer)
    app.include_router(other)
    add_state_route(app)
    return app


@case(get("/state"), lifespan=True)
def a_start_that_fails(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        log("starts")
        raise ValueError("at the start")
        yield

    app = FastAPI(lifespan=lifespan)
    add_state_route(app)
    return app


@case(get("/state"), lifespan=True)
def a_stop_that_fails(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        yield
        raise ValueError("at the stop")

    app = FastAPI(lifespan=lifespan)
    add_state_route(app)
    return app


@case(get("/state"), lifespan=True)
def an_event_that_fails(log) -> FastAPI:
    app = FastAPI()

    @app.on_event("startup")
    def start():
        raise ValueError("event")

    add_state_route(app)
    return app


@case(get("/sub/state"), get("/state"), lifespan=True)
def the_lifespan_of_a_mounted_app_does_not_run(log) -> FastAPI:
    def make(name):
        @asynccontextmanager
        async def lifespan(app):
            log(name, "starts")
            yield {"a": name}
            log(name, "stops")

        return lifespan

    app, sub = FastAPI(lifespan=make("app")), FastAPI(lifespan=make("sub"))
    add_state_route(app)
    add_state_route(sub)
    app.mount("/sub", sub)
    return app


@case(get("/a"), lifespan=True)
def routes_and_middleware_added_in_the_lifespan(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        @app.get("/a")
        def a():
            return "a"

        try:
            app.add_middleware(lambda app: app)
        except RuntimeError as exc:
            log(str(exc))
        yield

    return FastAPI(lifespan=lifespan)
