"""Writes trees of routers with options on every level. Texts only; nothing here runs them."""

from __future__ import annotations

import textwrap

from hypothesis import strategies as st

__all__ = ["router_programs"]

PRELUDE = """
from enum import Enum
from typing import Annotated
from pydantic import BaseModel
from FRAMEWORK import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Response
from FRAMEWORK.responses import HTMLResponse, JSONResponse, PlainTextResponse

class Tags(Enum):
    ONE = "one"

class A(BaseModel):
    a: int = 1
    b: str | None = None

class B(BaseModel):
    b: A
    more: list[A] = []

def need(q: int = 0):
    return q

def header(response: Response, x_h: Annotated[str | None, Header()] = None):
    response.headers.append("x-seen", str(x_h))

async def opened():
    yield 1

def unique(route):
    return f"own-{route.name}-{len(route.tags)}"

def build(log):
"""
SEGMENTS = ("/a", "/b", "/{?}", "/{?:int}", "/a/{?}", "/c/d")
SHARED = {
    "tags": ("['t1']", "['t1', Tags.ONE]", "['t2']"),
    "dependencies": ("[Depends(need)]", "[Depends(header)]", "[Depends(opened), Depends(need)]"),
    "responses": (
        "{404: {'description': 'none'}}",
        "{404: {'model': A}, 'default': {'description': 'd'}}",
        "{200: {'description': 'fine', 'content': {'text/csv': {}}}, '4XX': {'model': B}}",
    ),
    "deprecated": ("True", "False"),
    "include_in_schema": ("True", "False"),
    "default_response_class": ("PlainTextResponse", "HTMLResponse", "JSONResponse"),
    "generate_unique_id_function": ("unique",),
}
OF_A_ROUTE = {
    **{name: SHARED[name] for name in ("tags", "dependencies", "responses", "deprecated", "include_in_schema")},
    "response_class": ("PlainTextResponse", "HTMLResponse", "JSONResponse"),
    "status_code": ("201", "202"),
    "response_model": ("A", "B", "list[A]", "None", "dict[str, int]"),
    "response_model_exclude_none": ("True",),
    "response_model_exclude_unset": ("True",),
    "response_model_by_alias": ("False",),
    "summary": ("'S'", "''"),
    "description": ("'D'",),
    "response_description": ("'R'",),
    "name": ("'named'", "'other'"),
    "openapi_extra": ("{'x-a': 1}", "{'parameters': [], 'tags': ['extra']}"),
    "generate_unique_id_function": ("unique",),
}
OF_THE_APP = {name: values for name, values in SHARED.items() if name != "tags"} | {"redirect_slashes": ("False",)}
RESULTS = ("'text'", "{'a': 1, 'b': None}", "A()", "{'b': {'a': 2}, 'more': [{'a': 1}]}", "[A(a=2)]", "{'x': 1}")
ARGUMENTS = ("", "n: int = 1", "body: A", "x: Annotated[list[str], Query()] = []", "v=Depends(need)")


@st.composite
def segments(draw: st.DrawFn, parameter: str) -> str:
    """Draw a piece of a path; no two pieces of a program share a parameter."""
    return draw(st.sampled_from(SEGMENTS)).replace("?", parameter)


@st.composite
def options(draw: st.DrawFn, known: dict[str, tuple[str, ...]], most: int) -> str:
    """Draw some of the known options, as keyword arguments."""
    names = draw(st.lists(st.sampled_from(sorted(known)), max_size=most, unique=True))
    return ", ".join(f"{name}={draw(st.sampled_from(known[name]))}" for name in names)


@st.composite
def router_programs(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw an app with up to three routers, included in one another, some of it after the fact; and its paths."""
    lines = [f"app = FastAPI({draw(options(OF_THE_APP, 3))})"]
    prefixes = {"app": ""}
    later: list[str] = []
    for number in range(draw(st.integers(0, 3))):
        parent = draw(st.sampled_from(sorted(prefixes)))
        own, included = draw(st.just("") | segments(f"r{number}")), draw(segments(f"i{number}"))
        lines.append(f"router{number} = APIRouter(prefix={own!r}, {draw(options(SHARED, 3))})")
        inclusion = f"{parent}.include_router(router{number}, prefix={included!r}, {draw(options(SHARED, 3))})"
        (later if draw(st.booleans()) else lines).append(inclusion)
        prefixes[f"router{number}"] = prefixes[parent] + included + own
    paths: list[str] = []
    for number in range(draw(st.integers(1, 5))):
        owner, path = draw(st.sampled_from(sorted(prefixes))), draw(segments(f"e{number}"))
        lines.append(draw(route(owner, path, number)))
        paths.append(prefixes[owner] + path)
    lines += [*later, "return app\n"]
    return PRELUDE + textwrap.indent("\n".join(lines), "    "), paths


@st.composite
def route(draw: st.DrawFn, owner: str, path: str, number: int) -> str:
    """Draw one route."""
    method = draw(st.sampled_from(["get", "get", "post", "put"]))
    return (
        f"@{owner}.{method}({path!r}, {draw(options(OF_A_ROUTE, 4))})\n"
        f"{draw(st.sampled_from(['def', 'async def']))} route{number}({draw(st.sampled_from(ARGUMENTS))}):\n"
        f"    {draw(st.sampled_from(['', repr('A docstring.'), 'raise HTTPException(418)']))}\n"
        f"    return {draw(st.sampled_from(RESULTS))}"
    )
