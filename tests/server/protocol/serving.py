"""A real server in a thread of the test, on a socket of its own."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server

from vivace.server import HttpProtocol

__all__ = ["DEADLINE_S", "RunningServer", "read_all", "read_until", "serve"]

DEADLINE_S = 10.0  # far above what anything here takes


class RunningServer:
    """Attributes: `server` is Uvicorn's, `port` where it listens."""

    def __init__(self, server: Server, port: int, tls: ssl.SSLContext | None) -> None:
        self.server = server
        self.port = port
        self._tls = tls

    def open(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S)
        return self._tls.wrap_socket(client, server_hostname="localhost") if self._tls else client

    def exchange(self, data: bytes) -> bytes:
        """Send bytes; return all that comes until the server ends the connection."""
        with self.open() as client:
            client.sendall(data)
            return read_all(client)


@contextlib.contextmanager
def serve(app: Any, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[RunningServer]:
    """Serve an app with `HttpProtocol`, or another one passed as `http`, until the context ends."""
    config = Config(app, **{"http": HttpProtocol, "log_config": None, "lifespan": "off", "loop": "asyncio", **options})
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + DEADLINE_S
            while not server.started:
                assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
                time.sleep(0.002)
            yield RunningServer(server, port, tls)
        finally:
            server.should_exit = True
            thread.join(DEADLINE_S)
            assert not thread.is_alive(), "the server did not stop"


def read_all(client: socket.socket) -> bytes:
    received = bytearray()
    while data := client.recv(65_536):
        received += data
    return bytes(received)


def read_until(client: socket.socket, end: bytes) -> bytes:
    """Read until what was received ends so."""
    received = bytearray()
    while not received.endswith(end):
        data = client.recv(65_536)
        assert data, f"the connection ended after {bytes(received)!r}"
        received += data
    return bytes(received)
