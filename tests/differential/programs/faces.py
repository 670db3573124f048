# mypy: ignore-errors
"""Names that programs import, and the values that they see: markers, signatures, classes."""

from typing import Annotated

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
    WebSocket,
    params,
    status,
)
from fastapi.background import BackgroundTasks as SameTasks
from fastapi.concurrency import contextmanager_in_threadpool, iterate_in_threadpool, run_in_threadpool
from fastapi.datastructures import Default, DefaultPlaceholder
from fastapi.dependencies.utils import get_dependant, get_flat_params, get_validation_alias
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import FastAPIError, RequestValidationError, ResponseValidationError, ValidationException
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, Mount
from fastapi.security import SecurityScopes
from fastapi.utils import generate_unique_id, is_body_allowed_for_status_code
from pydantic import AliasChoices, AliasPath
from pydantic.fields import FieldInfo

from differential.cases import case

NUMERIC = {"gt": 0, "ge": 0, "lt": 9, "le": 9, "multiple_of": 1, "allow_inf_nan": False, "strict": False}
TEXTUAL = {"min_length": 1, "max_length": 9, "pattern": "a", "union_mode": None, "discriminator": None}
SHARED = {
    "alias": "a",
    "alias_priority": 2,
    "validation_alias": "v",
    "serialization_alias": "s",
    "title": "T",
    "description": "D",
    "max_digits": 3,
    "decimal_places": 1,
    "examples": [1],
    "openapi_examples": {"x": {"value": 1}},
    "deprecated": True,
    "include_in_schema": False,
    "json_schema_extra": {"x-a": 1},
    "validate_default": True,
}


@case()
def every_option_of_every_marker(log) -> None:
    for function in (Path, Query, Header, Cookie, Body, Form, File):
        for options in (NUMERIC, TEXTUAL, SHARED):
            marker = function(**options)
            values = {name: getattr(marker, name, "absent") for name in options}
            log(function.__name__, values, marker.metadata)


@case()
def every_option_of_apps_and_routers(log) -> None:
    shared = {
        "default": None,
        "responses": {},
        "callbacks": [],
        "dependencies": [],
        "on_startup": None,
        "on_shutdown": None,
    }
    shared |= {"redirect_slashes": True, "routes": None, "lifespan": None}
    router = APIRouter(prefix="/p", tags=["t"], deprecated=None, dependency_overrides_provider=None, **shared)
    app = FastAPI(
        middleware=[],
        exception_handlers={},
        swagger_ui_init_oauth={"clientId": "c"},
        swagger_ui_parameters={"deepLinking": False},
        webhooks=None,
        openapi_external_docs=None,
    )
    app.include_router(router, prefix="", tags=None, dependencies=None, responses=None, callbacks=None)
    app.setup()
    log(callable(app.build_middleware_stack()), app.router.prefix, router.prefix, router.tags)


@case()
def markers_are_field_infos(log) -> None:
    for marker in (Path(), Query(), Header(), Cookie(), Body(), Form(), File()):
        log(
            type(marker).__name__,
            isinstance(marker, FieldInfo),
            isinstance(marker, params.Param),
            isinstance(marker, params.Body),
        )
        log(
            [kind.__name__ for kind in type(marker).__mro__ if kind is not FieldInfo and hasattr(params, kind.__name__)]
        )
    log(Query(5).default, Query().default is ..., Query(...).is_required(), Query(None).is_required())
    query = Query(
        "d", alias="a", title="T", description="D", gt=1, deprecated=True, examples=["x"], include_in_schema=False
    )
    log(
        query.default,
        query.alias,
        query.title,
        query.description,
        query.deprecated,
        query.examples,
        query.include_in_schema,
    )
    log(
        Query(validation_alias=AliasChoices("a", "b")).validation_alias,
        Query(alias="x").validation_alias,
        Query(alias="x").serialization_alias,
    )
    log(Header().convert_underscores, Body().embed, Body().media_type, Form().media_type, File().media_type)
    log(params.Path.in_, params.Query.in_.value, params.ParamTypes.header.value)


@case()
def representations(log) -> None:
    log(repr(Query("d")), repr(Path()), repr(Body(5)), repr(Header(None)), repr(Depends(None)))
    log(repr(HTTPException(404)), str(HTTPException(404, "x")), HTTPException(400, {"a": 1}).detail)


