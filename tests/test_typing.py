"""Type checkers see what users write: every option by its name and type, and no wrong one."""

import subprocess
import sys
from pathlib import Path

import pytest

from vivace.options import RouteOptions

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "typing"


@pytest.mark.slow
@pytest.mark.parametrize("program", ["accepted.py", "refused.py"])
def test_mypy_agrees_with_a_program(program: str) -> None:
    # Away from the folder, which has the name of a standard module.
    options = ["--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={ROOT / '.mypy_cache'}"]
    command = [sys.executable, "-m", "mypy", *options, str(FOLDER / program)]
    result = subprocess.run(command, cwd=ROOT / "src", capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("option", sorted(RouteOptions.__annotations__))
def test_every_option_of_a_route_is_in_the_accepted_program(option: str) -> None:
    assert f"    {option}=" in (FOLDER / "accepted.py").read_text()
