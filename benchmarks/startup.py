"""Compare what two frameworks cost before the first request: import, 1,000 routes, their OpenAPI document.

Its rule: every figure comes from fresh processes that take turns, and is the CPU time of the process (but for the
first requests, whose wall time a client would notice).

    python benchmarks/startup.py
    python benchmarks/startup.py --rounds 3 --json startup.json
"""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from children import BENCHMARKS, run_python
from tables import format_table, verdict

CHILD = BENCHMARKS / "measure_startup.py"
PRINT_CPU = "import time; print(time.process_time())"

# What a program imports. One of the frameworks may load nothing before a name is asked for.
NAMES = "APIRouter, Depends, FastAPI, HTTPException, Query, Request"

IMPORT_TARGET = 2.0  # the reference divided by the candidate, as the next two
DECLARE_TARGET = 5.0
DOCUMENT_TARGET = 5.0
FIRST_REQUEST_LIMIT_MS = 5.0  # how much slower than the tenth the candidate's first may be

Stages = dict[str, float]


def measure_import(framework: str, statement: str) -> float:
    """Return the CPU time in ms of an import, without that of the bare interpreter."""
    bare_s = float(run_python(framework, "-c", PRINT_CPU))
    taken_s = float(run_python(framework, "-c", f"{statement}; {PRINT_CPU}"))
    return (taken_s - bare_s) * 1e3


def measure(framework: str) -> tuple[Stages, str]:
    """Return what each stage took in ms, and the digest of the OpenAPI document."""
    stages = {
        "import_ms": measure_import(framework, f"import {framework}"),
        "names_ms": measure_import(framework, f"from {framework} import {NAMES}"),
    }
    measured = json.loads(run_python(framework, str(CHILD)))
    digest = measured.pop("document_sha256")
    stages |= measured
    stages["first_excess_ms"] = stages["first_request_ms"] - stages["tenth_request_ms"]
    return stages, digest


def run_rounds(frameworks: Sequence[str], rounds: int) -> list[list[Stages]]:
    """Return the stages per framework and round, after one round that only fills the caches of compiled modules."""
    for framework in frameworks:
        run_python(framework, "-c", f"import {framework}")
    taken: list[list[Stages]] = [[] for _ in frameworks]
    digests: list[str] = [""] * len(frameworks)
    for number in range(rounds):
        for position, framework in enumerate(frameworks):
            stages, digests[position] = measure(framework)
            taken[position].append(stages)
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    if len(set(digests)) > 1:
        print("warning: the OpenAPI documents differ, so their times compare different work", file=sys.stderr)
    return taken


def make_rows(taken: Sequence[Sequence[Stages]]) -> list[list[str]]:
    rows = [
        make_ratio_row("import", "import_ms", taken, IMPORT_TARGET),
        make_ratio_row("import of the usual names", "names_ms", taken, None),
        make_ratio_row("declare 1,000 routes", "declare_ms", taken, DECLARE_TARGET),
        make_ratio_row("OpenAPI document", "openapi_ms", taken, DOCUMENT_TARGET),
        make_ratio_row("lifespan start", "start_ms", taken, None),
        make_ratio_row("first request to 100 routes", "visits_ms", taken, None),
    ]
    excess_ms = [statistics.median(stages["first_excess_ms"] for stages in each) for each in taken]
    judged = "pass" if excess_ms[-1] <= FIRST_REQUEST_LIMIT_MS else "miss"
    limit = f"<= {FIRST_REQUEST_LIMIT_MS:g} ms"
    both = " / ".join(f"{value:.1f}" for value in excess_ms)
    return [*rows, ["first request more than tenth", "", limit, judged, both]]


def make_ratio_row(title: str, stage: str, taken: Sequence[Sequence[Stages]], target: float | None) -> list[str]:
    ratio = statistics.median(a[stage] / b[stage] for a, b in zip(taken[0], taken[-1], strict=True))
    both = " / ".join(f"{statistics.median(stages[stage] for stages in each):.1f}" for each in taken)
    judged = ["", ""] if target is None else [f"{target:g}", verdict(reached=ratio, target=target)]
    return [title, f"{ratio:.2f}", *judged, both]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare what two frameworks cost before the first request.")
    parser.add_argument("--frameworks", default="fastapi,vivace", help="reference,candidate")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figures to a file")
    options = parser.parse_args(arguments)
    frameworks = options.frameworks.split(",")
    try:
        taken = run_rounds(frameworks, options.rounds)
    except RuntimeError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    print(f"{' / '.join(frameworks)}, medians of {options.rounds} rounds, ms")
    print(format_table(["stage", "ratio", "target", "", "ms"], make_rows(taken)))
    if options.json:
        document = {"frameworks": frameworks, "rounds": taken}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
