"""Programs about everything that is not parameters, bodies, responses or schemas: metadata, hooks, extensions."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel


class Tag(Enum):
    ONE = "one"
    NUMBER = 2


class Event(BaseModel):
    name: str


def info(fw: Any) -> Any:
    return fw.FastAPI(
        title="T",
        description="D\fx",
        version="9",
        summary="S",
        terms_of_service="http://x",
        contact={"name": "n", "url": "http://x.com", "email": "A@EXAMPLE.com", "x-q": None},
        license_info={"name": "l", "identifier": "MIT"},
        openapi_tags=[{"name": "t", "description": None, "externalDocs": {"url": "http://a.b", "x": None}, "z": 1}],
        servers=[
            {"url": "/api"},
            {"url": "http://a.com", "description": "d", "variables": {"a": {"default": "x", "enum": ["x"]}}},
        ],
        openapi_external_docs={"url": "http://e.f"},
    )


def plain_head(fw: Any) -> Any:
    return fw.FastAPI(
        summary="",
        openapi_tags=[{"name": "t", "description": "d"}, {"name": "u"}],
        servers=[{"url": "/"}, {"url": "https://x.y", "description": "d"}],
    )


def another_version(fw: Any) -> Any:
    app = fw.FastAPI()
    app.openapi_version = "3.0.2"
    return app


def operations(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.get("/a", tags=["x", Tag.ONE, Tag.NUMBER], description="multi\n  l\n  x\fhidden", summary="")
    def tagged(): ...

    @app.get("/b", description="", deprecated=True, name="my_name-here")
    def documented():
        """Doc first.

            indented
        rest\fhidden"""

    @app.get("/c", deprecated=False, response_description="", tags=[])
    def leading():
        """

        Leading"""

    @app.get("/d", include_in_schema=False)
    def hidden(): ...

    @app.get("/e", operation_id="mine", summary="Short", description="Long")
    def named(): ...

    return app


def every_method(fw: Any) -> Any:
    app = fw.FastAPI()
    for method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):

        @getattr(app, method)("/")
        def operate(x: int, b: dict[str, int]): ...

        @getattr(app, method)("/body")
        def only_body(b: dict[str, int]): ...

    @app.api_route("/both", methods=["GET", "POST"], operation_id="same")
    def both(): ...

    return app


def routers(fw: Any) -> Any:
    app = fw.FastAPI()
    outer = fw.APIRouter(prefix="/outer", tags=["outer"], deprecated=True)
    inner = fw.APIRouter(prefix="/inner", tags=["inner"], generate_unique_id_function=lambda route: f"id-{route.name}")
    hidden = fw.APIRouter(include_in_schema=False)

    @inner.get("/a/{x}", tags=["route"])
    def first(x: int): ...

    @hidden.get("/z")
    def unseen(): ...

    @outer.get("/own")
    def own(): ...

    outer.include_router(inner, prefix="/again", tags=["included"])
    app.include_router(outer, tags=["app"], dependencies=[fw.Depends(lambda q: q)])
    app.include_router(hidden)
    app.mount("/sub", fw.FastAPI())

    return app


def callbacks(fw: Any) -> Any:
    app = fw.FastAPI()
    router = fw.APIRouter()

    @router.post("/hidden", include_in_schema=False, responses={500: {"model": Event}})
    def unseen(p: int): ...

    @router.post("{$callback_url}/done/{x}", responses={500: {"model": Event}}, callbacks=None)
    def done(x: int, p: int, event: Event) -> Event: ...

    @app.post("/", callbacks=router.routes)
    def create(callback_url: str): ...

    @app.get("/none", callbacks=[])
    def none(): ...

    return app


def webhooks(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.webhooks.post("new-event", tags=["hooks"])
    def new_event(event: Event, q: Annotated[int, fw.Query(le=3)]):
        "Sent for each event."

    @app.webhooks.get("new-event")
    def polled() -> Event: ...

    @app.webhooks.post("hidden", include_in_schema=False)
    def hidden(): ...

    extra = {"deprecated": "yes", "x": None, "parameters": [{"name": "z", "in": "query", "schema": {"maximum": 5}}]}

    @app.webhooks.post("extended", openapi_extra=extra)
    def extended(q: int): ...

    return app


def only_webhooks(fw: Any) -> Any:
    app = fw.FastAPI(webhooks=fw.APIRouter())

    @app.webhooks.post("hidden", include_in_schema=False)
    def hidden(): ...

    return app


def extended_operations(fw: Any) -> Any:
    app = fw.FastAPI()
    merged = {
        "x-a": None,
        "parameters": [{"name": "z", "in": "query", "schema": {"type": "integer", "maximum": 5}}],
        "deprecated": "yes",
        "tags": ["k", Tag.ONE],
        "responses": {"200": {"description": "zzz", "x": None}},
    }

    @app.get("/merged", openapi_extra=merged, tags=["a"])
    def merge(q: int): ...

    @app.get("/wrong", openapi_extra={"parameters": "wrong", "deprecated": "yes", "x-n": None, "x": {"n": None}})
    def wrong(q: int, r: None | int = None): ...

    body = {
        "requestBody": {
            "content": {
                "application/json": {"schema": {"title": "ZZ"}},
                "application/x-yaml": {"schema": {"type": "object"}},
            },
            "required": False,
        },
        "summary": "S2",
        "servers": [{"url": "http://a.com"}],
        "externalDocs": {"url": "http://b.com"},
    }

    taken_away = {"requestBody": None, "operationId": None, "responses": {"200": {"content": None}, "422": None}}

    @app.post("/taken", openapi_extra={**taken_away, "x": {"kept": 1, "gone": None}, "servers": None})
    def taken(q: dict[str, int]): ...

    @app.post("/body", openapi_extra=body, summary="S1")
    def with_body(q: dict[str, int]): ...

    return app
