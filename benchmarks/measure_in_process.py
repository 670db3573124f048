"""Measure one program in this process, without a server, and print what was found as JSON.

`profile_request.py` starts it once per framework; the environment variable FRAMEWORK says which.
"""

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import uvloop
from in_process import App, CallCount, Profiler, call_app, count_calls, package_of
from workloads import WORKLOADS, Request, Workload

CALLERS = 64  # as many as the connections of compare.py: thread hand-overs may work in batches
CALIBRATION_CALLS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCalls:
    name: str
    package: str
    place: str
    count: int
    frames_above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    functions: tuple[FunctionCalls, ...]
    frames_above_handler: int


def describe(counted: CallCount, workload: Workload) -> Profile:
    functions = []
    frames_above_handler = -1
    for code, count in counted.calls.items():
        frames_above = counted.frames_above[code]
        package = package_of(code)
        if package == "program" and code.co_name == workload.handler:
            frames_above_handler = frames_above
        place = f"{os.sep.join(code.co_filename.split(os.sep)[-3:])}:{code.co_firstlineno}"
        functions.append(
            FunctionCalls(name=code.co_qualname, package=package, place=place, count=count, frames_above=frames_above)
        )
    return Profile(functions=tuple(functions), frames_above_handler=frames_above_handler)


async def profile(app: App, workload: Workload) -> Profile:
    profiler = Profiler()
    profiler.follow_threads()
    return describe(await count_calls(app, workload.request, profiler=profiler), workload)


async def time_calls(app: App, request: Request, seconds: float) -> float:
    """Return the CPU time per call in µs, of all threads, over about `seconds` of calls by concurrent callers."""
    await run_callers(app, request, CALIBRATION_CALLS)
    calibrated_us = await run_callers(app, request, CALIBRATION_CALLS)
    return await run_callers(app, request, max(CALIBRATION_CALLS, int(seconds * 1e6 / calibrated_us)))


async def run_callers(app: App, request: Request, calls: int) -> float:
    each = max(1, calls // CALLERS)

    async def caller() -> None:
        for _ in range(each):
            await call_app(app, request)

    before_s = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(caller())
    return (time.process_time() - before_s) / (each * CALLERS) * 1e6


async def read_answers(workloads: Iterable[Workload]) -> dict[str, object]:
    """Return what the program of each workload answers to each of its requests: status, headers and body."""
    answers: dict[str, object] = {}
    for workload in workloads:
        app: App = importlib.import_module(f"programs.{workload.name}").app
        for request in (workload.request, *workload.also_equal):
            start, *rest = (await call_app(app, request)).sent
            headers = sorted((name.decode(), value.decode()) for name, value in start["headers"])
            body = b"".join(message.get("body", b"") for message in rest)
            answers[f"{workload.name}: {request}"] = [start["status"], headers, body.decode()]
    return answers


def main(name: str, mode: str, seconds: str = "0") -> None:
    if mode == "answers":
        print(json.dumps(uvloop.run(read_answers(WORKLOADS.values())), indent=1))
        return
    workload = WORKLOADS[name]
    app: App = importlib.import_module(f"programs.{name}").app
    if mode == "cpu":
        print(json.dumps(uvloop.run(time_calls(app, workload.request, float(seconds)))))
    else:
        print(json.dumps(asdict(uvloop.run(profile(app, workload)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
