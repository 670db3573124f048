"""A server process under measurement: started on one core, watched from outside, stopped for certain.

Its rule: what is read about a process is read from the kernel, never from the process itself.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from children import environment_for

START_LIMIT_S = 60.0  # a thousand routes take the reference seconds on a busy machine
STOP_LIMIT_S = 5.0
POLL_S = 0.02
OUTPUT_LINES = 5  # of a server that failed: the end of a traceback


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One side of a comparison: a framework, and the HTTP protocol under it."""

    framework: str
    http: str = "httptools"

    @property
    def label(self) -> str:
        return self.framework if self.http == "httptools" else f"{self.framework}@{self.http.rpartition(':')[2]}"


def parse_contestant(text: str) -> Contestant:
    """Read `framework` or `framework@http-protocol` (an import string that Uvicorn's `--http` takes)."""
    framework, _, http = text.partition("@")
    return Contestant(framework=framework, http=http or "httptools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Return the CPU seconds, user and system, that all threads of the process have used, ended ones included."""
        # The clock of another process (clock_getcpuclockid(3)) has nanoseconds where /proc/PID/stat has 10 ms. The
        # number is made as the kernel makes it: the complement of the id, then CPUCLOCK_SCHED (2).
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory_mb(self) -> float:
        """Return the resident memory in MB (2**20 bytes)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextlib.contextmanager
def serve(program: str, contestant: Contestant, core: int) -> Iterator[Server]:
    """Run a program on stock Uvicorn, one process on `core`, until the block ends.

    Raises:
        RuntimeError: It ended or did not listen in time; the message carries the end of its output.
    """
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"programs.{program}:app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--http", contestant.http, "--loop", "uvloop", "--no-access-log", "--log-level", "warning"]
    with tempfile.TemporaryFile() as output:
        # Its own session: a Ctrl-C in the terminal reaches this process alone, which then stops the server.
        process = subprocess.Popen(
            command,
            env=environment_for(contestant.framework),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            os.sched_setaffinity(process.pid, {core})
            wait_until_listening(process, port, output, f"{program} on {contestant.label}")
            yield Server(process=process, port=port)
        finally:
            stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_listening(process: "subprocess.Popen[bytes]", port: int, output: IO[bytes], what: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(POLL_S)
    output.seek(0)
    last_lines = output.read().decode(errors="replace").splitlines()[-OUTPUT_LINES:]
    state = "is not listening" if process.returncode is None else f"ended with code {process.returncode}"
    raise RuntimeError(f"The server for {what} {state}. Its last output:\n" + "\n".join(last_lines))


def stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
