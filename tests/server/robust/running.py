"""A server in a process of its own, and clients that behave."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Running", "running", "wait_until"]

PROGRAM = Path(__file__).with_name("program.py")
PATIENCE_S = 20.0  # far above what anything here takes


def wait_until(ask: Callable[[], bool], what: str = "") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ask():
        assert time.monotonic() < deadline, what or "It did not come to be in time."
        time.sleep(0.02)


class Running:
    """A server process."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Any) -> None:
        self.port = port
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        self._log.seek(0)
        return str(self._log.read().decode())

    def connect(self, *, receive_bytes: int | None = None) -> socket.socket:
        client = socket.socket()
        if receive_bytes is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        client.settimeout(PATIENCE_S)
        try:
            client.connect(("127.0.0.1", self.port))
        except OSError:
            client.close()
            raise
        return client

    def get(self, path: str) -> bytes:
        """Return the body of one answer, asked for over a connection of its own."""
        with self.connect() as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while data := client.recv(65536):
                answer += data
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        return body

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.get("/state"))
        return state

    def crashes(self) -> list[str]:
        """Return lines of the log that no client may ever cause."""
        signs = ("Exception in callback", "Fatal error", "never retrieved", "Unhandled", "Task was destroyed")
        return [line for line in self.log.splitlines() if any(sign in line for sign in signs)]


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[Running]:
    """Run a server process while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, str(PROGRAM), str(port), *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        server = Running(port, process, log)

        def is_up() -> bool:
            assert process.poll() is None, server.log
            with contextlib.suppress(OSError), server.connect():
                return True
            return False

        try:
            wait_until(is_up, "The server did not start.")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                process.wait()
