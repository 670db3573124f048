"""Show where a request's Python calls go, and time requests without a server.

The quick look while working on the request path; what decides is `compare.py`. What counts as a Python call is written
at the head of `in_process.py`.

    python benchmarks/profile_request.py                            # calls and frames for every workload
    python benchmarks/profile_request.py --functions --workloads plain_json
    python benchmarks/profile_request.py --cpu                      # CPU time per request as well
"""

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from children import BENCHMARKS, run_python
from measure_in_process import FunctionCalls, Profile
from tables import format_table
from workloads import Workload, choose_workloads

CHILD = str(BENCHMARKS / "measure_in_process.py")


def read_profile(framework: str, workload: Workload) -> Profile:
    document = json.loads(run_python(framework, CHILD, workload.name, "calls"))
    return Profile(
        functions=tuple(FunctionCalls(**each) for each in document["functions"]),
        frames_above_handler=document["frames_above_handler"],
    )


def read_cpu_us(frameworks: Sequence[str], workload: Workload, rounds: int, seconds: float) -> list[list[float]]:
    """Return the CPU time per request, per framework and round, from processes that take turns."""
    taken: list[list[float]] = [[] for _ in frameworks]
    for _ in range(rounds):
        for times, framework in zip(taken, frameworks, strict=True):
            times.append(float(run_python(framework, CHILD, workload.name, "cpu", str(seconds))))
    return taken


def by_package(profile: Profile) -> "Counter[str]":
    packages: Counter[str] = Counter()
    for function in profile.functions:
        packages[function.package] += function.count
    return packages


def make_row(workload: Workload, profiles: Sequence[Profile], times: Sequence[Sequence[float]]) -> list[str]:
    calls = [by_package(profile).total() for profile in profiles]
    frames = [profile.frames_above_handler for profile in profiles]
    row = [workload.title, join(calls), join(frames)]
    if times:
        ratio = statistics.median(a / b for a, b in zip(times[0], times[-1], strict=True))
        row += [" / ".join(f"{statistics.median(each):.1f}" for each in times), f"{ratio:.2f}"]
    packages = by_package(profiles[-1]).most_common()
    return [*row, ", ".join(f"{name} {count}" for name, count in packages)]


def join(values: Sequence[int]) -> str:
    return " / ".join(map(str, values))


def list_functions(profile: Profile) -> str:
    """Return the functions called, in order of first call, indented by their depth on the stack."""
    rows = [
        [f"{'  ' * function.frames_above}{function.name}", str(function.count), function.package, function.place]
        for function in profile.functions
    ]
    return format_table(["function", "calls", "package", "place"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Count the Python calls of one request, in process.")
    parser.add_argument("--frameworks", default="fastapi,vivace", help="comma-separated; details are of the last")
    parser.add_argument("--workloads", help="comma-separated names; all by default")
    parser.add_argument("--functions", action="store_true", help="list every function that the last framework called")
    parser.add_argument("--cpu", action="store_true", help="time requests, too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a timed stretch")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write calls and times to a file")
    options = parser.parse_args(arguments)
    frameworks = options.frameworks.split(",")
    rows, details, document = [], [], {}
    try:
        for workload in choose_workloads(options.workloads):
            profiles = [read_profile(framework, workload) for framework in frameworks]
            times = read_cpu_us(frameworks, workload, options.rounds, options.seconds) if options.cpu else []
            rows.append(make_row(workload, profiles, times))
            details.append(f"\n{workload.title}, {frameworks[-1]}\n{list_functions(profiles[-1])}")
            document[workload.name] = {
                "calls": {name: by_package(each) for name, each in zip(frameworks, profiles, strict=True)},
                "frames_above_handler": [profile.frames_above_handler for profile in profiles],
                "cpu_us": dict(zip(frameworks, times, strict=False)),
            }
    except (RuntimeError, ValueError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    timed = ["CPU µs", "ratio"] if options.cpu else []
    print(format_table(["workload", "Python calls", "frames above handler", *timed, "calls by package"], rows))
    if options.functions:
        print("\n".join(details))
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
