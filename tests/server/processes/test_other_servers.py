"""The same app on other servers, and our protocol under other supervisors."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from server.processes.running import PROGRAM, InThread, Running, is_alive, running, wait_until

pytestmark = pytest.mark.slow

PROGRAM_DIRECTORY = str(Path(PROGRAM).parent)
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join([PROGRAM_DIRECTORY, os.environ.get("PYTHONPATH", "")])}
GUNICORN = [sys.executable, "-m", "gunicorn", "program:app", "-k", "vivace.server.gunicorn.Worker"]
GUNICORN += ["--bind", "127.0.0.1:0", "--workers", "2", "--graceful-timeout", "4"]


def running_gunicorn(directory: Path) -> AbstractContextManager[Running]:
    # It keeps a socket of its own in the home directory.
    return running(GUNICORN, directory, environment=ENVIRONMENT | {"HOME": str(directory)}, count=2)


def workers_of(server: Running) -> frozenset[int]:
    seen: set[int] = set()

    def ask() -> bool:
        seen.add(server.get()["pid"])
        return len({pid for pid in seen if is_alive(pid)}) == 2

    wait_until(ask, "two workers")
    return frozenset(pid for pid in seen if is_alive(pid))


@pytest.mark.parametrize("protocol", ["vivace.server:HttpProtocol", "httptools"])
def test_uvicorn(tmp_path: Path, protocol: str) -> None:
    command = [sys.executable, "-m", "uvicorn", "program:app", "--port", "0", "--http", protocol]
    with running(command, tmp_path, environment=ENVIRONMENT) as server:
        assert server.get()["pid"] == server.process.pid
        server.signal(signal.SIGTERM)
        assert server.wait() == -signal.SIGTERM
        assert "lifespan ended" in server.log


def test_hypercorn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hypercorn", "program:app", "--bind", "127.0.0.1:0"]
    with running(command, tmp_path, environment=ENVIRONMENT, ready="Running on") as server:
        assert server.get()["pid"]
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "lifespan ended" in server.log


def test_granian(tmp_path: Path, unused_port: int) -> None:
    command = [sys.executable, "-m", "granian", "program:app", "--interface", "asgi", "--port", str(unused_port)]
    with running(command, tmp_path, environment=ENVIRONMENT, ready="Started worker") as server:
        assert wait_until(lambda: server.get()["pid"], "an answer")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "lifespan ended" in server.log


def test_gunicorn_replaces_a_killed_worker(tmp_path: Path) -> None:
    with running_gunicorn(tmp_path) as server:
        before = workers_of(server)

        os.kill(min(before), signal.SIGKILL)
        server.wait_for("Application startup complete", count=3)

        assert max(before) in workers_of(server)


def test_gunicorn_replaces_its_workers_at_sighup(tmp_path: Path) -> None:
    with running_gunicorn(tmp_path) as server:
        before = workers_of(server)

        server.signal(signal.SIGHUP)
        server.wait_for("lifespan ended", count=2)

        assert not workers_of(server) & before


def test_a_request_outlasts_the_replacement_of_its_worker_by_gunicorn(tmp_path: Path) -> None:
    with running_gunicorn(tmp_path) as server:
        slow = InThread(lambda: server.get(f"/until?path={tmp_path}/go"))
        server.wait_for("waiting")

        server.signal(signal.SIGHUP)
        server.wait_for("Shutting down", count=2)
        server.wait_for("lifespan ended")  # the idle one
        (tmp_path / "go").touch()

        assert slow.result() == {"done": f"{tmp_path}/go"}


def test_gunicorn_lets_requests_finish_at_sigterm_and_ends_those_that_do_not(tmp_path: Path) -> None:
    with running_gunicorn(tmp_path) as server:
        slow = InThread(lambda: server.get(f"/until?path={tmp_path}/go"))
        InThread(lambda: server.get("/forever"))
        server.wait_for("waiting", count=2)

        server.signal(signal.SIGTERM)
        server.wait_for("Shutting down", count=2)
        (tmp_path / "go").touch()

        assert slow.result() == {"done": f"{tmp_path}/go"}
        assert server.wait() == 0
        assert server.log.count("lifespan ended") == 2, "each worker must end by itself, before Gunicorn kills it"
