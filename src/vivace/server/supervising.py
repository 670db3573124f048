"""The processes: workers kept at their number, and one process that is started anew when files change.

The one rule: a process that was told to end and did not is killed. Nothing here waits for a process without a limit.
"""

from __future__ import annotations

import logging
import multiprocessing.connection
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from types import FrameType
from typing import Any

from uvicorn.server import Server
from uvicorn.supervisors import ChangeReload
from uvicorn.supervisors.basereload import BaseReload

from vivace.server.config import STARTUP_FAILURE, ServerConfig, end_margin

__all__ = ["EndingReloader", "Supervisor", "Worker", "make_reloader", "seconds_to_end"]

logger = logging.getLogger("uvicorn.error")

MakeServer = Callable[[ServerConfig], Server]

TICK_S = 0.5  # health is asked for once per tick; deaths, signals and answers are noticed at once
RETRY_S = 1.0  # before the next one, where a worker has died before it served
KILL_AFTER_S = 1.0  # a worker ends itself first, and says where it hung
SPAWN = get_context("spawn")
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGTTIN", "SIGTTOU") if hasattr(signal, name)
]


def seconds_to_end(config: ServerConfig, *, is_hurried: bool = False) -> float | None:
    """Return how long a process may take to end, or None for as long as it likes."""
    graceful_s = config.timeout_graceful_shutdown
    if graceful_s is None:
        return None
    return end_margin(graceful_s) + KILL_AFTER_S + (0 if is_hurried else graceful_s)


class Worker:
    """A process that serves, as its supervisor sees it."""

    def __init__(self, config: ServerConfig, sockets: list[socket.socket], make_server: MakeServer) -> None:
        self.config = config
        self.connection, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_work, args=(config, sockets, theirs, make_server))
        self.process.start()
        theirs.close()  # so that nothing is left open here when the worker dies
        self.is_ready = False
        self.is_heard = True
        self.started_at = time.monotonic()
        self.asked_at = 0.0
        self.owes_answer = False
        self.must_end_at: float | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid

    @property
    def is_dead(self) -> bool:
        return self.process.exitcode is not None

    @property
    def could_not_start(self) -> bool:
        return self.process.exitcode == STARTUP_FAILURE and not self.is_ready

    def ask(self) -> None:
        """Ask whether it is well and ready, once per tick, unless it still owes an answer."""
        now = time.monotonic()
        if self.owes_answer or now - self.asked_at < TICK_S:
            return
        try:
            self.connection.send(b"ping")
        except OSError:
            return  # dead, which its exit code tells
        self.asked_at = now
        self.owes_answer = True

    def hear(self) -> None:
        """Take in its answers."""
        try:
            while self.connection.poll():
                self.is_ready = self.connection.recv() or self.is_ready
                self.owes_answer = False
        except (OSError, EOFError):
            self.is_heard = False  # dead, or about to be

    def is_silent(self, now: float) -> bool:
        """Whether it has owed an answer for too long."""
        return self.owes_answer and now - self.asked_at > self.config.timeout_worker_healthcheck

    def end(self) -> None:
        """Tell it to end, within the time that it has. Told again, it hurries."""
        if self.is_dead:
            return
        is_hurried = self.must_end_at is not None
        seconds = seconds_to_end(self.config, is_hurried=is_hurried)
        must_end_at = float("inf") if seconds is None else time.monotonic() + seconds
        self.must_end_at = must_end_at if self.must_end_at is None else min(must_end_at, self.must_end_at)
        self.process.terminate()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.must_end_at = time.monotonic()

    def close(self) -> None:
        """Release what belongs to a dead process."""
        self.process.join()
        self.process.close()
        self.connection.close()


