"""Every program behaves on Vivace as on the reference.

With `DIFFERENTIAL_CANDIDATE=fastapi` in the environment the reference is compared with itself, which checks the programs.
"""

from __future__ import annotations

import os

import pytest

from differential.cases import Case
from differential.loader import REFERENCE, cases, sections
from differential.observe import observe

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
    if expected.declaration_error is None:
        assert case.error_text is None, "the reference accepts this declaration"
        if seen.declaration_error is not None:
            raise seen.declaration_error
    else:
        assert case.error_text is not None, f"no error was meant here: {expected.declaration_error!r}"
        assert seen.declaration_error is not None, f"the reference refused: {expected.declaration_error!r}"
        assert type(expected.declaration_error).__name__ in {
            kind.__name__ for kind in type(seen.declaration_error).__mro__
        }
        for error in (expected.declaration_error, seen.declaration_error):
            assert case.error_text in str(error)
    assert list(seen.lines) == list(expected.lines)
