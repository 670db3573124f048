"""What the command prints and how it ends, short of serving."""

from __future__ import annotations

import dataclasses
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
import uvicorn
import uvicorn.main
from click.testing import CliRunner, Result

import vivace
from vivace.cli import commands, main
from vivace.server import Limits
from vivace.server import config as server_config
from vivace.server.config import ServerConfig, StartError, import_app

APP = """
from starlette.routing import Mount, Route
from vivace import Vivace, WebSocket

app = Vivace(docs_url=None, redoc_url=None, openapi_url=None)

@app.get("/items/{item_id}")
async def read_item(item_id: int) -> int:
    return item_id

@app.post("/items/")
def create_item(name: str) -> str:
    return name

@app.websocket("/ws")
async def talk(websocket: WebSocket) -> None: ...

async def plain(scope, receive, send): ...

app.mount("/static", plain, name="static")
inner = Vivace(docs_url=None, redoc_url=None, openapi_url=None)
inner.get("/deep")(read_item)
app.mount("/inner", inner)
"""


@pytest.fixture(autouse=True)
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[ServerConfig]:
    """The configurations that would have been served."""
    seen: list[ServerConfig] = []

    def note(config: ServerConfig) -> int:
        seen.append(config)
        return 0

    monkeypatch.setattr(commands, "run_config", note)
    monkeypatch.setattr(ServerConfig, "configure_logging", lambda config: None)
    for name in ("VIVACE_ENV", "FASTAPI_ENV", "WEB_CONCURRENCY"):
        monkeypatch.setenv(name, "")  # so that what the command sets is taken back
        monkeypatch.delenv(name)
    return seen


def test_the_version_names_what_matters_in_a_report() -> None:
    assert invoke("--version").output == (
        f"vivace {vivace.__version__} (Uvicorn {uvicorn.__version__}, "
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()})\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [[sys.executable, "-m", "vivace"], ["vivace"]], ids=["module", "script"])
def test_the_command_can_be_called_in_two_ways(command: list[str]) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    output = subprocess.run([*command, "--help"], capture_output=True, text=True, env=os.environ | {"PATH": path})

    assert output.stdout.startswith("Usage: vivace [OPTIONS] COMMAND [ARGS]...")


def test_run_takes_all_options_of_uvicorn_and_all_limits() -> None:
    names = {parameter.name for parameter in main.commands["run"].params}
    uvicorn_names = {parameter.name for parameter in uvicorn.main.params}  # the attribute is the command

    assert uvicorn_names - {"app", "version"} <= names
    assert {field.name for field in dataclasses.fields(Limits)} <= names


def test_the_help_of_a_limit_is_its_own() -> None:
    option = next(parameter for parameter in main.commands["run"].params if parameter.name == "limit_headers")

    assert isinstance(option, click.Option)
    assert option.help == Limits.__dataclass_fields__["limit_headers"].metadata["help"]
    assert option.default == Limits().limit_headers


def test_the_options_of_uvicorns_command_are_left_as_they_were() -> None:
    host = next(parameter for parameter in uvicorn.main.params if parameter.name == "host")

    assert host.default == "127.0.0.1"


def test_run_is_for_production(configs: list[ServerConfig]) -> None:
    Path("main.py").write_text(APP)

    assert invoke("run").exit_code == 0
    [config] = configs
    assert (config.app, config.host, config.port, config.reload) == ("main", "0.0.0.0", 8000, False)
    assert (config.debug, config.timeout_graceful_shutdown, config.limits) == (False, 30, Limits())
    assert config.http == "vivace.server:HttpProtocol"
    assert "VIVACE_ENV" not in os.environ


def test_dev_is_for_development(configs: list[ServerConfig]) -> None:
    Path("main.py").write_text(APP)

    assert invoke("dev").exit_code == 0
    [config] = configs
    assert (config.app, config.host, config.reload, config.debug) == ("main", "127.0.0.1", True, True)
    assert config.timeout_graceful_shutdown == 2
    assert os.environ["VIVACE_ENV"] == os.environ["FASTAPI_ENV"] == "development"


