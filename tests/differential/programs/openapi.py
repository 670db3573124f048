# mypy: ignore-errors
"""The OpenAPI document beyond what the other programs show: operations, schemas, names, input and output."""

from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Cookie, FastAPI, Header, Path, Query, Response
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from pydantic import BaseModel, Field

from differential.cases import case, get


class Kind(str, Enum):
    """What kind it is."""

    A = "a"


class Level(IntEnum):
    ONE = 1


class Inner(BaseModel):
    """An inner model.

    With two paragraphs.
    \f
    And a part that is cut.
    """

    a: int = Field(1, title="The A", description="d", examples=[1], gt=0)
    b: str | None = Field(None, max_length=5, deprecated=True)


class Defaulted(BaseModel):
    name: str
    note: str = "x"
    nested: "Defaulted | None" = None


@case(get("/a"))
def operations() -> FastAPI:
    app = FastAPI()

    @app.get("/a")
    def with_a_docstring():
        """First line.

        Second *paragraph*.

            indented
        \f
        Hidden.
        """

    @app.get(
        "/b",
        summary="S",
        description="D",
        tags=["t", Kind.A],
        deprecated=True,
        operation_id="op",
        response_description="R",
    )
    def described():
        """Not used."""

    @app.get("/c-d/{e_f}/{g:path}", name="a name")
    def camelCaseName_with_1(e_f: int, g: str):
        pass

    @app.get("/empty-summary", summary="", description="")
    def empty():
        """Docstring."""

    @app.get("/hidden", include_in_schema=False)
    def hidden():
        pass

    @app.put("/")
    @app.post("/x")
    def twice(a: Inner):
        pass

    return app


@case()
def parameters() -> FastAPI:
    app = FastAPI()

    class Params(BaseModel):
        page: int = Field(1, ge=1, description="which page")
        kind: Kind = Kind.A
        tags: list[str] = Field([], alias="tag")

    @app.get("/{p}")
    def read(
        p: Annotated[int, Path(description="P", ge=1, lt=10)],
        required: str,
        default: str = "d",
        nullable: int | None = None,
        kind: Kind = Kind.A,
        level: Level | None = None,
        many: Annotated[list[int], Query(min_length=1, description="M")] = [1],
        literal: Literal["x", "y"] = "x",
        old: Annotated[str | None, Query(deprecated=True, alias="o-l-d")] = None,
        examples: Annotated[str, Query(openapi_examples={"a": {"value": "x", "summary": "s"}}, examples=["e"])] = "e",
        extra: Annotated[str, Query(json_schema_extra={"x-a": 1, "example": "z"})] = "x",
        hidden: Annotated[str, Query(include_in_schema=False)] = "h",
        x_header: Annotated[str | None, Header()] = None,
        x_list: Annotated[list[str] | None, Header(description="L")] = None,
        raw_header: Annotated[str, Header(convert_underscores=False)] = "r",
        cookie: Annotated[str | None, Cookie(title="C")] = None,
        when: datetime | None = None,
        union: int | str = 5,
        number: Annotated[float, Query(gt=0.5, le=2, multiple_of=0.5)] = 1,
        text: Annotated[str, Query(min_length=1, max_length=3, pattern="^a")] = "a",
        decimal: Annotated[Decimal, Query(max_digits=4, decimal_places=2)] = Decimal("1.5"),
    ):
        pass

    @app.get("/model/x")
    def of_model(
        params: Annotated[Params, Query()], headers: Annotated[Inner, Header()], cookies: Annotated[Inner, Cookie()]
    ):
        pass

    return app


