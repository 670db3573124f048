"""A server whose threads are busy, or idle, ends in order: what was accepted is answered."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEADLINE_S = 20.0

PROGRAM = """
import pathlib, time
from vivace import Depends, Vivace

app = Vivace()
finish = pathlib.Path("finish")
arrived = 0

async def arrive() -> None:
    global arrived
    arrived += 1

def get_connection(_: None = Depends(arrive)):
    yield 1
    time.sleep(0.001)

@app.get("/")
def handler(connection: int = Depends(get_connection)) -> str:
    while not finish.exists():
        time.sleep(0.005)
    return "answered"

@app.get("/arrived")
async def count() -> int:
    return arrived

@app.get("/quick")
def quick() -> str:
    return "answered"
"""

COMMANDS = {
    "uvicorn": ["uvicorn", "program:app"],
    "our protocol": ["uvicorn", "program:app", "--http", "vivace.server:HttpProtocol"],
    "vivace": ["vivace", "run", "program:app"],
}


@contextmanager
def serving(directory: Path, command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    (directory / "program.py").write_text(PROGRAM)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(directory), *filter(None, sys.path)])}
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port), "--timeout-graceful-shutdown", str(int(DEADLINE_S))],
        cwd=directory,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, port
    finally:
        process.kill()
        process.wait()


def poll(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the deadline has passed"
        time.sleep(0.01)


def get(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n" % path.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_served(port: int) -> bool:
    try:
        return get(port, "/quick").endswith(b'"answered"')
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_requests_in_threads_and_those_that_wait_for_one_are_answered_at_the_end(
    tmp_path: Path, command: list[str]
) -> None:
    answers: list[bytes] = []
    with serving(tmp_path, command) as (process, port):
        poll(lambda: is_served(port))
        clients = [threading.Thread(target=lambda: answers.append(get(port, "/"))) for _ in range(60)]
        for client in clients:
            client.start()
        poll(lambda: get(port, "/arrived").endswith(b"\r\n\r\n60"))
        process.send_signal(signal.SIGTERM)
        (tmp_path / "finish").touch()
        for client in clients:
            client.join(timeout=DEADLINE_S)
        process.wait(timeout=DEADLINE_S)

    assert sum(answer.endswith(b'"answered"') for answer in answers) == 60


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_idle_threads_do_not_delay_the_end(tmp_path: Path, command: list[str]) -> None:
    with serving(tmp_path, command) as (process, port):
        poll(lambda: is_served(port))
        told_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=DEADLINE_S)

    assert time.monotonic() - told_at < 5  # an idle thread waits for work for ten seconds
