"""A form that nobody can parse fails where it is declared, as it does with the reference."""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import pytest

MISSING = "multipart_not_installed_error"
WRONG = "multipart_incorrect_install_error"


def installed(
    monkeypatch: pytest.MonkeyPatch, *, python_multipart: str | None, multipart: str | None, parses: bool
) -> None:
    """Arrange which packages are there, by version, and whether `multipart` is python-multipart under its old name."""
    for name, version in {"python_multipart": python_multipart, "multipart": multipart}.items():
        module = ModuleType(name)
        module.__dict__["__version__"] = version
        monkeypatch.setitem(sys.modules, name, module if version else None)
    old = ModuleType("multipart.multipart")
    if parses:
        old.__dict__["parse_options_header"] = print
    monkeypatch.setitem(sys.modules, "multipart.multipart", old if multipart else None)


def a_form(f: Any) -> Callable[..., None]:
    def handler(text: Annotated[str, f.Form()]) -> None: ...

    return handler


def a_file(f: Any) -> Callable[..., None]:
    def handler(file: f.UploadFile) -> None: ...

    return handler


def bytes_of_a_file(f: Any) -> Callable[..., None]:
    def handler(file: bytes = f.File()) -> None: ...

    return handler


def a_form_of_a_dependency(f: Any) -> Callable[..., None]:
    def needed(text: str = f.Form("")) -> None: ...

    def handler(value: Any = f.Depends(needed)) -> None: ...

    return handler


def a_login(f: Any) -> Callable[..., None]:
    form = importlib.import_module(f"{f.__name__}.security").OAuth2PasswordRequestForm
    login_form = type("LoginForm", (form,), {})  # what a callable's arguments are is kept for the process

    def handler(login: Any = f.Depends(login_form)) -> None: ...

    return handler


def a_body(f: Any) -> Callable[..., None]:
    def handler(item: int = f.Body()) -> None: ...

    return handler


def outcome(framework: str, declare: Callable[[Any], Callable[..., None]]) -> str:
    f = importlib.import_module(framework)
    utils = importlib.import_module(f"{framework}.dependencies.utils")
    app = f.FastAPI()
    try:
        app.post("/")(declare(f))
    except RuntimeError as exc:
        return next(name for name in (MISSING, WRONG) if str(exc) == getattr(utils, name))
    return "fine"


FORMS = [a_form, a_file, bytes_of_a_file, a_form_of_a_dependency, a_login]
PACKAGES = {
    "none": ({"python_multipart": None, "multipart": None, "parses": False}, MISSING),
    "the right one": ({"python_multipart": "0.0.20", "multipart": None, "parses": False}, "fine"),
    "the wrong one": ({"python_multipart": None, "multipart": "1.2", "parses": False}, WRONG),
    "an old one": ({"python_multipart": None, "multipart": "0.0.9", "parses": True}, "fine"),
    "both names of an old one": ({"python_multipart": "0.0.12", "multipart": "0.0.12", "parses": True}, "fine"),
    "one without its module": ({"python_multipart": "0.0.12", "multipart": None, "parses": False}, MISSING),
}


@pytest.mark.parametrize("declare", FORMS, ids=lambda declare: str(declare.__name__))
@pytest.mark.parametrize("packages", PACKAGES)
@pytest.mark.parametrize("framework", ["vivace", "fastapi"])
def test_a_form_needs_its_parser_at_declaration(
    monkeypatch: pytest.MonkeyPatch, framework: str, packages: str, declare: Callable[[Any], Callable[..., None]]
) -> None:
    there, expected = PACKAGES[packages]
    importlib.import_module(f"{framework}.testclient")  # imports that are not of interest here come before
    installed(monkeypatch, **there)  # type: ignore[arg-type]  # a table of keyword arguments

    assert outcome(framework, declare) == expected


@pytest.mark.parametrize("framework", ["vivace", "fastapi"])
def test_other_bodies_need_no_parser_of_forms(monkeypatch: pytest.MonkeyPatch, framework: str) -> None:
    installed(monkeypatch, python_multipart=None, multipart=None, parses=False)

    assert outcome(framework, a_body) == "fine"


def test_the_error_says_which_argument_is_read_from_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, python_multipart=None, multipart=None, parses=False)
    f = importlib.import_module("vivace")

    with pytest.raises(RuntimeError, match='Form data requires "python-multipart" to be installed') as caught:
        f.FastAPI().post("/")(bytes_of_a_file(f))

    assert any("At argument 'file' of" in note for note in caught.value.__notes__)
