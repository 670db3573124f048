"""`python -m vivace.compat main.py ARGS` runs a program, or a module with `-m`, in which FastAPI means Vivace."""

from __future__ import annotations

import importlib.util
import io
import os
import runpy
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType

from vivace.compat import install

__all__ = ["main"]

USAGE = """usage: python -m vivace.compat FILE [ARGS...]
       python -m vivace.compat -m MODULE [ARGS...]

Runs a program in which `import fastapi` means Vivace, also in the processes that it starts.
"""


def main(arguments: list[str]) -> None:
    """Run the program that the arguments name, as Python itself would."""
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return
    is_module = arguments[:1] == ["-m"]
    program = arguments[1:] if is_module else arguments
    if not program or program[0].startswith("-"):
        sys.stderr.write(USAGE)
        sys.exit(2)
    if not is_module and not os.path.exists(program[0]):
        sys.stderr.write(f"python -m vivace.compat: there is no file {program[0]!r}. A module is run with -m.\n")
        sys.exit(2)
    sys.argv[:] = program
    install()
    if is_module:
        if not _is_there(program[0]):
            sys.exit(f"python -m vivace.compat: there is no module {program[0]!r}.")
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
    elif os.path.isfile(program[0]) and program[0].endswith((".py", ".pyw")):
        _run_file(program[0])
    else:  # a directory or an archive with a `__main__`
        runpy.run_path(program[0], run_name="__main__")


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError as exc:
        if exc.name and f"{module}.".startswith(f"{exc.name}."):
            return False
        raise  # the package is there, and lacks something


def _run_file(file: str) -> None:
    # Not with `runpy`: the module stays `__main__` until the end of the process, for threads, pickles and processes.
    path = os.path.abspath(file)
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(file))
    module = ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__, __loader__=SourceFileLoader("__main__", path))
    sys.modules["__main__"] = module
    with io.open_code(path) as source:
        code = compile(source.read(), file, "exec", dont_inherit=True)
    exec(code, module.__dict__)


if __name__ == "__main__":
    main(sys.argv[1:])
