"""Compare the server CPU time per request of two frameworks that run the same programs.

Its rule: only ratios of two servers measured in turn, in one run, mean something. Both run on stock Uvicorn (httptools,
uvloop, no access log, one process) on one core; `wrk` loads them from another core. Linux only.

    python benchmarks/compare.py                                    # every workload
    python benchmarks/compare.py --quick --workloads plain_json,sync_handler
    python benchmarks/compare.py --frameworks fastapi,vivace --with-floor --json result.json
"""

import argparse
import contextlib
import json
import platform
import signal
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from load import CONNECTIONS, Answer, LoadResult, ask, find_wrk, run_load
from servers import Contestant, Server, choose_cores, parse_contestant, pinned, serve
from socket_load import run_echoes
from tables import format_table, verdict
from workloads import WEBSOCKETS, WORKLOADS, Request, Workload, choose_workloads

WARM_UP_S = 1  # wrk counts whole seconds; enough for caches, lazy plans and worker threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one measured stretch of load showed about one server."""

    cpu_us: float
    requests_per_s: float
    p99_ms: float
    memory_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The windows of one workload, in order of round.

    Attributes:
        floor: Of the bare ASGI app under the same request; empty if it was not measured.
    """

    workload: Workload
    reference: tuple[Window, ...]
    candidate: tuple[Window, ...]
    floor: tuple[Window, ...] = ()

    @property
    def ratios(self) -> list[float]:
        return [a.cpu_us / b.cpu_us for a, b in zip(self.reference, self.candidate, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def quiet_ratio(self) -> float:
        """The ratio of each side's cheapest window. Noise only adds, so on a busy machine this one is the steadier."""
        return quietest(self.reference) / quietest(self.candidate)

    @property
    def ceiling(self) -> float | None:
        """The ratio that a framework would reach which costs nothing at all."""
        return quietest(self.reference) / quietest(self.floor) if self.floor else None

    @property
    def sides(self) -> list[tuple[Window, ...]]:
        return [windows for windows in (self.reference, self.candidate, self.floor) if windows]


