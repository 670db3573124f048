"""The document and its pages as an app serves them, with no internet."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from starlette.routing import Route

from vivace import Vivace
from vivace.openapi import _assets
from vivace.openapi._assets import bundled_assets
from vivace.openapi._pages import docs_routes
from vivace.testclient import TestClient

INTERNET = re.compile(r'(?:src|href)="(?:https?:)?//')


def links(page: str) -> list[str]:
    """Return what a page loads."""
    return [unescape(link) for link in re.findall(r'(?:src|href)="([^"]*)"', page)]


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_assets, "PACKAGE", "no_such_package_of_assets")
    bundled_assets.cache_clear()
    yield
    bundled_assets.cache_clear()


def test_the_routes_have_the_names_and_paths_of_the_reference() -> None:
    routes = docs_routes(Vivace())
    assert [(route.path, route.name, route.include_in_schema) for route in routes] == [
        ("/openapi.json", "openapi", False),
        ("/docs", "swagger_ui_html", False),
        ("/docs/oauth2-redirect", "swagger_ui_redirect", False),
        ("/redoc", "redoc_html", False),
    ]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"openapi_url": None}, []),
        ({"openapi_url": ""}, []),
        ({"docs_url": None}, ["openapi", "redoc_html"]),
        ({"redoc_url": None}, ["openapi", "swagger_ui_html", "swagger_ui_redirect"]),
        ({"swagger_ui_oauth2_redirect_url": None}, ["openapi", "swagger_ui_html", "redoc_html"]),
    ],
)
def test_a_page_without_a_url_is_not_served(options: Any, names: list[str]) -> None:
    assert [route.name for route in Vivace(**options).routes if isinstance(route, Route)] == names


@pytest.mark.parametrize("page_url", ["/docs", "/redoc"])
@pytest.mark.parametrize("root_path", ["", "/behind/a/proxy"])
def test_a_page_loads_all_it_needs_from_the_app(page_url: str, root_path: str) -> None:
    client = TestClient(Vivace(), root_path=root_path)
    page = client.get(page_url).text
    assert not INTERNET.search(page)
    found = links(page)
    assert len(found) in (2, 3)
    for link in found:
        assert link.startswith(f"{root_path}{page_url}?asset=")
        answer = client.get(link.removeprefix(root_path))
        assert answer.status_code == 200
        assert len(answer.content) > 500
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_mounted_app_serves_its_assets() -> None:
    app = Vivace()
    app.mount("/sub", Vivace())
    client = TestClient(app)
    for link in links(client.get("/sub/docs").text):
        assert link.startswith("/sub/docs?asset=")
        assert client.get(link).status_code == 200


def test_assets_have_their_media_types() -> None:
    client = TestClient(Vivace())
    types = [client.get(link).headers["content-type"] for link in links(client.get("/docs").text)]
    assert sorted(types) == ["image/png", "text/css; charset=utf-8", "text/javascript; charset=utf-8"]


def test_an_asset_that_the_client_has_is_not_sent_again() -> None:
    client = TestClient(Vivace())
    link = links(client.get("/redoc").text)[-1]
    etag = client.get(link).headers["etag"]
    answer = client.get(link, headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert answer.content == b""


def test_an_asset_that_does_not_exist_is_not_found() -> None:
    client = TestClient(Vivace())
    assert client.get("/docs?asset=../../secret").status_code == 404
    assert client.get("/redoc?asset=").status_code == 404


def test_the_script_of_redoc_asks_nobody_for_its_logo() -> None:
    client = TestClient(Vivace())
    script = client.get(links(client.get("/redoc").text)[-1]).content
    assert b"cdn.redoc.ly" not in script
    assert b"data:image/svg+xml;base64," in script


def test_the_swagger_page_does_not_have_the_document_validated_by_others() -> None:
    assert '"validatorUrl": null,' in TestClient(Vivace()).get("/docs").text
    app = Vivace(swagger_ui_parameters={"validatorUrl": "https://mine"})
    assert '"validatorUrl": "https://mine",' in TestClient(app).get("/docs").text


def test_pages_load_from_the_cdn_when_told_to() -> None:
    client = TestClient(Vivace(docs_assets="cdn"))
    assert "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js" in client.get("/docs").text
    assert "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js" in client.get("/redoc").text
    assert "<html" in client.get("/docs?asset=x").text


@pytest.mark.usefixtures("without_package")
def test_pages_load_from_the_cdn_when_the_package_is_missing() -> None:
    client = TestClient(Vivace())
    assert "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/" in client.get("/docs").text
    assert "https://cdn.jsdelivr.net/npm/redoc@2/" in client.get("/redoc").text


def test_the_pages_say_where_the_document_is() -> None:
    client = TestClient(Vivace(title="My API", swagger_ui_init_oauth={"clientId": "me"}), root_path="/api/")
    page = client.get("/docs").text
    assert "<title>My API - Swagger UI</title>" in page
    assert "url: '/api/openapi.json'," in page
    assert "oauth2RedirectUrl: window.location.origin + '/api/docs/oauth2-redirect'" in page
    assert 'ui.initOAuth({"clientId": "me"})' in page
    assert '<redoc spec-url="/api/openapi.json">' in client.get("/redoc").text
    assert "swaggerUIRedirectOauth2" in client.get("/docs/oauth2-redirect").text


def test_the_document_is_sent_as_compact_json() -> None:
    answer = TestClient(Vivace(title="Ünï")).get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == '{"openapi":"3.1.0","info":{"title":"Ünï","version":"0.1.0"},"paths":{}}'


def test_the_root_path_comes_first_among_the_servers() -> None:
    app = Vivace(servers=[{"url": "/x"}])
    client = TestClient(app, root_path="/rp")
    for _ in range(2):
        assert client.get("/openapi.json").json()["servers"] == [{"url": "/rp"}, {"url": "/x"}]
    assert TestClient(app).get("/openapi.json").json()["servers"] == [{"url": "/x"}]
    assert app.openapi()["servers"] == [{"url": "/x"}]


def test_a_root_path_among_the_servers_is_not_repeated() -> None:
    client = TestClient(Vivace(servers=[{"url": "/x"}, {"url": "/rp"}]), root_path="/rp")
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/x"}, {"url": "/rp"}]


def test_the_root_path_stays_out_of_the_servers_when_told_to() -> None:
    client = TestClient(Vivace(root_path_in_servers=False), root_path="/rp")
    assert "servers" not in client.get("/openapi.json").json()


def test_a_document_changed_in_place_is_sent_as_it_is() -> None:
    app = Vivace()
    client = TestClient(app)
    assert client.get("/openapi.json").json()["info"]["title"] == "FastAPI"
    app.openapi()["info"]["title"] = "changed"
    assert client.get("/openapi.json").json()["info"]["title"] == "changed"


def test_a_document_set_or_made_by_the_program_is_sent() -> None:
    app = Vivace()
    client = TestClient(app)
    app.openapi()
    app.openapi_schema = {"mine": 1}
    assert client.get("/openapi.json").json() == {"mine": 1}
    app.openapi = lambda: {"own": True}  # type: ignore[method-assign]  # as programs do
    assert client.get("/openapi.json").json() == {"own": True}


def test_a_route_added_later_shows_in_the_document() -> None:
    app = Vivace()
    client = TestClient(app)
    client.get("/openapi.json")
    app.get("/later")(lambda: None)
    assert list(client.get("/openapi.json").json()["paths"]) == ["/later"]


def test_head_requests_are_answered() -> None:
    client = TestClient(Vivace())
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert client.head(path).status_code == 200
    assert client.post("/docs").status_code == 405
