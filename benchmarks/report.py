"""What the contest showed, as a document of plain data and as tables in Markdown.

Its rule: the tables are made from the document alone, so a file that was kept can be shown again.
"""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contest import Outcome, Settings, Window
from environments import Environment
from peer_table import NOT_COMPETING, Peer

Document = dict[str, Any]  # JSON

REFERENCE = "fastapi"
OURS = "vivace"
FLOOR_LIMIT = 3.3  # how many times the C floor a plain GET may cost
SERVER_TARGET = 1.45  # a bare app on Uvicorn's protocol, divided by the same on ours
BARE_SERVERS = ("bare-uvicorn", "bare-websockets", "bare-wsproto", "bare-granian", "granian")
LEAST_COST = 1e-3  # a memory that did not grow is as good as a byte
COLUMNS = 7  # workloads in a table of the whole field: more do not fit a page


def make_document(
    outcomes: Sequence[Outcome],
    peers: Sequence[Peer],
    environments: Mapping[str, Environment],
    missing: Mapping[str, str],
    settings: Settings,
) -> Document:
    """Return everything measured.

    Args:
        outcomes: Of the workloads.
        peers: That were chosen.
        environments: Those that could be made, by name.
        missing: Why the others could not, by name.
        settings: Of the run.
    """
    return {
        "machine": {"cpu": cpu_name(), "cores": os.cpu_count(), "kernel": platform.release().partition("-")[0]},
        "python": platform.python_version(),
        "rounds": settings.rounds,
        "seconds": settings.seconds,
        "idle_connections": settings.idle_connections,
        "peers": {peer.name: make_peer(peer, environments, missing) for peer in peers},
        "workloads": [make_entry(outcome, peers) for outcome in outcomes],
    }


def cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def make_peer(peer: Peer, environments: Mapping[str, Environment], missing: Mapping[str, str]) -> Document:
    found = environments.get(peer.environment)
    return {
        "title": peer.title,
        "versions": found.versions if found else {},
        "not_installed": missing.get(peer.environment),
    }


def make_entry(outcome: Outcome, peers: Sequence[Peer]) -> Document:
    case = outcome.case
    return {
        "name": case.name,
        "title": case.title,
        "unit": case.unit,
        "target": case.target,
        "peers": {name: make_figures(windows) for name, windows in outcome.windows.items() if windows},
        "failures": outcome.failures,
        "absent": {peer.name: peer.absent[case.name] for peer in peers if not peer.runs(case.name)},
    }


def make_figures(windows: Sequence[Window]) -> Document:
    figures = [asdict(window) for window in windows]
    medians = {key: statistics.median(each[key] for each in figures) for key in figures[0]}
    return {**medians, "quietest": min(each["cost"] for each in figures), "windows": figures}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.middle)} ({number(self.low)} to {number(self.high)})"


def ratio_of(workload: Document, above: str, below: str) -> Ratio | None:
    """Divide the costs of two peers, round by round. None if one of them was not measured."""
    if above not in workload["peers"] or below not in workload["peers"]:
        return None
    pairs = zip(workload["peers"][above]["windows"], workload["peers"][below]["windows"], strict=False)
    ratios = sorted(a["cost"] / max(b["cost"], LEAST_COST) for a, b in pairs)
    return Ratio(middle=statistics.median(ratios), low=ratios[0], high=ratios[-1])


def quiet_ratio_of(workload: Document, above: str, below: str) -> float | None:
    """Divide the cheapest windows of two peers. Noise only adds, so on a busy machine this one is the steadier."""
    if above not in workload["peers"] or below not in workload["peers"]:
        return None
    above_cost: float = workload["peers"][above]["quietest"]
    below_cost: float = workload["peers"][below]["quietest"]
    return above_cost / max(below_cost, LEAST_COST)


