"""What an import brings with it. Each question is asked in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import vivace
from vivace import encoders, exceptions

# What nothing needs before it is used: building the document, documentation pages, error messages, types of a few
# programs, Pydantic's search for plugins (which the first model of a program starts), and what tests alone use.
NEEDED_LATER = (
    "csv",
    "difflib",
    "httpx",
    "importlib.metadata",
    "jinja2",
    "pydantic.color",
    "pydantic.networks",
    "pydantic.plugin._loader",
    "pydantic_extra_types",
    "starlette.middleware.base",
    "starlette.testclient",
    "trio",
    "unittest",
    "uvicorn",
    "vivace.middleware.functions",
    "vivace.openapi.models",
    "vivace.openapi.utils",
    "vivace.testclient",
    "yaml",
    "zipfile",
)


def modules_after(program: str) -> set[str]:
    """Return the names of the modules that are imported when a program has run."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.slow
def test_importing_the_package_imports_nothing_but_the_standard_library() -> None:
    packages = {name.partition(".")[0] for name in modules_after("import vivace")}

    assert packages.isdisjoint({"anyio", "asyncio", "pydantic", "pydantic_core", "starlette", "typing_extensions"})
    assert {name for name in modules_after("import vivace") if name.startswith("vivace.")} == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        "from vivace import *",
        "from vivace import Vivace\nVivace()",
        "from vivace import Vivace\napp = Vivace()\n@app.get('/{item_id}')\nasync def read(item_id: str): ...",
    ],
    ids=["all public names", "an app", "an app with a route"],
)
def test_a_program_imports_no_module_before_it_is_needed(program: str) -> None:
    assert sorted(modules_after(program) & {*NEEDED_LATER}) == []


@pytest.mark.slow
def test_a_module_can_be_reached_through_the_package_without_an_import_of_its_own() -> None:
    assert "vivace.routing" in modules_after("import vivace\nassert vivace.routing.APIRoute\n")


def test_every_public_name_is_listed_by_dir() -> None:
    assert set(vivace.__all__) <= set(dir(vivace))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'vivace' has no attribute 'Vivacce'$"):
        vivace.Vivacce  # noqa: B018


def test_a_missing_module_within_a_module_is_not_taken_for_a_missing_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(vivace), "templating", raising=False)
    monkeypatch.delitem(sys.modules, "vivace.templating", raising=False)
    monkeypatch.setitem(sys.modules, "starlette.templating", None)

    with pytest.raises(ModuleNotFoundError, match=r"starlette\.templating"):
        vivace.templating  # noqa: B018


LATE_TYPES = """
from vivace.encoders import jsonable_encoder
from pydantic import AnyUrl, HttpUrl, NameEmail
assert jsonable_encoder(AnyUrl("https://a.example/")) == "https://a.example/"
assert jsonable_encoder({"page": HttpUrl("https://b.example/")}) == {"page": "https://b.example/"}
assert jsonable_encoder(NameEmail("A", "a@b.example")) == "A <a@b.example>"
from vivace import encoders
assert "ENCODERS_BY_TYPE" not in vars(encoders)
assert encoders.ENCODERS_BY_TYPE[AnyUrl] is str and AnyUrl in encoders.encoders_by_class_tuples[str]
"""


@pytest.mark.slow
def test_types_whose_modules_the_encoder_does_not_import_are_encoded_when_a_program_has_them() -> None:
    assert "pydantic.networks" in modules_after(LATE_TYPES)


def test_the_tables_of_encoders_know_the_types_that_a_program_adds() -> None:
    class Money:
        pass

    encoders.ENCODERS_BY_TYPE[Money] = lambda money: "10 EUR"
    try:
        assert encoders.jsonable_encoder(Money()) == "10 EUR"
    finally:
        del encoders.ENCODERS_BY_TYPE[Money]


@pytest.mark.parametrize(("name", "title"), [("RequestErrorModel", "Request"), ("WebSocketErrorModel", "WebSocket")])
def test_a_model_of_the_exceptions_is_made_once(name: str, title: str) -> None:
    model = getattr(exceptions, name)

    assert model is getattr(exceptions, name)
    assert model.__name__ == title


@pytest.mark.parametrize("module", [encoders, exceptions], ids=lambda module: str(module.__name__))
def test_a_module_that_makes_names_when_asked_for_makes_no_other(module: ModuleType) -> None:
    with pytest.raises(AttributeError, match=rf"^module '{module.__name__}' has no attribute 'nothing'$"):
        module.nothing  # noqa: B018
