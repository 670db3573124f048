"""The workloads of the whole field: which request, which load, and what is measured. This module runs nothing."""

from dataclasses import dataclass
from enum import StrEnum

from workloads import JSON, WORKLOADS, Request

MEBIBYTE = 1 << 20
TRANSFER_BYTES = 10 * MEBIBYTE
MANY_CONNECTIONS = 1_000
IDLE_CONNECTIONS = 10_000
TRANSFERS_AT_ONCE = 4
USUAL_CONNECTIONS = 64


class Load(StrEnum):
    """How a case is loaded, and what its figure is."""

    REQUESTS = "requests"  # wrk; µs of CPU per request
    TRANSFERS = "transfers"  # large bodies; µs of CPU per transfer
    ECHOES = "echoes"  # websocket messages; µs of CPU per message
    IDLE = "idle"  # open connections; KiB per connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One workload.

    Attributes:
        name: Also the name of the function that makes a peer's program for it.
        program: The module under `programs/`, for the frameworks with FastAPI's interface.
        refused: Requests that must be answered with a status from 400 to 499: the proof that values are validated.
        target: How many times cheaper than the reference Vivace must be; None where only the rank counts.
        least_s: The shortest window that makes sense.
    """

    name: str
    title: str
    program: str
    request: Request
    load: Load = Load.REQUESTS
    connections: int = USUAL_CONNECTIONS
    refused: tuple[Request, ...] = ()
    target: float | None = None
    least_s: int = 1

    @property
    def unit(self) -> str:
        return "KiB" if self.load is Load.IDLE else "µs"


def case_of(workload: str, *, target: float, refused: tuple[Request, ...] = (), least_s: int = 1) -> Case:
    """Make a case of a workload that two frameworks are compared by."""
    found = WORKLOADS[workload]
    return Case(
        name=found.name,
        title=found.title,
        program=found.name,
        request=found.request,
        refused=refused,
        target=target,
        least_s=least_s,
    )


REFUSED_ITEM = Request(method="POST", path="/items", headers=JSON, body='{"name":"lamp","price":"dear"}')

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        case_of("plain_json", target=6.5),
        case_of("typed_parameters", target=6.5, refused=(Request(path="/items/42?q=word&limit=many"),)),
        case_of("model_in_out", target=6.3, refused=(REFUSED_ITEM,)),
        case_of("model_list", target=2.4),
        case_of("dependency_chain", target=11),
        case_of("sync_handler", target=9),
        case_of("yield_dependency", target=7),
        case_of("function_middleware", target=15),
        case_of("many_routes", target=75, refused=(Request(path="/resource-1000/7"),), least_s=2),
        Case(
            name="waiting",
            title="handler that awaits 50 ms, 1,000 connections",
            program="waiting",
            request=Request(path="/wait"),
            connections=MANY_CONNECTIONS,
            least_s=2,
        ),
        Case(
            name="upload",
            title="upload of 10 MiB",
            program="upload",
            request=Request(
                method="POST",
                path="/upload",
                headers={"content-type": "application/octet-stream"},
                body="x" * TRANSFER_BYTES,
            ),
            load=Load.TRANSFERS,
            connections=TRANSFERS_AT_ONCE,
        ),
        Case(
            name="download",
            title="streamed download of 10 MiB",
            program="download",
            request=Request(path="/download"),
            load=Load.TRANSFERS,
            connections=TRANSFERS_AT_ONCE,
        ),
        Case(
            name="websocket",
            title="websocket echo",
            program="websocket",
            request=Request(path="/echo"),
            load=Load.ECHOES,
        ),
        Case(
            name="idle",
            title="10,000 idle connections",
            program="plain_json",
            request=Request(path="/"),
            load=Load.IDLE,
            connections=IDLE_CONNECTIONS,
        ),
    )
}


def choose_cases(names: str | None) -> list[Case]:
    """Return the cases named in a comma-separated list, or all of them.

    Raises:
        ValueError: A name is unknown.
    """
    if not names:
        return list(CASES.values())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in CASES:
            raise ValueError(f"No workload is called {name!r}. Choose from: {', '.join(CASES)}.")
    return [CASES[name] for name in wanted]
