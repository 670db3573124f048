"""Programs about JSON bodies."""
# mypy: ignore-errors
# ruff: noqa: B006  a mutable default is shown in the document, and copied for each request
# Programs as users write them: what they lack in types is part of what they test.

from typing import Annotated, Any

from pydantic import BaseModel, Field


class Item(BaseModel):
    """An item."""

    b_b: int = Field(2, description="inner")
    made: dict[str, int] | None = Field(default_factory=dict)


class Other(BaseModel):
    model_config = {"title": "Named otherwise"}

    b: int


def one_body(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def required(item: Item): ...

    @app.post("/b")
    def optional(item: Item | None = None): ...

    @app.post("/c")
    def nullable(item: Item | None): ...

    @app.post("/d")
    def with_default(item: Item = Item(b_b=3)): ...

    @app.post("/e")
    def with_factory(item: Item = fw.Body(default_factory=Item)): ...

    @app.post("/f")
    def mapped(items: dict[str, Item] = {"a": Item(b_b=3)}): ...

    @app.post("/g")
    def scalar(number: Annotated[int, fw.Body(gt=0)]): ...

    @app.post("/h")
    def several(items: list[Item]): ...

    @app.post("/i")
    def anything(item: Any = fw.Body(None)): ...

    @app.post("/j")
    def aliased(item: dict[str, Item] = fw.Body(alias="bb-cc_dd")): ...

    @app.post("/l")
    def validated(item: list[int] = fw.Body(alias="other", validation_alias="v_a")): ...

    @app.post("/k")
    def data(data: bytes = fw.Body()) -> bytes: ...

    return app


def described(fw: Any) -> Any:
    app = fw.FastAPI()
    options = {"title": "hey there", "description": "ds", "deprecated": True}

    @app.post("/a")
    def reference(item: Annotated[Item, fw.Body(**options)]): ...

    @app.post("/b")
    def union(item: Annotated[Item | Other, fw.Body(title="hey there")]): ...

    @app.post("/c")
    def examples(
        item: Annotated[
            dict[str, int | None],
            fw.Body(openapi_examples={"a": {"value": {"q": None}}}, examples=[{"c": 1}, {"n": None}]),
        ] = {"z": None},
    ): ...

    @app.post("/d")
    def media_type(item: Annotated[dict[str, int], fw.Body(media_type="application/x")]): ...

    @app.post("/e")
    def same_as_the_model(item: Annotated[Item, fw.Body(title="Item", description="An item.")]): ...

    @app.post("/f")
    def extended(item: Annotated[Item, fw.Body(json_schema_extra={"x": 1, "n": None})]): ...

    return app


def embedded(fw: Any) -> Any:
    app = fw.FastAPI()

    def dependency(inner: Annotated[Other, fw.Body(embed=True)]): ...

    @app.post("/a")
    def two(item: Item, other: Other): ...

    @app.post("/b")
    def embed(item: Annotated[Item, fw.Body(embed=True, title="hey there", description="ds")]): ...

    @app.post("/c")
    def optional(item: Item | None = None, other: Annotated[Other | None, fw.Body(title="T")] = None): ...

    @app.post("/d")
    def across(item: Item, inner: Any = fw.Depends(dependency)): ...

    @app.post("/e")
    def mixed(item: Item, number: Annotated[int, fw.Body(alias="n", ge=1, examples=[3])] = 1): ...

    @app.post("/f")
    def defaults(item: Item = fw.Body(Item(b_b=4)), other: list[Other] = fw.Body(default_factory=list)): ...

    return app
