"""One process that serves: Uvicorn's server with an orderly end.

The end has stages, each bounded in time:

1. Nothing new is accepted. Connections learn of it: answers say `connection: close`, event streams are asked to end.
2. After a moment for requests that were on their way, idle connections are closed and websockets told to go (1012).
3. What is in flight may finish, for `timeout_graceful_shutdown`. The rest is cancelled, its connections are cut.
4. The app's lifespan ends.
5. A process of our own that is still there some seconds later (its event loop is blocked, or a function in a thread
   does not return) says where it hangs, and exits.

A second SIGTERM or SIGINT ends the waiting in 3.
"""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import gc
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from types import FrameType
from typing import Any

import uvicorn

from vivace.server.config import STARTUP_FAILURE, ServerConfig, StartError, end_margin
from vivace.server.limits import Limits

__all__ = ["Server", "make_child_server", "run", "run_config"]

logger = logging.getLogger("uvicorn.error")

ON_ITS_WAY_S = 0.1  # more than a round trip within a data centre: a request sent before the client could know arrives
CANCELLED_S = 1.0  # for the `finally` of cancelled requests
POLL_S = 0.02
YOUNG_OBJECTS = 10_000  # before the collector looks at them: a few MB, and what 200 requests under way hold together
_DEFAULT_THRESHOLDS = (700, 2000)  # up to Python 3.12; from 3.13


class Server(uvicorn.Server):
    """Uvicorn's server with the end that this module describes.

    Attributes:
        owns_process: The process exists to serve, so it may be ended when it cannot end by itself.
    """

    config: ServerConfig

    def __init__(self, config: uvicorn.Config, *, owns_process: bool = False) -> None:
        super().__init__(config)
        self.owns_process = owns_process
        self._must_end_at = float("inf")

    # The signals

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the end; be quick about it if told a second time."""
        # The same signal twice: Ctrl+C in a terminal reaches workers directly, and as their supervisor's SIGTERM.
        # Under another's supervision a second SIGTERM may mean nothing, so there only SIGINT counts, as in Uvicorn.
        if sig in self._captured_signals and (self.owns_process or sig == signal.SIGINT):
            self.force_exit = True
        self._captured_signals.append(sig)
        self.should_exit = True
        self._end_in_any_case()

    def _end_in_any_case(self) -> None:
        """Let the process end after the margin, from whatever it is caught in."""
        graceful_s = self.config.timeout_graceful_shutdown
        if not self.owns_process or graceful_s is None or sys.__stderr__ is None:
            return
        seconds = end_margin(graceful_s) + (0 if self.force_exit else graceful_s)
        if time.monotonic() + seconds >= self._must_end_at:
            return
        self._must_end_at = time.monotonic() + seconds
        # Safe in a signal handler, needs neither the event loop nor the interpreter's lock, and prints where each
        # thread hangs. Rejected: a `threading.Timer`, whose start can deadlock with the code that was interrupted.
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)

    # The stages

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to serve; name the documentation where it is of use."""
        await super().startup(sockets)
        if self.owns_process:
            _spare_the_collector()
        docs = getattr(_innermost(self.config.loaded_app), "docs_url", None)
        bound: Any = self.servers[0].sockets[0].getsockname()
        if docs and self.owns_process and self.config.workers == 1 and isinstance(bound, tuple):
            host = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
            logger.info("Documentation at %s://%s:%d%s", "https" if self.config.ssl else "http", host, bound[1], docs)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End in the stages above."""
        # Written anew, and not around Uvicorn's: that one begins the lifespan's end while requests are being cancelled,
        # leaves their connections open, and can wait for them without end on Python 3.12.
        self._end_in_any_case()
        logger.info("Shutting down")
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        await self._drain()
        if not await self._is_idle_within(self.config.timeout_graceful_shutdown):
            await self._end_the_rest()
        await self.lifespan.shutdown()
        if sockets is None and self.config.uds is not None:
            with suppress(OSError):
                os.remove(self.config.uds)
        # A signal is raised again once this returns, and ends the process at once.
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):
                stream.flush()

    async def _drain(self) -> None:
        for connection in list(self.server_state.connections):
            begin_drain: Callable[[], None] | None = getattr(connection, "begin_drain", None)
            if begin_drain is not None:
                begin_drain()
        await asyncio.sleep(ON_ITS_WAY_S)
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def _is_idle_within(self, timeout_s: float | None) -> bool:
        """Wait until no request and no connection is left; say whether that came to be in time and unhurried."""
        state = self.server_state
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        noted_at = time.monotonic()
        while state.connections or state.tasks:
            now = time.monotonic()
            if self.force_exit or (deadline is not None and now >= deadline):
                return False
            if self.config.callback_notify is not None and now - noted_at >= 1:
                noted_at = now
                await self.config.callback_notify()  # Gunicorn kills workers that are silent
            await asyncio.sleep(POLL_S)
        return True

    async def _end_the_rest(self) -> None:
        state = self.server_state
        reason = "told to hurry" if self.force_exit else f"{self.config.timeout_graceful_shutdown} s have passed"
        logger.error(
            "Cancelling %d requests and cutting %d connections: %s.", len(state.tasks), len(state.connections), reason
        )
        for task in list(state.tasks):
            task.cancel(msg="The server is shutting down.")
        deadline = time.monotonic() + CANCELLED_S
        while state.tasks and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
        for connection in list(state.connections):
            transport: Any = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()


def _spare_the_collector() -> None:
    """Let the garbage collector look at what requests leave behind, not at the program, and less often.

    A program that has set thresholds of its own keeps them.
    """
    # PERF: 8 % of the CPU time of `def` handlers, 4 % of a plain GET (benchmarks/programs, 64 connections).
    gc.collect()
    gc.freeze()
    young, *others = gc.get_threshold()
    if young in _DEFAULT_THRESHOLDS:
        gc.set_threshold(YOUNG_OBJECTS, *others)


def _innermost(app: Any) -> Any:
    # Uvicorn's own layers (proxy headers, message logging) keep the app that they wrap as `app`.
    while type(app).__module__.startswith("uvicorn.") and hasattr(app, "app"):
        app = app.app
    return app


# In a process of its own


def make_child_server(config: ServerConfig) -> Server:
    """Make the server of a process that was started for it, which ends with the process that started it."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow_parent() -> None:
            multiprocessing.connection.wait([parent.sentinel])
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=follow_parent, name="follow-parent", daemon=True).start()
    return Server(config, owns_process=True)


