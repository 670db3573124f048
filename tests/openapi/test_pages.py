"""The documentation pages as HTML: what they contain, and that nothing given to them breaks out of its place."""

import inspect
import re

import fastapi.openapi.docs as reference
import pytest

from vivace.openapi import docs

NAMES = ["get_swagger_ui_html", "get_redoc_html", "get_swagger_ui_oauth2_redirect_html"]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_the_parameters_and_defaults_of_the_reference(name: str) -> None:
    def shape(function: object) -> list[tuple[str, object, object]]:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]

    assert shape(getattr(docs, name)) == shape(getattr(reference, name))


def test_the_default_parameters_of_swagger_ui_are_those_of_the_reference() -> None:
    assert docs.swagger_ui_default_parameters == reference.swagger_ui_default_parameters


def swagger(**options: object) -> str:
    page = docs.get_swagger_ui_html(**{"openapi_url": "/openapi.json", "title": "T", **options})  # type: ignore[arg-type]
    return bytes(page.body).decode()


def test_the_swagger_page_has_its_urls_title_and_options() -> None:
    page = swagger(oauth2_redirect_url="/back", swagger_ui_parameters={"deepLinking": False, "theme": {"a": "<b>"}})
    assert "<title>T</title>" in page
    assert "url: '/openapi.json'," in page
    assert 'src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"' in page
    assert 'href="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css"' in page
    assert '"dom_id": "#swagger-ui",' in page
    assert '"deepLinking": false,' in page
    assert '"theme": {"a": "\\u003cb\\u003e"},' in page
    assert "oauth2RedirectUrl: window.location.origin + '/back'" in page
    assert "SwaggerUIBundle.presets.apis" in page
    assert "initOAuth" not in page


def test_the_swagger_page_starts_oauth_when_told_to() -> None:
    assert 'ui.initOAuth({"clientId": "x", "n": null})' in swagger(init_oauth={"clientId": "x", "n": None})


def test_nothing_breaks_out_of_the_swagger_page() -> None:
    hostile = "</script><script>alert(1)</script>'\"&\\"
    page = swagger(
        openapi_url=hostile,
        title=hostile,
        swagger_js_url=hostile,
        swagger_css_url=hostile,
        swagger_favicon_url=hostile,
        oauth2_redirect_url=hostile,
        init_oauth={hostile: hostile},
        swagger_ui_parameters={hostile: hostile},
    )
    assert len(re.findall("<script", page)) == 2
    assert "alert(1)</script>" not in page
    assert "url: '\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\\u0027\"\\u0026\\\\'," in page


def redoc(**options: object) -> str:
    page = docs.get_redoc_html(**{"openapi_url": "/openapi.json", "title": "T", **options})  # type: ignore[arg-type]
    return bytes(page.body).decode()


def test_the_redoc_page_has_its_urls_and_title() -> None:
    page = redoc()
    assert "<title>T</title>" in page
    assert '<redoc spec-url="/openapi.json"></redoc>' in page
    assert 'src="https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js"' in page
    assert "fonts.googleapis.com" in page


def test_the_redoc_page_loads_no_fonts_when_told_not_to() -> None:
    assert "google" not in redoc(with_google_fonts=False)


def test_nothing_breaks_out_of_the_redoc_page() -> None:
    hostile = "\"></redoc><script>alert(1)</script>'&"
    page = redoc(openapi_url=hostile, title=hostile, redoc_js_url=hostile, redoc_favicon_url=hostile)
    assert len(re.findall("<script", page)) == 1


def test_the_redirect_page_speaks_to_the_window_that_opened_it() -> None:
    page = bytes(docs.get_swagger_ui_oauth2_redirect_html().body).decode()
    assert "window.opener.swaggerUIRedirectOauth2" in page
    assert "<title>Swagger UI: OAuth2 Redirect</title>" in page
