# mypy: ignore-errors
"""Options of the app, its attributes, and the documentation it serves."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from differential.cases import case, get, head, post

DOCS = [
    get("/openapi.json"),
    get("/docs", compares_body=False),
    get("/redoc", compares_body=False),
    get("/docs/oauth2-redirect", compares_body=False),
]


@case(
    *DOCS,
    head("/docs", compares_body=False),
    post("/openapi.json"),
    get("/docs/"),
    get("/docs", scope={"root_path": "/r"}, compares_body=False),
)
def the_documentation_by_default() -> FastAPI:
    return FastAPI()


@case(*DOCS, get("/api.json"), get("/d", compares_body=False), get("/r", compares_body=False))
def the_documentation_elsewhere() -> FastAPI:
    return FastAPI(openapi_url="/api.json", docs_url="/d", redoc_url="/r", swagger_ui_oauth2_redirect_url="/o")


@case(*DOCS)
def no_documentation_without_a_document() -> FastAPI:
    return FastAPI(openapi_url=None)


@case(*DOCS)
def no_pages() -> FastAPI:
    return FastAPI(docs_url=None, redoc_url=None)


@case(*DOCS)
def no_redirect_page() -> FastAPI:
    return FastAPI(swagger_ui_oauth2_redirect_url=None)


@case(get("/openapi.json"))
def all_metadata() -> FastAPI:
    app = FastAPI(
        title="T",
        summary="S",
        description="D **bold**",
        version="1.2.3",
        terms_of_service="https://example.com/terms",
        contact={"name": "N", "url": "https://example.com", "email": "n@example.com"},
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_tags=[{"name": "a", "description": "A", "externalDocs": {"url": "https://example.com"}}, {"name": "b"}],
        servers=[
            {"url": "https://{stage}.example.com", "variables": {"stage": {"default": "eu", "enum": ["eu", "us"]}}}
        ],
        openapi_external_docs={"description": "more", "url": "https://example.com/more"},
    )

    @app.get("/x", tags=["a"])
    def x():
        return "x"

    return app


@case(get("/openapi.json"))
def another_openapi_version() -> FastAPI:
    app = FastAPI()
    app.openapi_version = "3.0.2"
    return app


@case(get("/openapi.json"), get("/openapi.json"))
def a_custom_openapi_function() -> FastAPI:
    from fastapi.openapi.utils import get_openapi

    app = FastAPI()

    @app.get("/x")
    def x():
        return "x"

    def custom():
        if not app.openapi_schema:
            app.openapi_schema = get_openapi(title="Mine", version="9", summary="s", routes=app.routes)
            app.openapi_schema["info"]["x-logo"] = {"url": "u"}
        return app.openapi_schema

    app.openapi = custom
    return app


@case()
def attributes(log) -> None:
    app = FastAPI()
    log(
        app.title,
        app.version,
        app.openapi_version,
        app.openapi_schema,
        app.docs_url,
        app.redoc_url,
        app.debug,
    )
    log(app.root_path, app.description, app.summary, app.servers, app.openapi_tags, app.dependency_overrides)
    log(
        app.user_middleware,
        app.middleware_stack,
        vars(app.state),
        type(app.router).__name__,
        app.router.redirect_slashes,
    )
    log([(route.path, route.name, sorted(route.methods), route.include_in_schema) for route in app.routes])
    app.state.x = 5
    log(app.state.x)
    log(app.openapi() is app.openapi(), app.openapi_schema is app.openapi())


@case(error_text="")
def an_unknown_option_is_refused():
    FastAPI(nothing=1)


@case(error_text="A title must be provided")
def a_title_is_needed_for_the_document():
    FastAPI(title="")


@case(error_text="A version must be provided")
def a_version_is_needed_for_the_document():
    FastAPI(version="")


@case(
    get("/boom", {"accept": "text/html"}, compares_body=False),
    get("/boom", {"accept": "text/plain"}, compares_body=False),
    get("/http"),
    get("/?n=x"),
)
def the_debug_page() -> FastAPI:
    from fastapi import HTTPException

    app = FastAPI(debug=True)

    @app.get("/boom")
    def boom():
        raise ValueError("boom")

    @app.get("/http")
    def http():
        raise HTTPException(400, "http")

    @app.get("/")
    def read(n: int):
        return n

    return app


@case(get("/on"), get("/state"))
def state_is_shared() -> FastAPI:
    app = FastAPI()
    app.state.count = 0

    @app.get("/on")
    def on(request: Request):
        request.app.state.count += 1
        request.state.mine = 1
        return request.app.state.count

    @app.get("/state")
    def state(request: Request):
        return [request.app.state.count, hasattr(request.state, "mine")]

    return app


class Event(BaseModel):
    id: int
    at: str


@case(get("/openapi.json"))
def webhooks() -> FastAPI:
    hooks = APIRouter()

    @hooks.post("from-router")
    def from_router(body: Event):
        """From a router."""

    app = FastAPI(webhooks=hooks)

    @app.webhooks.post("new-event", tags=["hooks"], summary="New")
    def new_event(body: Event) -> Event:
        """An event came."""

    @app.webhooks.get("queried")
    def queried(q: int = 1):
        pass

    return app


@case(get("/x"), get("/openapi.json"))
def callbacks() -> FastAPI:
    router = APIRouter()

    @router.post("{$callback_url}/events/{$request.body.id}", response_model=Event)
    def event_callback(body: Event):
        """Called back."""

    app = FastAPI()

    @app.post("/x", callbacks=router.routes)
    def create(event: Event, callback_url: str | None = None):
        return event

    return app


@case(get("/x"), get("/y"), get("/z"))
def a_subclass_of_the_app() -> FastAPI:
    class App(FastAPI):
        def openapi(self):
            return {**super().openapi(), "x-sub": True}

        async def __call__(self, scope, receive, send):
            if scope["path"] == "/z":
                await PlainTextResponse("short cut")(scope, receive, send)
                return
            await super().__call__(scope, receive, send)

    app = App(title="Sub")

    @app.get("/x")
    def x():
        return "x"

    return app
