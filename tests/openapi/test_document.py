"""What documents say where no comparison can: warnings, errors, steps that programs call themselves."""

import copy
import warnings
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from vivace import APIRouter, Body, Vivace
from vivace.exceptions import FastAPIDeprecationWarning
from vivace.openapi import utils
from vivace.openapi._schemas import SchemaTable


class Item(BaseModel):
    name: str


def make_app() -> Vivace:
    app = Vivace()

    @app.post("/items/{item_id}", tags=["items"])
    def create_item(item_id: int, item: Item) -> Item:
        return item

    return app


def describe(app: Vivace) -> dict[str, Any]:
    return utils.get_openapi(title="T", version="1", routes=app.routes)


def test_an_operation_id_used_twice_is_warned_about_with_function_and_file() -> None:
    app = Vivace()

    @app.get("/a", operation_id="same")
    def first() -> None: ...

    @app.get("/b", operation_id="same")
    def second() -> None: ...

    with pytest.warns(UserWarning) as caught:
        describe(app)
    assert [str(warning.message) for warning in caught] == [
        f"Duplicate Operation ID same for function second at {__file__}"
    ]


def test_documents_share_nothing_with_each_other() -> None:
    app = make_app()
    first, expected = describe(app), copy.deepcopy(describe(app))
    schema = first["paths"]["/items/{item_id}"]["post"]["parameters"][0]["schema"]
    schema["title"] = "changed"
    first["components"]["schemas"]["Item"]["properties"].clear()
    first["components"]["schemas"]["ValidationError"]["properties"].clear()
    assert describe(app) == expected


def test_operations_share_no_schemas() -> None:
    app = Vivace()

    @app.get("/")
    def read(a: int | None = None, b: int | None = None) -> None: ...

    parameters = describe(app)["paths"]["/"]["get"]["parameters"]
    parameters[0]["schema"]["anyOf"].clear()
    assert parameters[1]["schema"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]


def test_what_users_give_is_copied_into_the_document() -> None:
    extra = {"x-list": [1]}
    app = Vivace()

    @app.get("/", openapi_extra=extra, responses={404: {"x": extra}})
    def read() -> None: ...

    operation = describe(app)["paths"]["/"]["get"]
    operation["x-list"].append(2)
    operation["responses"]["404"]["x"]["x-list"].append(3)
    assert extra == {"x-list": [1]}


def test_a_change_of_the_validation_error_definition_shows_in_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(utils.validation_error_definition, "description", "changed")
    assert describe(make_app())["components"]["schemas"]["ValidationError"]["description"] == "changed"


def test_a_schema_that_is_none_is_refused_with_its_place() -> None:
    class Wrong(BaseModel):
        model_config = {"json_schema_extra": {"examples": {"not": "a list"}}}

    app = Vivace()

    @app.post("/")
    def create(item: Wrong) -> None: ...

    with pytest.raises(ValidationError, match=r"components\.schemas\.Wrong\.Schema\.examples"):
        describe(app)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"contact": {"email": "bad"}}, r"info\.contact\.email"),
        ({"servers": [{"x": 1}]}, r"servers\.0\.url"),
        ({"tags": [{"name": 1}]}, r"tags\.0\.name"),
        ({"external_docs": {}, "license_info": {"url": "http://x"}}, r"info\.license\.name"),
    ],
)
def test_a_head_that_is_none_is_refused_with_its_place(options: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError, match=place):
        utils.get_openapi(title="T", version="1", routes=[], **options)


def test_a_webhook_that_is_none_is_refused() -> None:
    hooks = APIRouter()

    @hooks.post("event", openapi_extra={"parameters": "no list"})
    def event(q: int) -> None: ...

    with pytest.raises(ValidationError, match=r"webhooks\.event\.PathItem\.post\.parameters"):
        utils.get_openapi(title="T", version="1", routes=[], webhooks=hooks.routes)


def test_a_path_can_be_described_by_itself() -> None:
    app = make_app()
    route: Any = app.routes[-1]
    fields = utils.get_fields_from_routes([route])
    assert [(field.name, field.mode) for field in fields] == [
        ("item", "validation"),
        ("Response_create_item_items__item_id__post", "serialization"),
        ("item_id", "validation"),
    ]
    mapping = SchemaTable(fields).field_mapping()
    ids: set[str] = set()
    path, schemes, definitions = utils.get_openapi_path(
        route=route, operation_ids=ids, model_name_map={}, field_mapping=mapping
    )
    document = describe(app)
    assert path == document["paths"]["/items/{item_id}"]
    assert schemes == {}
    assert sorted(definitions) == ["HTTPValidationError", "ValidationError"]
    assert ids == {"create_item_items__item_id__post"}
    assert (
        utils.get_openapi_operation_request_body(
            body_field=route.body_field, model_name_map={}, field_mapping=mapping, separate_input_output_schemas=False
        )
        == path["post"]["requestBody"]
    )
    assert utils.get_openapi_operation_request_body(body_field=None, model_name_map={}, field_mapping=mapping) is None


def test_the_metadata_of_an_operation_can_be_had_by_itself() -> None:
    route: Any = make_app().routes[-1]
    assert utils.generate_operation_summary(route=route, method="post") == "Create Item"
    assert utils.get_openapi_operation_metadata(route=route, method="post", operation_ids=set()) == {
        "tags": ["items"],
        "summary": "Create Item",
        "operationId": "create_item_items__item_id__post",
    }


def test_making_an_operation_id_by_hand_is_deprecated() -> None:
    route: Any = make_app().routes[-1]
    with pytest.warns(FastAPIDeprecationWarning, match="generate_operation_id"):
        assert utils.generate_operation_id(route=route, method="POST") == "create_item_items__item_id__post"
    route.operation_id = "mine"
    with pytest.warns(FastAPIDeprecationWarning):
        assert utils.generate_operation_id(route=route, method="POST") == "mine"


def test_a_route_without_methods_cannot_be_described() -> None:
    route: Any = make_app().routes[-1]
    route.methods = None
    with pytest.raises(AssertionError, match="has no methods"):
        utils.get_openapi_path(route=route, operation_ids=set(), model_name_map={}, field_mapping={})


def test_routes_that_are_no_operations_are_passed_over() -> None:
    app = Vivace()
    app.mount("/sub", Vivace())
    app.add_route("/raw", lambda request: None)  # type: ignore[arg-type, return-value]  # never called
    assert describe(app) == {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}


def test_examples_are_shown_as_an_app_would_send_them() -> None:
    from decimal import Decimal

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FastAPIDeprecationWarning)
        body: Any = Body(example={"price": Decimal("1.5"), "none": None, "endless": float("inf")})
    app = Vivace()

    @app.post("/")
    def create(item: dict[str, Any] = body) -> None: ...

    content = describe(app)["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"] == {"price": 1.5}
