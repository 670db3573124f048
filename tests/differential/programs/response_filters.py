# mypy: ignore-errors
"""What `response_model_include` and its kin leave of an answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from differential.cases import case, get


class Public(BaseModel):
    name: str
    note: str | None = None
    tags: list[str] = []


class Private(Public):
    password: str = "secret"


class Owner(BaseModel):
    owner: Public
    others: list[Public] = []


FILTERS: dict[str, dict[str, Any]] = {
    "unset": {"response_model_exclude_unset": True},
    "defaults": {"response_model_exclude_defaults": True},
    "none": {"response_model_exclude_none": True},
    "include": {"response_model_include": {"name", "note"}},
    "include-list": {"response_model_include": ["name"]},
    "exclude": {"response_model_exclude": {"note"}},
    "exclude-nested": {"response_model_exclude": {"owner": {"note"}, "others": {"__all__": {"tags"}}}},
    "include-nested": {"response_model_include": {"owner": {"name"}, "others": {0: {"name"}}}},
    "names": {"response_model_by_alias": False},
    "both": {"response_model_include": {"name", "note"}, "response_model_exclude": {"note"}},
    "all": {
        "response_model_exclude_unset": True,
        "response_model_exclude_none": True,
        "response_model_exclude": {"tags"},
    },
}


def filtered(model: Any, value: Any, **options: Any) -> FastAPI:
    app = FastAPI()

    def declare(name: str, filters: dict[str, Any]) -> None:
        @app.get(f"/{name}", response_model=model, name=name, **filters, **options)
        def read():
            return value() if callable(value) else value

    for name, filters in FILTERS.items():
        declare(name, filters)
    return app


ALL_FILTERS = [get(f"/{name}") for name in FILTERS]


@case(*ALL_FILTERS)
def filters_on_a_model() -> FastAPI:
    return filtered(Public, Public(name="n"))


@case(*ALL_FILTERS)
def filters_on_a_dict_with_explicit_values() -> FastAPI:
    return filtered(Public, {"name": "n", "note": None, "tags": [], "more": 1})


@case(*ALL_FILTERS)
def filters_on_nested_models() -> FastAPI:
    return filtered(Owner, Owner(owner=Private(name="n"), others=[{"name": "x", "tags": ["t"]}, {"name": "y"}]))


@case(*ALL_FILTERS)
def filters_on_lists() -> FastAPI:
    return filtered(list[Public], [Public(name="n"), {"name": "m", "tags": ["a"]}])


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    name: str = Field(alias="theName")
    note: str | None = Field(None, serialization_alias="theNote")
    tags: list[str] = Field([], validation_alias="theTags")


@case(*ALL_FILTERS)
def filters_with_aliases() -> FastAPI:
    return filtered(Aliased, {"theName": "n", "theTags": ["t"]})


@case(*ALL_FILTERS)
def filters_with_a_response_class() -> FastAPI:
    return filtered(Aliased, lambda: Aliased(name="n"), response_class=JSONResponse)


@case(*ALL_FILTERS)
def filters_without_a_model() -> FastAPI:
    return filtered(None, Public(name="n"))
