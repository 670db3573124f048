"""What the definitions of a document are called: the simplest name that is not ambiguous.

The one rule: two definitions share a name only if their schemas are equal, once what they refer to is named as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vivace.openapi.constants import REF_PREFIX

__all__ = ["name_definitions"]

# The rounds end by themselves: names only get simpler. This bounds what a mistake here could cost.
_MAX_ROUNDS = 100

_REFERENCE = re.compile(rf'"{re.escape(REF_PREFIX)}([^"\\]+)"')


@dataclass
class _Definition:
    """A definition that waits for its name."""

    key: str
    names: Sequence[str]
    """Simplest first."""
    schema: Any

    @cached_property
    def _pieces(self) -> tuple[tuple[str, ...], list[str]]:
        text = json.dumps(self.schema, sort_keys=True, default=repr)
        pieces = _REFERENCE.split(text)
        return tuple(pieces[::2]), pieces[1::2]

    def form(self, current: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What makes the schema equal to another: its text, and the names it refers to."""
        text, references = self._pieces
        return text, tuple(current.get(name, name) for name in references)


def name_definitions(schemas: Mapping[str, Any], choices: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return a name for each key.

    Naming is done in rounds, since two schemas may become equal when what they refer to gets one name.

    Args:
        schemas: The raw schemas by their unique keys, which they use in their references.
        choices: For each key the names it may have, simplest first. The last one is no other key's.

    Source: Pydantic's `GenerateJsonSchema` names the definitions of its schemas by the same priorities.
    """
    definitions = [_Definition(key=key, names=choices[key], schema=schema) for key, schema in schemas.items()]
    claims: dict[str, list[_Definition]] = {}
    for definition in definitions:
        for name in definition.names:
            claims.setdefault(name, []).append(definition)
    current: dict[str, str] = {}
    named: dict[str, str] = {}
    for _ in range(_MAX_ROUNDS):
        is_clear = {
            name: len(claimants) == 1 or len({claimant.form(current) for claimant in claimants}) == 1
            for name, claimants in claims.items()
        }
        renamed: dict[str, str] = {}
        previous, named = named, {}
        for definition in definitions:
            position = next(i for i, name in enumerate(definition.names) if is_clear[name])
            chosen = named[definition.key] = definition.names[position]
            # A reference may stand under any of the names passed on the way from the unique key.
            renamed.update(dict.fromkeys(definition.names[position:], chosen))
        if named == previous:
            return named
        current = {key: renamed[current.get(key, key)] for key in schemas}
    raise RuntimeError(f"The names of {len(definitions)} schemas do not settle after {_MAX_ROUNDS} rounds.")
