# mypy: ignore-errors
"""Path parameters: convertors, types, aliases, constraints, declarations that are refused."""

from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, FastAPI, Path
from pydantic import AliasChoices, BaseModel

from differential.cases import case, get


class Kind(str, Enum):
    A = "a"
    B = "b"


@case(get("/5"), get("/x"), get("/5.0"), get("/%35"), get("/"), get("/-3"), get("/5/"), get("/1_000"), get("/%D9%A3"))
def an_integer() -> FastAPI:
    app = FastAPI()

    @app.get("/{item_id}")
    def read(item_id: int):
        return {"id": item_id}

    return app


@case(
    get("/a%2Fb"),
    get("/a/b"),
    get("/a%20b"),
    get("/%C3%A9"),
    get("/%FF"),
    get("/a+b"),
    get("/a%00b"),
    get("/%"),
    get("/%zz"),
)
def text_is_percent_decoded() -> FastAPI:
    app = FastAPI()

    @app.get("/{text}")
    def read(text):
        return {"text": text}

    return app


@case(
    get("/files/a/b.txt"),
    get("/files//etc"),
    get("/files/"),
    get("/files"),
    get("/n/5"),
    get("/n/x"),
    get("/f/1.5"),
    get("/f/1"),
    get("/f/x"),
    get("/u/12345678-1234-5678-1234-567812345678"),
    get("/u/x"),
    get("/s/a"),
    get("/s/a/b"),
)
def starlettes_convertors() -> FastAPI:
    app = FastAPI()

    @app.get("/files/{name:path}")
    def files(name: str):
        return name

    @app.get("/n/{n:int}")
    def integer(n: int):
        return n

    @app.get("/f/{n:float}")
    def real(n: float):
        return n

    @app.get("/u/{u:uuid}")
    def unique(u: UUID):
        return u

    @app.get("/s/{s:str}")
    def text(s: str):
        return s

    return app


@case(get("/n/5"), get("/m/5"), get("/f/2.0"))
def a_convertor_with_another_annotation() -> FastAPI:
    app = FastAPI()

    @app.get("/n/{n:int}")
    def integer(n: str):
        return n

    @app.get("/m/{n:int}")
    def plain(n):
        return n

    @app.get("/f/{n:float}")
    def real(n: int):
        return n

    return app


@case(get("/a/1/x/true"), get("/c/0/y/no"), get("/a/1/z/maybe"))
def enum_literal_and_boolean() -> FastAPI:
    app = FastAPI()

    @app.get("/{kind}/{n}/{l}/{flag}")
    def read(kind: Kind, n: Literal["1", "2"], l: Literal["x", "y"], flag: bool):  # noqa: E741
        return [kind, n, l, flag]

    return app


@case(get("/a/5"), get("/a/x"))
def a_factory_of_a_path_parameter_has_nothing_to_do() -> FastAPI:
    app = FastAPI()

    @app.get("/a/{n}")
    def read(n: Annotated[int, Path(default_factory=int)]):
        return n

    return app


@case(get("/5/abc"), get("/0/a"), get("/11/abcdef"))
def constraints_and_documentation() -> FastAPI:
    app = FastAPI()

    @app.get("/{n}/{s}")
    def read(
        n: Annotated[int, Path(title="N", description="the n", gt=0, le=10, examples=[1])],
        s: str = Path(..., min_length=2, max_length=5, pattern="^a", deprecated=True),
    ):
        return [n, s]

    return app


@case(get("/1/2/3"), get("/x/y/z"))
def aliases() -> FastAPI:
    app = FastAPI()

    @app.get("/{item-id}/{other}/{third}")
    def read(
        a: Annotated[int, Path(alias="item-id")],
        b: Annotated[int, Path(validation_alias="other")],
        c: Annotated[int, Path(validation_alias=AliasChoices("nothing", "third"))],
    ):
        return [a, b, c]

    return app


@case(get("/5"), get("/x"))
def a_parameter_that_the_path_lacks() -> FastAPI:
    app = FastAPI()

    @app.get("/{item_id}")
    def read(item_id: int, other: Annotated[int, Path()]):
        return [item_id, other]

    return app


@case(get("/1/2"), get("/x/y"))
def a_path_parameter_of_the_prefix() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/{outer}")

    @router.get("/{inner}")
    def read(inner: int, outer: int):
        return [inner, outer]

    app.include_router(router)
    return app


@case(get("/v1/2"), get("/1/2/rest"))
def a_path_parameter_that_only_the_inclusion_names() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @router.get("/{inner}/rest")
    def read(inner: int, outer: int):
        return [inner, outer]

    @router.get("/{inner}")
    def query(inner: int, version: int = 0):
        return [inner, version]

    app.include_router(router, prefix="/{outer}")
    app.include_router(router, prefix="/v1")
    return app


@case(get("/a.b"), get("/a."), get("/ab"), get("/x-1-y-2"), get("/x-1-y-z"), get("/a(b)c"), get("/axbxc"))
def several_parameters_in_one_segment() -> FastAPI:
    app = FastAPI()

    @app.get("/{name}.{ext}")
    def dotted(name: str, ext: str):
        return [name, ext]

    @app.get("/x-{a:int}-y-{b:int}")
    def numbers(a: int, b: int):
        return [a, b]

    @app.get("/a({b})c")
    def brackets(b: str):
        return b

    return app


@case(error_text="Path")
def a_path_parameter_has_no_default():
    Path(default=1)


@case(error_text="")
def a_default_for_a_path_parameter_is_refused():
    app = FastAPI()

    @app.get("/{n}")
    def read(n: Annotated[int, Path()] = 1):
        return n


@case(get("/5"), get("/x"))
def a_plain_default_for_a_path_parameter() -> FastAPI:
    app = FastAPI()

    @app.get("/{n}")
    def read(n: int = 1):
        return n

    return app


@case(error_text="n")
def a_model_is_no_path_parameter():
    class Model(BaseModel):
        a: int

    app = FastAPI()

    @app.get("/{n}")
    def read(n: Model):
        return n


@case(error_text="n")
def a_list_is_no_path_parameter():
    app = FastAPI()

    @app.get("/{n}")
    def read(n: list[int]):
        return n


@case(error_text="n")
def a_query_marker_on_a_path_name_is_refused():
    from fastapi import Query

    app = FastAPI()

    @app.get("/{n}")
    def read(n: Annotated[int, Query()]):
        return n


@case(error_text="")
def a_name_twice_in_a_path_is_refused():
    app = FastAPI()

    @app.get("/{n}/{n}")
    def read(n: int):
        return n


@case(error_text="")
def an_unknown_convertor_is_refused():
    app = FastAPI()

    @app.get("/{n:nothing}")
    def read(n: int):
        return n
