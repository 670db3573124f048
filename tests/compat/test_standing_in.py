"""`import fastapi` means Vivace, in the process and in those that it starts. Each program has its own interpreter."""

from __future__ import annotations

import email
import importlib
import re
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from compat.conftest import Run

import vivace
from vivace import compat

pytestmark = pytest.mark.slow

STAND_IN = Path(compat.__file__).parent / "stand_in"


def run_program(run: Run, text: str, *arguments: str, fails: bool = False) -> list[str]:
    program = ("main.py", dedent(text))
    return run("-m", "vivace.compat", "main.py", *arguments, fails=fails, files=[program]).splitlines()


def test_modules_are_the_same_objects_under_both_names(run: Run) -> None:
    run_program(
        run,
        """
        import fastapi, fastapi.routing, fastapi.openapi.utils as openapi_utils
        import importlib, sys, threading
        from fastapi import FastAPI, middleware
        from fastapi.middleware import cors
        import vivace, vivace.routing
        assert fastapi is vivace is sys.modules["fastapi"]
        assert fastapi.routing is vivace.routing is sys.modules["fastapi.routing"]
        assert importlib.import_module("fastapi.datastructures") is sys.modules["vivace.datastructures"]
        assert cors is sys.modules["vivace.middleware.cors"] is importlib.import_module("fastapi.middleware.cors")
        assert openapi_utils is vivace.openapi.utils and FastAPI is vivace.Vivace
        assert [module.__spec__.name for module in (fastapi, fastapi.routing)] == ["vivace", "vivace.routing"]
        assert importlib.reload(fastapi.types) is vivace.types
        def in_thread():
            from fastapi.encoders import jsonable_encoder
            assert jsonable_encoder is vivace.encoders.jsonable_encoder
        threads = [threading.Thread(target=in_thread) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
    )


def test_the_version_is_that_of_the_interface(run: Run) -> None:
    program = """
        import importlib.metadata as metadata
        import fastapi, vivace.compat
        print(fastapi.__version__, metadata.version("FastAPI"), vivace.compat.VIVACE_VERSION)
        print([found.version for found in metadata.distributions(name="fastapi")][0])
        assert metadata.version("starlette")
        """

    assert run_program(run, program) == [f"0.165.0 0.165.0 {compat.VIVACE_VERSION}", "0.165.0"]


def test_the_program_runs_as_with_python_itself(run: Run) -> None:
    program = """
        import sys, os, pickle
        class Thing: pass
        assert type(pickle.loads(pickle.dumps(Thing()))) is Thing
        assert sys.modules["__main__"].Thing is Thing
        assert os.path.dirname(os.path.abspath("main.py")) == os.path.realpath(sys.path[0])
        print(__name__, os.path.basename(__file__), sys.argv)
        """

    assert run_program(run, program, "--port", "1") == ["__main__ main.py ['main.py', '--port', '1']"]


def test_a_module_is_run_with_m(run: Run) -> None:
    files = [("tool.py", "import fastapi, vivace, sys\nassert fastapi is vivace\nprint(__name__, sys.argv[1:])")]

    assert run("-m", "vivace.compat", "-m", "tool", "x", files=files) == "__main__ ['x']\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "usage: python -m vivace.compat FILE [ARGS...]"),
        (("-m",), "usage: python -m vivace.compat FILE [ARGS...]"),
        (("nothing.py",), "python -m vivace.compat: there is no file 'nothing.py'. A module is run with -m."),
        (("-m", "json.nothing"), "python -m vivace.compat: there is no module 'json.nothing'."),
    ],
    ids=["no program", "no module", "no such file", "no such module"],
)
def test_a_wrong_command_says_what_is_wrong(run: Run, arguments: tuple[str, ...], text: str) -> None:
    assert run("-m", "vivace.compat", *arguments, fails=True).startswith(text)


def test_the_command_as_fastapi_is_that_of_vivace(run: Run) -> None:
    files = [("main.py", "from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\napp.get('/a')(print)")]

    output = run("-m", "vivace", "routes", "--as-fastapi", "main.py", files=files)
    again = run("-m", "vivace.compat", "-m", "fastapi", "routes", "main.py")

    assert output == again == "GET  /a  print\n"


STARTS_PROCESSES = """
import multiprocessing, subprocess, sys
from fastapi import FastAPI, HTTPException

def work(error):
    import fastapi, fastapi.routing, vivace
    from importlib.metadata import version
    assert type(error) is fastapi.HTTPException is vivace.HTTPException
    assert fastapi.routing is vivace.routing
    return version("fastapi"), FastAPI.__module__

if __name__ == "__main__":
    import os
    for method in sys.argv[1:]:
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(*pool.apply(work, (HTTPException(418),)))
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_of_multiprocessing_know_the_alias(run: Run, method: str) -> None:
    assert run_program(run, STARTS_PROCESSES, method) == ["0.165.0 vivace.applications"]


CHILD = """
import importlib.metadata, os
print(importlib.metadata.version("fastapi"))
from fastapi.routing import APIRoute
import fastapi, vivace
assert fastapi is vivace and APIRoute is vivace.routing.APIRoute
import mine
"""


def test_started_programs_know_the_alias_and_keep_their_own_path(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text("print('mine')")
    (tmp_path / "own" / "sitecustomize.py").write_text("print('sitecustomize')")
    (tmp_path / "child.py").write_text(CHILD)
    program = """
        import os, subprocess, sys
        os.environ["PYTHONPATH"] += os.pathsep + os.path.abspath("own")
        flags = ["-S"] if sys.flags.no_site else []
        subprocess.run([sys.executable, *flags, "child.py"], check=True)
        subprocess.run([sys.executable, *flags, "-m", "fastapi", "--version"], check=True)
        """

    lines = run_program(run, program)

    assert [line for line in lines if line != "sitecustomize"][:2] == ["0.165.0", "mine"]
    assert lines[-1].startswith(f"vivace {compat.VIVACE_VERSION} ")


def test_an_interpreter_without_vivace_has_its_own_fastapi(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fastapi").mkdir()
    (tmp_path / "fastapi" / "__init__.py").write_text("name = 'the other'")
    (tmp_path / "fastapi" / "routing.py").write_text("")
    program = f"""
        import subprocess, sys
        code = "import fastapi, fastapi.routing, sys; print(fastapi.name, {str(STAND_IN)!r} in sys.path)"
        environment = {{"PYTHONPATH": {str(STAND_IN)!r} + ":{tmp_path}"}}
        subprocess.run([sys.executable, "-P", "-S", "-c", code], env=environment, check=True)
        """

    assert run_program(run, program) == ["the other False"]


def test_a_name_that_does_not_exist_says_who_stands_in_and_what_is_near(run: Run) -> None:
    program = """
        import fastapi, fastapi.routing
        assert not hasattr(fastapi.routing, "nothing") and getattr(fastapi, "nothing", 3) == 3
        for statement in (
            "from fastapi.routing import APIRoutre",
            "fastapi.routing.APIRoutre",
            "from fastapi import Fastapi",
            "import fastapi.cor",
            "from fastapi.middleware.cros import CORSMiddleware",
        ):
            try:
                exec(statement)
            except Exception as exc:
                print(f"{type(exc).__name__}: {exc}")
        """
    who = "Vivace stands in for FastAPI 0.165.0 in this process, and"

    assert run_program(run, program) == [
        f"ImportError: cannot import name 'APIRoutre' from 'fastapi.routing': {who} 'vivace.routing' has no such name. "
        "Did you mean 'APIRoute' or 'APIRouter'?",
        f"AttributeError: module 'fastapi.routing' has no attribute 'APIRoutre': {who} 'vivace.routing' has no such "
        "name. Did you mean 'APIRoute' or 'APIRouter'?",
        f"ImportError: cannot import name 'Fastapi' from 'fastapi': {who} 'vivace' has no such name. "
        "Did you mean 'FastAPI'?",
        f"ModuleNotFoundError: No module named 'fastapi.cor': {who} there is no 'vivace.cor'.",
        f"ModuleNotFoundError: No module named 'fastapi.middleware.cros': {who} there is no 'vivace.middleware.cros'. "
        "Did you mean 'cors' or 'errors'?",
    ]


def test_whoever_looks_without_importing_finds_what_is_there(run: Run) -> None:
    run_program(
        run,
        """
        import importlib.resources, importlib.util, inspect, pickle, pkgutil, sys
        assert importlib.util.find_spec("fastapi").origin == importlib.util.find_spec("vivace").origin
        spec = importlib.util.find_spec("fastapi.openapi.utils")
        assert "fastapi.openapi.utils" not in sys.modules and spec.has_location
        assert spec.loader.get_source(spec.name) == open(spec.origin).read()
        assert spec.loader.get_filename(spec.name) == spec.origin and spec.loader.get_code(spec.name)
        assert importlib.util.find_spec("fastapi.nothing") is None
        import fastapi
        names = {module.name for module in pkgutil.walk_packages(fastapi.__path__, "fastapi.")}
        assert {"fastapi.routing", "fastapi.openapi.utils", "fastapi.middleware.cors"} <= names
        assert sys.modules["fastapi.openapi"] is sys.modules["vivace.openapi"]
        assert "class APIRoute" in inspect.getsource(fastapi.routing.APIRoute)
        assert inspect.getmodule(fastapi.FastAPI).__name__ == "vivace.applications"
        assert inspect.getsource(sys.modules["fastapi"]).startswith('"')
        assert importlib.resources.files("fastapi").joinpath("routing.py").is_file()
        assert pkgutil.resolve_name("fastapi.routing:APIRouter") is fastapi.APIRouter
        assert pickle.loads(b"cfastapi.exceptions\\nHTTPException\\n.") is fastapi.HTTPException
        from unittest import mock
        with mock.patch("fastapi.encoders.jsonable_encoder") as fake:
            from vivace.encoders import jsonable_encoder
            assert jsonable_encoder is fake
        """,
    )


def test_the_program_in_the_documents_runs(run: Run) -> None:
    # Marked "py": it must not run in the process of the tests, where the reference is imported too.
    text = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text("utf-8")
    (program,) = re.findall(r"^```py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    assert run("-c", program) == ""


def test_it_can_be_undone(run: Run) -> None:
    program = """
        import os, sys
        before = [*sys.path], os.environ["PYTHONPATH"], [*sys.meta_path]
        import vivace.compat
        assert not vivace.compat.is_installed()
        for _ in range(2):
            vivace.compat.install()
            import fastapi.routing
            assert fastapi is vivace and vivace.compat.is_installed()
            vivace.compat.install()
            vivace.compat.uninstall()
            vivace.compat.uninstall()
            assert ([*sys.path], os.environ["PYTHONPATH"], [*sys.meta_path]) == before
            assert vivace.__version__ == vivace.compat.VIVACE_VERSION and "fastapi.routing" not in sys.modules
        try:
            vivace.nothing
        except AttributeError as exc:
            print(exc)
        """

    assert run("-c", dedent(program)) == "module 'vivace' has no attribute 'nothing'\n"


def test_standing_in_comes_before_the_first_import_of_the_reference(run: Run) -> None:
    files = [("fastapi.py", ""), ("main.py", "import fastapi, vivace.compat\nvivace.compat.install()")]

    error = run("main.py", fails=True, files=files).splitlines()[-1]

    assert error.startswith(
        "RuntimeError: Vivace cannot stand in for FastAPI, because FastAPI itself has been imported already ("
    )
    assert error.endswith(
        "fastapi.py). Call vivace.compat.install() before anything imports it, or start the program with "
        "`python -m vivace.compat`."
    )


def test_the_metadata_names_the_version_that_is_stood_in_for() -> None:
    (directory,) = STAND_IN.glob("*.dist-info")
    metadata = email.message_from_string((directory / "METADATA").read_text())

    assert directory.name == f"fastapi-{compat.REFERENCE_VERSION}.dist-info"
    assert (metadata["Name"], metadata["Version"]) == ("fastapi", compat.REFERENCE_VERSION)


def test_what_other_processes_import_does_nothing_under_another_name() -> None:
    importlib.import_module("vivace.compat.stand_in.fastapi")

    assert not compat.is_installed()
    assert sys.modules.get("fastapi") is not vivace
