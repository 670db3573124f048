"""What a server is told: Uvicorn's options, our limits, and which app.

A configuration is pickled to every worker, and the app is loaded
there; a mistake of the user is a `StartError`, whose text is all that is shown.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import socket
import sys
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType, TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.config import HTTP_PROTOCOLS, LOOP_FACTORIES, WS_PROTOCOLS
from uvicorn.importer import ImportFromStringError, import_from_string

from vivace.server.limits import Limits

__all__ = [
    "GRACEFUL_SHUTDOWN_S",
    "STARTUP_FAILURE",
    "ServerConfig",
    "StartError",
    "end_margin",
    "import_app",
    "is_asgi_app",
]

logger = logging.getLogger("uvicorn.error")

STARTUP_FAILURE = 3  # the exit code that Uvicorn has made known
GRACEFUL_SHUTDOWN_S = 30  # what orchestrators commonly give a process between SIGTERM and SIGKILL
WORKER_HEALTHCHECK_S = 30  # longer than an import under load holds the interpreter; Uvicorn's 5 kills healthy workers
_ANY_ERROR = frozenset({500, Exception})  # what handlers of every error are registered for


def end_margin(timeout_graceful_shutdown: float) -> float:
    """Return the seconds that may follow the graceful time: for cancelled requests and the app's lifespan."""
    # In proportion, so that a reload in development stays quick; at most what orchestrators allow beyond their 30.
    return min(5.0, max(1.0, timeout_graceful_shutdown))


class StartError(Exception):
    """A server cannot be started as asked. The text says why and what to do; an exception of the app is its cause."""

    def app_traceback(self) -> str:
        """Return the traceback of what the app itself has raised, if that is the reason, or nothing."""
        return "" if self.__cause__ is None else "".join(traceback.format_exception(self.__cause__))


class ServerConfig(uvicorn.Config):
    """Uvicorn's configuration with our protocol, our limits and a debug mode.

    Args:
        app: An ASGI app, or where to import one from: `"module:name"`, or `"module"` for the app in it.
        limits: What one client may cost.
        debug: Show errors in the browser, where the app has a `debug` attribute and no handler of its own for them.
        options: Those of `uvicorn.Config`.

    Raises:
        StartError: an option needs a package that is not installed, or has a value that makes no sense.
    """

    def __init__(
        self,
        app: Any,
        *,
        limits: Limits | None = None,
        debug: bool = False,
        http: Any = "vivace.server:HttpProtocol",
        ws: Any = "auto",
        timeout_graceful_shutdown: int | None = GRACEFUL_SHUTDOWN_S,
        timeout_worker_healthcheck: int = WORKER_HEALTHCHECK_S,
        **options: Any,
    ) -> None:
        self.limits = limits or Limits()
        self.debug = debug
        _check_packages(options)
        _check_values({"http": http, "ws": ws, **options})
        if ws == "auto" and find_spec("websockets") is not None:
            ws = "vivace.server.websocket:WebSocketProtocol"
        super().__init__(
            app,
            http=http,
            ws=ws,
            timeout_graceful_shutdown=timeout_graceful_shutdown,
            timeout_worker_healthcheck=timeout_worker_healthcheck,
            **options,
        )

    def import_app(self) -> Any:
        """Import the app, or the factory of one, and remember its name.

        Raises:
            StartError: there is no such app.
        """
        if isinstance(self.app, str):
            self.app, app = import_app(self.app, is_factory=self.factory)
        else:
            app = self.app
        if not self.debug:
            return app
        return _in_debug_mode(app) if not self.factory else lambda: _in_debug_mode(app())

    def load_app(self) -> Any:
        """Import the app and return it. Exits on failure, with the code that tells supervisors not to try again."""
        try:
            return self.import_app()
        except StartError as exc:
            logger.error("%s%s", exc.app_traceback(), exc)
            sys.exit(STARTUP_FAILURE)

    def bind_socket(self) -> socket.socket:
        """Bind the socket that workers share; take the place of a Unix socket that a killed server left behind."""
        if self.uds is not None and _is_left_behind(self.uds):
            os.remove(self.uds)  # as a server of one process does
        return super().bind_socket()


