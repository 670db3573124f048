"""The options of `run` and `dev`: Uvicorn's, taken from its own command; those of `Limits`, from its fields; our own.

The one rule: nothing that is said there is said again here, so a new option of theirs is one of ours at once.
"""

from __future__ import annotations

import copy
import dataclasses
import types
import typing
from collections.abc import Callable
from typing import Any

import click
from uvicorn.config import LOGGING_CONFIG
from uvicorn.main import main as uvicorn_command

from vivace.compat import install
from vivace.server.config import GRACEFUL_SHUTDOWN_S, WORKER_HEALTHCHECK_S
from vivace.server.limits import Limits

__all__ = ["as_fastapi_option", "pop_limits", "serve_options", "to_uvicorn_options"]

OTHERWISE_OURS = {"app", "version", "reload"}
LIMIT_FIELDS = dataclasses.fields(Limits)

# The names of options whose defaults are not Uvicorn's.
RUN_DEFAULTS: dict[str, Any] = {
    "host": "0.0.0.0",  # as the reference's command: it is what containers need
    "http": "vivace.server:HttpProtocol",
    "reload": False,
    "timeout_graceful_shutdown": GRACEFUL_SHUTDOWN_S,
    "timeout_worker_healthcheck": WORKER_HEALTHCHECK_S,
}
DEV_DEFAULTS = RUN_DEFAULTS | {"host": "127.0.0.1", "reload": True, "timeout_graceful_shutdown": 2}


def serve_options(*, is_dev: bool) -> list[click.Parameter]:
    """Return the parameters of a command that serves."""
    defaults = DEV_DEFAULTS if is_dev else RUN_DEFAULTS
    options = [*_our_options(), *_uvicorn_options(), *_limit_options()]
    for option in options:
        assert option.name is not None
        if option.name in defaults:
            option.default = defaults[option.name]
            option.show_default = True
        # Deployments that move from Uvicorn's command have its variables set.
        option.envvar = [f"VIVACE_{option.name.upper()}", f"UVICORN_{option.name.upper()}"]
        if option.name == "port":
            option.envvar.append("PORT")  # what platforms set, and the reference's command reads
    return [click.Argument(["path"], required=False, metavar="[PATH[:APP]]"), *options]


def _our_options() -> list[click.Option]:
    return [
        click.Option(["--app", "app_name"], metavar="NAME", help="The name of the app in its module."),
        click.Option(
            ["-e", "--entrypoint"], metavar="MODULE:NAME", help="The app's import string, instead of PATH and --app."
        ),
        click.Option(["--reload/--no-reload"], help="Start anew when files change."),
        as_fastapi_option(),
    ]


def as_fastapi_option() -> click.Option:
    """Return the option to stand in for FastAPI. It takes effect at once: no command has to know of it."""

    def stand_in(ctx: click.Context, parameter: click.Parameter, is_wanted: bool) -> None:
        if not is_wanted:
            return
        try:
            install()
        except RuntimeError as exc:
            raise click.ClickException(str(exc)) from None

    return click.Option(
        ["--as-fastapi"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=stand_in,
        envvar="VIVACE_AS_FASTAPI",
        help="Let `import fastapi` mean Vivace, for programs that are written for FastAPI.",
    )


def _uvicorn_options() -> list[click.Option]:
    return [
        copy.copy(parameter)
        for parameter in uvicorn_command.params
        if isinstance(parameter, click.Option) and parameter.name not in OTHERWISE_OURS
    ]


def _limit_options() -> list[click.Option]:
    hints = typing.get_type_hints(Limits)
    return [
        click.Option(
            [f"--{field.name.replace('_', '-')}"],
            type=_number_type(hints[field.name]),
            default=field.default,
            show_default=field.default is not None,
            help=field.metadata["help"],
        )
        for field in LIMIT_FIELDS
    ]


def _number_type(hint: Any) -> type:
    """Return `int` for `int | None`."""
    kinds: tuple[type, ...] = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return next(kind for kind in kinds if kind is not type(None))


def pop_limits(options: dict[str, Any]) -> Limits:
    """Take the limits out of the options of a command."""
    try:
        return Limits(**{field.name: options.pop(field.name) for field in LIMIT_FIELDS})
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from None


# Where Uvicorn's command hands on something else than what it was given.
CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "log_config": lambda value: LOGGING_CONFIG if value is None else value,
    "headers": lambda values: [_split_header(value) for value in values],
    "reload_dirs": lambda values: list(values) or None,
    "reload_includes": lambda values: list(values) or None,
    "reload_excludes": lambda values: list(values) or None,
}


def to_uvicorn_options(options: dict[str, Any]) -> dict[str, Any]:
    """Turn the values of Uvicorn's options on the command line into those of its configuration."""
    return {name: CONVERSIONS[name](value) if name in CONVERSIONS else value for name, value in options.items()}


def _split_header(header: str) -> tuple[str, str]:
    name, colon, value = header.partition(":")
    if not colon:
        raise click.BadParameter(f"{header!r} has no colon; write 'Name: value'.", param_hint="--header")
    return name.strip(), value.strip()
