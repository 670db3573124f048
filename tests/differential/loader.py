"""Loads a program text for one framework. The texts say `from fastapi import ...`; only that line is redirected."""

from __future__ import annotations

import ast
import functools
import sys
from pathlib import Path
from types import ModuleType

from differential.cases import Case

REFERENCE = "fastapi"
PROGRAMS = Path(__file__).parent / "programs"


def sections() -> list[str]:
    """Name the program files."""
    return sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem != "__init__")


@functools.cache
def load(section: str, framework: str) -> ModuleType:
    """Execute a program file with the framework imported from `framework`, as a module of its own."""
    path = PROGRAMS / f"{section}.py"
    tree = _Redirect(framework).visit(ast.parse(path.read_text(), filename=str(path)))
    # One file name for both, so that texts that name file and line can be equal.
    module = ModuleType(f"differential.programs_on_{framework}.{section}")
    module.__file__ = str(path)
    # Registered, because annotations given as text are looked up through `sys.modules`.
    sys.modules[module.__name__] = module
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


def cases(section: str, framework: str) -> dict[str, Case]:
    """Give the cases of a program file in the order in which it declares them."""
    found = [value for value in vars(load(section, framework)).values() if isinstance(value, Case)]
    return {found_case.name: found_case for found_case in found}


class _Redirect(ast.NodeTransformer):
    """Imports the framework from elsewhere; nothing else of the text changes."""

    def __init__(self, framework: str) -> None:
        self._framework = framework

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        package, dot, rest = (node.module or "").partition(".")
        if package == REFERENCE:
            node.module = self._framework + dot + rest
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        if any(alias.name.partition(".")[0] == REFERENCE for alias in node.names):
            raise ValueError(f"Line {node.lineno} says 'import fastapi': write 'from fastapi... import ...' instead.")
        return node
