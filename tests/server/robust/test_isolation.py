"""What fails in one request never touches another, not even on the same connection."""

import pytest
from server.robust.running import running, wait_until

pytestmark = pytest.mark.slow


def request(path: str, extra: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode()


def test_a_background_task_that_fails_leaves_its_connection_in_order() -> None:
    with running() as server:
        with server.connect() as client:
            client.sendall(request("/broken-afterwards") * 20 + request("/quick", "Connection: close\r\n"))
            answers = b""
            while data := client.recv(65536):
                answers += data
        assert answers.count(b"HTTP/1.1 200 OK") == 21
        assert server.state()["open_resources"] == 0
        assert server.log.count("RuntimeError: on purpose") == 20
        assert server.crashes() == []


@pytest.mark.parametrize(
    ("path", "text", "ends_well"), [("/broken", b"HTTP/1.1 500 ", True), ("/broken-stream", b"4\r\nsome\r\n", False)]
)
def test_a_request_that_fails_spoils_no_other(path: str, text: bytes, *, ends_well: bool) -> None:
    with running() as server, server.connect() as other:
        other.sendall(request("/waiting"))
        with server.connect() as client:
            client.sendall(request("/quick") * 5 + request(path) + request("/quick", "Connection: close\r\n"))
            answers = b""
            while data := client.recv(65536):
                answers += data
        assert text in answers
        assert answers.count(b"HTTP/1.1 200 OK") == 6
        # An answer that was cut cannot be followed by another.
        assert answers.endswith(b"}" if ends_well else text)
        assert other.recv(65536).startswith(b"HTTP/1.1 200 OK")
        wait_until(lambda: server.state()["open_resources"] == 0)
        assert server.crashes() == []
