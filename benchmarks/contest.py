"""The whole field under one workload after the other: started, compared, measured in turn, stopped.

Its rule: one peer that fails is noted with its reason, and the others go on.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cases import MANY_CONNECTIONS, TRANSFER_BYTES, Case, Load
from children import BENCHMARKS, SOURCE
from environments import Environment
from load import LoadResult, ask, run_load
from peer_table import Peer
from servers import Server, launch
from socket_load import count_open, idle_connections, run_echoes, run_exchanges
from workloads import Request

WARM_UP_S = 1
IDLE_WARM_UP = 200  # connections that are opened and closed again before the memory is read
SETTLE_LIMIT_S = 5.0
SETTLE_STEP_S = 0.1
IDLE_SHARE = 0.1  # of a core: what the timers of an idle server stay below
KEPT_OPEN = 0.99  # of the idle connections: a server that closes more than one in a hundred did not hold them

FAILURES = (RuntimeError, OSError, ValueError, LookupError)  # what a peer may bring about


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one stretch of load showed about one server.

    Attributes:
        cost: In the unit of the case; less is better.
        rate: Requests, transfers or messages per second; 0 for idle connections.
    """

    cost: float
    rate: float
    p99_ms: float
    memory_mb: float


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one workload gave.

    Attributes:
        windows: By name of the peer, in order of round.
        failures: By name of the peer, why it was not measured.
    """

    case: Case
    windows: dict[str, list[Window]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    wrk: str
    server_core: int
    rounds: int
    seconds: int
    idle_connections: int


Measure = Callable[[Server, Case, Settings, int], Window]


def run_case(case: Case, peers: Sequence[Peer], environments: Mapping[str, Environment], settings: Settings) -> Outcome:
    """Start every peer that runs the workload, compare their answers, and measure them in turn, round by round."""
    outcome = Outcome(case=case)
    with contextlib.ExitStack() as running:
        servers: dict[str, Server] = {}
        for peer in peers:
            if peer.environment in environments and peer.runs(case.name):
                with noting(outcome, peer.name):
                    command = fill_in(peer.command_for(case.name), case, environments[peer.environment])
                    what = f"{case.name} on {peer.title}"
                    environment = variables(peer, case)
                    server = running.enter_context(
                        launch(command, environment=environment, core=settings.server_core, what=what)
                    )
                    check_answers(case, server)
                    servers[peer.name] = server
        measure = MEASURES[case.load]
        # Memory once taken is not given back, so only the first round could see what connections take.
        for number in range(1 if case.load is Load.IDLE else settings.rounds):
            for name, server in servers.items():
                if name not in outcome.failures:
                    with noting(outcome, name):
                        outcome.windows.setdefault(name, []).append(measure(server, case, settings, number))
    return outcome


@contextlib.contextmanager
def noting(outcome: Outcome, name: str) -> Iterator[None]:
    try:
        yield
    except FAILURES as exc:
        outcome.failures[name] = str(exc) or type(exc).__name__
        outcome.windows.pop(name, None)
        print(f"failed: {name}, {outcome.case.name}: {exc}", file=sys.stderr, flush=True)


def fill_in(command: Sequence[str], case: Case, environment: Environment) -> list[str]:
    values = {"{python}": environment.python, "{folder}": str(environment.folder), "{program}": case.program}
    filled = []
    for part in command:
        for name, value in values.items():
            part = part.replace(name, value)
        filled.append(part)
    return filled


def variables(peer: Peer, case: Case) -> dict[str, str]:
    """Return the variables of a peer's process: the benchmarks are on its path, and Vivace only where it runs."""
    paths = [str(BENCHMARKS), str(SOURCE)] if peer.is_ours else [str(BENCHMARKS)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "WORKLOAD": case.name,
        "FRAMEWORK": peer.framework,
        "ROBYN_MAX_PAYLOAD_SIZE": str(2 * TRANSFER_BYTES),
    }


