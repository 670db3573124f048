"""From what the user has said, or has not, to a module to import and the directory to import it from.

This module looks at files alone: it imports nothing. Which name in the module is the app is decided by whoever imports
it (`vivace.server.config`).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEFAULT_FILES", "DiscoveryError", "Found", "discover"]

# The order of the reference's command, and the package itself.
DEFAULT_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py", "app/__init__.py")
IN_A_DIRECTORY = ("main.py", "app.py", "api.py")
TABLES = ("vivace", "fastapi")
IMPORT_STRING = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class DiscoveryError(Exception):
    """The app was not found. The text says what was looked for, where, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A module that should have an app.

    Attributes:
        target: `"module:name"`, or `"module"` where the name is still to be chosen.
        directory: What must be on `sys.path`.
        source: Where this was found, in words.
    """

    target: str
    directory: Path
    source: str


def discover(
    path: str | None = None,
    *,
    app_name: str | None = None,
    entrypoint: str | None = None,
    directory: Path | None = None,
) -> Found:
    """Find the module of the app.

    Args:
        path: A Python file, a package or another directory, perhaps with `:name`; or an import string.
        app_name: The name of the app in the module.
        entrypoint: An import string, `"module:name"`.
        directory: Where to look; the current directory by default.

    Raises:
        DiscoveryError: nothing was found, or the arguments contradict each other.
    """
    base = directory or Path.cwd()
    if entrypoint is not None:
        if path is not None or app_name is not None:
            raise DiscoveryError("--entrypoint says everything; leave PATH and --app out.")
        return Found(target=_checked(entrypoint, "--entrypoint"), directory=base, source="--entrypoint")
    if path is not None:
        return _from_argument(path, app_name, base)
    return _from_pyproject(app_name, base) or _from_default_files(app_name, base)


def _checked(entrypoint: object, where: str) -> str:
    if isinstance(entrypoint, str) and IMPORT_STRING.fullmatch(entrypoint):
        return entrypoint
    raise DiscoveryError(f"{where} must look like 'package.module:app', and is {entrypoint!r}.")


# A path


def _from_argument(argument: str, app_name: str | None, base: Path) -> Found:
    path, name = _split(argument)
    if name is not None and app_name is not None and name != app_name:
        raise DiscoveryError(f"PATH names the app {name!r}, and --app names {app_name!r}. Leave one of them out.")
    name = name or app_name
    if path.exists():
        return _from_path(path, name, source=f"PATH {argument!r}")
    if IMPORT_STRING.fullmatch(argument):
        return Found(target=argument, directory=base, source=f"PATH {argument!r}")
    raise DiscoveryError(f"There is no {str(path)!r} in {str(Path.cwd())!r}.{_near_names(path)}")


def _split(argument: str) -> tuple[Path, str | None]:
    """Split `main.py:app`; a colon that belongs to the path stays there."""
    path, colon, name = argument.rpartition(":")
    is_name = colon and path and all(part.isidentifier() for part in name.split("."))
    return (Path(path), name) if is_name and not Path(argument).exists() else (Path(argument), None)


def _from_path(path: Path, name: str | None, *, source: str) -> Found:
    file = path.resolve()
    if file.is_dir() and not (file / "__init__.py").is_file():
        file = _file_in_directory(file)
    elif file.is_file() and file.suffix != ".py":
        raise DiscoveryError(f"{str(path)!r} is not a Python file. Name a file that ends in .py, or a package.")
    # A package is imported by its whole name, so that its relative imports work, from the directory above it all.
    parts = [] if file.name == "__init__.py" else [file.stem]
    above = file.parent
    while (above / "__init__.py").is_file():
        parts.insert(0, above.name)
        above = above.parent
    module = ".".join(parts)
    if not all(part.isidentifier() for part in parts):
        raise DiscoveryError(f"{str(path)!r} cannot be imported: {module!r} is not a name for a module. Rename it.")
    return Found(target=f"{module}:{name}" if name else module, directory=above, source=source)


def _file_in_directory(directory: Path) -> Path:
    for name in IN_A_DIRECTORY:
        if (directory / name).is_file():
            return directory / name
    raise DiscoveryError(
        f"The directory {str(directory)!r} is no package (it has no __init__.py), and has no {_or(IN_A_DIRECTORY)}. "
        f"Name the file of the app."
    )


def _near_names(path: Path) -> str:
    parent = path.parent
    if not parent.is_dir():
        return f" Not even the directory {str(parent)!r} is there."
    names = sorted(entry.name for entry in parent.iterdir() if entry.suffix == ".py" or entry.is_dir())
    near = difflib.get_close_matches(path.name, names, n=3) or [name for name in names if name.endswith(".py")][:5]
    return f" Did you mean {_or([str(parent / name) for name in near])}?" if near else ""


def _or(names: list[str] | tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


# No path


def _from_pyproject(app_name: str | None, base: Path) -> Found | None:
    for table, entrypoint in _entrypoints(base / "pyproject.toml"):
        where = f"`entrypoint` in [tool.{table}] of pyproject.toml"
        target = _checked(entrypoint, where)
        if app_name is not None:
            target = f"{target.partition(':')[0]}:{app_name}"
        return Found(target=target, directory=base, source=f"[tool.{table}] in pyproject.toml")
    return None


def _entrypoints(file: Path) -> Iterator[tuple[str, object]]:
    if not file.is_file():
        return
    try:
        tools = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise DiscoveryError(f"{os.fspath(file)!r} cannot be read: {exc}") from None
    for table in TABLES:
        settings = tools.get(table)
        if isinstance(settings, dict) and "entrypoint" in settings:
            yield table, settings["entrypoint"]


def _from_default_files(app_name: str | None, base: Path) -> Found:
    for name in DEFAULT_FILES:
        if (base / name).is_file():
            return _from_path(base / name, app_name, source=name)
    raise DiscoveryError(
        f"No app was named, and {str(base)!r} has none of {', '.join(DEFAULT_FILES)}. Name its file: "
        f"vivace run path/to/file.py. Or name the app in pyproject.toml, under [tool.vivace]: "
        f'entrypoint = "package.module:app".'
    )
