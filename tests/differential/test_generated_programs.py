"""Programs that nobody wrote: generated signatures and dependency trees behave on both alike."""

from __future__ import annotations

import linecache
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from differential.cases import Case, Exchange, get, post, send
from differential.generator import bounded, programs
from differential.loader import REFERENCE
from differential.models import json_texts, model_programs
from differential.observe import Observation, observe
from differential.routers import router_programs
from differential.test_programs import CANDIDATE

NAMES = st.sampled_from(["a", "b", "c", "al", "e0", "e1", "d00", "d10", "d01"])
TEXTS = st.sampled_from(["1", "x", "", "1.5", "true", "2020-01-01", "a", "-1", "Z", "1e2"])
PAIRS = st.lists(st.tuples(NAMES, TEXTS), max_size=4)
JSON = st.sampled_from(
    [
        '{"n": 1}',
        "{}",
        "[]",
        "5",
        "null",
        '{"n": "x"}',
        '[{"n": 1}, {}]',
        '{"b1": {"n": 2}, "b2": 3}',
        '{"b0": 1}',
        "{",
        "",
    ]
)

# The routes of a generated model, and how each takes one.
ROUTES = (("/in", "{}"), ("/out", "{}"), ("/pair", '{{"value": {}, "other": 1}}'), ("/list", "[{}]"))


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Draw a request that may fit what was generated."""
    query = "&".join(f"{name}={value}" for name, value in draw(PAIRS))
    headers: list[tuple[str | bytes, str | bytes]] = [*draw(PAIRS)]
    headers.append(("cookie", "; ".join(f"{name}={value}" for name, value in draw(PAIRS))))
    path = draw(st.sampled_from(["/x", "/x/1", "/x/a", "/x/1.5"]))
    body = draw(JSON)
    return send(
        draw(st.sampled_from(["GET", "POST"])),
        f"{path}?{query}",
        headers,
        content=body.encode(),
        content_type=draw(st.sampled_from(["application/json", None])) if body else None,
    )


@bounded(share=1.2)
@given(text=programs(), asked=st.lists(exchanges(), min_size=4, max_size=8))
def test_generated_programs_behave_alike(text: str, asked: list[Exchange]) -> None:
    expected, seen = observe_both(text, asked)
    assert list(seen.lines) == list(expected.lines), text


@bounded(share=0.3)
@given(text=programs(), asked=st.lists(exchanges(), min_size=15, max_size=25))
def test_generated_programs_behave_alike_with_many_requests_at_once(text: str, asked: list[Exchange]) -> None:
    expected, seen = observe_both(text, asked, is_concurrent=True)
    # What the functions log is interleaved, by chance.
    assert sorted(seen.lines) == sorted(expected.lines), text


@bounded(share=0.8)
@given(text=model_programs(), asked=st.lists(st.tuples(st.sampled_from(ROUTES), json_texts()), min_size=8, max_size=14))
def test_generated_models_behave_alike(text: str, asked: list[tuple[tuple[str, str], str]]) -> None:
    contents = [(path, wrapping.format(body)) for (path, wrapping), body in asked]
    bodies = [post(path, content=body.encode(), content_type="application/json") for path, body in contents]
    expected, seen = observe_both(text, bodies)
    assert list(seen.lines) == list(expected.lines), text


@bounded()
@given(program=router_programs(), value=st.sampled_from(["5", "a", "5/", "a/5"]))
def test_generated_routers_behave_alike(program: tuple[str, list[str]], value: str) -> None:
    text, paths = program
    targets = [re.sub(r"{[^}]*}", value, path) for path in paths]
    bodies = [send(method, target, json={"a": 3}) for target in targets for method in ("POST", "PUT")]
    asked = [*map(get, targets), *bodies]
    expected, seen = observe_both(text, asked)
    assert list(seen.lines) == list(expected.lines), text


def observe_both(text: str, asked: list[Exchange], *, is_concurrent: bool = False) -> tuple[Observation, Observation]:
    """Run a generated program on the reference and on the candidate."""
    expected, seen = (observe(case_of(text, name, asked, is_concurrent)) for name in (REFERENCE, CANDIDATE))
    # Which of several mistakes is named first may differ.
    assert (expected.declaration_error is None) == (seen.declaration_error is None), text
    return expected, seen


def case_of(text: str, framework: str, asked: list[Exchange], is_concurrent: bool = False) -> Case:
    """Load a generated program for one framework."""
    namespace: dict[str, Any] = {"__name__": "generated_program"}
    # Texts that name the line of a function look its source up.
    linecache.cache["generated.py"] = (len(text), None, text.splitlines(keepends=True), "generated.py")
    exec(compile(text.replace("FRAMEWORK", framework), "generated.py", "exec", dont_inherit=True), namespace)
    return Case(
        name="generated",
        build=namespace["build"],
        exchanges=tuple(asked),
        has_lifespan=False,
        is_concurrent=is_concurrent,
        has_openapi=not is_concurrent,
        error_text=None,
        is_hostile=False,
    )
