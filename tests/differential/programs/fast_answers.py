# mypy: ignore-errors
"""Answers at full speed must be the same bytes: numbers, escapes, children of built-in types."""

import dataclasses
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from differential.cases import case, get, post

FLOATS = (
    0.1 + 0.2,
    1e16,
    1e22,
    1e-7,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    123456789012345680.0,
    1.0,
    100.0,
    1e15,
    1e21,
    1 / 3,
)


TEXTS = (
    '\b\f\n\r\t"\\/',
    "\x00\x1f\x7f\x80",
    "\u2028\u2029",
    "\U0001f600",
    "é",
    "<script>&'</script>",
    "\ufeff",
    "a" * 5000,
)


class Floats(BaseModel):
    values: list[float]


class Texts(BaseModel):
    values: list[str]
    by_text: dict[str, int]


@case(
    get("/floats"),
    get("/floats-model"),
    get("/texts"),
    get("/texts-model"),
    get("/ints"),
    get("/floats-class"),
    get("/texts-class"),
)
def numbers_and_escapes() -> FastAPI:
    app = FastAPI()

    @app.get("/floats")
    async def floats():
        return FLOATS

    @app.get("/floats-model")
    async def floats_model() -> Floats:
        return Floats(values=FLOATS)

    @app.get("/floats-class", response_class=JSONResponse)
    async def floats_class() -> Floats:
        return Floats(values=FLOATS)

    @app.get("/texts")
    async def texts():
        return {"values": TEXTS, "by_text": dict.fromkeys(TEXTS, 1)}

    @app.get("/texts-model")
    async def texts_model() -> Texts:
        return Texts(values=TEXTS, by_text=dict.fromkeys(TEXTS, 1))

    @app.get("/texts-class", response_class=JSONResponse)
    async def texts_class() -> Texts:
        return Texts(values=TEXTS, by_text=dict.fromkeys(TEXTS, 1))

    @app.get("/ints")
    async def ints():
        return [2**63, -(2**63) - 1, 10**40, True, False]

    return app


class IntChild(int):
    def __repr__(self):
        return "not a number"


class FloatChild(float):
    def __repr__(self):
        return "not a number"


class StrChild(str):
    def __str__(self):
        return "other"


class DictChild(dict):
    pass


class ListChild(list):
    def __iter__(self):
        return iter(["changed"])


class Level(IntEnum):
    ONE = 1


class Word(str, Enum):
    A = "a"


@case(*[get(f"/{number}") for number in range(16)])
def children_of_builtin_types() -> FastAPI:
    app = FastAPI()
    values = (
        IntChild(5),
        FloatChild(1.5),
        StrChild("s"),
        DictChild(a=1),
        ListChild([1]),
        Level.ONE,
        Word.A,
        {Level.ONE: Word.A, Word.A: Level.ONE},
        {IntChild(1): 1, StrChild("k"): 2},
        [DictChild(a=1), ListChild([1])],
        {1.0: "a", 1.5: "b", 1e16: "c", -0.0: "d"},
        {True: 1, None: 2, "None": 3},
        (1,),
        {"a": ()},
        [[], {}, ""],
        {"z": 1, "a": {"z": 1, "a": 2}},
    )

    @app.get("/{number}")
    async def read(number: int):
        return values[number]

    return app


class Item(BaseModel):
    name: str
    price: float = 1


class Child(Item):
    secret: str = "s"


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


@dataclasses.dataclass
class Point3(Point):
    z: int = 0


@case(*[get(f"/{name}") for name in ("same", "child", "list", "dict", "wrong", "plain")])
def dataclasses_as_answers() -> FastAPI:
    app = FastAPI()

    @app.get("/same")
    def same() -> Point:
        return Point(1)

    @app.get("/child")
    def child() -> Point:
        return Point3(1, 2, 3)

    @app.get("/list")
    def many() -> list[Point]:
        return [Point(1), Point3(1), {"x": 5}]

    @app.get("/dict")
    def of_dict() -> Point:
        return {"x": "5"}

    @app.get("/wrong")
    def wrong() -> Point:
        return Point("not a number")

    @app.get("/plain")
    def plain():
        return [Point(1), {"p": Point3(1)}]

    return app


@case(
    *[
        get(f"/{name}")
        for name in ("int", "str", "float", "decimal", "datetime", "dict", "any", "bool", "list", "union", "object")
    ]
)
def answers_of_scalar_types() -> FastAPI:
    app = FastAPI()
    types = {
        "int": (int, "5"),
        "str": (str, "é\x00"),
        "float": (float, 1e16),
        "decimal": (Decimal, "1.50"),
        "datetime": (datetime, "2020-01-01T00:00:00Z"),
        "dict": (dict, {1: {2, 3}}),
        "any": (Any, {"a": Child(name="x")}),
        "bool": (bool, 1),
        "list": (list, (1, "a")),
        "union": (int | str, "5"),
        "object": (object, Item(name="x")),
    }

    def declare(name, kind, value):
        @app.get(f"/{name}", response_model=kind, name=name)
        def read():
            return value

    for name, (kind, value) in types.items():
        declare(name, kind, value)
    return app


@case(get("/"), post("/", {"name": "n"}))
def headers_beside_a_fast_answer() -> FastAPI:
    app = FastAPI()

    @app.get("/", status_code=206)
    async def read(response: Response) -> Item:
        response.headers["x-a"] = "1"
        response.headers["content-type"] = "application/x"
        return Item(name="a")

    @app.post("/")
    def create(item: Item, response: Response):
        response.set_cookie("a", "b")
        response.headers["content-length"] = "99"
        return item

    return app
