"""A server process under measurement: started on one core, watched from outside, stopped for certain.

Its rule: what is read about a process is read from the kernel, never from the process itself.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from children import environment_for

START_LIMIT_S = 60.0  # a thousand routes take the reference seconds on a busy machine
STOP_LIMIT_S = 1.0  # a server under measurement has nothing to save
POLL_S = 0.02
OUTPUT_LINES = 5  # of a server that failed: the end of a traceback


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One side of a comparison: a framework, and the HTTP protocol under it."""

    framework: str
    http: str = "httptools"

    @property
    def ws(self) -> str:
        """The websocket protocol that goes with it: with ours, the one that `vivace run` chooses."""
        return "vivace.server.websocket:WebSocketProtocol" if self.http.startswith("vivace.") else "auto"

    @property
    def label(self) -> str:
        return self.framework if self.http == "httptools" else f"{self.framework}@{self.http.rpartition(':')[2]}"


def parse_contestant(text: str) -> Contestant:
    """Read `framework` or `framework@http-protocol` (an import string that Uvicorn's `--http` takes)."""
    framework, _, http = text.partition("@")
    return Contestant(framework=framework, http=http or "httptools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that serves, with the processes that it started."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Return the CPU seconds, user and system, of all threads of all its processes, ended threads included."""
        return sum(process_cpu_s(pid) for pid in family_of(self.process.pid))

    def memory_mb(self) -> float:
        """Return the resident memory of all its processes in MB (2**20 bytes)."""
        return sum(process_memory_mb(pid) for pid in family_of(self.process.pid))


def process_cpu_s(pid: int) -> float:
    # The clock of another process (clock_getcpuclockid(3)) has nanoseconds where /proc/PID/stat has 10 ms. The
    # number is made as the kernel makes it: the complement of the id, then CPUCLOCK_SCHED (2).
    return time.clock_gettime((~pid << 3) | 2)


def process_memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) / 1024


def family_of(pid: int) -> list[int]:
    """Return the living processes of the session that a server leads: itself and what it has started."""
    family: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The name of the program, in parentheses, may hold anything. After it: state, parent, group, session.
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == pid and state != "Z":
                    family.append(int(folder.name))
    return family


@contextlib.contextmanager
def serve(program: str, contestant: Contestant, core: int) -> Iterator[Server]:
    """Run a program on stock Uvicorn, one process on `core`, until the block ends.

    Raises:
        RuntimeError: It ended or did not listen in time; the message carries the end of its output.
    """
    command = [sys.executable, "-m", "uvicorn", f"programs.{program}:app", "--host", "127.0.0.1", "--port", "{port}"]
    command += [
        "--http",
        contestant.http,
        "--ws",
        contestant.ws,
        "--loop",
        "uvloop",
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    what = f"{program} on {contestant.label}"
    with launch(command, environment=environment_for(contestant.framework), core=core, what=what) as server:
        yield server


@contextlib.contextmanager
def launch(command: Sequence[str], *, environment: Mapping[str, str], core: int, what: str) -> Iterator[Server]:
    """Run a command that serves on a free port, all its threads and processes on `core`, until the block ends.

    Args:
        command: With `{port}` where the port stands. The variable PORT of its environment has it too.
        environment: The variables of the process.
        core: Of the machine's.
        what: Names the server in errors.

    Raises:
        RuntimeError: It ended or did not listen in time; the message carries the end of its output.
    """
    port = free_port()
    with tempfile.TemporaryFile() as output:
        # What is pinned before the program starts, threads that it starts at once included, is inherited.
        with pinned(core):
            # Its own session: a Ctrl-C in the terminal reaches this process alone, which then stops the server.
            process = subprocess.Popen(
                [part.replace("{port}", str(port)) for part in command],
                env={**environment, "PORT": str(port)},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            wait_until_listening(process, port, output, what)
            yield Server(process=process, port=port)
        finally:
            stop(process)


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this process, and what it starts, on one core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def choose_cores() -> tuple[int, int]:
    """Return the core of the servers and the core of the load.

    Raises:
        RuntimeError: There is only one.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise RuntimeError("The comparison needs two CPU cores: one for the server, one for the load.")
    return cores[-1], cores[0]


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
    """End a server and whatever it has started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    # The number of a session is not given away again while one of its processes lives.
    for pid in family_of(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
