"""The door for unmodified programs: makes `import fastapi` mean Vivace, for a whole process and those it starts.

Three ways in, which do the same:

- ``vivace run --as-fastapi main.py`` (also ``dev`` and ``routes``);
- ``python -m vivace.compat main.py ARGS``, or ``python -m vivace.compat -m module ARGS``;
- ``vivace.compat.install()``, before anything imports `fastapi`.

From then on `fastapi` and everything below it are Vivace's modules, the same objects under both names. The one rule:
nothing here imports more of Vivace than the program asks for.
"""

from __future__ import annotations

import os
import sys

import vivace
from vivace.compat._finder import DIRECTORY, REFERENCE, REFERENCE_VERSION, Finder, take_up_again

__all__ = ["REFERENCE_VERSION", "VIVACE_VERSION", "install", "is_installed", "uninstall"]

VIVACE_VERSION = vivace.__version__
"""Vivace's own version, which `__version__` is not while Vivace stands in."""

_finder = Finder()


def is_installed() -> bool:
    """Tell whether `import fastapi` means Vivace in this process."""
    return _finder in sys.meta_path


def install() -> None:
    """Make `fastapi` mean Vivace: in this process, and in those that it starts with its environment variables.

    `importlib.metadata.version("fastapi")` and `fastapi.__version__` are then the version whose interface this is,
    `REFERENCE_VERSION`, whether FastAPI is installed or not. Calling it again does nothing.

    Raises:
        RuntimeError: FastAPI itself was imported before. The two cannot be mixed: call this first.
    """
    if is_installed():
        return
    present = sys.modules.get(REFERENCE)
    if present is not None and present is not vivace and not _is_from_directory(present.__file__):
        raise RuntimeError(
            f"Vivace cannot stand in for FastAPI, because FastAPI itself has been imported already "
            f"({present.__file__}). Call vivace.compat.install() before anything imports it, or start the program "
            f"with `python -m vivace.compat`."
        )
    sys.meta_path.insert(0, _finder)
    _put_on_paths()
    sys.modules[REFERENCE] = vivace
    _finder.stand_in(vivace)
    vivace.__version__ = REFERENCE_VERSION  # who reads it under this name asks which interface it is


def uninstall() -> None:
    """Undo `install()`: the next `import fastapi` finds FastAPI, or nothing. What was imported keeps what it has."""
    if not is_installed():
        return
    sys.meta_path.remove(_finder)
    for name in [name for name in sys.modules if name.partition(".")[0] == REFERENCE]:
        del sys.modules[name]
    take_up_again()
    vivace.__version__ = VIVACE_VERSION
    sys.path[:] = [entry for entry in sys.path if entry != DIRECTORY]
    rest = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry != DIRECTORY]
    os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    if not os.environ["PYTHONPATH"]:
        del os.environ["PYTHONPATH"]


def _is_from_directory(file: str | None) -> bool:
    return file is not None and os.path.abspath(file).startswith(DIRECTORY + os.sep)


def _put_on_paths() -> None:
    # Processes that are started read PYTHONPATH; those of multiprocessing take over `sys.path`. There the directory
    # stands before whatever may have FastAPI in it, and after the program's own.
    if DIRECTORY not in sys.path:
        sys.path.insert(1, DIRECTORY)
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if DIRECTORY not in entries:
        os.environ["PYTHONPATH"] = os.pathsep.join([DIRECTORY, *filter(None, entries)])
