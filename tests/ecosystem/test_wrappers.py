"""Commands that start a program after they have imported FastAPI themselves: the door stands in front of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
PROGRAM = """
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


@app.get("/")
async def read() -> str:
    return "read"


names = [cls.__name__ for cls in type(app).__mro__]
print(TestClient(app).get("/").json(), "Vivace" in names, "_InstrumentedFastAPI" in names)
"""


@pytest.mark.slow
def test_a_wrapper_that_instruments_is_started_through_the_door(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    wrapper = Path(sys.executable).with_name("opentelemetry-instrument")

    ended = subprocess.run(
        [sys.executable, "-m", "vivace.compat", wrapper, sys.executable, program],
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(SOURCE), "OTEL_METRICS_EXPORTER": "none"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.stdout.splitlines()[-1:] == ["read True True"], ended.stderr
