"""The compiled path and the exact path of an endpoint cannot be told apart from outside."""

from __future__ import annotations

import pytest
from differential.cases import Case
from differential.loader import cases, sections
from differential.observe import observe

from vivace._routing import routes, websocket_routes

PROGRAMS = [
    pytest.param(found, id=f"{section}-{name}")
    for section in sections()
    for name, found in cases(section, "vivace").items()
    if not found.is_concurrent  # who is served first is nobody's promise
]


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_program_behaves_alike_on_both_paths(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = observe(case)
    monkeypatch.setattr(routes, "plan_line", lambda plan: None)
    monkeypatch.setattr(websocket_routes, "plan_line", lambda plan: None)
    exact = observe(case)
    assert list(exact.lines) == list(compiled.lines)
    assert repr(exact.declaration_error) == repr(compiled.declaration_error)