class Supervisor:
    """Keeps the configured number of workers on shared sockets.

    SIGTERM and SIGINT end the workers, and hurry them when they come again. SIGHUP replaces them one by one, an old one
    only once the new one serves. SIGTTIN and SIGTTOU change their number by one.

    Not a subclass of Uvicorn's: that waits for one worker at a time, and meanwhile hears neither signals nor of the
    death of another.
    """

    def __init__(self, config: ServerConfig, sockets: list[socket.socket], make_server: MakeServer) -> None:
        self.config = config
        self.sockets = sockets
        self.make_server = make_server
        self.wanted = config.workers
        self.workers: list[Worker] = []
        self.ending: list[Worker] = []
        self.outdated: list[Worker] = []  # still to be replaced, since a SIGHUP
        self.successor: Worker | None = None  # of the first outdated one; not yet ready
        self.start_after = 0.0
        self.is_ending = False
        self.exit_code = 0
        self.signals: list[int] = []
        self.waker, self.wakes = socket.socketpair()
        self.wakes.setblocking(False)
        self.waker.setblocking(False)

    # The loop

    def run(self) -> int:
        """Supervise until told to end; return the exit code."""
        for number in SIGNALS:
            signal.signal(number, self.note_signal)
        logger.info("Started parent process [%d]", os.getpid())
        self.fill_up()
        while not self.is_ending or self.all_workers():
            self.wait()
            self.handle_signals()
            self.look_after_workers()
            self.replace_outdated()
            self.bury_the_dead()
            if not self.is_ending:
                self.fill_up()
        for sock in self.sockets:
            sock.close()
        logger.info("Stopping parent process [%d]", os.getpid())
        return self.exit_code

    def all_workers(self) -> list[Worker]:
        return [*self.workers, *self.ending, *([self.successor] if self.successor else [])]

    def wait(self) -> None:
        """Wait until a worker answers or dies, a signal arrives, or a tick has passed."""
        workers = self.all_workers()
        waited_for: list[Any] = [worker.process.sentinel for worker in workers]
        waited_for += [worker.connection for worker in workers if worker.is_heard]
        multiprocessing.connection.wait([*waited_for, self.wakes], timeout=TICK_S)
        try:
            self.wakes.recv(1024)
        except BlockingIOError:
            pass

    def note_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals.append(number)
        try:
            self.waker.send(b"\0")
        except BlockingIOError:
            pass  # it is awake as it is

    def handle_signals(self) -> None:
        while self.signals:
            number = self.signals.pop(0)
            name = signal.Signals(number).name
            logger.info("Received %s.", name)
            getattr(self, f"on_{name.lower()}")()

    # The workers

    def start_worker(self) -> Worker:
        return Worker(self.config, self.sockets, self.make_server)

    def fill_up(self) -> None:
        while len(self.workers) < self.wanted and time.monotonic() >= self.start_after:
            self.workers.append(self.start_worker())

    def look_after_workers(self) -> None:
        """Hear and ask them all; kill those that are silent, or late to end."""
        now = time.monotonic()
        for worker in self.all_workers():
            worker.hear()
            if worker.is_dead:
                continue
            if worker.must_end_at is not None:
                if now >= worker.must_end_at:
                    logger.error("Child process [%s] did not end in time. Killing it.", worker.pid)
                    worker.kill()
            elif worker.is_silent(now):
                logger.error(
                    "Child process [%s] has not answered for %s s. Killing it.",
                    worker.pid,
                    self.config.timeout_worker_healthcheck,
                )
                worker.kill()
            else:
                worker.ask()

    def bury_the_dead(self) -> None:
        for worker in [worker for worker in self.ending if worker.is_dead]:
            self.ending.remove(worker)
            worker.close()
        for worker in [worker for worker in self.workers if worker.is_dead]:
            self.workers.remove(worker)
            if worker in self.outdated:
                self.outdated.remove(worker)  # what replaces it now is new anyway
            if worker.could_not_start and not self.is_ending:
                # The next one would fail in the same way.
                logger.error("Child process [%s] failed to start. Stopping.", worker.pid)
                self.exit_code = STARTUP_FAILURE
                self.end_all()
            elif not self.is_ending:
                logger.info("Child process [%s] died. Starting another.", worker.pid)
                if not worker.is_ready:
                    self.start_after = time.monotonic() + RETRY_S
            worker.close()

    def retire(self, worker: Worker) -> None:
        worker.end()
        self.ending.append(worker)

    # A restart, one by one

    def replace_outdated(self) -> None:
        """Go on with a restart: see to the successor that is starting, or start the next."""
        new = self.successor
        if new is None:
            if self.outdated and not self.is_ending:
                self.successor = self.start_worker()
            return
        is_late = time.monotonic() - new.started_at > self.config.timeout_worker_healthcheck
        if new.is_ready and not new.is_dead:
            self.successor = None
            self.workers.append(new)
            if self.outdated:  # else it died meanwhile and was replaced
                old = self.outdated.pop(0)
                self.workers.remove(old)
                self.retire(old)
            elif len(self.workers) > self.wanted:
                self.retire(self.workers.pop())
        elif new.is_dead or is_late:
            logger.error("Child process [%s] did not become ready. Keeping the old workers.", new.pid)
            new.kill()
            self.successor = None
            self.outdated.clear()
            self.ending.append(new)

    # What the signals mean

    def end_all(self) -> None:
        self.is_ending = True
        self.outdated.clear()
        if self.successor:
            self.workers.append(self.successor)
            self.successor = None
        for worker in self.all_workers():
            worker.end()

    def on_sigterm(self) -> None:
        self.end_all()

    def on_sigint(self) -> None:
        self.end_all()

    def on_sighup(self) -> None:
        if self.is_ending:
            return
        self.outdated = list(self.workers)
        if self.successor:  # what it has loaded may be old by now
            self.retire(self.successor)
            self.successor = None

    def on_sigttin(self) -> None:
        self.wanted += 1

    def on_sigttou(self) -> None:
        if self.wanted > 1 and not self.is_ending:
            self.wanted -= 1
            worker = self.workers.pop()
            if worker in self.outdated:
                self.outdated.remove(worker)
            self.retire(worker)