def test_dev_leaves_an_environment_that_was_chosen(
    configs: list[ServerConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("main.py").write_text(APP)
    monkeypatch.setenv("FASTAPI_ENV", "staging")

    assert invoke("dev").exit_code == 0
    assert (os.environ["FASTAPI_ENV"], os.environ["VIVACE_ENV"]) == ("staging", "development")


def test_options_reach_the_configuration(configs: list[ServerConfig]) -> None:
    Path("main.py").write_text(APP)
    options = ["--port", "1", "--no-proxy-headers", "--limit-body-size", "7", "--timeout-head", "0.5", "--header"]

    assert invoke("run", "main.py:app", *options, "X-By: us", "--reload", "--reload-delay", "3").exit_code == 0
    [config] = configs
    assert (config.app, config.port, config.proxy_headers, config.reload) == ("main:app", 1, False, True)
    assert (config.limits.limit_body_size, config.limits.timeout_head) == (7, 0.5)
    assert (config.headers, config.reload_delay) == ([("X-By", "us")], 3)


def test_what_is_served_is_said_before(configs: list[ServerConfig]) -> None:
    Path("pyproject.toml").write_text('[tool.fastapi]\nentrypoint = "shop.main:app"')

    assert (
        invoke("run").output == f"Vivace {vivace.__version__} serves shop.main:app ([tool.fastapi] in pyproject.toml)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["run", "nothing.py"], 1, "Error: There is no 'nothing.py' in "),
        (["run", "--entrypoint", "x"], 1, "Error: --entrypoint must look like 'package.module:app', and is 'x'.\n"),
        (["run", "--prot", "1"], 2, "--prot"),
        (["run", "--port", "x"], 2, "Error: Invalid value for '--port': 'x' is not a valid integer."),
        (["run", "main.py", "--header", "x"], 2, "Error: Invalid value for --header: 'x' has no colon; "),
        (["routes", "main.py:nope"], 1, "Error: There is no 'nope' in 'main' ("),
        (["routes", "main.py:plain"], 1, "Error: The app is a function, which has no routes to list.\n"),
        (["routes", "-e", "nowhere:app"], 1, "Error: There is no module 'nowhere'. It was looked for in: "),
    ],
)
def test_a_mistake_is_one_text_and_a_code(
    configs: list[ServerConfig], arguments: list[str], code: int, text: str
) -> None:
    Path("main.py").write_text(APP)

    result = invoke(*arguments)

    assert text in result.output
    assert "Traceback" not in result.output
    assert result.exit_code == code


def test_an_exception_of_the_app_is_shown_from_its_own_first_line() -> None:
    Path("main.py").write_text("import nothing_of_this_name\n")

    result = invoke("routes")

    assert result.exit_code == 1
    assert result.output == (
        "Traceback (most recent call last):\n"
        f'  File "{Path("main.py").resolve()}", line 1, in <module>\n'
        "    import nothing_of_this_name\n"
        "ModuleNotFoundError: No module named 'nothing_of_this_name'\n"
        "Error: Importing 'main' failed: its code raised the ModuleNotFoundError above.\n"
    )


def test_a_mistake_of_syntax_is_shown_without_the_import_system() -> None:
    Path("main.py").write_text("def f(:\n")

    output = invoke("routes").output

    assert output.startswith(f'  File "{Path("main.py").resolve()}", line 1\n    def f(:\n')
    assert output.endswith("Error: Importing 'main' failed: its code raised the SyntaxError above.\n")


# Which name is the app


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("app = Vivace()\napi = Vivace()", "app"),
        ("api = Vivace()\nother = Vivace()", "api"),
        ("app = 3\nother = Vivace()", "other"),
        ("other = Starlette()", "other"),
        ("async def app(scope, receive, send): ...", "app"),
        ("inner = Vivace()\napp = GZipMiddleware(inner)", "app"),
        ("def app(): ...\nsite = Vivace()", "site"),
    ],
)
def test_the_app_is_chosen_by_name_then_by_kind(program: str, name: str) -> None:
    Path("chosen.py").write_text(
        "from vivace import Vivace\nfrom starlette.applications import Starlette\n"
        f"from starlette.middleware.gzip import GZipMiddleware\n{program}\n"
    )
    sys.path.insert(0, str(Path.cwd()))

    assert import_app("chosen")[0] == f"chosen:{name}"


def test_a_module_without_an_app_says_what_to_do() -> None:
    Path("empty.py").write_text("from vivace import Vivace\ndef create(): return Vivace()\n")
    sys.path.insert(0, str(Path.cwd()))

    with pytest.raises(StartError) as caught:
        import_app("empty")
    with pytest.raises(StartError) as caught_factory:
        import_app("empty", is_factory=True)

    assert str(caught.value) == (
        f"There is no app in 'empty' ({Path('empty.py').resolve()}): neither `app` nor `api` is one, and nothing else "
        "is an instance of Vivace, FastAPI or Starlette. Name it: PATH:NAME, or --app NAME (--factory if it is a "
        "function that returns the app)."
    )
    assert str(caught_factory.value) == "--factory needs the name of the function that returns the app: 'empty:NAME'."


def test_a_factory_makes_an_app_in_debug_mode() -> None:
    Path("made.py").write_text("from vivace import Vivace\ndef create(): return Vivace()\n")
    sys.path.insert(0, str(Path.cwd()))
    config = ServerConfig("made:create", factory=True, debug=True, log_config=None, proxy_headers=False)

    config.load()

    assert config.loaded_app.debug is True


