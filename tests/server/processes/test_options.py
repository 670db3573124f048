"""Options that reach the process: sockets, TLS, proxies, environment, logging, limits."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
from contextlib import closing
from pathlib import Path

import pytest
from server.certificates import make_certificate
from server.processes.running import DEADLINE_S, PROGRAM, VIVACE, read_all, running, vivace

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_unix_socket(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "socket"
    with running([*VIVACE, "run", PROGRAM, "--uds", "socket"], tmp_path) as server:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE_S)
            client.connect(str(path))
            client.sendall(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            assert read_all(client).startswith(b"HTTP/1.1 200")

        server.signal(number)
        server.wait()
        assert not path.exists()


def test_a_socket_that_another_server_left_behind_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "socket"))
    with (
        running([*VIVACE, "run", PROGRAM, "--uds", "socket", "--workers", "2"], tmp_path),
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(str(tmp_path / "socket"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_file_descriptor(tmp_path: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        command = [*VIVACE, "run", PROGRAM, "--fd", str(number), "--workers", workers]
        with running(command, tmp_path, pass_fds=[number]):
            port = listening.getsockname()[1]
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)) as client:
                client.request("GET", "/")
                with client.getresponse() as response:
                    assert response.status == 200


def test_tls(tmp_path: Path) -> None:
    make_certificate(tmp_path, "IP:127.0.0.1")
    options = ["--ssl-keyfile", "key.pem", "--ssl-certfile", "certificate.pem"]
    with running(vivace(*options), tmp_path) as server:
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=DEADLINE_S, context=context)
        with closing(client):
            client.request("GET", "/scope")
            with client.getresponse() as response:
                assert json.load(response)["scheme"] == "https"
        assert f"Documentation at https://127.0.0.1:{server.port}/docs" in server.log


def test_proxies_root_path_and_environment(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("SETTING=from the file\n")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with running(vivace("--env-file", "settings.env", "--root-path", "/api"), tmp_path) as server:
        scope = server.get("/scope", forwarded)

        assert scope["scheme"] == "https"
        assert scope["client"] == "192.0.2.7"
        assert scope["root_path"] == "/api"
        assert scope["debug"] is False
        assert scope["environment"] == {"SETTING": "from the file", "VIVACE_ENV": None, "FASTAPI_ENV": None}


def test_no_proxy_headers_and_limits_and_a_log_config(tmp_path: Path) -> None:
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"format": "OURS %(message)s"}},
        "handlers": {"ours": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "loggers": {"uvicorn": {"handlers": ["ours"], "level": "INFO"}},
    }
    (tmp_path / "log.yaml").write_text(json.dumps(config))  # YAML contains JSON
    options = ["--no-proxy-headers", "--limit-target-size", "100", "--log-config", "log.yaml", "--header", "x-by: us"]
    with running(vivace(*options), tmp_path, ready="OURS Application startup complete") as server:
        assert server.get("/scope", {"X-Forwarded-Proto": "https"})["scheme"] == "http"
        with closing(server.connect()) as client:
            client.request("GET", f"/{'x' * 100}")
            with client.getresponse() as response:
                assert response.status == 414
        with closing(server.connect()) as client:
            client.request("GET", "/")
            with client.getresponse() as response:
                assert response.headers["x-by"] == "us"
        assert "OURS 127.0.0.1" in server.log, "the access log goes the same way"


def test_options_can_come_from_the_environment(tmp_path: Path) -> None:
    environment = {"PORT": "0", "UVICORN_HOST": "127.0.0.1", "VIVACE_LIMIT_TARGET_SIZE": "100"}
    with running([*VIVACE, "run", PROGRAM, "--no-access-log"], tmp_path, environment=environment) as server:
        with closing(server.connect()) as client:
            client.request("GET", f"/{'x' * 100}")
            with client.getresponse() as response:
                assert response.status == 414
        assert "GET /" not in server.log


def test_the_garbage_collector_leaves_the_program_alone(tmp_path: Path) -> None:
    with running(vivace(), tmp_path) as server:
        state = server.get("/collector")

    assert state["frozen"] > 10_000
    assert state["young"] == 10_000


def test_thresholds_of_the_program_are_kept(tmp_path: Path) -> None:
    program = Path(PROGRAM).read_text().replace("from __future__ import annotations\n", "")
    (tmp_path / "tuned.py").write_text(f"{program}\ngc.set_threshold(5000, 5, 5)\n")

    with running(vivace(app="tuned.py"), tmp_path) as server:
        assert server.get("/collector")["young"] == 5000