def _work(config: ServerConfig, sockets: list[socket.socket], connection: Any, make_server: MakeServer) -> None:
    """Serve in a worker, and answer the supervisor from a thread of its own: a busy event loop is not a dead one."""
    config.configure_logging()
    server = make_server(config)

    def answer() -> None:
        try:
            while True:
                connection.recv()
                connection.send(server.started)
        except (OSError, EOFError):
            pass  # the supervisor is gone; the server notices by itself

    threading.Thread(target=answer, name="answer-supervisor", daemon=True).start()
    try:
        server.run(sockets)
    except KeyboardInterrupt:
        pass  # Ctrl+C reaches the whole group of processes


class EndingReloader(BaseReload):
    """What Uvicorn's reloaders lack: their process is killed when it does not end."""

    config: ServerConfig

    def restart(self) -> None:
        """Start the process anew."""
        self._end_process()
        super().restart()

    def shutdown(self) -> None:
        """End it for good."""
        self._end_process()
        super().shutdown()

    def _end_process(self) -> None:
        # Uvicorn's methods then find a process that has ended, which they take in their stride.
        self.process.terminate()
        self.process.join(seconds_to_end(self.config))
        if self.process.exitcode is None:
            logger.error("Process [%s] did not end in time. Killing it.", self.process.pid)
            self.process.kill()
            self.process.join()


def make_reloader(
    config: ServerConfig, target: Callable[[list[socket.socket] | None], None], sockets: list[socket.socket]
) -> BaseReload:
    """Return Uvicorn's way of watching (watchfiles, if installed; else the times of files) with our way of ending."""
    reloader_class: type[BaseReload] = type("Reloader", (EndingReloader, ChangeReload), {})
    return reloader_class(config, target=target, sockets=sockets)
