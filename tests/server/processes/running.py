"""Servers in processes of their own, started and stopped by the tests; and waiting without sleeping for long."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

HERE = Path(__file__).parent
PROGRAM = str(HERE / "program.py")
DEADLINE_S = 20.0  # far above what anything here takes; a loaded machine is slow
VIVACE = [sys.executable, "-m", "vivace"]


def wait_until(ask: Callable[[], T | None], what: str, seconds: float = DEADLINE_S) -> T:
    """Return the first answer that is neither None nor false."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.01)  # between two questions; nothing is assumed to have happened after it
    raise AssertionError(f"waited {seconds} s in vain for {what}")


class Running:
    """A server, what it has written, and ways to talk to it."""

    def __init__(self, process: subprocess.Popen[bytes], log_file: Path) -> None:
        self.process = process
        self.log_file = log_file

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", errors="replace")

    def wait_for(self, pattern: str, count: int = 1) -> list[str]:
        """Wait until the log has `count` matches; return them."""

        def ask() -> list[str] | None:
            found = [match.group(match.lastindex or 0) for match in re.finditer(pattern, self.log)]
            if len(found) < count and self.process.poll() is not None:
                raise AssertionError(f"the server has ended without {pattern!r} in its log:\n{self.log}")
            return found if len(found) >= count else None

        try:
            return wait_until(ask, f"{count} x {pattern!r} in the log")
        except AssertionError as exc:
            raise AssertionError(f"{exc}. The log:\n{self.log}") from None

    @property
    def port(self) -> int:
        return int(self.wait_for(r"://127\.0\.0\.1:(\d+)")[0])

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)

    def get(self, path: str = "/", headers: dict[str, str] | None = None) -> Any:
        """Return the JSON that is at a path, read over a connection of its own."""
        connection = self.connect()
        try:
            return get_json(connection, path, headers)
        finally:
            connection.close()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = DEADLINE_S) -> int:
        """Wait for its end; return the exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server has not ended within {seconds} s. The log:\n{self.log}") from None


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def get_json(connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None) -> Any:
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, (path, response.status, body)
    return json.loads(body)


class InThread:
    """A call under way, and its result."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._outcome: Any = None
        self._call = call
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome = self._call()
        except Exception as exc:
            self._outcome = exc

    def result(self) -> Any:
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        return self._outcome


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def running(
    command: Sequence[str],
    directory: Path,
    *,
    ready: str = "Application startup complete",
    count: int = 1,
    environment: dict[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[Running]:
    """Start a server in a directory and wait until it serves; end it, and whatever it has started, in any case."""
    log_file = directory / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"} | (environment or {}),
            pass_fds=pass_fds,
            start_new_session=True,  # a group of its own, so that all of it can be ended
        )
    server = Running(process, log_file)
    try:
        server.wait_for(ready, count)
        yield server
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def vivace(*arguments: str, command: str = "run", app: str = PROGRAM) -> list[str]:
    """Return a command line that serves on a free port of this machine."""
    return [*VIVACE, command, app, "--host", "127.0.0.1", "--port", "0", *arguments]