def check_answers(case: Case, server: Server) -> None:
    """Compare the answer with the one that every peer must give.

    Raises:
        RuntimeError: It is another, or a request that must be refused is not.
    """
    if case.load is Load.ECHOES:
        run_echoes(server.port, case.request.path, 1, 0)
        return
    answer = ask(server.port, case.request)
    kind = dict(answer.headers).get("content-type", "none").partition(";")[0]
    if answer.status != 200:
        raise RuntimeError(f"{case.request.path} is answered with status {answer.status}: {answer.body[:200]!r}")
    if case.name == "download":
        if len(answer.body) != TRANSFER_BYTES:
            raise RuntimeError(f"The download has {len(answer.body)} bytes, not {TRANSFER_BYTES}.")
    elif kind != "application/json" or json.loads(answer.body) != EXPECTED[case.name]:
        raise RuntimeError(f"{case.request.path} is answered with {kind} {answer.body[:200]!r}.")
    if case.name == "function_middleware" and dict(answer.headers).get("x-middleware") != "seen":
        raise RuntimeError("The middleware did not set its header.")
    for request in case.refused:
        check_refused(server, request)


def check_refused(server: Server, request: Request) -> None:
    status = ask(server.port, request).status
    if not 400 <= status < 500:
        raise RuntimeError(f"{request.method} {request.path} must be refused, and is answered with status {status}.")


EXPECTED: dict[str, object] = {
    "plain_json": {"hello": "world"},
    "typed_parameters": {"item_id": 42, "q": "word", "limit": 5, "exact": True},
    "model_in_out": {"name": "lamp", "price": 12.5, "quantity": 3, "tags": ["a", "b"]},
    "model_list": [
        {"id": i, "name": f"item {i}", "price": i * 1.25, "in_stock": i % 3 > 0, "tags": ["a", "b"]} for i in range(100)
    ],
    "dependency_chain": {"value": 8},
    "sync_handler": {"hello": "world"},
    "yield_dependency": {"open": True, "token": "secret"},
    "function_middleware": {"hello": "world"},
    "many_routes": {"resource": 999, "item_id": 7},
    "waiting": {"waited": True},
    "upload": {"size": TRANSFER_BYTES},
    "idle": {"hello": "world"},
}


def loaded(server: Server, case: Case, settings: Settings, seconds: int) -> LoadResult:
    if case.load is Load.TRANSFERS:
        body_bytes = TRANSFER_BYTES if case.name == "download" else 1
        return run_exchanges(server.port, case.request, body_bytes, case.connections, seconds)
    if case.load is Load.ECHOES:
        return run_echoes(server.port, case.request.path, case.connections, seconds)
    return run_load(settings.wrk, server.url, case.request, seconds, connections=case.connections)


def settle(server: Server) -> None:
    """Wait until a server has ended what a load has left behind: threads go on with the requests of those who left."""
    deadline = time.monotonic() + SETTLE_LIMIT_S
    before_s = server.cpu_s()
    while time.monotonic() < deadline:
        time.sleep(SETTLE_STEP_S)
        now_s = server.cpu_s()
        if now_s - before_s < SETTLE_STEP_S * IDLE_SHARE:
            return
        before_s = now_s


def measure_load(server: Server, case: Case, settings: Settings, number: int) -> Window:
    if number == 0:
        loaded(server, case, settings, WARM_UP_S)
    if case.connections >= MANY_CONNECTIONS:
        settle(server)
    before_s = server.cpu_s()
    result = loaded(server, case, settings, max(settings.seconds, case.least_s))
    cpu_s = server.cpu_s() - before_s
    return Window(
        cost=cpu_s / result.requests * 1e6,
        rate=result.requests / result.seconds,
        p99_ms=result.p99_ms,
        memory_mb=server.memory_mb(),
    )


def measure_idle(server: Server, case: Case, settings: Settings, number: int) -> Window:
    """Read the memory before and while the connections are open."""
    count = settings.idle_connections
    with idle_connections(server.port, case.request, min(count, IDLE_WARM_UP)):
        pass
    before_mb = server.memory_mb()
    with idle_connections(server.port, case.request, count) as connections:
        memory_mb = server.memory_mb()
        still_open = count_open(connections)
    if still_open < count * KEPT_OPEN:
        raise RuntimeError(f"Of {count} idle connections {count - still_open} were closed.")
    return Window(cost=(memory_mb - before_mb) * 1024 / count, rate=0, p99_ms=0, memory_mb=memory_mb)


MEASURES: dict[Load, Measure] = {
    Load.REQUESTS: measure_load,
    Load.TRANSFERS: measure_load,
    Load.ECHOES: measure_load,
    Load.IDLE: measure_idle,
}