@case()
def responses() -> FastAPI:
    app = FastAPI(responses={500: {"description": "broken"}})

    class Png(Response):
        media_type = "image/png"

    class Xml(JSONResponse):
        media_type = "application/xml"

    for kind in (
        HTMLResponse,
        PlainTextResponse,
        Response,
        Png,
        Xml,
        RedirectResponse,
        FileResponse,
        StreamingResponse,
    ):
        app.get(f"/{kind.__name__}", response_class=kind, name=kind.__name__)(lambda: None)
        app.get(f"/model/{kind.__name__}", response_class=kind, response_model=Inner, name="m" + kind.__name__)(
            lambda: None
        )

    @app.get(
        "/many",
        response_model=Inner,
        status_code=201,
        responses={
            201: {"description": "made", "headers": {"location": {"schema": {"type": "string"}}}},
            "2XX": {"model": Defaulted},
            404: {"model": Inner, "description": "none"},
            "5XX": {"description": "server"},
            "default": {"model": list[Inner], "description": "else"},
            409: {"content": {"text/plain": {"example": "x"}}, "description": "conflict"},
            410: {
                "model": Inner,
                "content": {"application/json": {"example": {"a": 1}}},
                "links": {"x": {"operationId": "y"}},
            },
            418: {},
        },
    )
    def many():
        pass

    @app.get(
        "/html",
        response_class=HTMLResponse,
        responses={200: {"content": {"image/png": {}}, "description": "or an image"}},
    )
    def html():
        pass

    @app.delete("/none", status_code=204)
    def none() -> None:
        pass

    @app.get("/union")
    def union() -> Inner | Defaulted | None:
        pass

    @app.get("/scalar")
    def scalar() -> int:
        pass

    @app.get("/annotated")
    def annotated() -> Annotated[list[int], Field(description="numbers", max_length=3)]:
        pass

    @app.get("/any")
    def anything() -> Any:
        pass

    @app.get("/untyped")
    def untyped():
        pass

    @app.get("/dict")
    def mapping() -> dict[str, list[Inner]]:
        pass

    return app


@case(error_text="")
def an_impossible_response_code_is_refused():
    app = FastAPI()

    @app.get("/", responses={"nothing": {"description": "x", "model": Inner}})
    def read():
        pass

    return app


@case()
def openapi_extra() -> FastAPI:
    app = FastAPI()

    @app.get(
        "/a", openapi_extra={"x-one": 1, "parameters": [{"in": "query", "name": "q", "schema": {"type": "string"}}]}
    )
    def a(n: int = 1):
        pass

    @app.post(
        "/b",
        openapi_extra={
            "requestBody": {"content": {"application/x-yaml": {"schema": Inner.model_json_schema()}}, "required": True}
        },
    )
    def b():
        pass

    @app.post(
        "/c",
        openapi_extra={"requestBody": {"description": "merged"}, "tags": ["extra"], "responses": {"200": {"x": 1}}},
        tags=["own"],
    )
    def c(inner: Inner):
        pass

    return app


@case()
def bodies() -> FastAPI:
    app = FastAPI()

    @app.post("/a")
    def a(inner: Annotated[Inner | None, Body(description="D", title="T")] = None):
        pass

    @app.post("/b")
    def b(values: list[int], q: int):
        pass

    @app.post("/c")
    def c(value: Annotated[str, Body(media_type="text/plain", examples=["x"])]):
        pass

    @app.post("/d")
    def d(one: Inner, two: Annotated[int, Body(gt=0)] = 1, three: Annotated[list[str] | None, Body()] = None):
        pass

    @app.post("/e")
    def e(value: Annotated[Any, Body()] = None):
        pass

    @app.post("/f")
    def f(value: Annotated[bytes, Body(media_type="application/octet-stream")]):
        pass

    @app.post("/g")
    def g(value: Annotated[Inner | Defaulted, Body(openapi_examples={"a": {"value": {}}})]):
        pass

    @app.get("/h")
    def h(value: Inner):
        pass

    @app.delete("/i")
    def i(value: Annotated[dict[str, Any], Body()]):
        pass

    return app


@case()
def tags_from_enums_and_routers() -> FastAPI:
    class Tags(Enum):
        ITEMS = "items"
        USERS = "users"

    app = FastAPI()
    router = APIRouter(tags=[Tags.USERS])

    @router.get("/u", tags=[Tags.ITEMS, "plain"])
    def u():
        pass

    app.include_router(router)
    return app


@case()
def duplicate_operation_ids() -> FastAPI:
    app = FastAPI()

    @app.get("/a", operation_id="same")
    def a():
        pass

    @app.get("/b", operation_id="same")
    def b():
        pass

    return app
