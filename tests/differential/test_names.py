"""What the reference's modules define is here under the same names: found by importing both, and looking.

Only what a module defines itself is compared; what it imports for its own use is nobody's to import from there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from differential.loader import REFERENCE
from differential.test_programs import CANDIDATE

# Not there, and why: "module.name" or "module.Class.attribute".
DELIBERATE: dict[str, str] = {}
# Parameters that are different on purpose, and why.
DELIBERATE_PARAMETERS: dict[str, str] = {
    "params.Depends": "its semaphore is no argument",
    "params.Security": "its semaphore is no argument",
    "routing.RouteContext": "routes here are flat: a context has no context",
}
# The machinery of the reference. Nobody is promised it; what programs are known to reach for is tested elsewhere.
INTERNAL = re.compile(r"^_|^dependencies|^telemetry|^routing\.(?!API|Mount|RouteContext|iter_route)")
# The parameters of markers: keys of a TypedDict, tested with the markers.
OPTIONS = "options"
# Not here yet. Each is compared as soon as it is.
PENDING_MODULES = {"sse"}
PENDING_OPTIONS = {"telemetry"}


def modules() -> list[str]:
    """Name the public modules of the reference, without the package's own name."""
    package = importlib.import_module(REFERENCE)
    names = [name for _, name, _ in pkgutil.walk_packages(package.__path__, f"{REFERENCE}.")]
    short = [name.partition(".")[2] for name in names]
    return sorted(name for name in short if name != "__main__" and not INTERNAL.search(name))


def module(package: str, name: str) -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are deprecated as a whole
        return importlib.import_module(f"{package}.{name}")


def definitions(name: str) -> Iterator[tuple[str, Any]]:
    """Yield the public functions and classes that a module of the reference defines itself, by their paths."""
    found = module(REFERENCE, name)
    for key, value in vars(found).items():
        path = f"{name}.{key}"
        if (
            getattr(value, "__module__", None) == found.__name__
            and (inspect.isclass(value) or inspect.isfunction(value))
            and not key.startswith("_")
            and not INTERNAL.search(path)
        ):
            yield path, value


DEFINITIONS = [(path, value) for name in modules() for path, value in definitions(name)]


def counterpart(path: str) -> Any:
    name, _, key = path.rpartition(".")
    return getattr(module(CANDIDATE, name), key)


def public_attributes(value: Any) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


def parameters(function: Any) -> dict[str, Any] | None:
    """Return what can be said of each parameter by a caller: its kind, and whether it may be left out."""
    if isinstance(function, type) and issubclass(function, BaseModel):
        function.model_rebuild()  # one that is built when it is first needed shows its fields only then
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C, or a class of Pydantic's without one
        return None
    return {each.name: (each.kind.name, each.default is not each.empty) for each in signature.parameters.values()}


@pytest.mark.parametrize("name", modules())
def test_every_public_module_of_the_reference_can_be_imported(name: str) -> None:
    assert module(CANDIDATE, name)


@pytest.mark.parametrize("name", modules())
def test_every_public_function_and_class_is_there(name: str) -> None:
    ours = module(CANDIDATE, name)
    missing = {path for path, _ in definitions(name) if not hasattr(ours, path.rpartition(".")[2])}

    assert missing - DELIBERATE.keys() == set()


# A context passes on the attributes of its route.
CLASSES = [
    path
    for path, value in DEFINITIONS
    if inspect.isclass(value) and path not in DELIBERATE and path != "routing.RouteContext"
]


@pytest.mark.parametrize("path", CLASSES)
def test_every_public_attribute_of_a_class_is_there(path: str) -> None:
    theirs = dict(DEFINITIONS)[path]
    ours = counterpart(path)
    missing = public_attributes(theirs) - public_attributes(ours)

    assert {f"{path}.{name}" for name in missing} - DELIBERATE.keys() == set()


def own_methods(value: Any) -> list[str]:
    """Name what the reference adds to a class, not what the class inherits from Starlette or Pydantic."""
    if not inspect.isclass(value):
        return []
    found = {name: inspect.getattr_static(value, name) for name in sorted(public_attributes(value))}
    return [name for name, each in found.items() if getattr(each, "__module__", "").startswith(REFERENCE)]


def differences(path: str, theirs: Any, ours: Any) -> dict[str, Any]:
    expected, seen = parameters(theirs), parameters(ours)
    if expected is None or seen is None or OPTIONS in seen:
        return {}
    wrong = {f"{path}: {name}": (seen.get(name), kind) for name, kind in expected.items() if seen.get(name) != kind}
    # More parameters are welcome, if they may be left out.
    added = {name: kind for name, kind in seen.items() if name not in expected and not kind[0].startswith("VAR")}
    return wrong | {f"{path}: {name}": (kind, None) for name, kind in added.items() if not kind[1]}


@pytest.mark.parametrize("path", [path for path, _ in DEFINITIONS if path not in DELIBERATE])
def test_a_function_takes_the_parameters_that_it_takes_on_the_reference(path: str) -> None:
    theirs, ours = dict(DEFINITIONS)[path], counterpart(path)
    found = {} if path in DELIBERATE_PARAMETERS else differences(path, theirs, ours)
    for name in own_methods(theirs):
        found |= differences(f"{path}.{name}", getattr(theirs, name), getattr(ours, name))

    assert found == {}