def test_an_app_that_answers_every_error_itself_is_not_put_into_debug_mode() -> None:
    Path("answering.py").write_text(
        "from vivace import Vivace\napp = Vivace()\n@app.exception_handler(Exception)\ndef answer(request, exc): ...\n"
    )
    sys.path.insert(0, str(Path.cwd()))
    config = ServerConfig("answering:app", debug=True, log_config=None, proxy_headers=False)

    config.load()

    assert config.loaded_app.debug is False


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"env_file": ".env"}, "--env-file needs python-dotenv. Install it: pip install 'vivace[standard]'"),
        (
            {"log_config": "log.yaml"},
            "--log-config with a YAML file needs PyYAML. Install it: pip install 'vivace[standard]'",
        ),
    ],
)
def test_an_option_that_needs_a_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], text: str
) -> None:
    monkeypatch.setattr(
        server_config, "find_spec", lambda name: None if name in ("dotenv", "yaml") else find_spec(name)
    )

    with pytest.raises(StartError) as caught:
        ServerConfig("main", **options)

    assert str(caught.value) == text


# vivace routes


def test_routes_are_listed_in_their_order() -> None:
    Path("main.py").write_text(APP)

    assert invoke("routes").output == (
        "GET        /items/{item_id}  read_item\n"
        "POST       /items/           create_item\n"
        "WEBSOCKET  /ws               talk\n"
        "MOUNT      /static           static\n"
        "MOUNT      /inner\n"
        "GET        /inner/deep       read_item\n"
    )


def test_an_app_without_routes_says_so() -> None:
    Path("main.py").write_text("from starlette.applications import Starlette\napp = Starlette()\n")

    assert invoke("routes").output == "The app has no routes.\n"


@pytest.mark.parametrize("request_line", ["GET /items/{item_id}", "/items/3", "get /items/3"])
def test_a_route_is_explained(request_line: str) -> None:
    Path("main.py").write_text(APP)

    output = invoke("routes", "--explain", request_line).output

    assert output.startswith("GET /items/{item_id}\nhandler: read_item() in ")
    assert "reads path: 'item_id' as int" in output


@pytest.mark.parametrize(
    ("request_line", "text"),
    [
        ("DELETE /items/", "No route answers DELETE '/items/'. At '/items/' there is POST."),
        ("/none", "No route answers GET '/none'. `vivace routes` lists what there is."),
        ("/static/a.css", "GET '/static/a.css' is a Mount, which cannot be explained."),
    ],
)
def test_what_cannot_be_explained_is_said_so(request_line: str, text: str) -> None:
    Path("main.py").write_text(APP)

    result = invoke("routes", "--explain", request_line)

    assert result.output == f"Error: {text}\n"
    assert result.exit_code == 1


def test_the_options_that_the_documentation_names_exist() -> None:
    document = Path(__file__).parents[2] / "docs" / "deployment.md"
    text = re.sub(r"## Gunicorn.*?(?=^## )", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`(?:vivace \w+ )?(--[a-z][a-z0-9-]*)", text)) | set(
        re.findall(r"^\$ vivace.*? (--[a-z-]+)", text, re.MULTILINE)
    )
    options = {name for command in main.commands.values() for option in command.params for name in all_names(option)}

    assert len(named) > 20
    assert named - options - {"--help"} == set()


def all_names(option: click.Parameter) -> list[str]:
    return [*option.opts, *option.secondary_opts]


@pytest.mark.parametrize(
    ("arguments", "environment", "text"),
    [
        (["--limit-body-size", "-5"], {}, "limit_body_size must be at least 0, not -5."),
        (["--timeout-head", "0"], {}, "timeout_head must be at least 0.01, not 0.0."),
        (["--workers", "0"], {}, "--workers must be 1 or more, not 0."),
        ([], {"WEB_CONCURRENCY": "x"}, "The environment variable WEB_CONCURRENCY is 'x', not a number of workers."),
        (
            ["--http", "foo"],
            {},
            "--http is 'foo', which is neither one of auto, h11, httptools, zttp nor to be imported",
        ),
        (["--http", "vivace:Nope"], {}, "--http is 'vivace:Nope', which is neither one of"),
        (["--loop", "nope:loop"], {}, "--loop is 'nope:loop', which is neither one of"),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(
    arguments: list[str],
    environment: dict[str, str],
    text: str,
    configs: list[ServerConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "main.py").write_text(APP)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    result = invoke("run", "main.py", *arguments)

    assert result.exit_code in (1, 2)
    assert text in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert not configs
