"""Every program behaves on Vivace as on the reference; hostile requests, where the reference fails, better.

With `DIFFERENTIAL_CANDIDATE=fastapi` in the environment the reference is compared with itself: a check of the programs.
"""

from __future__ import annotations

import os

import pytest

from differential.cases import Case
from differential.loader import REFERENCE, cases, sections
from differential.observe import Observation, observe

CANDIDATE = os.environ.get("DIFFERENTIAL_CANDIDATE", "vivace")
PROGRAMS = [
    pytest.param(section, found, id=f"{section}-{found.name}")
    for section in sections()
    for found in cases(section, REFERENCE).values()
]


@pytest.mark.parametrize(("section", "case"), PROGRAMS)
def test_a_program_behaves_as_on_the_reference(section: str, case: Case) -> None:
    expected = observe(case)
    seen = observe(cases(section, CANDIDATE)[case.name])
    _compare_declarations(case, expected, seen)
    if case.is_hostile:
        _compare_hostile(expected, seen)
    else:
        assert list(seen.lines) == list(expected.lines)


def _compare_declarations(case: Case, expected: Observation, seen: Observation) -> None:
    if expected.declaration_error is None:
        assert case.error_text is None, "the reference accepts this declaration"
        if seen.declaration_error is not None:
            raise seen.declaration_error
        return
    assert case.error_text is not None, f"no error was meant here: {expected.declaration_error!r}"
    assert seen.declaration_error is not None, f"the reference refused: {expected.declaration_error!r}"
    # A subclass is welcome: it can say more.
    assert type(expected.declaration_error).__name__ in {kind.__name__ for kind in type(seen.declaration_error).__mro__}
    for error in (expected.declaration_error, seen.declaration_error):
        assert case.error_text in str(error)


def _compare_hostile(expected: Observation, seen: Observation) -> None:
    assert len(seen.exchanges) == len(expected.exchanges)
    for ours, theirs in zip(seen.exchanges, expected.exchanges, strict=True):
        if "start 500" not in theirs and not any(line.startswith("raised") for line in theirs):
            assert ours == theirs
            continue
        statuses = [int(line.split()[1]) for line in ours if line.startswith("start ")]
        if CANDIDATE != REFERENCE:
            assert not any(line.startswith("raised") for line in ours), ours
            assert len(statuses) == 1 and 400 <= statuses[0] < 500, ours
