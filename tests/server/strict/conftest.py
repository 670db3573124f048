"""One server for the many cases that need nothing special of it."""

from collections.abc import Iterator

import pytest
from server.strict.live import Live, serving


@pytest.fixture(scope="session")
def strict_server() -> Iterator[Live]:
    with serving() as live:
        yield live


@pytest.fixture
def live(strict_server: Live) -> Iterator[Live]:
    """A server whose app notes what it was called for; nothing of earlier tests is left on it."""
    strict_server.wait_until_quiet()
    strict_server.requests.clear()
    strict_server.log.texts.clear()
    yield strict_server
    assert strict_server.crashes() == []
