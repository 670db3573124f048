"""Runs one program on one framework, in a process of its own, and prints what it showed: one JSON array of lines.

    python tests/ecosystem/run_program.py {fastapi|vivace} PROGRAM

The program says `from fastapi import ...` in both cases.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent


def choose(framework: str) -> None:
    """Make `import fastapi` mean one framework, and see that it does."""
    if framework == "vivace":
        from vivace import compat

        compat.install()
    import fastapi

    is_ours = fastapi.FastAPI.__module__.startswith("vivace")
    if is_ours != (framework == "vivace"):
        raise RuntimeError(f"`import fastapi` gave {fastapi.__file__}, and {framework} was meant to run.")


def load(name: str) -> ModuleType:
    """Import a program by the name of its file."""
    spec = importlib.util.spec_from_file_location(f"program_{name}", HERE / "programs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(framework: str, name: str) -> None:
    choose(framework)
    # At the end of the path: directories of tests have names that packages have too.
    sys.path[:] = [*sys.path[1:], str(HERE.parent)]
    from ecosystem.session import Records, Session

    program = load(name)
    session = Session(program.app)
    logging.getLogger().addHandler(Records(session))
    with session.client:
        program.drive(session)
    if framework == "fastapi":
        assert not any(name.split(".")[0] == "vivace" for name in sys.modules), "Vivace was imported on the reference."
    sys.stdout.write("\n" + json.dumps(session.lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
