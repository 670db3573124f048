"""Every route has two paths; most tests here take both."""

import pytest

from vivace._routing import routes


@pytest.fixture(params=["compiled", "exact"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Send all requests of the test through one path of the endpoint."""
    chosen: str = request.param
    if chosen == "exact":
        monkeypatch.setattr(routes, "plan_line", lambda plan: None)
    return chosen
