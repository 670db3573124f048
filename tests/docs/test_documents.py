"""The programs and commands in the documents do what the documents say. Every Python block runs, alone."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from vivace.testclient import TestClient

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/*.md")]
)
LINKED = [*DOCUMENTS, ROOT / "CHANGELOG.md"]

Run = Callable[[str], ModuleType]

PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")  # within the repository: no scheme


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_blocks(document: Path) -> list[str]:
    return PYTHON_BLOCK.findall(document.read_text())


PROGRAMS = {
    f"{relative(document)}-{number}": program
    for document in DOCUMENTS
    for number, program in enumerate(python_blocks(document), start=1)
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a program as a module of its own, so that its annotations can be resolved."""

    def run_program(program: str) -> ModuleType:
        module = ModuleType("program_in_a_document")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(program, "<document>", "exec"), module.__dict__)
        return module

    return run_program


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_in_a_document_runs(run: Run, program: str) -> None:
    run(PROGRAMS[program])


def test_the_program_of_the_readme_does_what_the_readme_says(run: Run) -> None:
    (program,) = python_blocks(ROOT / "README.md")
    client = TestClient(run(program).app)

    assert len(program.splitlines()) <= 12
    assert client.get("/hello/you?times=2").json() == {"message": "Hello you! Hello you!"}
    refused = client.get("/hello/you?times=0")
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["msg"] == "Input should be greater than or equal to 1"
    assert client.get("/docs").status_code == 200


def test_the_migration_command_changes_the_imports_and_nothing_else() -> None:
    (script,) = re.findall(r"^\$ perl -pi -e '(.*)' \$\(git", (ROOT / "docs/migrating.md").read_text(), re.MULTILINE)
    program = [
        "import fastapi",
        "from fastapi import FastAPI",
        "from fastapi.responses import JSONResponse",
        "from fastapi_users import FastAPIUsers",
        "    from fastapi.testclient import TestClient",
        "text = 'import fastapi'",
    ]
    # Perl's substitutions, by Python: Perl may be missing.
    for pattern, replacement in re.findall(r"s/(.*?)/(.*?)/", script):
        program = [re.sub(pattern, replacement.replace("$1", r"\1"), line) for line in program]
    assert program == [
        "import vivace as fastapi",
        "from vivace import FastAPI",
        "from vivace.responses import JSONResponse",
        "from fastapi_users import FastAPIUsers",
        "    from vivace.testclient import TestClient",
        "text = 'import fastapi'",
    ]


@pytest.mark.parametrize("document", LINKED, ids=relative)
def test_the_links_of_a_document_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text())
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("document", LINKED, ids=relative)
def test_the_scripts_that_a_document_names_are_there_and_can_be_run(document: Path) -> None:
    for name in re.findall(r"\./((?:scripts|\.ci)/\w+)", document.read_text()):
        assert (ROOT / name).stat().st_mode & 0o100, name
