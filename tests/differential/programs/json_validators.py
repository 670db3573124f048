# mypy: ignore-errors
"""Validators that could tell how a body was parsed, and models that say how to parse."""

from datetime import timedelta
from enum import Enum
from typing import Annotated, Any

from fastapi import Body, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

from differential.cases import case, post


class Kind(Enum):
    A = "a"
    ONE = 1


class Mode:
    """Says how it was validated."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_plain_validator_function(lambda value: f"json {value!r}"),
            python_schema=core_schema.no_info_plain_validator_function(lambda value: f"python {value!r}"),
        )


class Modes(BaseModel):
    a: Mode
    b: Any = None
    c: Annotated[Any, BeforeValidator(lambda value: f"{type(value).__name__} {value!r}")] = None
    d: int = 0

    @field_validator("b", mode="after")
    @classmethod
    def tell_mode(cls, value: Any, info: ValidationInfo) -> Any:
        return [info.mode, value, info.context, sorted(info.data)]

    @field_validator("d", mode="wrap")
    @classmethod
    def wrapped(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        return handler(value) if value != "ten" else 10


@case(
    post("/", {"a": 1, "b": [1.5], "c": {"x": None}, "d": "ten"}),
    post("/", {"a": None, "c": 1.0}),
    post("/", {"a": 1, "d": "x"}),
    post("/embedded", {"modes": {"a": 1, "b": 1}, "n": 1}),
    post("/list", [{"a": 1}]),
)
def validators_are_told_python_mode() -> FastAPI:
    app = FastAPI()

    @app.post("/", response_model=None)
    def create(body: Modes):
        return repr(body)

    @app.post("/embedded", response_model=None)
    def embedded(modes: Modes, n: int = Body()):
        return repr([modes, n])

    @app.post("/list", response_model=None)
    def many(body: list[Modes]):
        return repr(body)

    app.openapi = dict
    return app


class Before(BaseModel):
    a: int

    @model_validator(mode="before")
    @classmethod
    def look(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {"a": len(data)}
        raise ValueError(f"a {type(data).__name__}, not a dict")


class Wrap(BaseModel):
    a: int = 0

    @model_validator(mode="wrap")
    @classmethod
    def wrap(cls, data: Any, handler):
        result = handler({} if data == "empty" else data)
        result.a += 1
        return result


@case(*[post(path, body) for path in ("/before", "/wrap") for body in ({"x": 1, "y": 2}, [], "empty", None, {"a": 5})])
def validators_of_whole_models() -> FastAPI:
    app = FastAPI()

    @app.post("/before")
    def before(body: Before):
        return body

    @app.post("/wrap")
    def wrap(body: Wrap):
        return body

    return app


class Configured(BaseModel):
    model_config = ConfigDict(
        str_strip_whitespace=True,
        coerce_numbers_to_str=True,
        val_json_bytes="base64",
        ser_json_bytes="base64",
        ser_json_timedelta="float",
        ser_json_inf_nan="strings",
        use_enum_values=True,
        validate_default=True,
    )
    s: str = " s "
    b: bytes = b"\x00"
    t: timedelta = timedelta(seconds=1)
    f: float = 0
    e: Kind = "a"


CONFIGURED = (
    b'{"s": 5, "b": "YWI=", "t": 1.5, "e": 1}',
    b'{"s": "  x "}',
    b'{"b": "?"}',
    b'{"f": Infinity}',
    b"{}",
)


@case(*[post("/", content=body, content_type="application/json") for body in CONFIGURED])
def configured_models() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(body: Configured) -> Configured:
        return body

    return app


REJECTED = (b'{"a": 1, "b": [1.10, 1e2, NaN]}', b'{"a": "x", "a": "y"}', b"[1, 2", b'"x"', b" 5 ", b"")


@case(*[post("/", content=body, content_type="application/json") for body in REJECTED])
def the_error_carries_the_parsed_body() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def handle(request, exc):
        return PlainTextResponse(repr([exc.body, exc.errors()]), 422)

    class Model(BaseModel):
        a: int
        b: list[int] = []

    @app.post("/")
    def create(body: Model):
        return "ok"

    return app


Doubled = Annotated[int, WrapValidator(lambda value, handler: handler(value) * 2)]


@case(post("/", {"a": "2", "b": [1, "2"]}), post("/", {"a": "x", "b": ["y"]}))
def wrapping_validators() -> FastAPI:
    app = FastAPI()

    class Model(BaseModel):
        a: Doubled
        b: list[Doubled] = []

    @app.post("/")
    def create(body: Model) -> Model:
        return body

    return app


@case(post("/", {"a": 1}), post("/", {"b": 2}))
def an_exception_of_a_validator_that_is_no_value_error() -> FastAPI:
    from fastapi import HTTPException

    app = FastAPI()

    class Model(BaseModel):
        a: int = 0
        b: int = 0

        @field_validator("a")
        @classmethod
        def teapot(cls, value: int) -> int:
            raise HTTPException(418, "teapot")

        @field_validator("b")
        @classmethod
        def broken(cls, value: int) -> int:
            raise KeyError("b")

    @app.post("/")
    def create(body: Model):
        return body

    return app
