"""Writes programs: a few dependencies, each on earlier ones, and an endpoint. Texts only; nothing here runs them."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

__all__ = ["bounded", "programs"]

PROGRAM_COUNT = int(os.environ.get("GENERATED_PROGRAMS", "100"))


def bounded(share: float = 1) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator of a test with generated programs.

    It runs 100 of them times `share`, always the same ones. The environment variable `GENERATED_PROGRAMS` asks for
    another number (2000 in a nightly run), and then each run has others.
    """
    is_nightly = "GENERATED_PROGRAMS" in os.environ
    return settings(
        derandomize=not is_nightly,
        deadline=None,
        database=None,
        max_examples=max(int(PROGRAM_COUNT * share), 1),
        suppress_health_check=list(HealthCheck),
        print_blob=is_nightly,
    )


# Each type with the text of a default that fits it.
SCALARS = {
    "int": "7",
    "float": "1.5",
    "str": "'d'",
    "bool": "True",
    "Kind": "Kind.A",
    "Literal['x', '1']": "'x'",
    "int | None": "None",
    "str | int": "3",
    "date": "date(2020, 1, 2)",
    "Decimal": "Decimal('1.5')",
}
REPEATED = {"list[int]": "[1]", "set[str]": "{'a'}", "list[Kind]": "[]", "tuple[int, ...]": "(1,)"}
BODIES = {"Item": "Item(n=1)", "list[Item]": "[]", "dict[str, int]": "{}", "Item | None": "None", "int": "3"}
SPECIAL = ("Request", "Response", "BackgroundTasks")
RESULTS = (
    "repr([{values}])",
    "[1, None]",
    "Item(n=1)",
    "{{'n': 1, 's': 'x', 'more': 1}}",
    "Response('own', 202)",
    "None",
)

PRELUDE = """
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from pydantic import BaseModel
from FRAMEWORK import BackgroundTasks, Body, Cookie, Depends, FastAPI, HTTPException
from FRAMEWORK import Header, Path, Query, Request, Response

class Kind(str, Enum):
    A = "a"
    Z = "Z"

class Item(BaseModel):
    n: int
    s: str = "s"

class Refused(Exception):
    pass

def build(log):
    app = FastAPI()

    @app.exception_handler(Refused)
    async def refused(request, exc):
        log("handled")
        return Response("refused", 409)
"""

Argument = tuple[str, str]  # its name, and the text that declares it


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Draw the text of a program that defines `build(log)`."""
    parts: list[str] = []
    names: tuple[str, ...] = ()
    for number in range(draw(st.integers(0, 4))):
        name = f"dep{number}"
        has_bodies = draw(st.integers(0, 3)) == 0
        declared = draw(arguments(f"d{number}", names, has_bodies))
        parts.append(draw(dependency(name, declared)))
        names += (name,)
    parts.append(draw(endpoint(names)))
    if names and draw(st.integers(0, 3)) == 0:
        # By an earlier one: a replacement that needs what it replaces would never end.
        replacement = draw(st.sampled_from(["lambda: 5", *names[:-1]]))
        parts.append(f"app.dependency_overrides[{names[-1]}] = {replacement}\n")
    if draw(st.integers(0, 4)) == 0:
        parts.append(MIDDLEWARE)
    return PRELUDE + "\n" + textwrap.indent("\n".join(parts), "    ") + "\n    return app\n"


MIDDLEWARE = """
@app.middleware("http")
async def around(request, call_next):
    log("before")
    response = await call_next(request)
    log("after", response.status_code)
    response.headers["x-around"] = "1"
    return response
