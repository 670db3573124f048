"""The loads and the servers, with real processes. Nothing is timed."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from cases import CASES, TRANSFER_BYTES
from children import environment_for, run_python
from contest import EXPECTED, check_answers
from environments import compile_floor
from servers import family_of, launch
from socket_load import LoadError, count_open, idle_connections, run_exchanges

CORE = max(os.sched_getaffinity(0))

# Asks every program its question, in one process for each framework.
ANSWERS = """
import importlib, json
from starlette.testclient import TestClient
from cases import CASES, Load

answers = {}
for name, case in CASES.items():
    client = TestClient(importlib.import_module(f"programs.{case.program}").app)
    if case.load is Load.ECHOES:
        with client.websocket_connect(case.request.path) as websocket:
            websocket.send_text("hello")
            answers[name] = websocket.receive_text()
        continue
    body = case.request.body
    answer = client.request(case.request.method, case.request.path, content=body, headers=case.request.headers)
    assert answer.status_code == 200, (name, answer.text)
    answers[name] = len(answer.content) if name == "download" else answer.json()
    for request in case.refused:
        refused = client.request(request.method, request.path, content=request.body, headers=request.headers)
        assert 400 <= refused.status_code < 500, (name, refused.text)
print(json.dumps(answers))
"""


BARE = [sys.executable, "-m", "uvicorn", "peer_programs.bare:app", "--port", "{port}", "--log-level", "warning"]


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["fastapi", "vivace"])
def test_the_programs_give_the_answers_that_every_peer_must_give(framework: str) -> None:
    answers = json.loads(run_python(framework, "-c", ANSWERS))

    assert answers == EXPECTED | {"download": TRANSFER_BYTES, "websocket": "hello"}


@pytest.mark.slow
@pytest.mark.parametrize("workload", ["upload", "download"])
def test_large_bodies_are_sent_and_counted(workload: str) -> None:
    case = CASES[workload]
    with launch(BARE, environment=environment_for("vivace") | {"WORKLOAD": workload}, core=CORE, what="bare") as server:
        check_answers(case, server)

        result = run_exchanges(server.port, case.request, 1, 2, 0.0)

        assert result.requests == 2
        with pytest.raises(LoadError, match="not 99999999"):
            run_exchanges(server.port, case.request, 99_999_999, 1, 0.0)


@pytest.mark.slow
def test_idle_connections_are_held_until_the_block_ends() -> None:
    with launch(BARE, environment=environment_for("vivace") | {"WORKLOAD": "idle"}, core=CORE, what="bare") as server:
        with idle_connections(server.port, CASES["idle"].request, 150) as connections:
            assert count_open(connections) == 150


@pytest.mark.slow
def test_everything_that_a_server_started_ends_with_it() -> None:
    program = (
        "import os, socket, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "listener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n"
        "while True: listener.accept()\n"
    )
    with launch([sys.executable, "-c", program], environment=os.environ, core=CORE, what="a parent") as server:
        family = family_of(server.process.pid)
        assert len(family) == 2
        assert server.memory_mb() > 0
        assert server.cpu_s() > 0

    assert not family_of(server.process.pid)


def test_a_server_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="(?s)The server for a mistake ended with code 3.*no such thing"):
        with launch(
            [sys.executable, "-S", "-c", "import sys; print('no such thing'); sys.exit(3)"],
            environment=os.environ,
            core=CORE,
            what="a mistake",
        ):
            pass


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="There is no C compiler.")
def test_the_floor_gives_the_constant_answer(tmp_path: Path) -> None:
    floor = compile_floor(tmp_path)
    command = [str(floor.folder / "floor"), "{port}"]
    with launch(command, environment=os.environ, core=CORE, what="the floor") as server:
        check_answers(CASES["plain_json"], server)
