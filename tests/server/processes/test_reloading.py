"""`vivace dev`: new code serves soon, whatever the old code is caught in."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from server.processes.running import DEADLINE_S, InThread, Running, read_all, running, vivace, wait_until

pytestmark = pytest.mark.slow

BOUND_S = 10.0  # 2 to finish, 2 more to end, 1 until the kill, and the start of Python on a loaded machine
PROGRAM = (Path(__file__).parent / "program.py").read_text("utf-8")


@contextmanager
def developing(directory: Path, *arguments: str) -> Iterator[Running]:
    (directory / "main.py").write_text(PROGRAM + VERSION.format(version=1))
    with running(vivace(*arguments, command="dev", app="main.py"), directory) as server:
        wait_until(lambda: server.get("/version") == 1, "the first version")
        yield server


VERSION = """

@app.get("/version")
async def read_version() -> int:
    return {version}
"""


def change(server: Running, directory: Path) -> None:
    """Write the second version, and wait until it is noticed."""

    def noticed() -> bool:
        # Again each time: the watcher may not have been watching yet.
        (directory / "main.py").write_text(PROGRAM + VERSION.format(version=2))
        time.sleep(0.1)
        return "Reloading" in server.log

    wait_until(noticed, "the change to be noticed")


def serves_the_new_version(server: Running) -> bool:
    # Connections wait in the socket of the parent process while there is none to take them.
    return bool(wait_until(lambda: server.get("/version") == 2, "the second version", BOUND_S))


def test_an_open_event_stream_is_ended(tmp_path: Path) -> None:
    with (
        developing(tmp_path) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as client,
    ):
        client.sendall(b"GET /events HTTP/1.1\r\nHost: test\r\n\r\n")
        server.wait_for("GET /events")
        started_at = time.monotonic()

        change(server, tmp_path)

        assert serves_the_new_version(server)
        assert time.monotonic() - started_at < BOUND_S
        assert read_all(client).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("path", ["/block-thread", "/block-loop"])
def test_a_blocked_handler_is_left_behind(tmp_path: Path, path: str) -> None:
    with developing(tmp_path, "--timeout-graceful-shutdown", "1") as server:
        InThread(lambda: server.get(path))
        server.wait_for("blocking")

        change(server, tmp_path)

        assert serves_the_new_version(server)


def test_a_mistake_in_the_code_is_shown_and_can_be_corrected(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("1 / 0\n")
    with running(vivace(command="dev", app="main.py"), tmp_path, ready="ZeroDivisionError") as server:
        change(server, tmp_path)
        server.wait_for("Application startup complete")

        assert serves_the_new_version(server)
        server.signal(signal.SIGINT)
        assert server.wait() == 0


def test_dev_is_for_development(tmp_path: Path) -> None:
    with developing(tmp_path) as server:
        scope = server.get("/scope")

        assert scope["debug"] is True
        assert scope["environment"]["VIVACE_ENV"] == scope["environment"]["FASTAPI_ENV"] == "development"
        assert f"Documentation at http://127.0.0.1:{server.port}/docs" in server.log
