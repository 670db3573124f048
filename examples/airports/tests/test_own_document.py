"""The service keeps what its OpenAPI document promises: Schemathesis makes requests from it, and judges the answers.

A quick run by default; AIRPORTS_SCHEMATHESIS_EXAMPLES=500 makes it a long one.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from airports.tests.conftest import sign_in
from airports.tests.server import Server
from airports.tests.test_imports import csv_of, follow, row, send

EXAMPLES = int(os.environ.get("AIRPORTS_SCHEMATHESIS_EXAMPLES", "10"))  # requests per operation and kind
TIMEOUT_S = 60 + 5 * EXAMPLES

CONFIG = """
[checks.positive_data_acceptance]
# A schema can't say that a code must be one of an airport, a cursor one of ours, and a file one with columns.
expected-statuses = ["2xx", "400", "401", "403", "404", "429"]
"""

# With several routes on one path, a 405 names the methods of the first, as in the reference.
NOT_CHECKED = "allow_header_conformance"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(TIMEOUT_S + 30),
    pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="Schemathesis is not installed"),
]


def judge(server: Server, folder: Path, *options: str, headers: dict[str, str], config: str = "") -> None:
    """Run Schemathesis in a folder that it may write to; fail with its report."""
    (folder / "schemathesis.toml").write_text(CONFIG + config)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--no-color", "--seed=1"]
    command += ["--checks=all", f"--exclude-checks={NOT_CHECKED}", f"--max-examples={EXAMPLES}", "--warnings=off"]
    command += [*options, *(f"--header={name}: {value}" for name, value in headers.items())]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No issues found" in run.stdout


def test_answers_to_strangers_are_as_documented(changing_server: Server, tmp_path: Path) -> None:
    judge(changing_server, tmp_path, headers={})


def test_answers_to_an_editor_of_what_exists_are_as_documented(
    changing_server: Server, editor: httpx2.Client, tmp_path: Path
) -> None:
    queued = send(editor, csv_of(row("QY01"), row("QY02", latitude=95))).json()
    follow(editor, f"/imports/{queued['id']}")
    created = editor.post("/watchlists", json={"name": "Mine", "airports": ["ZRH"]}).json()
    existing = f"""
    [parameters]
    "path.code" = "QY01"
    "path.origin" = "ZRH"
    "path.import_id" = "{queued["id"]}"
    "path.watchlist_id" = "{created["id"]}"
    "header.x-edit-token" = "{created["edit_token"]}"
    """
    # Not the phase that uses what it has created itself.
    phases = "--phases=examples,coverage,fuzzing"
    judge(changing_server, tmp_path, phases, headers=sign_in(editor, "editor"), config=existing)
