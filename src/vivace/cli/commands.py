"""The command `vivace`: serve an app, or look at its routes.

Whatever is the user's mistake ends with one text and the code 1 or 2, never with a traceback of ours.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import uvicorn

from vivace.cli.discovery import DEFAULT_FILES, DiscoveryError, Found, discover
from vivace.cli.listing import RouteNotFound, explain, list_routes
from vivace.cli.options import as_fastapi_option, pop_limits, serve_options, to_uvicorn_options
from vivace.compat import VIVACE_VERSION
from vivace.server.config import ServerConfig, StartError, import_app
from vivace.server.serving import run_config

__all__ = ["Command", "dev", "main", "run"]

DISCOVERY_HELP = f"""
PATH is a Python file or a package, with or without the name of the app in it: main.py, main.py:app, package/. An import
string (package.module:app) is understood as well.

Without PATH, the app is the `entrypoint` of [tool.vivace] or [tool.fastapi] in pyproject.toml, or that of the first of
these files that is there: {", ".join(DEFAULT_FILES)}.

Without its name, it is `app`, `api`, or the first app in the module.
"""
VERSION = (
    f"vivace {VIVACE_VERSION} (Uvicorn {uvicorn.__version__}, "
    f"{platform.python_implementation()} {platform.python_version()}, {platform.system()})"
)


class Command(click.Command):
    """A command whose mistakes are reported in one text."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (DiscoveryError, RouteNotFound) as exc:
            raise click.ClickException(str(exc)) from None
        except StartError as exc:
            click.echo(exc.app_traceback(), nl=False, err=True)
            raise click.ClickException(str(exc)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VIVACE_VERSION, message=VERSION)
def main() -> None:
    """Serve APIs, and look into them."""


def run(path: str | None, app_name: str | None, entrypoint: str | None, app_dir: str, **options: Any) -> None:
    """Serve an app in production."""
    sys.exit(_serve(_find(path, app_name, entrypoint, app_dir), options, is_dev=False))


def dev(path: str | None, app_name: str | None, entrypoint: str | None, app_dir: str, **options: Any) -> None:
    """Serve an app while it is being written: reload, errors in the browser, for this machine alone."""
    for name in ("VIVACE_ENV", "FASTAPI_ENV"):
        os.environ.setdefault(name, "development")
    sys.exit(_serve(_find(path, app_name, entrypoint, app_dir), options, is_dev=True))


def _add_command(function: Callable[..., None], *, is_dev: bool) -> None:
    text = f"{function.__doc__}\n{DISCOVERY_HELP}"
    main.add_command(Command(function.__name__, callback=function, params=serve_options(is_dev=is_dev), help=text))


_add_command(run, is_dev=False)
_add_command(dev, is_dev=True)


@main.command(cls=Command)
@click.argument("path", required=False, metavar="[PATH[:APP]]")
@click.option("--app", "app_name", metavar="NAME", help="The name of the app in its module.")
@click.option("-e", "--entrypoint", metavar="MODULE:NAME", help="The app's import string, instead of PATH and --app.")
@click.option("--app-dir", default="", help="Where to look for the app; the current directory by default.")
@click.option("--explain", "request", metavar='"METHOD PATH"', help="Say what a request to this route goes through.")
def routes(path: str | None, app_name: str | None, entrypoint: str | None, app_dir: str, request: str | None) -> None:
    """Print the routes of an app."""
    _, app = import_app(_find(path, app_name, entrypoint, app_dir).target)
    if not hasattr(app, "routes"):
        raise click.ClickException(f"The app is a {type(app).__name__}, which has no routes to list.")
    click.echo(explain(app, request) if request else list_routes(app))


routes.params.append(as_fastapi_option())


def _find(path: str | None, app_name: str | None, entrypoint: str | None, app_dir: str) -> Found:
    directory = Path(app_dir).resolve() if app_dir else Path.cwd()
    found = discover(path, app_name=app_name, entrypoint=entrypoint, directory=directory)
    # Processes that are started for workers and reloads get this path too.
    for wanted in (directory, found.directory) if app_dir else (found.directory,):
        sys.path.insert(0, str(wanted))
    return found


def _serve(found: Found, options: dict[str, Any], *, is_dev: bool) -> int:
    limits = pop_limits(options)
    click.echo(f"Vivace {VIVACE_VERSION} serves {found.target} ({found.source})", err=True)
    return run_config(ServerConfig(found.target, limits=limits, debug=is_dev, **to_uvicorn_options(options)))
