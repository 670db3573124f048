"""What programs take from, or put into, modules of the reference that only import it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from vivace import Vivace, applications
from vivace._borrowed import borrowed_names
from vivace.openapi import docs, utils
from vivace.testclient import TestClient

# As programs are seen to import them.
NAMES = {
    "applications": "BaseHTTPMiddleware Default Depends HTMLResponse JSONResponse Lifespan Request Response Starlette "
    "TelemetryConfig generate_unique_id get_openapi get_redoc_html get_swagger_ui_html routing",
    "openapi.utils": "Dependant METHODS_WITH_BODY OpenAPI REF_PREFIX deep_dict_update get_flat_params "
    "jsonable_encoder routing",
    "routing": "ASGIApp AsyncExitStack DecoratedCallable Default Dependant HTTPException IncEx JSONResponse Lifespan "
    "Match ModelField NoMatchFound Request RequestValidationError Response Scope URLPath WebSocket compile_path "
    "create_model_field generate_unique_id get_dependant get_name get_route_path get_telemetry_data "
    "is_async_callable jsonable_encoder "
    "params run_in_threadpool",
}


@pytest.mark.parametrize("module", NAMES)
def test_names_that_a_module_only_imports_are_those_of_the_reference(module: str) -> None:
    theirs, ours = (importlib.import_module(f"{package}.{module}") for package in ("fastapi", "vivace"))
    for name in NAMES[module].split():
        expected, found = getattr(theirs, name), getattr(ours, name)
        is_theirs = getattr(expected, "__module__", getattr(expected, "__name__", "")).startswith("fastapi")
        assert is_theirs or found == expected, name
        assert (
            getattr(found, "__name__", name).rpartition(".")[2]
            == getattr(expected, "__name__", name).rpartition(".")[2]
        )


@pytest.mark.parametrize("module", NAMES)
def test_a_name_that_no_one_has_is_missing(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'vivace.{module}' has no attribute 'nothing'"):
        borrowed_names(f"vivace.{module}")("nothing")


def page_with_scripts_of_its_own(**arguments: Any) -> HTMLResponse:
    """As programs do it where the CDN cannot be reached: these arguments may not be given already."""
    return docs.get_swagger_ui_html(**arguments, swagger_js_url="/own.js", swagger_css_url="/own.css")


def test_a_page_is_made_by_the_function_that_is_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(Vivace())
    monkeypatch.setattr(applications, "get_swagger_ui_html", page_with_scripts_of_its_own)
    monkeypatch.setattr(applications, "get_redoc_html", lambda **given: HTMLResponse(" ".join(given)))
    monkeypatch.setattr(applications, "get_swagger_ui_oauth2_redirect_html", lambda: HTMLResponse("back"))

    assert 'src="/own.js"' in client.get("/docs").text
    assert client.get("/redoc").text == "openapi_url title"
    assert client.get("/docs/oauth2-redirect").text == "back"


def test_the_document_is_made_by_the_function_that_is_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "get_openapi", lambda **given: {"title": given["title"]}, raising=False)

    assert Vivace(title="T").openapi() == {"title": "T"}


def test_a_document_shows_the_definitions_of_errors_that_are_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "validation_error_definition", {"title": "Problem", "type": "object"})
    monkeypatch.setattr(utils, "validation_error_response_definition", {"title": "Problems", "type": "object"})
    app = Vivace()

    @app.get("/{number}")
    def read(number: int) -> None: ...

    assert app.openapi()["components"]["schemas"] == {
        "ValidationError": {"title": "Problem", "type": "object"},
        "HTTPValidationError": {"title": "Problems", "type": "object"},
    }
