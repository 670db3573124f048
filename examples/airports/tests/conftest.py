"""Fixtures: one server for all tests, and clients of it."""

from collections.abc import Iterator
from pathlib import Path

import airportsdata
import httpx2
import pytest

from airports.tests.server import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the service over a fresh database, and fail at the end if it ever answered with a fault of its own."""
    folder: Path = tmp_path_factory.mktemp("airports")
    with running_server(folder / "new" / "airports.sqlite3", folder / "server.log") as server:
        yield server
        log = server.log.read_text()
    assert "Traceback" not in log, log


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    """Give a client with a connection of its own."""
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def world() -> dict[str, airportsdata.Airport]:
    """Read the airports from their source, by ICAO code: what the service should know."""
    return airportsdata.load()
