"""What the service says about itself."""

import re
from typing import Any

import httpx2
import pytest


@pytest.fixture
def document(client: httpx2.Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


def test_every_operation_has_a_known_tag_a_summary_and_a_description(document: dict[str, Any]) -> None:
    known = {tag["name"] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert set(operation["tags"]) <= known, (method, path)
            assert operation["summary"] and operation["description"], (method, path)


def test_the_document_lists_every_address(document: dict[str, Any]) -> None:
    operations = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert operations == {
        "GET /",
        "GET /airports",
        "GET /airports/nearest",
        "GET /airports/{code}",
        "GET /distances/{origin}/{destination}",
        "POST /watchlists",
        "GET /watchlists/{watchlist_id}",
        "PUT /watchlists/{watchlist_id}",
        "PATCH /watchlists/{watchlist_id}",
        "DELETE /watchlists/{watchlist_id}",
        "POST /token",
        "GET /account",
        "POST /imports",
        "GET /imports/{import_id}",
        "GET /imports/{import_id}/events",
        "POST /imports/{import_id}/cancellation",
    }


def test_the_limits_of_a_parameter_are_documented(document: dict[str, Any]) -> None:
    parameters = {item["name"]: item for item in document["paths"]["/airports"]["get"]["parameters"]}
    assert parameters["limit"]["schema"] == {
        "type": "integer",
        "maximum": 100,
        "minimum": 1,
        "default": 20,
        "title": "Limit",
        "description": "The size of a page.",
    }
    assert parameters["limit"]["description"] == "The size of a page."


def test_errors_are_documented_with_their_model(document: dict[str, Any]) -> None:
    responses = document["paths"]["/watchlists/{watchlist_id}"]["patch"]["responses"]
    assert set(responses) == {"200", "400", "403", "404", "422"}
    assert responses["404"] == {
        "description": "No watch-list has this id.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
    }


def test_what_needs_a_token_is_documented_with_its_scopes(document: dict[str, Any]) -> None:
    guarded = {
        f"{method.upper()} {path}": operation["security"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "security" in operation
    }
    assert guarded == {
        "GET /account": [{"OAuth2PasswordBearer": []}],
        "POST /imports": [{"OAuth2PasswordBearer": ["airports:write"]}],
        "POST /imports/{import_id}/cancellation": [{"OAuth2PasswordBearer": ["airports:write"]}],
    }
    flow = document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]
    assert (flow["tokenUrl"], set(flow["scopes"])) == ("token", {"airports:read", "airports:write"})


def test_the_hidden_field_is_in_no_schema(document: dict[str, Any]) -> None:
    assert "StoredWatchlist" not in document["components"]["schemas"]
    assert "edit_token_digest" not in str(document)


def test_a_body_has_named_examples(document: dict[str, Any]) -> None:
    content = document["paths"]["/watchlists"]["post"]["requestBody"]["content"]["application/json"]
    assert set(content["examples"]) == {"full", "empty"}


@pytest.mark.parametrize("name", ["full", "empty"])
def test_the_documented_examples_work(client: httpx2.Client, document: dict[str, Any], name: str) -> None:
    content = document["paths"]["/watchlists"]["post"]["requestBody"]["content"]["application/json"]
    assert client.post("/watchlists", json=content["examples"][name]["value"]).status_code == 201


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_documentation_can_be_read_in_a_browser_with_no_internet(client: httpx2.Client, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "/openapi.json" in response.text
    scripts_and_styles = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', response.text)
    assert scripts_and_styles
    for address in scripts_and_styles:
        assert address.startswith("/")
        assert client.get(address).status_code == 200