def number(value: float) -> str:
    """Write about three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cost_text(workload: Document, peer: str) -> str:
    """Write what a peer costs: ms instead of µs where there are thousands of them."""
    cost = workload["peers"][peer]["cost"]
    unit = workload["unit"]
    return f"{number(cost / 1000)} ms" if unit == "µs" and cost >= 10_000 else f"{number(cost)} {unit}"


def competitors(workload: Document) -> list[str]:
    """Return the frameworks that were measured, the cheapest first."""
    costs = {name: figures["cost"] for name, figures in workload["peers"].items() if name not in NOT_COMPETING}
    return sorted(costs, key=lambda name: costs[name])


def format_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def summary_table(document: Document) -> str:
    """Vivace against the reference and against the best of the others, by workload."""
    rows = [summary_row(document, workload) for workload in document["workloads"] if OURS in workload["peers"]]
    head = [
        "workload",
        "Vivace",
        "FastAPI / Vivace",
        "quietest",
        "target",
        "best other peer",
        "it / Vivace",
        "place of Vivace",
    ]
    return format_markdown(head, rows)


def summary_row(document: Document, workload: Document) -> list[str]:
    ratio = ratio_of(workload, REFERENCE, OURS)
    quiet = quiet_ratio_of(workload, REFERENCE, OURS)
    target = workload["target"]
    order = competitors(workload)
    others = [name for name in order if name != OURS]
    best = ratio_of(workload, others[0], OURS) if others else None
    return [
        workload["title"],
        cost_text(workload, OURS),
        str(ratio or ""),
        "" if quiet is None else number(quiet),
        "" if target is None or ratio is None else f"{target:g}: {'pass' if ratio.middle >= target else 'miss'}",
        document["peers"][others[0]]["title"] if others else "none",
        str(best or ""),
        f"{order.index(OURS) + 1} of {len(order)}",
    ]


def server_table(document: Document) -> str:
    """The servers without a framework, and the floor."""
    by_name = {workload["name"]: workload for workload in document["workloads"]}
    rows: list[list[str]] = []
    for name, workload in by_name.items():
        for other in BARE_SERVERS:
            ratio = ratio_of(workload, other, "bare-vivace")
            if ratio:
                target = f"{SERVER_TARGET:g}" if (name, other) == ("plain_json", "bare-uvicorn") else ""
                rows.append(server_row(document, workload, other, "bare-vivace", ratio, target))
    floor = ratio_of(by_name["plain_json"], OURS, "floor") if "plain_json" in by_name else None
    if floor:
        rows.append(server_row(document, by_name["plain_json"], OURS, "floor", floor, f"at most {FLOOR_LIMIT:g}"))
    return format_markdown(["workload", "server", "cost", "against", "cost", "ratio", "target"], rows) if rows else ""


def server_row(document: Document, workload: Document, above: str, below: str, ratio: Ratio, target: str) -> list[str]:
    titles = {name: peer["title"] for name, peer in document["peers"].items()}
    above_text, below_text = cost_text(workload, above), cost_text(workload, below)
    return [workload["title"], titles[above], above_text, titles[below], below_text, str(ratio), target]


def field_tables(document: Document) -> str:
    """Every peer under every workload: its cost, and that cost divided by Vivace's."""
    workloads = document["workloads"]
    parts = [workloads[start : start + COLUMNS] for start in range(0, len(workloads), COLUMNS)]
    return "\n\n".join(field_table(document, part) for part in parts)


def field_table(document: Document, workloads: Sequence[Document]) -> str:
    rows = [
        [peer["title"], *(field_cell(workload, name) for workload in workloads)]
        for name, peer in document["peers"].items()
        if any(name in workload["peers"] or name in workload["failures"] for workload in workloads)
    ]
    return format_markdown(["peer", *(workload["title"] for workload in workloads)], rows)


def field_cell(workload: Document, name: str) -> str:
    if name in workload["failures"]:
        return "failed"
    if name not in workload["peers"]:
        return "–"
    ratio = ratio_of(workload, name, OURS)
    return cost_text(workload, name) + (f" (×{number(ratio.middle)})" if ratio else "")


def rate_table(document: Document, names: Sequence[str] = ("plain_json", "waiting", "websocket")) -> str:
    """Throughput, p99 and memory of a saturated server."""
    rows = []
    for workload in document["workloads"]:
        if workload["name"] in names:
            order = sorted(workload["peers"].items(), key=lambda item: -item[1]["rate"])
            for name, each in order:
                figures = [f"{each['rate']:.0f}", f"{each['p99_ms']:.1f}", f"{each['memory_mb']:.0f}"]
                rows.append([workload["title"], document["peers"][name]["title"], *figures])
    return format_markdown(["workload", "peer", "per second", "p99 ms", "resident MB"], rows) if rows else ""


def absence_list(document: Document) -> str:
    """What was not measured, each with its reason."""
    lines = [
        f"- {peer['title']}: not installed. {peer['not_installed']}"
        for peer in document["peers"].values()
        if peer["not_installed"]
    ]
    for workload in document["workloads"]:
        for name, failure in workload["failures"].items():
            lines.append(
                f"- {document['peers'][name]['title']}, {workload['title']}: failed. {failure.splitlines()[0]}"
            )
    by_reason: dict[tuple[str, str], list[str]] = {}
    for workload in document["workloads"]:
        for name, reason in workload["absent"].items():
            by_reason.setdefault((document["peers"][name]["title"], reason), []).append(workload["title"])
    lines += [f"- {title}: {reason} ({', '.join(missed)})." for (title, reason), missed in by_reason.items()]
    return "\n".join(lines)


def make_markdown(document: Document) -> str:
    """Return the whole report."""
    run = f"{document['rounds']} rounds of {document['seconds']} s, Python {document['python']}"
    machine = f"{document['machine']['cpu']}, Linux {document['machine']['kernel']}"
    versions = {
        title: version for peer in document["peers"].values() for title, version in [main_version(peer)] if version
    }
    sections = [
        "# The field",
        f"CPU time of the server, all processes and threads, per request, or memory per connection. {run}. {machine}. "
        "Each ratio is the median of the rounds, with their range. × is a cost divided by that of Vivace.",
        "## Vivace",
        summary_table(document),
        "## Servers",
        server_table(document),
        "## Every peer",
        field_tables(document),
        "## Saturated",
        rate_table(document),
        "## Not measured",
        absence_list(document),
        "## Versions",
        ", ".join(f"{title} {version}" for title, version in versions.items()) + ".",
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def main_version(peer: Document) -> tuple[str, str | None]:
    """Return the distribution that a peer is named after, with its version."""
    for word in reversed(peer["title"].split()):
        if word.lower() in peer["versions"]:
            return word, peer["versions"][word.lower()]
    return peer["title"], None
