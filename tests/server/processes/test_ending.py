"""A server that is told to end: nothing in flight is lost, nothing hangs."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from server.processes.running import DEADLINE_S, InThread, Running, get_json, read_all, running, vivace
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_websocket

from vivace.server.config import ServerConfig
from vivace.server.serving import Server

pytestmark = pytest.mark.slow

SERVE = vivace("--timeout-graceful-shutdown", "1")
PATIENT = vivace("--timeout-graceful-shutdown", "60")


def open_socket(server: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)


def test_requests_in_flight_are_answered_after_sigterm(tmp_path: Path) -> None:
    with running(PATIENT, tmp_path) as server:
        slow = InThread(lambda: server.get(f"/until?path={tmp_path}/go"))
        with open_socket(server) as upload:
            upload.sendall(b"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345")
            server.wait_for("waiting")
            server.wait_for("receiving")

            server.signal(signal.SIGTERM)
            server.wait_for("Shutting down")
            upload.sendall(b"67890")
            answer = read_all(upload)
            (tmp_path / "go").touch()

            assert slow.result() == {"done": f"{tmp_path}/go"}
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close\r\n" in answer.lower()
        assert answer.endswith(b'{"size":10}')
        assert server.wait() == -signal.SIGTERM
        assert "lifespan ended" in server.log
        assert "Cancelling" not in server.log


def test_a_request_just_sent_on_an_idle_connection_is_answered_during_the_drain(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as server:
        with closing(server.connect()) as connection:
            get_json(connection, "/")

            server.signal(signal.SIGTERM)
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()

        assert response.status == 200
        assert server.wait() == -signal.SIGTERM


def test_an_event_stream_is_told_to_end(tmp_path: Path) -> None:
    with running(PATIENT, tmp_path) as server, open_socket(server) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: test\r\n\r\n")
        received = b""
        while b"data: first" not in received:
            received += client.recv(65536)

        server.signal(signal.SIGTERM)
        received += read_all(client)

        assert received.endswith(b"\r\n0\r\n\r\n"), "the client must see the end of the chunked body"
        assert server.wait() == -signal.SIGTERM
        assert "events ended" in server.log
        assert "Traceback" not in server.log


@pytest.mark.parametrize("implementation", ["auto", "websockets", "websockets-sansio"])
def test_a_websocket_is_closed_with_1012(tmp_path: Path, implementation: str) -> None:
    with running([*PATIENT, "--ws", implementation], tmp_path) as server:
        with connect_websocket(f"ws://127.0.0.1:{server.port}/echo") as client:
            client.send("hello")
            assert client.recv(DEADLINE_S) == "hello"

            server.signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(DEADLINE_S)

        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012
        assert server.wait() == -signal.SIGTERM
        assert "websocket closed with 1012" in server.log


def test_a_handler_that_never_ends_is_cancelled_at_the_limit(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as server:
        InThread(lambda: server.get("/forever"))
        server.wait_for("waiting")
        started_at = time.monotonic()

        server.signal(signal.SIGTERM)

        assert server.wait() == -signal.SIGTERM
        assert time.monotonic() - started_at >= 1
        assert "Cancelling 1 requests and cutting 1 connections: 1 s have passed." in server.log
        assert server.log.index("cancelled") < server.log.index("lifespan ended")


def test_a_second_sigterm_does_not_wait_for_the_limit(tmp_path: Path) -> None:
    with running(PATIENT, tmp_path) as server:
        InThread(lambda: server.get("/forever"))
        server.wait_for("waiting")
        server.signal(signal.SIGTERM)
        server.wait_for("Shutting down")

        server.signal(signal.SIGTERM)

        assert server.wait() == -signal.SIGTERM
        assert "told to hurry" in server.log
        assert "lifespan ended" in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_blocked_thread_does_not_keep_the_process(tmp_path: Path, number: signal.Signals) -> None:
    with running(SERVE, tmp_path) as server:
        InThread(lambda: server.get("/block-thread"))
        server.wait_for("blocking")

        server.signal(number)
        code = server.wait()

        assert "lifespan ended" in server.log
        # After SIGINT Python waits for its threads, until the last stage.
        assert code == (-signal.SIGTERM if number == signal.SIGTERM else 1)
        assert ("in block_thread" in server.log) == (number == signal.SIGINT), "it must say where it hangs"


def test_a_blocked_event_loop_does_not_keep_the_process(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as server:
        InThread(lambda: server.get("/block-loop"))
        server.wait_for("blocking")

        server.signal(signal.SIGTERM)

        assert server.wait() == 1
        assert "in block_loop" in server.log, "it must say where it hangs"


def test_sigint_ends_with_code_0(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as server:
        server.signal(signal.SIGINT)

        assert server.wait() == 0


def test_run_serves_an_app_object_and_returns_after_sigint(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from program import app\n"
        "from vivace.server import Limits, run\n"
        "run(app, host='127.0.0.1', port=0, debug=True, limits=Limits(limit_target_size=100))\n"
        "print('back again')\n"
    )
    with running([sys.executable, "own.py"], tmp_path) as server:
        assert server.get("/scope")["debug"] is True
        with closing(server.connect()) as connection:
            connection.request("GET", f"/{'x' * 100}")
            with connection.getresponse() as response:
                assert response.status == 414

        server.signal(signal.SIGINT)

        assert server.wait() == 0
        assert "back again" in server.log


@pytest.mark.parametrize(
    ("owns_process", "number", "is_hurried"),
    [
        (True, signal.SIGTERM, True),
        (False, signal.SIGTERM, False),  # another supervisor may repeat it
        (False, signal.SIGINT, True),
    ],
)
def test_who_owns_the_process_decides_what_a_second_signal_means(
    owns_process: bool, number: signal.Signals, is_hurried: bool
) -> None:
    config = ServerConfig(None, log_config=None, timeout_graceful_shutdown=None)
    server = Server(config, owns_process=owns_process)

    server.handle_exit(number, None)
    assert server.should_exit and not server.force_exit
    server.handle_exit(number, None)

    assert server.force_exit is is_hurried


def test_a_server_in_a_thread_of_a_program_ends_as_uvicorns_does() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": json.dumps({}).encode()})

    server = Server(ServerConfig(app, port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + DEADLINE_S
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            assert read_all(client).endswith(b"{}")
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
    assert not thread.is_alive()
