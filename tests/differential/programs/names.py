# mypy: ignore-errors
"""Parameters whose names mean something elsewhere: to Pydantic, to Python, to a framework."""

from typing import Annotated

from fastapi import Body, Cookie, Depends, FastAPI, Header, Query
from pydantic import BaseModel

from differential.cases import case, get, post


class Item(BaseModel):
    n: int = 0


@case(
    get("/?model_config=1&model_fields=2&schema=3&json=4&dict=5&copy=6&validate=7&model_dump=8&construct=9"),
    get("/?model_config=x&schema=y&json=z"),
    get("/"),
)
def names_of_pydantic() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        model_config: int,
        model_fields: int = 0,
        schema: int = 0,
        json: int = 0,
        dict: int = 0,
        copy: int = 0,
        validate: int = 0,
        model_dump: int = 0,
        construct: int = 0,
    ):
        return [model_config, model_fields, schema, json, dict, copy, validate, model_dump, construct]

    return app


@case(get("/?_private=1&__dunder=2&__init__=3&_=4"), get("/?_private=x&_=y"), get("/"))
def names_with_underscores() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(_private: int = 0, __dunder: int = 0, __init__: int = 0, _: int = 0):
        return [_private, __dunder, __init__, _]

    return app


@case(
    get("/?request=1&response=2&scope=3&receive=4&send=5&app=6&background_tasks=7&security_scopes=8&websocket=9"),
    get("/?request=x&send=y"),
)
def names_of_frameworks() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(
        request: int,
        response: int = 0,
        scope: int = 0,
        receive: int = 0,
        send: int = 0,
        app: int = 0,
        background_tasks: int = 0,
        security_scopes: int = 0,
        websocket: int = 0,
    ):
        return [request, response, scope, receive, send, app, background_tasks, security_scopes, websocket]

    return app


@case(
    get("/?self=1&cls=2&args=3&kwargs=4&values=5&errors=6&handler=7&plan=8&int=9&str=10&result=11&exc=12"),
    get("/?self=x&values=y"),
)
def names_of_python() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(
        self: int,
        cls: int = 0,
        args: int = 0,
        kwargs: int = 0,
        values: int = 0,
        errors: int = 0,
        handler: int = 0,
        plan: int = 0,
        int: int = 0,
        str: int = 0,
        result: int = 0,
        exc: int = 0,
    ):
        return [self, cls, args, kwargs, values, errors, handler, plan, int, str, result, exc]

    return app


@case(get("/?%C3%A9t%C3%A9=1&%E5%90%8D=2"), get("/?%C3%A9t%C3%A9=x"))
def names_in_other_scripts() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(été: int = 0, 名: int = 0):
        return [été, 名]

    return app


@case(
    post("/", {"fields": {"n": 1}, "json": {"n": 2}, "schema": 3, "self": 5}),
    post("/", {"fields": {"n": "x"}, "schema": "y", "self": "q"}),
    post("/", {}),
)
def names_of_embedded_bodies() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(
        fields: Item,
        json: Item | None = None,
        schema: Annotated[int, Body()] = 0,
        self: Annotated[int, Body()] = 0,
    ):
        return [fields, json, schema, self]

    return app


@case(get("/?n=2", {"n": "3", "cookie": "n=4"}), get("/?n=y", {"n": "z", "cookie": "n=q"}), get("/"))
def one_name_in_every_location() -> FastAPI:
    app = FastAPI()

    def of_header(n: Annotated[int, Header()]):
        return n

    def of_cookie(n: Annotated[int, Cookie()]):
        return n

    @app.get("/")
    def read(n: Annotated[int, Query()], h=Depends(of_header), c=Depends(of_cookie)):
        return [n, h, c]

    return app


@case(error_text="Cannot use `Query` for path param 'n'")
def a_query_parameter_of_a_dependency_named_like_one_of_the_path_is_refused():
    def of_query(n: Annotated[int, Query()]):
        return n

    app = FastAPI()

    @app.get("/{n}")
    def read(q=Depends(of_query)):
        return q


@case(get("/?n=5"), get("/?n=5.5"), get("/?n=x"), get("/"))
def one_query_name_with_several_types() -> FastAPI:
    app = FastAPI()

    def as_float(n: float):
        return n

    def as_text(n: str = "default"):
        return n

    def as_list(n: Annotated[list[str], Query(max_length=3)] = []):
        return n

    @app.get("/")
    def read(n: int, f=Depends(as_float), t=Depends(as_text), m=Depends(as_list)):
        return [n, f, t, m]

    return app


@case(get("/?a=1&b=2"), get("/?a=x"), get("/"))
def two_parameters_with_one_alias() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(one: Annotated[int, Query(alias="a")], two: Annotated[str, Query(alias="a")], b: int = 0):
        return [one, two, b]

    return app


@case(get("/?" + "&".join(f"p{number}={number}" for number in range(60))), get("/?p5=x&p59=y"))
def sixty_parameters() -> FastAPI:
    app = FastAPI()
    namespace: dict = {}
    exec(
        f"def read({', '.join(f'p{number}: int = 0' for number in range(60))}): return sum(locals().values())",
        namespace,
    )
    app.get("/")(namespace["read"])
    return app


@case(get("/1/2/3/4?a=5"), get("/x/2/y/4?a=z"))
def parameters_in_another_order_than_the_path() -> FastAPI:
    app = FastAPI()

    @app.get("/{a1}/{a2}/{a3}/{a4}")
    def read(a4: int, a: int, a3: int, a1: int, a2: int):
        return [a1, a2, a3, a4, a]

    return app


@case(get("/?a.b=1&a[b]=2&a-b=3&A=4"), get("/?a.b=x&A=y"))
def aliases_with_odd_characters() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        dotted: Annotated[int, Query(alias="a.b")] = 0,
        bracketed: Annotated[int, Query(alias="a[b]")] = 0,
        dashed: Annotated[int, Query(alias="a-b")] = 0,
        upper: Annotated[int, Query(alias="A")] = 0,
        empty: Annotated[int, Query(alias="")] = 0,
    ):
        return [dotted, bracketed, dashed, upper, empty]

    return app
