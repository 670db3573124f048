"""How the app is found from what was said, in every layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from vivace.cli.discovery import DEFAULT_FILES, DiscoveryError, Found, discover


def write(directory: Path, *files: str) -> None:
    for name in files:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture(autouse=True)
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(path: str | None = None, **arguments: str) -> tuple[str, str]:
    """Return the import string, and the directory as it is seen from here."""
    result: Found = discover(path, **arguments)  # type: ignore[arg-type]  # all of them are texts here
    return result.target, str(result.directory.relative_to(Path.cwd().resolve()))


def refusal(path: str | None = None, **arguments: str) -> str:
    with pytest.raises(DiscoveryError) as caught:
        discover(path, **arguments)  # type: ignore[arg-type]  # as above
    return str(caught.value).replace(str(Path.cwd()), "HERE")


@pytest.mark.parametrize(
    ("files", "argument", "expected"),
    [
        (["main.py"], "main.py", ("main", ".")),
        (["main.py"], "main.py:api", ("main:api", ".")),
        (["main.py"], "./main.py:site.app", ("main:site.app", ".")),
        (["src/main.py"], "src/main.py", ("main", "src")),
        (["shop/__init__.py", "shop/main.py"], "shop/main.py", ("shop.main", ".")),
        (["shop/__init__.py", "shop/main.py"], "shop", ("shop", ".")),
        (["shop/__init__.py"], "shop/:site", ("shop:site", ".")),
        (["shop/__init__.py"], "shop/__init__.py", ("shop", ".")),
        (["src/shop/__init__.py", "src/shop/web/__init__.py", "src/shop/web/api.py"], "src/shop/web/api.py:app")
        + (("shop.web.api:app", "src"),),
        (["site/app.py", "site/main.py"], "site", ("main", "site")),
        ([], "shop.main:app", ("shop.main:app", ".")),
        (["main.py"], "main:app", ("main:app", ".")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_path_becomes_a_module_and_its_directory(
    tmp_path: Path, files: list[str], argument: str, expected: tuple[str, str]
) -> None:
    write(tmp_path, *files)

    assert found(argument) == expected


@pytest.mark.parametrize("number", range(len(DEFAULT_FILES)), ids=DEFAULT_FILES)
def test_without_a_path_the_first_default_file_counts(tmp_path: Path, number: int) -> None:
    write(tmp_path, *DEFAULT_FILES[number:])

    name = DEFAULT_FILES[number].removesuffix(".py")
    is_in_package = "/" in name
    assert found() == (name.removesuffix("/__init__").replace("/", "."), ".")
    assert is_in_package == (number >= 3)


def test_a_default_file_in_a_plain_directory_is_a_module_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "app/main.py")

    assert found() == ("main", "app")


def test_the_name_of_the_app_goes_with_whatever_is_found(tmp_path: Path) -> None:
    write(tmp_path, "main.py")

    assert found("main.py", app_name="site") == ("main:site", ".")
    assert found(app_name="site") == ("main:site", ".")


def test_an_entrypoint_says_it_all() -> None:
    assert found(entrypoint="shop.main:app") == ("shop.main:app", ".")


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ('[tool.vivace]\nentrypoint = "one:app"', "one:app"),
        ('[tool.fastapi]\nentrypoint = "two:app"', "two:app"),
        ('[tool.fastapi]\nentrypoint = "two:app"\n[tool.vivace]\nentrypoint = "one:app"', "one:app"),
        ("[tool.vivace]\n[tool.ruff]", "main"),
        ("[project]", "main"),
    ],
)
def test_pyproject_comes_before_the_default_files(tmp_path: Path, tables: str, expected: str) -> None:
    write(tmp_path, "main.py")
    (tmp_path / "pyproject.toml").write_text(tables)

    assert found() == (expected, ".")
    assert found("main.py") == ("main", "."), "PATH comes before both"


def test_an_app_dir_is_where_to_look(tmp_path: Path) -> None:
    write(tmp_path, "examples/main.py")

    assert discover(directory=tmp_path / "examples").target == "main"
    assert discover(entrypoint="main:app", directory=tmp_path / "examples").directory == tmp_path / "examples"


@pytest.mark.parametrize(
    ("files", "arguments", "text"),
    [
        (
            [],
            {},
            "No app was named, and 'HERE' has none of main.py, app.py, api.py, app/main.py, app/app.py, app/api.py, "
            "app/__init__.py. Name its file: vivace run path/to/file.py. Or name the app in pyproject.toml, under "
            '[tool.vivace]: entrypoint = "package.module:app".',
        ),
        (["main.py"], {"path": "mian.py"}, "There is no 'mian.py' in 'HERE'. Did you mean main.py?"),
        (["one.py", "two.py"], {"path": "x"}, "There is no 'x' in 'HERE'. Did you mean one.py or two.py?"),
        ([], {"path": "x.py"}, "There is no 'x.py' in 'HERE'."),
        ([], {"path": "x/y.py"}, "There is no 'x/y.py' in 'HERE'. Not even the directory 'x' is there."),
        (
            ["site/other.py"],
            {"path": "site"},
            "The directory 'HERE/site' is no package (it has no __init__.py), and has no main.py, app.py or api.py. "
            "Name the file of the app.",
        ),
        (["a.txt"], {"path": "a.txt"}, "'a.txt' is not a Python file. Name a file that ends in .py, or a package."),
        (["a-b.py"], {"path": "a-b.py"}, "'a-b.py' cannot be imported: 'a-b' is not a name for a module. Rename it."),
        (
            ["main.py"],
            {"path": "main.py:one", "app_name": "two"},
            "PATH names the app 'one', and --app names 'two'. Leave one of them out.",
        ),
        (
            ["main.py"],
            {"path": "main.py", "entrypoint": "main:app"},
            "--entrypoint says everything; leave PATH and --app out.",
        ),
        ([], {"entrypoint": "main"}, "--entrypoint must look like 'package.module:app', and is 'main'."),
    ],
)
def test_what_is_not_found_is_refused_in_these_words(
    tmp_path: Path, files: list[str], arguments: dict[str, str], text: str
) -> None:
    write(tmp_path, *files)

    assert refusal(**arguments) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            "[tool.vivace]\nentrypoint = 3",
            "`entrypoint` in [tool.vivace] of pyproject.toml must look like 'package.module:app', and is 3.",
        ),
        ("[tool", "'HERE/pyproject.toml' cannot be read: "),
    ],
)
def test_a_wrong_pyproject_is_refused_in_these_words(tmp_path: Path, content: str, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)

    assert refusal().startswith(text)