def quietest(windows: Sequence[Window]) -> float:
    return min(window.cpu_us for window in windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    wrk: str
    server_core: int
    rounds: int
    seconds: int
    has_floor: bool


def load_with(server: Server, workload: Workload, settings: Settings, seconds: int) -> LoadResult:
    if workload.name in WEBSOCKETS:
        return run_echoes(server.port, workload.request.path, CONNECTIONS, seconds)
    return run_load(settings.wrk, server.url, workload.request, seconds)


def measure(server: Server, workload: Workload, settings: Settings) -> Window:
    load_with(server, workload, settings, WARM_UP_S)
    before_s = server.cpu_s()
    load = load_with(server, workload, settings, settings.seconds)
    cpu_s = server.cpu_s() - before_s
    return Window(
        cpu_us=cpu_s / load.requests * 1e6,
        requests_per_s=load.requests / load.seconds,
        p99_ms=load.p99_ms,
        memory_mb=server.memory_mb(),
    )


def run_workload(workload: Workload, contestants: Sequence[Contestant], settings: Settings) -> Result:
    """Start every contestant, check that their answers are equal, and measure them in turn, round by round."""
    core = settings.server_core
    with contextlib.ExitStack() as running:
        servers = [running.enter_context(serve(workload.name, each, core)) for each in contestants]
        check_answers(workload, contestants, servers)
        if settings.has_floor and workload.name not in WEBSOCKETS:
            servers.append(running.enter_context(serve("floor", contestants[-1], core)))
        rounds = [[measure(server, workload, settings) for server in servers] for _ in range(settings.rounds)]
    reference, candidate, *floor = zip(*rounds, strict=True)
    return Result(workload=workload, reference=reference, candidate=candidate, floor=floor[0] if floor else ())


def run_workloads(workloads: Sequence[Workload], contestants: Sequence[Contestant], settings: Settings) -> list[Result]:
    """Measure the workloads one after the other. One that cannot be measured is reported and left out."""
    results: list[Result] = []
    for workload in workloads:
        try:
            results.append(run_workload(workload, contestants, settings))
        except RuntimeError as exc:
            print(f"error: {exc}", file=sys.stderr)
        else:
            print(f"measured: {workload.title}", file=sys.stderr, flush=True)
    return results


def check_answers(workload: Workload, contestants: Sequence[Contestant], servers: Sequence[Server]) -> None:
    """Ask every server the same questions.

    Raises:
        RuntimeError: Two answers differ, or the measured request is answered with an error.
    """
    is_websocket = workload.name in WEBSOCKETS  # whose load checks every message
    for request in (*(() if is_websocket else (workload.request,)), *workload.also_equal):
        answers = [ask(server.port, request) for server in servers]
        if request is workload.request and answers[0].status >= 400:
            raise RuntimeError(f"{workload.name}: {request.method} {request.path} is answered with {answers[0]}.")
        for contestant, answer in zip(contestants[1:], answers[1:], strict=True):
            if answer != answers[0]:
                raise RuntimeError(
                    describe_difference(workload, request, contestants[0], answers[0], contestant, answer)
                )


def describe_difference(
    workload: Workload, request: Request, reference: Contestant, expected: Answer, candidate: Contestant, given: Answer
) -> str:
    lines = [f"{workload.name}: the answers to {request.method} {request.path} differ, so their times mean nothing."]
    lines += [f"  {reference.label}: {expected}", f"  {candidate.label}: {given}"]
    return "\n".join(lines)


def median_of(windows: Sequence[Window], name: str) -> float:
    values: list[float] = [getattr(window, name) for window in windows]
    return statistics.median(values)


def make_row(result: Result) -> list[str]:
    def each(name: str, form: str) -> str:
        return " / ".join(format(median_of(windows, name), form) for windows in result.sides)

    return [
        result.workload.title,
        f"{result.ratio:.2f}",
        f"{min(result.ratios):.2f}-{max(result.ratios):.2f}",
        f"{result.quiet_ratio:.2f}",
        "" if result.ceiling is None else f"{result.ceiling:.2f}",
        f"{result.workload.target:g}",
        verdict(reached=result.ratio, target=result.workload.target),
        each("cpu_us", ".1f"),
        each("requests_per_s", ".0f"),
        each("p99_ms", ".1f"),
        each("memory_mb", ".0f"),
    ]


HEAD = [
    "workload",
    "ratio",
    "range",
    "quietest",
    "ceiling",
    "target",
    "",
    "CPU µs/request",
    "requests/s",
    "p99 ms",
    "RSS MB",
]


def make_document(
    results: Sequence[Result], contestants: Sequence[Contestant], settings: Settings
) -> dict[str, object]:
    names = ("fastapi", "vivace", "starlette", "pydantic", "uvicorn", "uvloop", "httptools")
    versions = {"python": platform.python_version()}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return {
        "contestants": [asdict(contestant) for contestant in contestants],
        "versions": versions,
        "rounds": settings.rounds,
        "seconds": settings.seconds,
        "connections": CONNECTIONS,
        "workloads": [make_entry(result) for result in results],
    }


def make_entry(result: Result) -> dict[str, object]:
    return {
        "name": result.workload.name,
        "title": result.workload.title,
        "ratio": result.ratio,
        "ratios": result.ratios,
        "quiet_ratio": result.quiet_ratio,
        "ceiling": result.ceiling,
        "target": result.workload.target,
        "passed": result.ratio >= result.workload.target,
        "windows": [[asdict(window) for window in windows] for windows in result.sides],
    }


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the server CPU time per request of two frameworks.")
    parser.add_argument(
        "--frameworks", default="fastapi,vivace", help="reference,candidate; each NAME or NAME@HTTP-PROTOCOL"
    )
    parser.add_argument("--workloads", help="comma-separated names; all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of a measured window")
    parser.add_argument("--quick", action="store_true", help="three rounds of two seconds")
    parser.add_argument("--with-floor", action="store_true", help="measure a bare ASGI app under each request too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to a file")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_arguments(arguments)
    # A polite kill must stop the servers too: SystemExit unwinds the blocks that hold them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rounds, seconds = (3, 2) if options.quick else (options.rounds, options.seconds)
    try:
        contestants = [parse_contestant(text) for text in options.frameworks.split(",")]
        if len(contestants) != 2:
            raise ValueError(
                f"--frameworks takes a reference and a candidate, as in fastapi,vivace, not {options.frameworks!r}."
            )
        server_core, load_core = choose_cores()
        settings = Settings(
            wrk=find_wrk(), server_core=server_core, rounds=rounds, seconds=seconds, has_floor=options.with_floor
        )
        workloads = choose_workloads(options.workloads, WORKLOADS | WEBSOCKETS)
        with pinned(load_core):
            results = run_workloads(workloads, contestants, settings)
    except (RuntimeError, ValueError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    sides = " / ".join([contestant.label for contestant in contestants] + ["floor"] * options.with_floor)
    print(f"{sides}, medians of {rounds} rounds of {seconds} s, {CONNECTIONS} connections")
    print(format_table(HEAD, [make_row(result) for result in results]))
    if options.json:
        options.json.write_text(json.dumps(make_document(results, contestants, settings), indent=2) + "\n")
    return 0 if len(results) == len(workloads) else 1


if __name__ == "__main__":
    sys.exit(main())