def _run_child(config: ServerConfig, sockets: list[socket] | None) -> None:
    make_child_server(config).run(sockets)


# The whole


def run(app: Any, *, limits: Limits | None = None, debug: bool = False, **options: Any) -> None:
    """Serve an app until told to stop by SIGINT or SIGTERM: `uvicorn.run` with our protocol, limits and end.

    Args:
        app: An ASGI app, or where to import it from; only the latter can have `workers` or `reload`.
        limits: What one client may cost.
        debug: Show errors in the browser.
        options: Those of `uvicorn.run`.

    Raises:
        SystemExit: the server could not be started; the reason was logged.
    """
    app_dir = options.pop("app_dir", None)
    if app_dir is not None:
        sys.path.insert(0, app_dir)
    try:
        exit_code = run_config(ServerConfig(app, limits=limits, debug=debug, **options))
    except StartError as exc:
        logger.error("%s%s", exc.app_traceback(), exc)
        exit_code = STARTUP_FAILURE
    faulthandler.cancel_dump_traceback_later()  # from here on the process is the caller's
    if exit_code:
        sys.exit(exit_code)


def run_config(config: ServerConfig) -> int:
    """Serve until told to stop; return the exit code.

    Raises:
        StartError: the app cannot be imported, or is an object where a name is needed.
    """
    # Imported late: one process needs no supervisor, and the watcher of files takes a third of the start-up.
    if config.use_subprocess and not isinstance(config.app, str):
        raise StartError(
            "With `workers` or `reload`, every process imports the app itself: pass 'module:name', not an object."
        )
    try:
        if config.should_reload:
            from vivace.server.supervising import make_reloader

            make_reloader(config, functools.partial(_run_child, config), [config.bind_socket()]).run()
            return 0
        if config.workers > 1:
            from vivace.server.supervising import Supervisor

            return Supervisor(config, [config.bind_socket()], make_child_server).run()
        config.import_app()
        server = Server(config, owns_process=True)
        server.run()
        return 0 if server.started else STARTUP_FAILURE
    except KeyboardInterrupt:
        return 0  # Ctrl+C is how one stops a server
    finally:
        if config.uds and os.path.exists(config.uds):
            os.remove(config.uds)
