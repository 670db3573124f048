"""Path templates, against the regular expressions that Starlette makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.convertors import CONVERTOR_TYPES
from starlette.routing import compile_path

from vivace._routing.templates import UNKNOWN, is_builtin, parse_template, read_path


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a", "/{a}", "/x{a:int}-{b}/{c:path}", "{host}.example", "/{1a}", "/{a:int", "/{a:uuid}/{b:float}"],
)
def test_a_path_is_read_as_starlette_reads_it(path: str) -> None:
    assert read_path(path) == compile_path(path)[1:]


@pytest.mark.parametrize("path", ["/{a}/{a}", "/{b}{b}{a}{a}", "/{a:unheard}"])
def test_a_wrong_path_is_refused_with_starlettes_words(path: str) -> None:
    with pytest.raises((ValueError, AssertionError)) as theirs:
        compile_path(path)

    with pytest.raises(theirs.type) as ours:
        read_path(path)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    ("path", "segments", "is_open", "params"),
    [
        ("/", ["", ""], False, []),
        ("/a/b/", ["", "a", "b", ""], False, []),
        ("/a/{x}/{n:int}", ["", "a", "[^/]+", "[0-9]+"], False, [("x", 2), ("n", 3)]),
        ("/a/v{x}", ["", "a", "v(?:[^/]+)"], False, None),
        ("/a/{rest:path}", ["", "a"], True, None),
        ("/{x}/a{rest:path}/b", ["", "[^/]+"], True, None),
    ],
)
def test_a_template_is_cut_at_every_slash(
    path: str, segments: list[str], is_open: bool, params: list[tuple[str, int]] | None
) -> None:
    regex, _, convertors = compile_path(path)

    for source in (regex.pattern, None):
        template = parse_template(path, convertors, source)
        assert [segment.text for segment in template.segments] == segments
        assert template.is_open is is_open
        assert template.params is None or [param[:2] for param in template.params] == params


@pytest.mark.parametrize(
    ("path", "other"), [("/a", "/b"), ("/{a}", "/{b}"), ("/{a}", "/x{a}"), ("no/slash", "no/slash")]
)
def test_a_template_that_is_not_what_its_expression_says_is_unknown(path: str, other: str) -> None:
    regex, _, convertors = compile_path(other)

    assert parse_template(path, convertors, regex.pattern) is UNKNOWN


def test_convertors_of_a_program_are_told_from_starlettes() -> None:
    class Own(type(CONVERTOR_TYPES["int"])):  # type: ignore[misc]  # a class known at run time only
        regex = "[0-9]+"

    assert is_builtin({"a": CONVERTOR_TYPES["int"], "b": CONVERTOR_TYPES["path"]})
    assert not is_builtin({"a": CONVERTOR_TYPES["int"], "b": Own()})
    assert parse_template("/{a}", {"a": Own()}, None).is_open


LITERALS: Any = st.text("ab-.", max_size=2)


@pytest.mark.slow
@given(st.lists(LITERALS, min_size=3, max_size=5), st.text("ab-.", min_size=1, max_size=12))
def test_several_parameters_in_a_segment_match_what_the_expression_matches(literals: list[str], text: str) -> None:
    path = "/" + literals[0] + "".join(f"{{p{number}}}{literal}" for number, literal in enumerate(literals[1:]))
    regex, _, convertors = compile_path(path)
    [_, segment] = parse_template(path, convertors, regex.pattern).segments

    assert segment.test is not None
    assert bool(segment.test(text)) == bool(regex.match("/" + text))
