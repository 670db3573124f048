"""Telemetry costs nothing where nobody watches, and less than the reference's where somebody does. Counted in calls."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from telemetry.recording import Recorder

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from in_process import CallCount, count_calls  # the benchmarks' own counting
from workloads import Request


def count(framework: str, **options: Any) -> CallCount:
    app = importlib.import_module(framework).FastAPI(**options)

    @app.get("/items/{item_id}")  # type: ignore[untyped-decorator]  # of either framework
    async def read(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    return asyncio.run(count_calls(app, Request(path="/items/7")))


def calls_for_telemetry(counted: CallCount) -> int:
    ours = (f"{os.sep}vivace{os.sep}telemetry{os.sep}", f"{os.sep}vivace{os.sep}_watch.py")
    return sum(calls for code, calls in counted.calls.items() if any(name in code.co_filename for name in ours))


def test_a_request_makes_no_call_for_telemetry_where_opentelemetry_is_not_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry", raising=False)

    counted = count("vivace")

    assert calls_for_telemetry(counted) == 0


def test_a_request_makes_two_calls_for_telemetry_where_nobody_has_configured_it() -> None:
    importlib.import_module("opentelemetry.trace")

    counted = count("vivace")

    assert calls_for_telemetry(counted) == 2


def test_a_watched_request_makes_fewer_calls_than_on_the_reference() -> None:
    ours = count("vivace", telemetry=Recorder().config())
    theirs = count("fastapi", telemetry=Recorder().config())

    assert ours.total < theirs.total
