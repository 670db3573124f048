"""Finds `fastapi` and everything below it: each is Vivace's module of that name, the same object.

A name that does not exist there is an error that says who stands in, and which names are near.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.metadata import Distribution, DistributionFinder

__all__ = ["DIRECTORY", "OURS", "REFERENCE", "REFERENCE_VERSION", "Finder", "take_up_again"]

REFERENCE = "fastapi"
OURS = "vivace"
REFERENCE_VERSION = "0.165.0"
DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_in")
"""What processes that are started get on their path: a package `fastapi` and its metadata."""

_WORDS = f"{OURS.title()} stands in for FastAPI {REFERENCE_VERSION} in this process"


def our_name(name: str) -> str:
    """Return the name of Vivace's module for a name of the reference's."""
    return OURS + name.removeprefix(REFERENCE)


def their_name(name: str) -> str:
    """Return the name of the reference's module for a name of Vivace's."""
    return REFERENCE + name.removeprefix(OURS)


class Finder(MetaPathFinder):
    """Finds the modules of the reference, and what it is as an installed distribution."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find Vivace's module for a name at or below the reference's."""
        if fullname.partition(".")[0] != REFERENCE:
            return None
        spec = importlib.util.find_spec(our_name(fullname))
        if spec is None:
            if _is_import(sys._getframe(1)):
                raise ModuleNotFoundError(_no_module(fullname), name=fullname)
            return None  # whoever only asks gets an answer
        found = ModuleSpec(
            fullname, _Loader(self), origin=spec.origin, is_package=spec.submodule_search_locations is not None
        )
        found.submodule_search_locations = spec.submodule_search_locations
        found.has_location = spec.has_location
        return found

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterable[Distribution]:
        """Find the metadata of the reference, whether it is installed or not."""
        from importlib.metadata import DistributionFinder, MetadataPathFinder

        name = None if context is None else context.name
        if name is not None and name.lower() != REFERENCE:
            return ()
        return MetadataPathFinder.find_distributions(DistributionFinder.Context(name=REFERENCE, path=[DIRECTORY]))

    def stand_in(self, module: ModuleType) -> None:
        """Let a module say who stands in when it is asked for a name that it does not have."""
        if not isinstance(module, _StandIn):
            module.__class__ = _standing_in(type(module))


class _Loader(InspectLoader):
    """Loads a name of the reference as the module that Vivace has for it."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._specs: list[ModuleSpec | None] = []

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(our_name(spec.name))
        # The import system is about to give the module the spec of the alias.
        self._specs.append(module.__spec__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._specs.pop()
        self._finder.stand_in(module)

    # For `python -m`, debuggers, and whoever looks without importing.

    def is_package(self, fullname: str) -> bool:
        return bool(_spec_of(fullname).submodule_search_locations is not None)

    def get_code(self, fullname: str) -> CodeType | None:
        return cast(InspectLoader, _spec_of(fullname).loader).get_code(our_name(fullname))

    def get_source(self, fullname: str) -> str | None:
        return cast(InspectLoader, _spec_of(fullname).loader).get_source(our_name(fullname))

    def get_filename(self, fullname: str) -> str:
        return str(_spec_of(fullname).origin)


def _spec_of(fullname: str) -> ModuleSpec:
    spec = importlib.util.find_spec(our_name(fullname))
    if spec is None:
        raise ModuleNotFoundError(_no_module(fullname), name=fullname)
    return spec


def _is_import(frame: Any) -> bool:
    """Tell whether a module is being imported, and not just looked for, by the frame that asks the finder."""
    caller = frame.f_back
    return caller is not None and caller.f_code.co_name == "_find_and_load_unlocked"


# Names that do not exist


class _StandIn(ModuleType):
    """A module of Vivace that a program knows under the reference's name."""

    def __getattr__(self, name: str) -> Any:  # asked last, after the module's own `__getattr__`
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        theirs = their_name(self.__name__)
        text = f"{_WORDS}, and {self.__name__!r} has no such name.{_near(name, _names_of(self))}"
        # An AttributeError would be taken for a missing name and its text lost.
        if _is_from_import(sys._getframe(1)) and f"{self.__name__}.{name}" not in sys.modules:
            raise ImportError(f"cannot import name {name!r} from {theirs!r}: {text}", name=theirs, path=self.__file__)
        raise AttributeError(f"module {theirs!r} has no attribute {name!r}: {text}")


def _is_from_import(frame: Any) -> bool:
    """Tell whether a frame is at `from module import name`."""
    import dis

    return bool(frame.f_code.co_code[frame.f_lasti] == dis.opmap["IMPORT_FROM"])


_CLASSES: dict[type[ModuleType], type[ModuleType]] = {ModuleType: _StandIn}


def _standing_in(kind: type[ModuleType]) -> type[ModuleType]:
    if kind not in _CLASSES:
        _CLASSES[kind] = type(kind.__name__, (_StandIn, kind), {})
    return _CLASSES[kind]


def take_up_again() -> None:
    """Give all modules the classes that they had."""
    kinds = {standing_in: kind for kind, standing_in in _CLASSES.items()}
    for module in list(sys.modules.values()):
        if type(module) in kinds:
            module.__class__ = kinds[type(module)]


def _no_module(fullname: str) -> str:
    parent, _, _ = our_name(fullname).rpartition(".")
    return (
        f"No module named {fullname!r}: {_WORDS}, and there is no {our_name(fullname)!r}."
        f"{_near(fullname.rpartition('.')[2], _modules_of(parent))}"
    )


def _names_of(module: ModuleType) -> set[str]:
    return {name for name in (*dir(module), *getattr(module, "__all__", ())) if not name.startswith("_")}


def _modules_of(package: str) -> Iterator[str]:
    import pkgutil

    paths = getattr(sys.modules.get(package), "__path__", ())
    return (module.name for module in pkgutil.iter_modules(paths))


def _near(name: str, names: Iterable[str]) -> str:
    import difflib

    by_letters = {each.lower(): each for each in sorted(names)}
    near = [by_letters[each] for each in difflib.get_close_matches(name.lower(), by_letters, n=2)]
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
