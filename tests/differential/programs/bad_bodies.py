# mypy: ignore-errors
"""Hostile bodies: what is no JSON, what no JSON should contain, and what no answer can repeat."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI
from pydantic import BaseModel, Field

from differential.cases import case, post


class Numbers(BaseModel):
    n: int = 0
    f: Annotated[float, Field(le=5)] = 0
    d: Decimal = Decimal(0)
    when: datetime | None = None
    span: timedelta | None = None


class Text(BaseModel):
    s: Annotated[str, Field(max_length=3)] = ""
    choice: Literal["a", "b"] = "a"
    items: dict[str, int] = {}


BIG = "9" * 5000
VALUES = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "overflow": "1e400",
    "big-int": BIG,
    "big-negative-int": f"-{BIG}",
    "int-of-4300-digits": "1" * 4300,
    "big-int-as-text": f'"{BIG}"',
    "long-fraction": f"0.{BIG}",
    "huge-exponent": "1e999999999",
    "surrogate": r'"\ud800"',
    "surrogate-pair": r'"\ud83d\ude00"',
    "surrogate-in-list": r'["a\udfff"]',
    "surrogate-key": r'{"\ud800": 1}',
    "nan-in-list": '[1, {"a": NaN}]',
    "null-character": r'"\u0000"',
    "long-text": '"' + "x" * 20_000 + '"',
    "surrogate-and-nan": r'{"\ud800": [NaN, "\udc00"]}',
}
CONTENTS = {
    "deep-list": b"[" * 100_000,
    "deep-closed-list": b"[" * 100_000 + b"]" * 100_000,
    "deep-dict": b'{"a":' * 100_000,
    "deep-closed-dict": b'{"n":' * 100_000 + b"1" + b"}" * 100_000,
    "deep-500": b'{"n":' * 500 + b"1" + b"}" * 500,
    "deep-900-list": b"[" * 900 + b"]" * 900,
    "invalid-utf-8": b'{"s": "\xff"}',
    "truncated-utf-8": b'{"s": "\xc3',
    "overlong-utf-8": b'{"s": "\xc0\xaf"}',
    "surrogate-utf-8": b'{"s": "\xed\xa0\x80"}',
    "byte-order-mark": b'\xef\xbb\xbf{"s": "a"}',
    "byte-order-mark-alone": b"\xef\xbb\xbf",
    "utf-16": '{"s": "a"}'.encode("utf-16"),
    "utf-16-le": '{"s": "a"}'.encode("utf-16-le"),
    "utf-16-be-bad": '{"s": "abcdef"}'.encode("utf-16-be"),
    "utf-16-cut": '{"s": "a"}'.encode("utf-16-le")[:-1],
    "utf-32": '{"s": "a"}'.encode("utf-32"),
    "utf-16-surrogate": b'\xff\xfe{\x00"\x00s\x00"\x00:\x00"\x00\x00\xd8"\x00}\x00',
    "latin-1": '{"s": "é"}'.encode("latin-1"),
    "null-bytes": b"\x00\x00\x00\x00",
    "null-at-end": b'{"s": "a"}\x00',
    "control-characters": b'{"s": "\x01\x1f"}',
    "duplicate-keys": b'{"n": "x", "n": 1, "s": 1, "s": "a"}',
    "empty-key": b'{"": 1}',
    "form": b"n=1&s=a",
    "spaces": b" \t\r\n",
    "only-quote": b'"',
    "minus": b"-",
    "many-errors": b"[" + b"NaN," * 2000 + b"1]",
    "comment": b'{"n": 1 /* x */}',
    "single-quotes": b"{'n': 1}",
    "dangerous-names": b'{"__class__": 1, "__proto__": {"a": 1}, "constructor": {}}',
}

HOSTILE = [
    post(f"/{name}?{label}", content=f'{{"{field}": {value}}}'.encode(), content_type="application/json")
    for label, value in VALUES.items()
    for name, fields in (("numbers", ("n", "f", "d", "when", "span")), ("text", ("s", "choice", "items")))
    for field in fields
]
WHOLE = [
    post(f"/{name}?{label}", content=value.encode(), content_type="application/json")
    for label, value in VALUES.items()
    for name in ("numbers", "integer", "string", "mapping", "several", "union", "anything")
]
RAW = [
    post(f"/{name}?{label}", content=content, content_type="application/json")
    for label, content in CONTENTS.items()
    for name in ("numbers", "text", "mapping", "several", "anything")
]


def program() -> FastAPI:
    app = FastAPI()

    @app.post("/numbers")
    def numbers(body: Numbers):
        return "ok"

    @app.post("/text")
    async def text(body: Text):
        return "ok"

    @app.post("/integer")
    def integer(body: Annotated[int, Body()]):
        return "ok"

    @app.post("/string")
    def string(body: Annotated[str, Body(max_length=3)]):
        return "ok"

    @app.post("/mapping")
    def mapping(body: dict[str, int]):
        return "ok"

    @app.post("/several")
    def several(one: Numbers, two: Annotated[str, Body()]):
        return "ok"

    @app.post("/union")
    def union(body: Annotated[int | list[int] | Numbers, Body()]):
        return "ok"

    @app.post("/anything")
    def anything(body: Annotated[Any, Body()]):
        return "ok"

    return app


@case(*HOSTILE, hostile=True, openapi=False)
def values_in_fields() -> FastAPI:
    return program()


@case(*WHOLE, hostile=True, openapi=False)
def values_as_bodies() -> FastAPI:
    return program()


@case(*RAW, hostile=True, openapi=False)
def contents() -> FastAPI:
    return program()


CHARSETS = (
    "utf-16",
    "nonsense",
    "utf-8\x00",
    "é",
    "",
    '"',
    "rot13",
    "base64",
    "a" * 5000,
    "utf-7",
    "idna",
    "undefined",
)


@case(
    *[
        post("/text", content=b'{"s": "a"}', content_type=f"application/json; charset={charset}")
        for charset in CHARSETS
    ],
    *[
        post("/text", content=b'{"s": 1}', content_type=f'application/json; boundary="{charset}')
        for charset in CHARSETS
    ],
    *[
        post("/string", content=b"\xff\xfe", content_type=kind)
        for kind in ("text/plain", "", "application/octet-stream", "a;" * 500)
    ],
    *[post(f"/{name}", content=b"\xff") for name in ("numbers", "mapping", "integer", "several", "union", "anything")],
    hostile=True,
    openapi=False,
)
def content_types() -> FastAPI:
    return program()


@case(
    post("/text", content=b'{"s":', disconnects=True, content_type="application/json"),
    post("/text", content=[b"", b"", b""], content_type="application/json"),
    post("/text", content=[bytes([byte]) for byte in b'{"s": "a"}'], content_type="application/json"),
    post("/text", content=b'{"s": "a"}', headers={"content-length": "5"}, content_type="application/json"),
    post("/text", content=b'{"s": "a"}', headers={"content-length": "x"}, content_type="application/json"),
    post("/text", content=b'{"s": "a"}', headers={"content-length": "-1"}, content_type="application/json"),
    post(
        "/text",
        content=b'{"s": "a"}',
        headers={"content-encoding": "gzip", "transfer-encoding": "x"},
        content_type="application/json",
    ),
    hostile=True,
    openapi=False,
)
def framing() -> FastAPI:
    return program()
