"""Python processes that run on a chosen framework. This module knows nothing about what they measure."""

import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
SOURCE = BENCHMARKS.parent / "src"
CHILD_LIMIT_S = 120.0  # the slowest declares a thousand routes, which takes seconds


def environment_for(framework: str) -> dict[str, str]:
    """Return the environment in which `programs.framework` gives `framework`, and the checkout's Vivace is found."""
    paths = [str(BENCHMARKS), str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"FRAMEWORK": framework, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # Installed packages come compiled; the checkout must be able to keep what it compiles as well.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def run_python(framework: str, *arguments: str) -> str:
    """Run the interpreter on a framework and return what it printed.

    Raises:
        RuntimeError: It failed.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment_for(framework),
        capture_output=True,
        text=True,
        timeout=CHILD_LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} on {framework} ended with code {done.returncode}:\n{done.stderr}")
    return done.stdout
