"""Real packages of the reference's world, each in a small program that runs on the reference and on Vivace.

The programs in `programs/` say `from fastapi import ...` and know nothing of Vivace. Each runs in a process of its own
on each framework and is sent the same requests; what comes back must be the same: answers, documents, spans, logs.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.py"))
TIMEOUT_S = 60  # a program takes a few seconds, most of them for imports
# Nothing leaves the machine, and nothing that a developer has set gets in.
SETTINGS = {
    "PATH": os.environ.get("PATH", ""),
    "HOME": os.environ.get("HOME", ""),
    "PYTHONPATH": str(HERE.parents[1] / "src"),
    "PYTHONHASHSEED": "0",  # sets have one order
    "LOGFIRE_SEND_TO_LOGFIRE": "false",
}


@contextmanager
def started(framework: str, program: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a program on a framework, with a directory of its own to write to; it does not outlive the block."""
    directory.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(HERE / "run_program.py"), framework, program],
        cwd=directory,
        env=SETTINGS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(framework: str, process: subprocess.Popen[str]) -> list[str]:
    """Wait for a program and return the lines that it told."""
    out, errors = process.communicate(timeout=TIMEOUT_S)
    if process.returncode != 0:
        pytest.fail(f"On {framework}, the program failed:\n{errors[-6000:]}", pytrace=False)
    lines: list[str] = json.loads(out.rpartition("\n")[2])
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_with_a_package_shows_the_same_on_both(program: str, tmp_path: Path) -> None:
    with (
        started("fastapi", program, tmp_path / "fastapi") as reference,
        started("vivace", program, tmp_path / "vivace") as ours,
    ):
        expected = lines_of("FastAPI", reference)
        told = lines_of("Vivace", ours)

    difference = "\n".join(difflib.unified_diff(expected, told, "on FastAPI", "on Vivace", n=6, lineterm=""))
    if difference:
        pytest.fail(f"{program} differs:\n{difference[:8000]}", pytrace=False)
    assert sum(line.startswith("> ") for line in expected) >= 4, f"{program} was asked next to nothing"
