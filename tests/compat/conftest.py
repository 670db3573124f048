"""Programs that run in an interpreter of their own, with the reference installed and without."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

Run = Callable[..., str]


@pytest.fixture(scope="session")
def packages_without_fastapi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every installed package but the reference."""
    directory = tmp_path_factory.mktemp("packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith("fastapi") and entry.suffix != ".pth":
            (directory / entry.name).symlink_to(entry)
    return directory


@pytest.fixture(params=["installed", "absent"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Run Python with arguments and return what it prints; with FastAPI installed, and absent."""
    flags: list[str] = []
    path = [str(SOURCE)]
    if request.param == "absent":
        flags.append("-S")  # children of multiprocessing inherit it
        path.append(str(request.getfixturevalue("packages_without_fastapi")))

    def run(*arguments: str, fails: bool = False, files: Sequence[tuple[str, str]] = ()) -> str:
        for name, text in files:
            (tmp_path / name).write_text(text)
        done = subprocess.run(
            [sys.executable, *flags, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    return run