"""


@st.composite
def endpoint(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    """Draw the endpoint, on some of the dependencies."""
    method = draw(st.sampled_from(["get", "post"]))
    path = draw(st.sampled_from(["/x", "/x/{p}", "/x/{a}"]))
    # A path parameter takes no default, and may not be marked as anything else.
    declared = [
        each for each in draw(arguments("e", names, has_bodies=method == "post")) if f"{{{each[0]}}}" not in path
    ]
    if "{p}" in path:
        declared.insert(0, ("p", "p: " + draw(st.sampled_from(["int", "str", "Kind", "float"]))))
    options = draw(
        st.sampled_from(["", ", response_model=Item", ", status_code=201", ", response_model=list[int | None]"])
    )
    if names and draw(st.integers(0, 3)) == 0:
        options += f", dependencies=[Depends({draw(st.sampled_from(names))})]"
    keyword = draw(st.sampled_from(["def", "async def"]))
    failure = draw(st.sampled_from(["", "", "", "raise Refused", "raise HTTPException(418)", "raise ValueError('e')"]))
    lines = [f"@app.{method}({path!r}{options})", f"{keyword} endpoint({_signature(declared)}):", "    log('endpoint')"]
    lines += [f"    {line}" for line in (*_effects(declared), failure) if line]
    # Without a model of the answer, what arrived is the most telling answer.
    result = draw(st.sampled_from(RESULTS)) if "response_model" in options else RESULTS[0]
    lines.append("    return " + result.format(values=_values(declared)))
    return "\n".join(lines) + "\n"


@st.composite
def dependency(draw: st.DrawFn, name: str, declared: list[Argument]) -> str:
    """Draw one dependency: sync or not, returning or yielding, and now and then failing."""
    kind = draw(st.sampled_from(["def", "async def", "def gen", "async def gen"]))
    keyword = kind.removesuffix(" gen")
    lines = [f"{keyword} {name}({_signature(declared)}):", f"    log('{name}')"]
    lines += [f"    {line}" for line in _effects(declared)]
    failure = draw(st.integers(0, 14))
    if failure == 0:
        lines.append("    raise HTTPException(418, 'refused')")
    if not kind.endswith("gen"):
        lines.append(f"    return [{_values(declared)}]")
        return "\n".join(lines) + "\n"
    lines += ["    try:", f"        yield [{_values(declared)}]", "    except Exception as exc:"]
    lines += [f"        log('{name} saw', type(exc).__name__)"]
    lines += ["        raise Refused from exc" if failure == 1 else "        raise"]
    lines += ["    finally:", f"        log('{name} ends')"]
    if failure == 2:
        lines.append("    raise Refused")
    return "\n".join(lines) + "\n"


@st.composite
def arguments(draw: st.DrawFn, prefix: str, dependencies: tuple[str, ...], has_bodies: bool) -> list[Argument]:
    """Draw the arguments of one function."""
    declared: list[Argument] = []
    sources = ["Query", "Header", "Cookie", "plain", "repeated", "special"] + ["Body"] * has_bodies
    for number in range(draw(st.integers(0, 3))):
        source = draw(st.sampled_from(sources))
        # Few names, so that functions share parameters.
        name = draw(st.sampled_from(["a", "b", "c", f"{prefix}{number}"]))
        if source == "special":
            text = draw(st.sampled_from(SPECIAL))
            name = f"{prefix}_{text.lower()}"
        elif source == "plain":
            text = draw(with_default(SCALARS))
        elif source == "repeated":
            text = draw(with_default(REPEATED, "Query()"))
        elif source == "Body":
            name, text = f"b{number}", draw(with_default(BODIES, draw(st.sampled_from(["Body()", "Body(embed=True)"]))))
        else:
            text = draw(with_default(SCALARS, draw(st.sampled_from([f"{source}()", f"{source}(alias='al')"]))))
        declared.append((name, f"{name}: {text}"))
    for each in dependencies:
        if draw(st.booleans()):
            options = draw(st.sampled_from(["", "", ", use_cache=False", ", scope='request'", ", scope='function'"]))
            declared.append((f"v_{each}", f"v_{each}: Annotated[Any, Depends({each}{options})]"))
    # One of each name; what has no default goes first.
    return sorted(dict(declared).items(), key=lambda item: " = " in item[1])


@st.composite
def with_default(draw: st.DrawFn, types: dict[str, str], marker: str | None = None) -> str:
    """Draw a type, marked or not, with a default or without."""
    kind = draw(st.sampled_from(sorted(types)))
    text = f"Annotated[{kind}, {marker}]" if marker else kind
    return f"{text} = {types[kind]}" if draw(st.booleans()) else text


def _signature(declared: list[Argument]) -> str:
    return ", ".join(text for _, text in declared)


def _values(declared: list[Argument]) -> str:
    return ", ".join(name for name, _ in declared if not _special(name))


def _special(name: str) -> str:
    kind = name.partition("_")[2]
    return kind if kind in {each.lower() for each in SPECIAL} else ""


def _effects(declared: list[Argument]) -> list[str]:
    """What a function does with what was injected."""
    effects = {
        "response": "{name}.headers.append('x-from', '{name}')",
        "backgroundtasks": "{name}.add_task(log, 'task of {name}')",
        "request": "log({name}.url.path)",
    }
    return [effects[_special(name)].format(name=name) for name, _ in declared if _special(name)]
