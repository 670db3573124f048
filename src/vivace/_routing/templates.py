"""Path templates such as "/items/{item_id:int}", cut into segments for the match table.

The one rule: the syntax and its meaning are Starlette's. A template that cannot be matched segment by segment (a
parameter that may contain "/", an unknown convertor) says so, and the regular expression of its route decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from starlette.convertors import (
    CONVERTOR_TYPES,
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.routing import PARAM_REGEX

from vivace._params.refusals import refused

__all__ = ["UNKNOWN", "Param", "Segment", "Template", "is_builtin", "parse_template", "read_path"]

Convertors = Mapping[str, Convertor[Any]]
Convert = Callable[[str], Any]
Test = Callable[[str], object]

# How the text of a segment becomes a value. None: it is the value. Subclasses are not listed: they may do anything.
SEGMENT_CONVERTS: Final[Mapping[type[Convertor[Any]], Convert | None]] = {
    StringConvertor: None,
    IntegerConvertor: int,
    FloatConvertor: float,
    UUIDConvertor: UUIDConvertor().convert,
}
# Whether a segment may be the text of a parameter; a string need only not be empty.
SEGMENT_TESTS: Final[Mapping[type[Convertor[Any]], Test]] = {
    kind: bool if kind is StringConvertor else re.compile(kind.regex).fullmatch for kind in SEGMENT_CONVERTS
}

# In characters, far above real use. Several parameters in one segment, some of them numbers, may cost a regular
# expression time that grows with a power of the length; beyond this nothing matches.
MAX_MIXED_SEGMENT: Final = 256


class Segment(NamedTuple):
    """What one segment of a path must be: the literal text, or, with a test, whatever passes it.

    Equal texts of segments with a test mean equal tests.
    """

    text: str
    test: Test | None


class Param(NamedTuple):
    """A path parameter that fills a whole segment. `convert` is None if the text itself is the value."""

    name: str
    position: int
    convert: Convert | None


class Template(NamedTuple):
    """A path as far as it can be matched segment by segment.

    Attributes:
        segments: Of a path cut at every "/", the first included: "/a" is ("", "a").
        is_open: More may follow `segments`, of any length; only the route's regular expression knows what.
        params: Filled by whole segments; None if only the regular expression can tell the parameters, as it must if
            `is_open`.
    """

    segments: tuple[Segment, ...]
    is_open: bool
    params: tuple[Param, ...] | None

    @property
    def is_static(self) -> bool:
        """Whether one path alone matches."""
        return self.params == ()


# Matches any path as far as the segments can tell.
UNKNOWN: Final = Template(segments=(), is_open=True, params=None)


def read_path(path: str) -> tuple[str, dict[str, Convertor[Any]]]:
    """Return a path without its convertors, and the convertors by the names of the parameters.

    The same as Starlette's `compile_path()` without the regular expression, which costs most and is rarely needed.

    Raises:
        AssertionError: a convertor is not known.
        ValueError: a name stands for two parameters.
    """
    convertors: dict[str, Convertor[Any]] = {}
    repeated: set[str] = set()
    for name, suffix in PARAM_REGEX.findall(path):
        kind = suffix[1:] or "str"
        if kind not in CONVERTOR_TYPES:
            raise refused(f"Unknown path convertor {kind!r}", f"use one of {', '.join(sorted(CONVERTOR_TYPES))}.")
        if name in convertors:
            repeated.add(name)
        convertors[name] = CONVERTOR_TYPES[kind]
    if repeated:
        ending = "s" if len(repeated) > 1 else ""
        raise ValueError(f"Duplicated param name{ending} {', '.join(sorted(repeated))} at path {path}")
    return PARAM_REGEX.sub(r"{\1}", path) if convertors else path, convertors


def parse_template(path: str, convertors: Convertors, regex: str | None) -> Template:
    """Cut a path template into segments.

    Args:
        path: The path of the route, or of a mount with its "/{path:path}".
        convertors: By the name of the parameter.
        regex: The source of the route's regular expression, if it has one made already. If that is not the one that
            belongs to `path` (a program may have changed it), the template is left unknown: the expression decides.
    """
    if path and not path.startswith("/"):
        return UNKNOWN  # Starlette treats it like the name of a host, which has other rules.
    if "{" not in path:
        return _static(path) if regex is None or regex == f"^{re.escape(path)}$" else UNKNOWN
    if regex is not None and regex != _regex(path, convertors):
        return UNKNOWN
    return _cut(path, convertors)


def is_builtin(convertors: Convertors) -> bool:
    """Whether no convertor is one that a program brought."""
    return all(type(each) in SEGMENT_CONVERTS or type(each) is PathConvertor for each in convertors.values())


def _static(path: str) -> Template:
    segments = tuple(Segment(text, None) for text in path.split("/"))
    return Template(segments=segments, is_open=False, params=())


def _cut(path: str, convertors: Convertors) -> Template:
    segments: list[Segment] = []
    params: list[Param] | None = []
    for position, text in enumerate(path.split("/")):
        names = PARAM_REGEX.findall(text) if "{" in text else ()
        if not names:
            segments.append(Segment(text, None))
            continue
        kinds = [type(convertors[name]) for name, _ in names]
        if not all(kind in SEGMENT_CONVERTS for kind in kinds):
            return Template(segments=tuple(segments), is_open=True, params=None)
        if PARAM_REGEX.fullmatch(text):
            segments.append(Segment(kinds[0].regex, SEGMENT_TESTS[kinds[0]]))
            if params is not None:
                params.append(Param(names[0][0], position, SEGMENT_CONVERTS[kinds[0]]))
        else:
            segments.append(_composite(text, convertors, kinds))
            params = None
    return Template(segments=tuple(segments), is_open=False, params=None if params is None else tuple(params))


def _composite(text: str, convertors: Convertors, kinds: Sequence[type[Convertor[Any]]]) -> Segment:
    """Return a segment of parameters and literal text, such as "{name}.{extension}"."""
    expression = _expression(text, convertors, opening="(?:")
    if all(kind is StringConvertor for kind in kinds):
        return Segment(expression, _wildcards(PARAM_REGEX.split(text)[::3]))
    fullmatch = re.compile(expression).fullmatch
    return Segment(expression, lambda segment: len(segment) <= MAX_MIXED_SEGMENT and fullmatch(segment))


def _wildcards(literals: Sequence[str]) -> Test:
    """Return a test for texts with a wildcard, of at least one character, between every two literals.

    In time linear in the length: a regular expression takes 9 s to refuse 4,000 dashes for "{a}-{b}-{c}.json".
    """
    prefix, *separators, suffix = literals
    separators.reverse()

    def test(segment: str) -> bool:
        if not segment.endswith(suffix) or not segment.startswith(prefix):
            return False
        # From the right, every separator as far right as it can be: if that fails for one, nothing else can help it.
        end = len(segment) - len(suffix)
        for separator in separators:
            end = segment.rfind(separator, 0, max(end - 1, 0))
            if end < 0:
                return False
        return end > len(prefix)

    return test


def _regex(path: str, convertors: Convertors) -> str | None:
    try:
        return f"^{_expression(path, convertors, opening='(?P<{}>')}$"
    except KeyError:  # a parameter without a convertor: the program changed one of them
        return None


def _expression(text: str, convertors: Convertors, *, opening: str) -> str:
    parts = PARAM_REGEX.split(text)  # literal, name, ":convertor", literal, ...
    for position in range(1, len(parts), 3):
        name = parts[position]
        parts[position] = f"{opening.format(name)}{convertors[name].regex})"
        parts[position + 1] = ""
    parts[::3] = map(re.escape, parts[::3])
    return "".join(parts)
