"""Programs that nobody wrote: generated signatures and dependency trees behave on both alike."""

from __future__ import annotations

import linecache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from differential.cases import Case, Exchange, send
from differential.generator import programs
from differential.loader import REFERENCE
from differential.observe import observe
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


@settings(max_examples=120, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(text=programs(), asked=st.lists(exchanges(), min_size=4, max_size=8))
def test_generated_programs_behave_alike(text: str, asked: list[Exchange]) -> None:
    expected, seen = (observe(case_of(text, framework, asked)) for framework in (REFERENCE, CANDIDATE))
    if expected.declaration_error is not None or seen.declaration_error is not None:
        # Which of several mistakes is named first may differ.
        assert expected.declaration_error is not None, text
        assert seen.declaration_error is not None, text
        return
    assert list(seen.lines) == list(expected.lines), text


def case_of(text: str, framework: str, asked: list[Exchange]) -> Case:
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
        is_concurrent=False,
        has_openapi=True,
        error_text=None,
        is_hostile=False,
    )