@case()
def exceptions(log) -> None:
    for kind in (HTTPException, RequestValidationError, ResponseValidationError, ValidationException, FastAPIError):
        log(kind.__name__, [base.__name__ for base in kind.__mro__])
    exc = RequestValidationError([{"loc": ("a",), "msg": "m", "type": "t"}], body={"b": 1})
    log(exc.errors(), exc.body, str(exc))
    log(HTTPException(404).detail, HTTPException(404, headers={"a": "b"}).headers)


@case()
def functions_that_programs_import(log) -> None:
    app = FastAPI()

    @app.get("/x/{n}", tags=["t"])
    def read(n: int):
        return n

    (route,) = [route for route in app.routes if isinstance(route, APIRoute)]
    log(generate_unique_id(route), route.unique_id, route.operation_id, APIRoute.__name__, Mount.__name__)
    log([is_body_allowed_for_status_code(code) for code in (None, 100, 200, 204, 205, 304, "200", "default", "2XX")])
    log(
        get_openapi(title="T", version="1", routes=app.routes)
        == {**app.openapi(), "info": {"title": "T", "version": "1"}}
    )
    log(isinstance(Default(1), DefaultPlaceholder), bool(Default(0)), Default(1) == Default(1), Default(1).value)
    log(
        status.HTTP_404_NOT_FOUND,
        SameTasks is BackgroundTasks,
        jsonable_encoder({1}),
        UploadFile.__name__,
        WebSocket.__name__,
    )
    log(Request.__name__, Response.__name__, sorted(["a"]))


@case()
def the_concurrency_functions(log) -> None:
    import asyncio
    import contextlib
    import threading

    main = threading.get_ident()

    def where(value):
        return [value, threading.get_ident() != main]

    @contextlib.contextmanager
    def manager():
        log("enter", threading.get_ident() != main)
        yield 1
        log("exit", threading.get_ident() != main)

    async def run():
        log(await run_in_threadpool(where, 5))
        log([item async for item in iterate_in_threadpool(iter([1, 2]))])
        async with contextmanager_in_threadpool(manager()) as value:
            log(value)

    asyncio.run(run())


@case()
def an_add_api_route_call_with_every_option(log) -> None:
    router = APIRouter()

    def endpoint(n: int = 1):
        """Doc."""
        return n

    router.add_api_route(
        "/x",
        endpoint,
        response_model=int,
        status_code=202,
        tags=["t"],
        summary="S",
        description="D",
        response_description="R",
        responses={404: {"description": "none"}},
        deprecated=True,
        methods=["GET", "POST"],
        operation_id="op",
        include_in_schema=True,
        name="n",
        openapi_extra={"x-a": 1},
    )
    (route,) = router.routes
    log(route.path, route.name, sorted(route.methods), route.status_code, route.tags, route.summary, route.description)
    log(route.response_description, route.deprecated, route.operation_id, route.include_in_schema, route.openapi_extra)
    log(route.response_model, route.responses, route.unique_id)


@case(error_text="")
def an_unknown_route_option_is_refused():
    app = FastAPI()

    @app.get("/", nothing=1)
    def read():
        return 1


@case(error_text="")
def options_are_keywords():
    app = FastAPI()

    @app.get("/", int)
    def read():
        return 1


@case()
def what_packages_read_of_a_dependant(log) -> None:
    def leaf(q: int = 1):
        return q

    def middle(leaf=Depends(leaf), x: int = 1):
        return leaf

    def scoped(scopes: SecurityScopes, r: int = 1):
        return r

    def handler(
        a: int,
        b: Annotated[int, Query(validation_alias=AliasChoices("b1", "b2"))] = 0,
        c: Annotated[int, Query(validation_alias=AliasPath("p", 0))] = 0,
        d: Annotated[int, Query(alias="D", serialization_alias="S")] = 0,
        e: Annotated[int, Query(validation_alias="E", alias="EE")] = 0,
        f: Annotated[list[int], Query(default_factory=list)] = ...,
        one=Depends(leaf),
        again=Depends(leaf, use_cache=False),
        elsewhere=Depends(leaf, scope="function"),
        middle=Depends(middle),
        scoped_one=Security(scoped, scopes=["x"]),
        scoped_two=Depends(scoped),
    ):
        return a

    dependant = get_dependant(path="/", call=handler)
    for field in dependant.query_params:
        log(field.name, field.alias, field.validation_alias, field.serialization_alias, get_validation_alias(field))
        log(field.default, field.get_default(), field.field_info.is_required())
    log([field.name for field in get_flat_params(dependant)])
    for sub in dependant.dependencies:
        log(sub.name, sub.own_oauth_scopes, sub.parent_oauth_scopes, sub.use_cache, sub.scope, sub.path)
