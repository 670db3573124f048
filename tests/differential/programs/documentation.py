# mypy: ignore-errors
"""The functions behind the documentation pages and the document, as programs call them."""

import json

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.openapi.docs import (
    get_redoc_html,
    get_swagger_ui_html,
    get_swagger_ui_oauth2_redirect_html,
    swagger_ui_default_parameters,
)
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from differential.cases import case, get


def facts(response) -> list[object]:
    """Reduce a page to what a program gave it: Vivace's page is its own."""
    text = response.body.decode()
    given = "TITLE /my-openapi.json my.js my.css my.ico myClient deepLinking my-redirect monokai".split()
    return [response.status_code, response.headers["content-type"], [name for name in given if name in text]]


@case()
def pages(log) -> None:
    log(type(get_swagger_ui_html(openapi_url="/o", title="t")) is HTMLResponse, sorted(swagger_ui_default_parameters))
    log(facts(get_swagger_ui_html(openapi_url="/my-openapi.json", title="TITLE")))
    log(
        facts(
            get_swagger_ui_html(
                openapi_url="/my-openapi.json",
                title="TITLE",
                swagger_js_url="/static/my.js",
                swagger_css_url="/static/my.css",
                swagger_favicon_url="/my.ico",
                oauth2_redirect_url="/my-redirect",
                init_oauth={"clientId": "myClient"},
                swagger_ui_parameters={"deepLinking": False, "syntaxHighlight": {"theme": "monokai"}},
            )
        )
    )
    own = {"redoc_js_url": "/my.js", "redoc_favicon_url": "/my.ico"}
    log(facts(get_redoc_html(openapi_url="/my-openapi.json", title="TITLE", **own)))
    log(facts(get_redoc_html(openapi_url="/my-openapi.json", title="TITLE", with_google_fonts=False)))
    log(facts(get_swagger_ui_oauth2_redirect_html()))


@case(get("/mine"), get("/mine-redoc"), get("/docs"))
def own_pages() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, swagger_ui_parameters={"deepLinking": False})

    @app.get("/mine", include_in_schema=False)
    async def mine():
        options = {"title": app.title + " TITLE", "oauth2_redirect_url": app.swagger_ui_oauth2_redirect_url}
        return facts(get_swagger_ui_html(openapi_url=app.openapi_url, **options))

    @app.get("/mine-redoc", include_in_schema=False)
    async def mine_redoc():
        return facts(get_redoc_html(openapi_url=app.openapi_url, title="TITLE"))

    return app


class Model(BaseModel):
    a: int


def some_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/r", tags=["r"])

    @app.get("/x")
    def x(q: int = Query(1)) -> Model:
        return Model(a=q)

    @router.post("/y")
    def y(body: Model):
        return body

    app.include_router(router)
    return app


@case()
def documents_by_hand(log) -> None:
    app = some_app()
    document = get_openapi(
        title="T",
        version="1",
        openapi_version="3.0.2",
        summary="S",
        description="D",
        routes=app.routes,
        tags=[{"name": "r", "description": "R"}],
        servers=[{"url": "/v1"}],
        terms_of_service="https://example.com",
        contact={"name": "n"},
        license_info={"name": "l"},
        external_docs={"url": "https://example.com/docs"},
    )
    log(json.dumps(document, sort_keys=True))
    log(json.dumps(get_openapi(title="T", version="1", routes=app.routes[-1:]), sort_keys=True))
    together = get_openapi(title="T", version="1", routes=app.routes, separate_input_output_schemas=False)
    log(sorted(together["components"]["schemas"]))
    log(get_openapi(title="T", version="1", routes=app.routes, webhooks=app.routes)["webhooks"].keys())


@case(get("/openapi.json"), get("/add"), get("/openapi.json"), get("/reset"), get("/openapi.json"))
def the_document_follows_the_routes() -> FastAPI:
    app = some_app()

    @app.get("/add")
    def add():
        app.get("/added", name="added")(lambda: 1)
        return sorted(app.openapi()["paths"])

    @app.get("/reset")
    def reset():
        app.openapi_schema = None
        app.title = "Changed"
        app.description = "also"
        return dict(sorted(app.openapi()["info"].items()))

    return app


@case(get("/openapi.json"))
def a_document_changed_in_place() -> FastAPI:
    app = some_app()
    app.openapi()["info"]["x-changed"] = True
    app.openapi_schema["info"]["x-too"] = True
    return app


@case()
def parameters_of_dependencies_in_the_document(log) -> None:
    app = FastAPI(dependencies=[Depends(lambda app_q=1: app_q)])

    def shared(q: int, skip: int = 0):
        return q

    def nested(s=Depends(shared), skip: int = 5):
        return s

    @app.get("/x", dependencies=[Depends(shared)])
    def x(n=Depends(nested), q: str = "x", own: int = 0):
        return n

    log(json.dumps(app.openapi()["paths"]["/x"]["get"]["parameters"], sort_keys=True))
