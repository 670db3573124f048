"""The field: every peer, how it is served, and which workloads it has no counterpart for. This module runs nothing.

Its rule: each peer runs in the fastest production configuration for one process that its documents name: uvloop where
it takes one, no access log, no debug.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases import CASES

KEEP_ALIVE_S = 120  # far above the time that the idle connections are watched
WAITING_THREADS = 128  # for 1,000 callers that wait 50 ms each: enough that the CPU is the limit, not the threads

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One contestant.

    Attributes:
        environment: The key of its pins, or "floor" for the compiled one.
        command: What serves it, with `{python}`, `{folder}` (of the environment), `{port}` and `{program}` to fill in.
        other_commands: By workload, where another server suits better.
        absent: By workload, why it does not run.
        framework: The package that `programs/` are run on; empty if the peer has programs of its own.
        is_ours: Whether it is Vivace or its server.
    """

    name: str
    title: str
    environment: str
    command: Command
    other_commands: Mapping[str, Command] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    framework: str = ""
    is_ours: bool = False

    def runs(self, case: str) -> bool:
        return case not in self.absent

    def command_for(self, case: str) -> Command:
        return self.other_commands.get(case, self.command)


def uvicorn(app: str, *, http: str = "httptools", ws: str = "auto") -> Command:
    options = ("--http", http, "--ws", ws, "--loop", "uvloop", "--no-access-log", "--log-level", "warning")
    keep_alive = ("--timeout-keep-alive", str(KEEP_ALIVE_S))
    return ("{python}", "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", "{port}", *options, *keep_alive)


def gunicorn(app: str, *, threads: int) -> Command:
    workers = ("--workers", "1", "--worker-class", "gthread", "--threads", str(threads))
    options = ("--keep-alive", str(KEEP_ALIVE_S), "--worker-connections", "12000", "--log-level", "error")
    return ("{python}", "-m", "gunicorn", "--bind", "127.0.0.1:{port}", *workers, *options, app)


def granian(app: str, *, interface: str) -> Command:
    # Back-pressure is its limit of open connections.
    options = ("--loop", "uvloop", "--workers", "1", "--backlog", "2048", "--backpressure", "12000")
    quiet = ("--no-access-log", "--log-level", "error")
    place = ("--host", "127.0.0.1", "--port", "{port}")
    return ("{python}", "-m", "granian", "--interface", interface, *options, *quiet, *place, app)


def without(cases: str, reason: str) -> dict[str, str]:
    """Give the same reason to several workloads, named in one string."""
    return dict.fromkeys(cases.split(), reason)


def only(cases: str, reason: str) -> dict[str, str]:
    """Give the same reason to all other workloads."""
    return {name: reason for name in CASES if name not in cases.split()}


PROTOCOL_CASES = "plain_json waiting upload download websocket idle"
NO_INJECTION = "it injects no dependencies"
NO_YIELD = "its dependencies have no end that runs after the answer"
ON_THE_LOOP = "its `def` handlers run on the event loop, and block it"
BARE = "a protocol: it has no routes, parameters, models or middleware"
NO_WEBSOCKET = "it serves no websockets without an extension"
BLACKSHEEP_ABSENT = (
    without("sync_handler", ON_THE_LOOP)
    | without("dependency_chain", "its container makes objects by class, not by functions that read the request")
    | without("yield_dependency", NO_YIELD)
)
VIVACE_HTTP = "vivace.server:HttpProtocol"
VIVACE_WS = "vivace.server.websocket:WebSocketProtocol"

PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer(
            name="vivace",
            title="Vivace",
            environment="vivace",
            framework="vivace",
            command=uvicorn("programs.{program}:app", http=VIVACE_HTTP, ws=VIVACE_WS),
            is_ours=True,
        ),
        Peer(
            name="fastapi",
            title="FastAPI",
            environment="fastapi",
            framework="fastapi",
            command=uvicorn("programs.{program}:app"),
        ),
        Peer(
            name="starlette",
            title="Starlette",
            environment="starlette",
            command=uvicorn("peer_programs.starlette_programs:app"),
            absent=without("dependency_chain yield_dependency", NO_INJECTION),
        ),
        Peer(
            name="litestar",
            title="Litestar",
            environment="litestar",
            command=uvicorn("peer_programs.litestar_programs:app"),
        ),
        Peer(
            name="blacksheep",
            title="BlackSheep",
            environment="blacksheep",
            command=uvicorn("peer_programs.blacksheep_programs:app"),
            absent=BLACKSHEEP_ABSENT,
        ),
        Peer(
            name="blacksheep-granian",
            title="BlackSheep on Granian",
            environment="blacksheep",
            command=granian("peer_programs.blacksheep_programs:app", interface="asgi"),
            absent=BLACKSHEEP_ABSENT,
        ),
        Peer(
            name="falcon",
            title="Falcon",
            environment="falcon",
            command=uvicorn("peer_programs.falcon_programs:app"),
            other_commands={"sync_handler": gunicorn("peer_programs.falcon_programs:app", threads=4)},
            absent=without("dependency_chain yield_dependency", NO_INJECTION),
        ),
        Peer(
            name="sanic",
            title="Sanic",
            environment="sanic",
            command=(
                *("{python}", "-m", "sanic", "peer_programs.sanic_programs:app", "--host", "127.0.0.1"),
                *("--port", "{port}", "--single-process", "--no-access-logs", "--no-motd"),
            ),
            absent=without("sync_handler", ON_THE_LOOP) | without("yield_dependency", NO_YIELD),
        ),
        Peer(
            name="aiohttp",
            title="aiohttp",
            environment="aiohttp",
            command=("{python}", "-m", "peer_programs.aiohttp_programs"),
            absent=without("dependency_chain yield_dependency", NO_INJECTION)
            | without("sync_handler", "its handlers must be coroutines"),
        ),
        Peer(
            name="robyn",
            title="Robyn",
            environment="robyn",
            command=(
                *("{python}", "-m", "peer_programs.robyn_programs", "--processes", "1", "--workers", "1"),
                *("--log-level", "ERROR", "--disable-openapi"),
            ),
            absent=without("dependency_chain yield_dependency", "it injects values made at start-up, not per request"),
        ),
        Peer(
            name="granian",
            title="bare RSGI on Granian",
            environment="granian",
            command=granian("peer_programs.granian_programs:app", interface="rsgi"),
            absent=only(PROTOCOL_CASES, BARE),
        ),
        Peer(
            name="socketify",
            title="socketify",
            environment="socketify",
            command=("{python}", "-m", "peer_programs.socketify_programs"),
            absent=without("dependency_chain yield_dependency", NO_INJECTION)
            | without("sync_handler", ON_THE_LOOP)
            | without("function_middleware", "its middleware runs before the handler and sees no response"),
        ),
        Peer(
            name="flask",
            title="Flask on Gunicorn threads",
            environment="flask",
            command=gunicorn("peer_programs.flask_programs:app", threads=4),
            other_commands={"waiting": gunicorn("peer_programs.flask_programs:app", threads=WAITING_THREADS)},
            absent=without("dependency_chain yield_dependency", NO_INJECTION) | without("websocket", NO_WEBSOCKET),
        ),
        Peer(
            name="django",
            title="Django on Gunicorn threads",
            environment="django",
            command=gunicorn("peer_programs.django_programs:app", threads=4),
            other_commands={"waiting": gunicorn("peer_programs.django_programs:app", threads=WAITING_THREADS)},
            absent=without("dependency_chain yield_dependency", NO_INJECTION) | without("websocket", NO_WEBSOCKET),
        ),
        Peer(
            name="bare-vivace",
            title="bare ASGI on Vivace's server",
            environment="vivace",
            command=uvicorn("peer_programs.bare:app", http=VIVACE_HTTP, ws=VIVACE_WS),
            absent=only(PROTOCOL_CASES, BARE),
            is_ours=True,
        ),
        Peer(
            name="bare-uvicorn",
            title="bare ASGI on Uvicorn",
            environment="uvicorn",
            command=uvicorn("peer_programs.bare:app"),
            other_commands={"websocket": uvicorn("peer_programs.bare:app", ws="websockets-sansio")},
            absent=only(PROTOCOL_CASES, BARE),
        ),
        Peer(
            name="bare-granian",
            title="bare ASGI on Granian",
            environment="granian",
            command=granian("peer_programs.bare:app", interface="asgi"),
            absent=only(PROTOCOL_CASES, BARE),
        ),
        Peer(
            name="bare-websockets",
            title="bare ASGI on Uvicorn, `websockets`",
            environment="uvicorn",
            command=uvicorn("peer_programs.bare:app", ws="websockets"),
            absent=only("websocket", "differs for websockets only"),
        ),
        Peer(
            name="bare-wsproto",
            title="bare ASGI on Uvicorn, `wsproto`",
            environment="uvicorn",
            command=uvicorn("peer_programs.bare:app", ws="wsproto"),
            absent=only("websocket", "differs for websockets only"),
        ),
        Peer(
            name="floor",
            title="C, epoll, a constant answer",
            environment="floor",
            command=("{folder}/floor", "{port}"),
            absent=only("plain_json idle", "it has one constant answer"),
        ),
    )
}

# Servers without a framework are measured to show what a framework adds; Vivace does not compete with them.
NOT_COMPETING = frozenset({"bare-vivace", "bare-uvicorn", "bare-granian", "bare-websockets", "bare-wsproto", "floor"})


def choose_peers(names: str | None) -> list[Peer]:
    """Return the peers named in a comma-separated list, or all of them.

    Raises:
        ValueError: A name is unknown.
    """
    if not names:
        return list(PEERS.values())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in PEERS:
            raise ValueError(f"No peer is called {name!r}. Choose from: {', '.join(PEERS)}.")
    return [PEERS[name] for name in wanted]
