"""The routes under which an app serves its OpenAPI document and the pages that show it.

The one rule: what a page says is decided per request, from the app as it is then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vivace.openapi import docs
from vivace.openapi._assets import ASSET_QUERY, BundledAssets, bundled_assets
from vivace.openapi.docs import get_redoc_html, get_swagger_ui_html

__all__ = ["DocsAssets", "DocumentedApp", "PageMakers", "docs_routes"]

DocsAssets = Literal["bundled", "cdn"]
"""Where pages load their scripts from: the app itself, or a public CDN."""

# The name of an asset has the version of the package in it, so that what is cached never goes stale.
_FOR_EVER = "public, max-age=31536000, immutable"


class DocumentedApp(Protocol):
    """What is read from an app."""

    title: str
    openapi_url: str | None
    docs_url: str | None
    redoc_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    swagger_ui_parameters: dict[str, Any] | None
    root_path_in_servers: bool

    def openapi(self) -> dict[str, Any]:
        """Return the document."""


class PageMakers(Protocol):
    """Where the functions that make pages are looked up, at each request: programs put others in their place."""

    @property
    def get_swagger_ui_html(self) -> Callable[..., Response]:
        """Make the page of Swagger UI."""

    @property
    def get_redoc_html(self) -> Callable[..., Response]:
        """Make the page of ReDoc."""

    @property
    def get_swagger_ui_oauth2_redirect_html(self) -> Callable[..., Response]:
        """Make the page that Swagger UI comes back to after signing in."""


def docs_routes(app: DocumentedApp, *, assets: DocsAssets = "bundled", makers: PageMakers = docs) -> list[Route]:
    """Return the routes of the document and its pages; none without `openapi_url`, and none for a page without URL.

    Args:
        app: The app. It is read at each request, so that its attributes may be changed later.
        assets: "bundled" serves scripts from the installed package, under the URL of the page that uses them; if the
            package is missing, and with "cdn", pages load them from a public CDN.
        makers: Has the functions that make the pages. One that is not our own gets the reference's arguments alone:
            it says itself where its page loads scripts from.
    """
    if not app.openapi_url:
        return []
    pages = _Pages(app, assets, makers)
    routes = [_route(app.openapi_url, pages.document, "openapi")]
    if app.docs_url:
        routes.append(_route(app.docs_url, pages.swagger_ui, "swagger_ui_html"))
        if app.swagger_ui_oauth2_redirect_url:
            routes.append(_route(app.swagger_ui_oauth2_redirect_url, pages.oauth2_redirect, "swagger_ui_redirect"))
    if app.redoc_url:
        routes.append(_route(app.redoc_url, pages.redoc, "redoc_html"))
    return routes


def _route(path: str, endpoint: Callable[..., Any], name: str) -> Route:
    return Route(path, endpoint, name=name, include_in_schema=False)


def _root_path(request: Request) -> str:
    root_path: str = request.scope.get("root_path", "")
    return root_path.rstrip("/")


class _Pages:
    """The handlers."""

    def __init__(self, app: DocumentedApp, assets: DocsAssets, makers: PageMakers) -> None:
        self._app = app
        self._assets = assets
        self._makers = makers

    async def document(self, request: Request) -> Response:
        schema = self._app.openapi()
        root_path = _root_path(request)
        if root_path and self._app.root_path_in_servers:
            servers = schema.get("servers", [])
            if not any(server.get("url") == root_path for server in servers):
                schema = schema | {"servers": [{"url": root_path}, *servers]}
        # Encoded each time, since programs change the document in place; finding out whether they did takes about as
        # long. PERF: to_json takes a third of the time of json.dumps.
        return Response(to_json(schema), media_type="application/json")

    async def swagger_ui(self, request: Request) -> Response:
        app, root_path = self._app, _root_path(request)
        assets = self._bundled()
        if assets is not None and ASSET_QUERY in request.query_params:
            return await _serve(assets, request)
        redirect_url = app.swagger_ui_oauth2_redirect_url
        common: dict[str, Any] = {
            "openapi_url": f"{root_path}{app.openapi_url}",
            "title": f"{app.title} - Swagger UI",
            "oauth2_redirect_url": f"{root_path}{redirect_url}" if redirect_url else None,
            "init_oauth": app.swagger_ui_init_oauth,
        }
        make = self._makers.get_swagger_ui_html
        if assets is None or make is not get_swagger_ui_html:
            return make(**common, swagger_ui_parameters=app.swagger_ui_parameters)
        page_url = f"{root_path}{app.docs_url}"
        return make(
            **common,
            swagger_js_url=assets.swagger_js.url(page_url),
            swagger_css_url=assets.swagger_css.url(page_url),
            swagger_favicon_url=assets.favicon.url(page_url),
            # Swagger UI would have the document validated by a public website, and show its verdict.
            swagger_ui_parameters={"validatorUrl": None} | (app.swagger_ui_parameters or {}),
        )

    async def oauth2_redirect(self, request: Request) -> Response:
        return self._makers.get_swagger_ui_oauth2_redirect_html()

    async def redoc(self, request: Request) -> Response:
        app, root_path = self._app, _root_path(request)
        assets = self._bundled()
        if assets is not None and ASSET_QUERY in request.query_params:
            return await _serve(assets, request)
        openapi_url, title = f"{root_path}{app.openapi_url}", f"{app.title} - ReDoc"
        make = self._makers.get_redoc_html
        if assets is None or make is not get_redoc_html:
            return make(openapi_url=openapi_url, title=title)
        page_url = f"{root_path}{app.redoc_url}"
        return make(
            openapi_url=openapi_url,
            title=title,
            redoc_js_url=assets.redoc_js.url(page_url),
            redoc_favicon_url=assets.favicon.url(page_url),
            with_google_fonts=False,
        )

    def _bundled(self) -> BundledAssets | None:
        return bundled_assets() if self._assets == "bundled" else None


async def _serve(assets: BundledAssets, request: Request) -> Response:
    name = request.query_params[ASSET_QUERY]
    asset = assets.by_name().get(name)
    if asset is None:
        raise HTTPException(404)
    etag = f'"{name}"'
    headers = {"Cache-Control": _FOR_EVER, "ETag": etag}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    content = await run_in_threadpool(asset.read)
    return Response(content, media_type=asset.media_type, headers=headers)
