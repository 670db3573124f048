"""Writes models: fields of any type, nested, with options and validators. Texts only; nothing here runs them."""

from __future__ import annotations

import textwrap

from hypothesis import strategies as st

__all__ = ["json_texts", "model_programs"]

PRELUDE = """
from collections import deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WrapValidator
from FRAMEWORK import Body, FastAPI

class Kind(Enum):
    A = "a"
    ONE = 1

class Level(IntEnum):
    ONE = 1

def even(value):
    if value % 2:
        raise ValueError("odd")
    return value

def spell(value):
    return {"one": 1, "two": 2}.get(value, value) if isinstance(value, str) else value
"""

LEAVES = (
    "int",
    "float",
    "str",
    "bool",
    "bytes",
    "None",
    "Any",
    "Decimal",
    "date",
    "datetime",
    "time",
    "timedelta",
    "UUID",
    "Kind",
    "Level",
    "Literal['a', 1, None]",
    "Annotated[int, Field(ge=1, le=3)]",
    "Annotated[str, Field(max_length=2)]",
    "Annotated[int, Field(strict=True)]",
    "Annotated[date, Field(strict=True)]",
    "Annotated[float, Field(allow_inf_nan=False)]",
    "Annotated[int, AfterValidator(even)]",
    "Annotated[int, BeforeValidator(spell)]",
    "Annotated[int, WrapValidator(lambda value, handler: handler(value) + 1)]",
)
CONFIGS = (
    "",
    "extra='forbid'",
    "extra='allow'",
    "strict=True",
    "str_strip_whitespace=True, coerce_numbers_to_str=True",
    "alias_generator=str.upper, populate_by_name=True",
    "frozen=True, use_enum_values=True",
    "from_attributes=True, validate_default=True",
    "revalidate_instances='always'",
    "ser_json_bytes='base64', val_json_bytes='base64', ser_json_timedelta='float'",
)
ROUTES = """
@app.post("/in")
async def receive(value: {type}):
    return repr(value)

@app.post("/out")
def answer(value: {type}) -> {type}:
    return value

@app.post("/pair")
def pair(value: {type}, other: Annotated[int, Body()] = 0):
    return repr([value, other])

@app.post("/list", response_model=list[{type}], response_model_exclude_unset={exclude}, response_model_by_alias={alias})
async def many(value: list[{type}]):
    return value
"""
SCALARS = st.one_of(
    st.sampled_from(["1", "2", "-1", "1.0", "1.5", "1e2", "true", "null", '"a"', '"x y "', '"1"', '"one"', '""']),
    st.sampled_from(['"2020-01-02"', '"2020-01-02T03:04:05Z"', '"03:04"', '"PT1H"', '"YWI="', '"1.10"', "1577923200"]),
    st.sampled_from(['"12345678-1234-5678-1234-567812345678"', '"é"', "12345678901234567890", "0.1", "[]", "{}"]),
)


@st.composite
def types(draw: st.DrawFn, models: tuple[str, ...], depth: int = 2) -> str:
    """Draw a type, made of others down to `depth`."""
    shape = draw(st.integers(0, 11)) if depth else 0
    if shape < 5:
        return draw(st.sampled_from(LEAVES + models * 3))
    inner = draw(types(models, depth - 1))
    if shape < 9:
        wrap = draw(
            st.sampled_from(["list[{}]", "dict[str, {}]", "Union[set[int], list[{}]]", "tuple[{}, ...]", "deque[{}]"])
        )
        return wrap.format(inner)
    if shape == 9:
        return f"Optional[{inner}]"
    return f"Union[{inner}, {draw(types(models, depth - 1))}]"


@st.composite
def model_programs(draw: st.DrawFn) -> str:
    """Draw the text of a program with up to three models, each on earlier ones, and routes for the last."""
    parts = [PRELUDE]
    names: tuple[str, ...] = ()
    for number in range(draw(st.integers(1, 3))):
        lines = [f"class M{number}(BaseModel):", f"    model_config = ConfigDict({draw(st.sampled_from(CONFIGS))})"]
        for field in draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True)):
            default = draw(st.sampled_from(["", "", " = None", " = Field(None, alias='z')", " = Field(alias='y')"]))
            lines.append(f"    {field}: {draw(types(names))}{default}")
        parts.append("\n".join(lines))
        names += (f"M{number}",)
    routes = ROUTES.format(type=names[-1], exclude=draw(st.booleans()), alias=draw(st.booleans()))
    parts.append("def build():\n    app = FastAPI()" + textwrap.indent(routes, "    ") + "    return app\n")
    return "\n".join(parts)


def json_texts() -> st.SearchStrategy[str]:
    """Draw JSON texts that stand a chance of fitting."""
    keys = st.sampled_from(["a", "b", "c", "d", "z", "y", "A", "B", "value", "other", "extra"])
    objects = st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
            st.dictionaries(keys, inner, max_size=5).map(_object),
        ),
        max_leaves=14,
    )
    return st.one_of(objects, st.dictionaries(st.sampled_from("abcdzyAB"), objects, max_size=5).map(_object))


def _object(items: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": {text}' for key, text in items.items()) + "}"
