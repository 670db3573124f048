"""Imports only go up the list of rooms in docs/design.md. The sources are read, not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "vivace"

# From the foundation upwards: a room imports from itself and from rooms of the rows before its own.
ROWS: tuple[frozenset[str], ...] = tuple(
    frozenset(row.split())
    for row in (
        "types",
        "exceptions logger",
        "_borrowed _handlers _patches _straight _threads _watch",
        "concurrency",
        "datastructures requests responses websockets background status staticfiles templating",
        "sse",
        "encoders",
        "_form_limits",
        "options",
        "_signatures",
        "_inspection",
        "_params",
        "_deps",
        "_endpoint",
        "_routing",
        "exception_handlers middleware",
        "openapi",
        "security telemetry",
        "applications",
        "server",
    )
)
# The public import paths of the reference, over the rooms. They may import each other, and no room imports them.
FACES = frozenset("__init__ _compat compat dependencies param_functions params routing testclient utils".split())
# On top of everything: may import anything, and nothing imports it.
COMMANDS = frozenset("cli __main__".split())

# Needed to write down a type, and never when the program runs: the options name what lies in them.
FOR_TYPES_ALONE = {
    ("vivace.options", "vivace._deps.markers"),
    ("vivace.options", "vivace.telemetry._api"),
}


def room_of(module: str) -> str:
    """Return the room of a module: the name below the package, or "__init__" for the package itself."""
    return module.split(".")[1] if "." in module else "__init__"


def sources() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the module of each import of ours, wherever it stands."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {child for node in ast.walk(tree) if is_for_types(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if node in for_types and (module_of(path), getattr(node, "module", None)) in FOR_TYPES_ALONE:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names if name.name.split(".")[0] == "vivace")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} has a relative import. Write the whole name."
            module = node.module or ""
            if module == "vivace":
                yield from ((node.lineno, f"vivace.{name.name}") for name in node.names)
            elif module.split(".")[0] == "vivace":
                yield node.lineno, module


def rank(room: str) -> int:
    if room in COMMANDS:
        return len(ROWS) + 1
    if room in FACES:
        return len(ROWS)
    return next(number for number, row in enumerate(ROWS) if room in row)


@pytest.mark.parametrize("path", sources(), ids=lambda path: module_of(path))
def test_a_module_imports_only_from_rooms_above_it(path: Path) -> None:
    room = room_of(module_of(path))
    wrong = [
        f"{path.name}:{line} imports {module}"
        for line, module in imports_of(path)
        if (target := room_of(module)) != room
        and not rank(target) < rank(room)
        and not (room in FACES and target in FACES)
        and not (room in COMMANDS and target in COMMANDS)
    ]

    assert wrong == []


def test_every_file_has_its_place_in_the_list() -> None:
    placed = frozenset().union(*ROWS, FACES, COMMANDS)

    assert sorted({room_of(module_of(path)) for path in sources()} - placed) == []


def test_the_list_names_no_room_twice() -> None:
    names = [name for row in (*ROWS, FACES, COMMANDS) for name in row]

    assert len(names) == len(set(names))
