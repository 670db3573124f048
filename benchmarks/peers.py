"""Compare Vivace on its server with the field, in one run: the other frameworks, bare servers, and a floor in C.

Its rule: every peer runs as its own documents advise, answers the same, and is measured in turn with the others. Each
has an environment of its own, made on the first run. Linux only, loopback only, two cores.

    python benchmarks/peers.py --output docs/benchmarks                      # everything: about 20 minutes
    python benchmarks/peers.py --peers vivace,fastapi,robyn --workloads plain_json,websocket --rounds 1
    python benchmarks/peers.py --from-json docs/benchmarks/field.json        # the tables of an earlier run
    python benchmarks/peers.py --list
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cases import CASES, IDLE_CONNECTIONS, Case, choose_cases
from charts import draw_charts
from contest import Outcome, Settings, run_case
from environments import Environment, compile_floor, default_folder, make_environment
from load import find_wrk
from peer_table import PEERS, Peer, choose_peers
from report import Document, make_document, make_markdown
from servers import choose_cores, pinned


def make_environments(peers: Sequence[Peer], folder: Path) -> tuple[dict[str, Environment], dict[str, str]]:
    """Return what could be installed, and why the rest could not."""
    made: dict[str, Environment] = {}
    missing: dict[str, str] = {}
    for name in dict.fromkeys(peer.environment for peer in peers):
        try:
            made[name] = compile_floor(folder) if name == "floor" else make_environment(name, folder)
        except (RuntimeError, OSError) as exc:
            missing[name] = str(exc)
            print(f"not installed: {name}: {exc}", file=sys.stderr, flush=True)
    return made, missing


def run_contest(
    cases: Sequence[Case], peers: Sequence[Peer], settings: Settings, environments_folder: Path, output: Path | None
) -> Document:
    """Run the workloads one after the other, and write what is known after each, so that a stopped run is not lost."""
    environments, missing = make_environments(peers, environments_folder)
    outcomes: list[Outcome] = []
    document = make_document(outcomes, peers, environments, missing, settings)
    for case in cases:
        started = time.monotonic()
        outcomes.append(run_case(case, peers, environments, settings))
        print(f"measured: {case.title}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        document = make_document(outcomes, peers, environments, missing, settings)
        if output:
            write(document, output)
    return document


def write(document: Document, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    (output / "field.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    (output / "field.md").write_text(make_markdown(document))
    for name, chart in draw_charts(document).items():
        (output / name).write_text(chart)


def show_list() -> None:
    print("workloads:")
    for case in CASES.values():
        print(f"  {case.name:20} {case.title}")
    print("peers:")
    for peer in PEERS.values():
        print(f"  {peer.name:20} {peer.title}")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare Vivace on its server with other frameworks and servers.")
    parser.add_argument("--peers", help="comma-separated names; all by default")
    parser.add_argument("--workloads", help="comma-separated names; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="length of a measured window")
    parser.add_argument("--connections", type=int, default=IDLE_CONNECTIONS, help="how many idle ones are opened")
    parser.add_argument("--environments", type=Path, default=default_folder(), help="folder of the peers' environments")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="write field.json, field.md and the charts")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="measure nothing; show an earlier run")
    parser.add_argument("--list", action="store_true", help="name the workloads and the peers")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> Document:
    server_core, load_core = choose_cores()
    settings = Settings(
        wrk=find_wrk(),
        server_core=server_core,
        rounds=options.rounds,
        seconds=options.seconds,
        idle_connections=options.connections,
    )
    cases, peers = choose_cases(options.workloads), choose_peers(options.peers)
    with pinned(load_core):
        return run_contest(cases, peers, settings, options.environments, options.output)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_arguments(arguments)
    if options.list:
        show_list()
        return 0
    # A polite kill must stop the servers too: SystemExit unwinds the blocks that hold them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        document = json.loads(options.from_json.read_text()) if options.from_json else measure(options)
    except (RuntimeError, ValueError, OSError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    if options.from_json and options.output:
        write(document, options.output)
    print(make_markdown(document))
    return 1 if any(workload["failures"] for workload in document["workloads"]) else 0


if __name__ == "__main__":
    sys.exit(main())
