"""Fixtures: one server for all tests that leave the airports alone, one for the others, and clients of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import airportsdata
import httpx2
import pytest

from airports.loading import open_loaded
from airports.tests.server import PASSWORD, Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the service over a fresh database, and fail at the end if it ever answered with a fault of its own."""
    folder = tmp_path_factory.mktemp("airports")
    yield from serve_without_fault(folder / "new" / "airports.sqlite3", folder / "server.log")


@pytest.fixture(scope="session")
def changing_server(tmp_path_factory: pytest.TempPathFactory, prepared: bytes) -> Iterator[Server]:
    """Run the service for tests that change airports. Each of them works with airports of its own."""
    folder = tmp_path_factory.mktemp("changing-airports")
    (folder / "airports.sqlite3").write_bytes(prepared)
    yield from serve_without_fault(folder / "airports.sqlite3", folder / "server.log")


def serve_without_fault(database: Path, log_file: Path) -> Iterator[Server]:
    with running_server(database, log_file) as server:
        yield server
        log = server.log.read_text()
    assert "Traceback" not in log, log


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    """Give a client with a connection of its own."""
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture
def visitor(changing_server: Server) -> Iterator[httpx2.Client]:
    """Give a client of the service whose airports change."""
    with httpx2.Client(base_url=changing_server.url, timeout=30) as client:
        yield client


@pytest.fixture
def editor(visitor: httpx2.Client) -> Iterator[httpx2.Client]:
    """Give a client of that service that has signed in and may import."""
    with httpx2.Client(base_url=visitor.base_url, timeout=30, headers=sign_in(visitor, "editor")) as client:
        yield client


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give a database that is loaded already, as the bytes of its file."""
    path = tmp_path_factory.mktemp("prepared") / "airports.sqlite3"
    with closing(open_loaded(path, PASSWORD)) as connection:
        return connection.serialize()


@pytest.fixture(scope="session")
def world() -> dict[str, airportsdata.Airport]:
    """Read the airports from their source, by ICAO code: what the service should know."""
    return airportsdata.load()


def sign_in(client: httpx2.Client, name: str, scope: str = "") -> dict[str, str]:
    """Give the headers of requests that are signed in."""
    response = client.post("/token", data={"username": name, "password": PASSWORD, "scope": scope})
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}
