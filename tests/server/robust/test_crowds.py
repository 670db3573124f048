"""Many clients, and ones that leave: service goes on, and nothing of them is left."""

import contextlib
import random
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from server.robust.running import Running, running, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60),
]

QUICK = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
TRICKLERS = 2000


def read_answer(client: socket.socket) -> bytes:
    answer = b""
    while b"}" not in answer:
        data = client.recv(65536)
        assert data, answer
        answer += data
    return answer


def p99_of_requests(server: Running, count: int = 1500) -> float:
    times = []
    with server.connect() as client:
        for _ in range(count):
            start = time.perf_counter()
            client.sendall(QUICK)
            assert read_answer(client).startswith(b"HTTP/1.1 200 OK")
            times.append(time.perf_counter() - start)
    return sorted(times)[int(count * 0.99)]


@contextlib.contextmanager
def enough_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_2000_clients_that_trickle_cost_a_timer_each_and_others_are_served_as_before() -> None:
    with enough_descriptors(), running("--loop", "asyncio", "--descriptors", "8192") as server:
        usual = p99_of_requests(server)
        before = server.state()
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(server.connect()) for _ in range(TRICKLERS)]
            is_over = threading.Event()

            def trickle() -> None:
                head = b"GET /quick HTTP/1.1\r\nHost: x\r\nX: "
                for place in range(1000):
                    for number, client in enumerate(clients):
                        if number % 50 == 0 and is_over.wait(1 / (TRICKLERS / 50)):
                            return
                        with contextlib.suppress(OSError):
                            client.send(head[place : place + 1] or b"x")

            thread = threading.Thread(target=trickle)
            thread.start()
            try:
                wait_until(lambda: server.state()["connections"] > TRICKLERS)
                # Twice is what is asked for; time is measured against the same run, and again when others disturb it.
                ratios: list[float] = []
                while not ratios or (min(ratios) > 2 and len(ratios) < 5):
                    ratios.append(p99_of_requests(server) / usual)
                state = server.state()
            finally:
                is_over.set()
                thread.join()
        assert state["tasks"] == before["tasks"]
        assert state["timers"] - before["timers"] <= TRICKLERS + 1
        assert min(ratios) <= 2, ratios
        wait_until(lambda: server.state()["connections"] == 1)
        assert server.state()["timers"] <= before["timers"] + 1
        assert server.crashes() == []


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_service_resumes_after_a_flood_of_connections(loop: str) -> None:
    with running("--loop", loop, "--descriptors", "128") as server:
        before = server.state()
        clients = []
        for _ in range(600):
            with contextlib.suppress(OSError):
                client = socket.create_connection(("127.0.0.1", server.port), timeout=1)
                client.settimeout(5)
                clients.append(client)
        assert len(clients) > 128
        answered = 0
        for client in clients[:5]:
            client.sendall(QUICK)  # the first ones are served all the time
            answered += read_answer(client).startswith(b"HTTP/1.1 200 OK")
        for client in clients:
            client.close()

        assert answered == 5

        def is_served() -> bool:
            with contextlib.suppress(OSError, AssertionError):
                return bool(server.state()["connections"] == 1)
            return False

        wait_until(is_served)
        assert server.state()["descriptors"] <= before["descriptors"] + 1
        for _ in range(50):
            server.get("/quick")


REQUESTS = [
    QUICK,
    b"GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /thread HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000,
    b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n",
]


def ask_and_leave(server: Running, chance: random.Random) -> None:
    request = b"".join(chance.choices(REQUESTS, k=chance.choice((1, 1, 1, 2, 3))))
    client = server.connect()
    try:
        if chance.random() < 0.5:
            client.send(request[: chance.randrange(len(request))])
        else:
            client.sendall(request)
            client.settimeout(0.005)
            for _ in range(chance.choice((0, 0, 1, 2))):
                client.recv(chance.choice((1, 100, 65536)))
        if chance.random() < 0.3:  # a reset instead of an orderly end
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except (ConnectionError, TimeoutError):
        pass
    finally:
        client.close()


@pytest.mark.parametrize(("loop", "count"), [("uvloop", 10_000), ("asyncio", 2_000)])
def test_clients_that_leave_at_any_moment_leave_nothing_behind(loop: str, count: int) -> None:
    chance = random.Random(7)
    with running("--loop", loop) as server:
        server.get("/thread")
        before = server.state()
        for _ in range(count):
            ask_and_leave(server, chance)

        wait_until(lambda: server.state()["connections"] == 1)
        wait_until(lambda: server.state()["tasks"] == before["tasks"])
        state = server.state()
        assert state["opened"] > count / 4
        assert state["open_resources"] == 0
        assert state["descriptors"] <= before["descriptors"] + 1
        assert state["timers"] <= before["timers"] + 1
        assert server.crashes() == []
        assert "Traceback" not in server.log
