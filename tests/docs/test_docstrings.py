"""The examples in docstrings are true."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "src", ROOT / "examples"]


def module_name(folder: Path, file: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


MODULES_WITH_EXAMPLES = sorted(
    module_name(folder, file) for folder in FOLDERS for file in folder.rglob("*.py") if ">>> " in file.read_text()
)


@pytest.mark.parametrize("module", MODULES_WITH_EXAMPLES)
def test_the_examples_in_the_docstrings_of_a_module_are_true(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert not result.failed