def _is_left_behind(path: str) -> bool:
    """Whether a path is that of a Unix socket on which nobody listens."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _in_debug_mode(app: Any) -> Any:
    # Frameworks on Starlette have it. Whatever is wrapped inside another app is not ours to find.
    has_own_answer = not _ANY_ERROR.isdisjoint(getattr(app, "exception_handlers", ()))  # which the page would hide
    if hasattr(app, "debug") and not has_own_answer:
        app.debug = True
    return app


def _check_packages(options: dict[str, Any]) -> None:
    """Refuse options whose packages are missing, by the name of the extra that brings them."""
    log_config = options.get("log_config")
    is_yaml = isinstance(log_config, str | os.PathLike) and os.fspath(log_config).endswith((".yaml", ".yml"))
    for option, is_used, module, package in (
        ("--env-file", options.get("env_file") is not None, "dotenv", "python-dotenv"),
        ("--log-config with a YAML file", is_yaml, "yaml", "PyYAML"),
    ):
        if is_used and find_spec(module) is None:
            raise StartError(f"{option} needs {package}. Install it: pip install 'vivace[standard]'")


def _check_values(options: dict[str, Any]) -> None:
    """Refuse values that Uvicorn takes for others, or fails on without saying which option it was."""
    workers = options.get("workers")
    if workers is not None and workers < 1:
        raise StartError(f"--workers must be 1 or more, not {workers}.")
    from_environment = os.environ.get("WEB_CONCURRENCY", "1")
    if workers is None and not from_environment.isdigit():
        raise StartError(f"The environment variable WEB_CONCURRENCY is {from_environment!r}, not a number of workers.")
    for option, known in (("http", HTTP_PROTOCOLS), ("ws", WS_PROTOCOLS), ("loop", LOOP_FACTORIES)):
        value = options.get(option)
        if not isinstance(value, str) or value in known:
            continue
        try:
            import_from_string(value)
        except ImportFromStringError as exc:
            raise StartError(
                f"--{option} is {value!r}, which is neither one of {', '.join(known)} nor to be imported: {exc}"
            ) from None


def import_app(target: str, *, is_factory: bool = False) -> tuple[str, Any]:
    """Import an app.

    Args:
        target: `"module:name"`, or `"module"` to choose: `app`, then `api`, then the first that is an app.
        is_factory: The name is that of a function that returns the app.

    Returns:
        The target with its name, and the app (or the factory).

    Raises:
        StartError: there is no such module or name; or the module raised an exception, which is the cause.
    """
    module_name, _, name = target.partition(":")
    module = _import_module(module_name)
    if not name:
        if is_factory:
            raise StartError(f"--factory needs the name of the function that returns the app: '{module_name}:NAME'.")
        name = _choose_name(module)
    app: Any = module
    for part in name.split("."):
        if not hasattr(app, part):
            raise StartError(f"There is no {name!r} in {_place(module)}. {_what_is_there(module)}")
        app = getattr(app, part)
    return f"{module_name}:{name}", app


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is not None and (name == exc.name or name.startswith(f"{exc.name}.")):
            raise StartError(
                f"There is no module {exc.name!r}. It was looked for in: {', '.join(map(repr, sys.path[:3]))}, ... "
                f"Run the command from the directory that contains it, or name that with --app-dir."
            ) from None
        raise _import_failed(name, exc) from exc.with_traceback(_traceback_of_app(exc.__traceback__))
    except Exception as exc:
        raise _import_failed(name, exc) from exc.with_traceback(_traceback_of_app(exc.__traceback__))


def _import_failed(name: str, exc: Exception) -> StartError:
    return StartError(f"Importing {name!r} failed: its code raised the {type(exc).__name__} above.")


def _traceback_of_app(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of this module and of the import system, which say nothing about the app."""
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename not in (__file__, importlib.__file__) and not filename.startswith("<frozen importlib"):
            return trace
        trace = trace.tb_next
    return None


def _choose_name(module: ModuleType) -> str:
    values = vars(module)
    for name in ("app", "api"):
        if name in values and is_asgi_app(values[name]):
            return name
    for name, value in values.items():
        if isinstance(value, Starlette):
            return name
    raise StartError(
        f"There is no app in {_place(module)}: neither `app` nor `api` is one, and nothing else is an instance of "
        f"Vivace, FastAPI or Starlette. Name it: PATH:NAME, or --app NAME (--factory if it is a function that returns "
        f"the app)."
    )


def is_asgi_app(value: Any) -> bool:
    """Whether a value looks like an app: callable as `await app(scope, receive, send)`."""
    if isinstance(value, type):
        return False
    call: Callable[..., Any] = value if inspect.isfunction(value) else getattr(value, "__call__", None)  # type: ignore[assignment]  # noqa: B004
    return inspect.iscoroutinefunction(call) and len(inspect.signature(call).parameters) == 3


def _place(module: ModuleType) -> str:
    return f"{module.__name__!r} ({module.__file__ or 'a namespace package, without __init__.py'})"


def _what_is_there(module: ModuleType) -> str:
    apps = [name for name, value in vars(module).items() if is_asgi_app(value)]
    return f"Apps there: {', '.join(apps)}." if apps else "No app is there under another name either."
