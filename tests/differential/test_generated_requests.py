"""Requests that nobody thought of: what Hypothesis makes up gets the same answer from both."""

from __future__ import annotations

import functools
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from differential.cases import Exchange, get, post
from differential.loader import REFERENCE, cases
from differential.observe import ask
from differential.test_programs import CANDIDATE

FIELDS = st.sampled_from(["n", "s", "f", "a", "b", "c", "d", "e", "g", "t", "x", ""])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-1, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["1", "1.0", "x", "on", "2020-01-01", "2020-01-01T00:00:00Z", "1e3", " 1 ", "NaN", "١"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)
PAIRS = st.lists(st.tuples(FIELDS, st.text("0123456789abnosx.- %+&=;é,\x00", max_size=6)), max_size=5)
BOUNDED = settings(max_examples=150, derandomize=True, deadline=None, database=None)


@functools.cache
def app_on(framework: str) -> Any:
    """Build the program once for all examples."""
    return cases("generated", framework)["every_kind_of_input"].build()


def assert_same(asked: Exchange) -> None:
    assert ask(app_on(CANDIDATE), asked) == ask(app_on(REFERENCE), asked)


@BOUNDED
@given(path=st.sampled_from(["leaf", "tree", "leaves", "several", "anything", "union"]), value=JSON)
def test_json_bodies_are_answered_alike(path: str, value: object) -> None:
    assert_same(post(f"/{path}?n=1", value))


@BOUNDED
@given(path=st.sampled_from(["leaf", "tree", "several", "anything"]), value=JSON, data=st.data())
def test_damaged_json_is_answered_alike(path: str, value: object, data: st.DataObject) -> None:
    content = bytearray(json.dumps(value, ensure_ascii=False).encode())
    at = data.draw(st.integers(0, len(content)))
    content[at : at + data.draw(st.integers(0, 2))] = data.draw(
        st.sampled_from([b"", b",", b"}", b'"', b"\\", b"\xc3", b"0", b" "])
    )
    assert_same(post(f"/{path}", content=bytes(content), content_type="application/json"))


@BOUNDED
@given(path=st.sampled_from(["scalars", "params"]), pairs=PAIRS)
def test_query_strings_are_answered_alike(path: str, pairs: list[tuple[str, str]]) -> None:
    assert_same(get(f"/{path}?" + "&".join(f"{name}={value}" for name, value in pairs)))


@BOUNDED
@given(pairs=PAIRS, cookie=st.text('ns=; "\\,é01%', max_size=12))
def test_headers_and_cookies_are_answered_alike(pairs: list[tuple[str, str]], cookie: str) -> None:
    headers = [(name, value) for name, value in pairs if name]
    assert_same(get("/headers", [*headers, ("cookie", cookie)]))
