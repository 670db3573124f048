"""A real server process for the tests: started on a free port, waited for by asking the port, always stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_DEADLINE_S = 60.0  # loading the airports takes one second; a busy machine gets time
STOP_DEADLINE_S = 20.0
POLL_INTERVAL_S = 0.02

PASSWORD = "correct horse battery staple"
SECRET = "a secret for tests that is long enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    """Find a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(database: Path) -> dict[str, str]:
    """Make the environment of a process that works with a database, and imports what this process can import."""
    return {
        **os.environ,
        "AIRPORTS_DATABASE": str(database),
        "AIRPORTS_PASSWORD": PASSWORD,
        "AIRPORTS_SECRET": SECRET,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


@contextmanager
def running_server(database: Path, log: Path) -> Iterator[Server]:
    """Serve the application until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "vivace", "run", "airports.main:app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment(database), stdout=output, stderr=output) as process,
    ):
        server = Server(url=f"http://127.0.0.1:{port}", port=port, process=process, log=log)
        try:
            _wait_until_it_answers(server)
            yield server
        finally:
            _stop(process)


def _wait_until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError(f"The server ended with {server.process.returncode}:\n{server.log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(POLL_INTERVAL_S)
        else:
            return
    raise TimeoutError(f"The server doesn't answer after {START_DEADLINE_S} s:\n{server.log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
