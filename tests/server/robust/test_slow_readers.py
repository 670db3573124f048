"""A client that does not read costs the server no more than one buffer."""

import socket
import time

import pytest
from server.robust.running import Running, running, wait_until

pytestmark = pytest.mark.slow

MIB = 1024 * 1024


def ask(server: Running, request: bytes) -> socket.socket:
    client = server.connect(receive_bytes=4096)
    client.sendall(request)
    return client


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@pytest.mark.parametrize("count", [1, 200], ids=["one_stream", "pipelined_streams"])
def test_memory_stays_flat_however_much_there_is_to_send(loop: str, count: int) -> None:
    request = b"GET /stream?count=10000 HTTP/1.1\r\nHost: x\r\n\r\n"  # 640 MiB
    with running("--loop", loop) as server:
        before = server.state()["resident_bytes"]
        clients = [ask(server, request * count) for _ in range(10)]
        wait_until(lambda: server.state()["open_resources"] == len(clients))
        highest = 0
        end = time.monotonic() + 1
        while time.monotonic() < end:
            state = server.state()
            assert max(state["unsent_bytes"]) < 512 * 1024
            highest = max(highest, state["resident_bytes"])
        assert highest - before < 40 * MIB  # ten buffers of 64 KiB, and what the allocator keeps
        assert state["tasks"] <= len(clients) + 3

        for client in clients:
            client.close()
        wait_until(lambda: server.state()["open_resources"] == 0)
        wait_until(lambda: server.state()["connections"] == 1)
        assert server.crashes() == []
