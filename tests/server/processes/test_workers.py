"""Workers and their supervisor: what dies is replaced, what is replaced loses nothing, what does not end is killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from server.processes.running import (
    DEADLINE_S,
    InThread,
    Running,
    get_json,
    is_alive,
    running,
    vivace,
    wait_until,
)

from vivace import Vivace
from vivace.server.config import ServerConfig, StartError
from vivace.server.serving import run_config

pytestmark = pytest.mark.slow

SERVE = vivace("--workers", "2", "--timeout-graceful-shutdown", "1", "--no-access-log")
OWN_APP = """
import asyncio, os
from contextlib import asynccontextmanager
from vivace import Vivace

@asynccontextmanager
async def lifespan(app):
    {startup}
    yield

app = Vivace(lifespan=lifespan)

@app.get("/")
async def read_root():
    return {{"pid": os.getpid()}}
"""


def write_app(directory: Path, startup: str = "pass") -> None:
    (directory / "own.py").write_text(OWN_APP.format(startup=startup))


def pids_serving(server: Running, *, without: frozenset[int] = frozenset()) -> frozenset[int]:
    """Return the pids of two workers that both serve now."""
    seen: set[int] = set()

    def ask() -> bool:
        seen.add(server.get()["pid"])
        return len(seen - without) == 2

    wait_until(ask, f"two workers other than {sorted(without)}")
    return frozenset(seen - without)


class Load:
    """Clients that ask again and again, each over one connection as long as that lasts, and note what fails."""

    def __init__(self, server: Running, *, is_kept_alive: bool) -> None:
        self.server = server
        self.is_kept_alive = is_kept_alive
        self.failures: list[tuple[int | None, Exception]] = []  # with the pid that the connection belonged to
        self.answers = 0
        self.is_over = threading.Event()

    def _ask(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        pid = None
        while not self.is_over.is_set():
            try:
                answered_by = get_json(connection, "/")["pid"]
                pid = answered_by if connection.sock is not None else None  # not if that was the last answer
                self.answers += 1
            except Exception as exc:
                self.failures.append((pid, exc))
                pid = None
                connection.close()
            if not self.is_kept_alive:
                connection.close()
        connection.close()

    @contextmanager
    def going_on(self, clients: int) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=(self.server.port,)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            self.go_on()
            yield
            self.go_on()
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join(DEADLINE_S)

    def go_on(self, answers: int = 200) -> None:
        goal = self.answers + answers
        wait_until(lambda: self.answers >= goal, f"{answers} more answers")


def test_a_killed_worker_is_replaced_and_the_others_serve_on(tmp_path: Path) -> None:
    with running(SERVE, tmp_path, count=2) as server:
        before = pids_serving(server)
        victim = min(before)
        load = Load(server, is_kept_alive=True)
        with load.going_on(clients=4):
            os.kill(victim, signal.SIGKILL)
            after = pids_serving(server, without=frozenset({victim}))

        # A connection that is not made yet can only be lost if the victim had taken it.
        assert {pid for pid, _ in load.failures} <= {victim, None}
        assert len(load.failures) <= 4, "each client may lose one connection to the victim"
        assert before - {victim} < after
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_sighup_replaces_the_workers_without_losing_a_request_or_a_connection(tmp_path: Path) -> None:
    with running(SERVE, tmp_path, count=2) as server:
        before = pids_serving(server)
        anew, kept = Load(server, is_kept_alive=False), Load(server, is_kept_alive=True)
        with anew.going_on(clients=2), kept.going_on(clients=1):
            server.signal(signal.SIGHUP)
            server.wait_for(r"Finished server process", count=2)
            after = pids_serving(server)

        assert anew.failures == []
        assert kept.failures == [], "kept connections must be told to close before their worker goes"
        assert not before & after


def test_sighup_with_an_app_that_cannot_start_keeps_the_old_workers(tmp_path: Path) -> None:
    write_app(tmp_path)
    with running(vivace("--workers", "2", app="own.py"), tmp_path, count=2) as server:
        before = pids_serving(server)
        (tmp_path / "own.py").write_text("1 / 0")

        server.signal(signal.SIGHUP)
        server.wait_for("did not become ready. Keeping the old workers")

        assert pids_serving(server) == before
        assert "ZeroDivisionError" in server.log
        write_app(tmp_path)
        server.signal(signal.SIGHUP)
        server.wait_for("Finished server process", count=2)
        assert not pids_serving(server) & before


def test_sigterm_during_a_restart_is_heard(tmp_path: Path) -> None:
    write_app(tmp_path)
    command = vivace("--workers", "2", "--timeout-graceful-shutdown", "1", app="own.py")
    with running(command, tmp_path, count=2) as server:
        write_app(tmp_path, startup="await asyncio.Event().wait()")
        server.signal(signal.SIGHUP)
        server.wait_for("Waiting for application startup", count=3)

        server.signal(signal.SIGTERM)

        assert server.wait(10) == 0


def test_an_app_that_cannot_start_ends_everything_with_code_3(tmp_path: Path) -> None:
    write_app(tmp_path, startup="1 / 0")
    with running(vivace("--workers", "2", app="own.py"), tmp_path, ready="Started parent process") as server:
        assert server.wait() == 3
        assert "failed to start. Stopping." in server.log


def test_a_worker_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    with running(SERVE, tmp_path, count=2) as server:
        server.get("/ignore-sigterm")

        server.signal(signal.SIGTERM)

        assert server.wait(10) == 0
        assert "did not end in time. Killing it." in server.log


def test_a_worker_that_stops_answering_is_replaced(tmp_path: Path) -> None:
    command = vivace("--workers", "2", "--timeout-worker-healthcheck", "2", "--no-access-log")
    with running(command, tmp_path, count=2) as server:
        before = pids_serving(server)
        os.kill(min(before), signal.SIGSTOP)

        server.wait_for("has not answered for 2 s. Killing it.")
        server.wait_for("Application startup complete", count=3)
        assert max(before) in pids_serving(server)


def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with running(SERVE, tmp_path, count=2) as server:
        workers = pids_serving(server)

        server.signal(signal.SIGKILL)

        wait_until(lambda: not any(map(is_alive, workers)), "the workers' end")
        assert server.log.count("lifespan ended") == 2


def test_workers_finish_what_is_in_flight_before_they_end(tmp_path: Path) -> None:
    with running(vivace("--workers", "2"), tmp_path, count=2) as server:
        slow = InThread(lambda: server.get(f"/until?path={tmp_path}/go"))
        server.wait_for("waiting")

        server.signal(signal.SIGTERM)
        server.wait_for("Shutting down", count=2)
        (tmp_path / "go").touch()

        assert slow.result() == {"done": f"{tmp_path}/go"}
        assert server.wait() == 0


def test_a_second_sigterm_hurries_the_workers(tmp_path: Path) -> None:
    with running(vivace("--workers", "2", "--timeout-graceful-shutdown", "60"), tmp_path, count=2) as server:
        InThread(lambda: server.get("/forever"))
        server.wait_for("waiting")
        server.signal(signal.SIGTERM)
        server.wait_for("Shutting down", count=2)

        server.signal(signal.SIGTERM)

        assert server.wait() == 0
        assert "told to hurry" in server.log
        assert "cancelled" in server.log


def test_the_number_of_workers_can_be_changed_by_signals(tmp_path: Path) -> None:
    with running(SERVE, tmp_path, count=2) as server:
        server.signal(signal.SIGTTIN)
        server.wait_for("Application startup complete", count=3)
        server.signal(signal.SIGTTOU)
        server.wait_for("Finished server process")

        assert server.get()["pid"]
        assert "died" not in server.log


def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [*vivace("--workers", "2"), "--port", port]
        with running(command, tmp_path, ready="Address already in use") as server:
            assert server.wait() == 3


def test_an_app_object_cannot_have_workers() -> None:
    with pytest.raises(StartError) as caught:
        run_config(ServerConfig(Vivace(), workers=2, log_config=None))

    assert str(caught.value) == (
        "With `workers` or `reload`, every process imports the app itself: pass 'module:name', not an object."
    )


def test_nothing_spins_while_nothing_happens(tmp_path: Path) -> None:
    with running(SERVE, tmp_path, count=2) as server:

        def cpu_ticks() -> int:
            fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])

        before, started_at = cpu_ticks(), time.monotonic()
        wait_until(lambda: time.monotonic() - started_at > 0.5, "half a second")

        assert cpu_ticks() - before <= 3, "hundredths of a second of CPU"
