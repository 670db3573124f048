# mypy: ignore-errors
"""Each option of the markers at work: in requests and in the document."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Body, Cookie, FastAPI, Header, Path, Query
from pydantic import BaseModel, Field

from differential.cases import case, get, post

MARKERS = {"query": Query, "header": Header, "cookie": Cookie, "path": Path}


def send_to(marker: str, value: str):
    """Put one value where the marker reads it."""
    if marker == "path":
        return get(f"/{marker}/{value}")
    if marker == "header":
        return get(f"/{marker}/x", {"v": value})
    if marker == "cookie":
        return get(f"/{marker}/x", {"cookie": f"v={value}"})
    return get(f"/{marker}/x?v={value}")


def with_options(kind: Any, **options: Any) -> FastAPI:
    app = FastAPI()

    def declare(name: str, marker: Any) -> None:
        def read(v: Annotated[kind, marker(**options)]):
            return repr(v)

        if name == "path":
            app.get(f"/{name}/{{v}}", name=name)(read)
        else:
            app.get(f"/{name}/{{other}}", name=name)(read)

    for name, marker in MARKERS.items():
        declare(name, marker)

    @app.post("/body")
    def create(v: Annotated[kind, Body(**options)]):
        return repr(v)

    @app.post("/embedded")
    def embedded(v: Annotated[kind, Body(**options)], w: Annotated[int, Body()] = 0):
        return repr(v)

    return app


def requests_with(*values: str, bodies: tuple[Any, ...] = ()):
    return [send_to(marker, value) for marker in MARKERS for value in values] + [
        post(path, {"v": body} if path == "/embedded" else body) for path in ("/body", "/embedded") for body in bodies
    ]


@case(*requests_with("1", "5", "x", "9.5", "10", bodies=(1, 5, "x", 9.5, 10)))
def bounds() -> FastAPI:
    return with_options(float, gt=1, le=9.5, multiple_of=0.5)


@case(*requests_with("1", "2", "9", bodies=(1, 2, 9)))
def inclusive_bounds() -> FastAPI:
    return with_options(int, ge=2, lt=9)


@case(*requests_with("a", "ab", "abcd", "zz", bodies=("a", "ab", "abcd", "zz", 1)))
def texts() -> FastAPI:
    return with_options(str, min_length=2, max_length=3, pattern="^a")


@case(*requests_with("ab", "zz", bodies=("ab", "zz")))
def a_compiled_pattern() -> FastAPI:
    return with_options(str, pattern=re.compile("^A", re.IGNORECASE))


@case(*requests_with("1.5", "1.555", "12345", "NaN", bodies=(1.5, "1.555", 12345)))
def digits() -> FastAPI:
    return with_options(Decimal, max_digits=4, decimal_places=2)


@case(*requests_with("inf", "1e5", bodies=(1e5,)))
def finite_numbers() -> FastAPI:
    return with_options(float, allow_inf_nan=False)


@case(*requests_with("1", "true", "1.0", bodies=(1, True, "1", 1.0)))
def strictness() -> FastAPI:
    return with_options(int, strict=True)


@case(*requests_with("1", "true", "x", bodies=(1, True, "x", 1.5)))
def union_modes() -> FastAPI:
    return with_options(bool | int | str, union_mode="left_to_right")


@case(*requests_with("5", "x", bodies=(5, "x")))
def documentation() -> FastAPI:
    return with_options(
        int,
        title="The title",
        description="The **description**",
        examples=[1, 2],
        openapi_examples={
            "small": {"summary": "S", "description": "D", "value": 1},
            "url": {"externalValue": "http://x"},
        },
        deprecated=True,
        json_schema_extra={"x-extra": {"a": [1]}},
    )


@case(*requests_with("5", bodies=(5,)))
def a_function_that_changes_the_schema() -> FastAPI:
    return with_options(int, json_schema_extra=lambda schema: schema.update({"x-called": True}))


@case(*requests_with("5", bodies=(5,)))
def hidden_parameters() -> FastAPI:
    return with_options(int, include_in_schema=False)


@case(
    *requests_with("5", "x", bodies=(5, "x")),
    get("/query/x?alias=5"),
    get("/header/x", {"alias": "5"}),
    post("/embedded", {"alias": 5}),
)
def an_alias_on_every_marker() -> FastAPI:
    app = FastAPI()

    @app.get("/query/{x}")
    def query(v: Annotated[int, Query(alias="alias", alias_priority=1, serialization_alias="other")] = 0):
        return v

    @app.get("/header/{x}")
    def header(v: Annotated[int, Header(alias="alias", validation_alias="valid")] = 0):
        return v

    @app.post("/embedded")
    def embedded(v: Annotated[int, Body(alias="alias")] = 0, w: Annotated[int, Body()] = 0):
        return v

    return app


@case(get("/?v=1&v=x&v=y"), get("/?v=1&v=2&v=3&v=4"), post("/", [1, "x", "y"]), post("/", [1, 2, 3, 4]))
def fail_fast_on_lists() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(v: Annotated[list[int], Query(fail_fast=True, max_length=3)]):
        return v

    @app.post("/")
    def create(v: Annotated[list[int], Body(fail_fast=True, max_length=3)]):
        return v

    return app


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]


@case(post("/", {"v": {"kind": "cat"}, "n": 1}), post("/", {"v": {"kind": "x"}}), post("/", {"v": 1}))
def a_discriminator_among_several_bodies() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def create(v: Annotated[Cat | Dog, Body(discriminator="kind", title="Pet")], n: Annotated[int, Body()] = 0):
        return v

    return app


@case(get("/"), get("/?a=1&b=2"), get("/?a=x"), post("/"), post("/", {"c": 1}), post("/", []))
def default_factories() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[int, Query(default_factory=lambda: 5)],
        b: int = Query(default_factory=int),
        h: str = Header(default_factory=lambda: "h"),
        c: str = Cookie(default_factory=lambda: "c"),
    ):
        return [a, b, h, c]

    @app.post("/")
    def create(c: Annotated[dict[str, int], Body(default_factory=dict)]):
        return c

    return app


@case(get("/"), get("/?n=5"), get("/x"))
def defaults_of_other_types_are_passed_as_they_are() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        n: int = "text", m: Annotated[list[int], Query()] = None, o: Annotated[int, Query(gt=5)] = 1, f: float = 1
    ):
        return repr([n, m, o, f])

    @app.get("/x")
    def validated(n: Annotated[int, Query(validate_default=True, gt=5)] = 1, s: str = Query(5, validate_default=True)):
        return [n, s]

    return app


@case(get("/?a=5&b=x"), get("/?a=0"))
def field_and_marker_together() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[int, Field(gt=0, title="from Field"), Query(lt=9, description="from Query")],
        b: Annotated[str, Query(title="Q"), Field(max_length=3)] = "b",
    ):
        return [a, b]

    return app


@case(post("/a", {"n": 1}), post("/b", "text"), post("/c", {"x": 1, "y": 2}), post("/d", {"x": 1}))
def media_types_of_bodies() -> FastAPI:
    app = FastAPI()

    @app.post("/a")
    def a(v: Annotated[dict, Body(media_type="application/vnd.api+json")]):
        return v

    @app.post("/b")
    def b(v: Annotated[str, Body(media_type="text/plain")]):
        return v

    @app.post("/c")
    def c(
        x: Annotated[int, Body(media_type="application/x-one")], y: Annotated[int, Body(media_type="application/x-two")]
    ):
        return [x, y]

    @app.post("/d")
    def d(x: Annotated[int, Body(embed=True, media_type="application/x-one")]):
        return x

    return app


@case(error_text="Unable to apply constraint 'union_mode' to schema of type 'int'")
def a_constraint_that_no_value_of_the_type_has_is_refused() -> FastAPI:
    return with_options(int, union_mode="smart")


@case(error_text="is not a valid discriminated union variant")
def a_discriminator_of_no_union_is_refused() -> FastAPI:
    return with_options(int, discriminator="kind")


TAKEN_BACK = {
    "alias": "a",
    "validation_alias": "a",
    "title": "T",
    "description": "D",
    "examples": ["e"],
    "deprecated": True,
    "json_schema_extra": {"x": 1},
    "max_length": 1,
    "default_factory": str,
}


@case(get("/alias?v=1"), get("/alias?a=1"), get("/max_length?v=12"), get("/default_factory"), get("/openapi.json"))
def options_that_are_none() -> FastAPI:
    """A None that was given takes back what a `Field()` before the marker has set."""
    app = FastAPI()

    def declare(name: str, value: Any) -> None:
        @app.get(f"/{name}", name=name)
        def read(v: Annotated[str, Field(**{name: value}), Query(**{name: None})]):
            return v

    for name, value in TAKEN_BACK.items():
        declare(name, value)
    return app


@case(get("/?v=1"), get("/?a=1"), get("/?b=1"))
def aliases_that_are_none() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        v: Annotated[str, Query(alias="a", validation_alias=None)] = "",
        w: Annotated[str, Query(alias=None, validation_alias="b")] = "",
    ):
        return v + w

    return app
