# mypy: ignore-errors
"""Bodies for which parsing straight from bytes and parsing by way of Python values could part ways."""

import re
from collections import OrderedDict, defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import Body, FastAPI
from pydantic import (
    Base64Bytes,
    ByteSize,
    ConfigDict,
    Field,
    InstanceOf,
    PastDate,
    SecretBytes,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    create_model,
)

from differential.cases import case, post


class Kind(Enum):
    A = "a"
    ONE = 1


class Level(IntEnum):
    ONE = 1


class Pair(NamedTuple):
    x: int
    y: str = "y"


TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "bytes": bytes,
    "decimal": Decimal,
    "date": date,
    "datetime": datetime,
    "time": time,
    "timedelta": timedelta,
    "uuid": UUID,
    "enum": Kind,
    "int-enum": Level,
    "literal": Literal[1, "a", None],
    "tuple": tuple[int, ...],
    "fixed-tuple": tuple[int, str],
    "set": set[int],
    "frozenset": frozenset[str],
    "deque": deque[int],
    "mapping": Mapping[int, float],
    "ordered": OrderedDict[str, int],
    "defaultdict": defaultdict[str, list[int]],
    "sequence": Sequence[int],
    "pair": Pair,
    "strict-int": StrictInt,
    "strict-str": StrictStr,
    "strict-bool": StrictBool,
    "strict-date": Annotated[date, Field(strict=True)],
    "strict-float": Annotated[float, Field(strict=True)],
    "strict-list": Annotated[list[int], Field(strict=True)],
    "str-or-bytes": str | bytes,
    "bytes-or-str": bytes | str,
    "date-or-datetime": date | datetime,
    "datetime-or-str": datetime | str,
    "uuid-or-str": UUID | str,
    "int-or-float": int | float,
    "bool-or-int": bool | int,
    "decimal-or-str": Decimal | str,
    "set-or-list": set[int] | list[str],
    "tuple-or-list": tuple[int, int] | list[int],
    "enum-or-int": Kind | int,
    "path": Path,
    "ip": IPv4Address,
    "pattern": re.Pattern,
    "base64": Base64Bytes,
    "byte-size": ByteSize,
    "past": PastDate,
    "secret": SecretBytes,
    "stripped": Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=2)],
    "fraction": Fraction,
    "any": Any,
    "object": object,
    "none": None,
    "complex": complex,
    "finite": Annotated[float, Field(allow_inf_nan=False)],
    "multiple": Annotated[float, Field(multiple_of=0.1)],
    "instance": InstanceOf[dict],
}


INPUTS = (
    "1",
    "1.0",
    "1.5",
    "-0.0",
    "1e2",
    "1E400",
    "NaN",
    "true",
    "null",
    '"1"',
    '" A b "',
    '"a"',
    '"2020-01-02"',
    '"2020-01-02T03:04:05Z"',
    '"03:04"',
    '"PT1H"',
    '"12345678-1234-5678-1234-567812345678"',
    '"YWI="',
    '"1.10"',
    '"1.2.3.4"',
    '"1/2"',
    '"é"',
    '"\\u0000"',
    "[]",
    "[1, 2]",
    '[1, "a"]',
    "[1, 1]",
    '["1"]',
    "[1.0]",
    "[[1]]",
    "{}",
    '{"1": 2}',
    '{"x": 1}',
    '{"a": [1]}',
    '{"a": 1, "a": 2}',
    "1577923200",
    "1577923200.5",
    "12345678901234567890123",
    "0.1",
    "1.1",
    "123456789.123456789123456789",
)


@case(
    *[
        post(f"/{name}?{number}", content=f'{{"v": {text}}}'.encode(), content_type="application/json")
        for name in TYPES
        for number, text in enumerate(INPUTS)
    ],
    openapi=False,
    hostile=True,
)
def every_type_with_every_input() -> FastAPI:
    app = FastAPI()

    def declare(name: str, kind: Any) -> None:
        model = create_model("Model", __config__=ConfigDict(arbitrary_types_allowed=True), v=(kind, ...))

        @app.post(f"/{name}", name=name)
        async def create(body: model):
            return repr(body.v)

    for name, kind in TYPES.items():
        declare(name, kind)
    return app


WHOLE = ("int", "float", "str", "decimal", "date", "tuple", "mapping", "any", "datetime-or-str", "bytes", "set")


@case(
    *[
        post(f"/{name}?{number}", content=text.encode(), content_type="application/json")
        for name in WHOLE
        for number, text in enumerate(INPUTS)
    ],
    openapi=False,
    hostile=True,
)
def some_types_as_whole_bodies() -> FastAPI:
    app = FastAPI()

    def declare(name: str, kind: Any) -> None:
        @app.post(f"/{name}", name=name)
        async def create(body: Annotated[kind, Body()]):
            return repr(body)

    for name, kind in TYPES.items():
        if name not in {"pair", "none"}:
            declare(name, kind)
    return app
