"""Runs a case on one framework and tells, line by line, all that could be observed. Equal lines: equal behaviour."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from differential.cases import Case, Exchange, Log
from differential.client import describe, document, exchange, lifespan

EXPIRY = re.compile(r"expires=[^;]+GMT")  # of a deleted cookie: now
ADDRESS = re.compile(r"0x[0-9a-f]+")
OUR_PACKAGE = re.compile(r"(?<!\w)vivace(?=\.| run)")
PROGRAM_MODULE = re.compile(r"programs_on_(?:fastapi|vivace)")
# The reference remembers where an endpoint stands by its id, which Python gives to another function once it is freed.
KEPT_ALIVE: list[Any] = []
QUIET_LOGGERS = frozenset({"asyncio", "httpx", "httpx2", "httpcore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one framework did with one case; `declaration_error` ends it early."""

    lines: tuple[str, ...]
    declaration_error: BaseException | None

    @property
    def exchanges(self) -> list[list[str]]:
        """The lines of each request on their own, without those of the document."""
        told: list[list[str]] = []
        for line in self.lines:
            if line.startswith("openapi "):
                break
            if line.startswith("> "):
                told.append([])
            if told:
                told[-1].append(line)
        return told


def ask(app: Any, asked: Exchange) -> list[str]:
    """Send one request to an app that exists already, and tell what came of it."""
    log = Log()
    with _listening(log):
        asyncio.run(exchange(app, asked, {}, log))
    return list(_settled(log))


def observe(case: Case) -> Observation:
    """Build the program and send it its requests."""
    log = Log()
    with _listening(log):
        try:
            app = case.build(log) if inspect.signature(case.build).parameters else case.build()
        except Exception as exc:
            return Observation(lines=_settled(log), declaration_error=exc)
        if app is not None:
            KEPT_ALIVE.append(app)
            asyncio.run(_serve(case, app, log))
            if case.has_openapi and hasattr(app, "openapi"):
                log(_openapi(app))
    return Observation(lines=_settled(log), declaration_error=None)


async def _serve(case: Case, app: Any, log: Log) -> None:
    state: dict[str, Any] = {}
    stop, ready = asyncio.Event(), asyncio.Event()
    running = None
    if case.has_lifespan:
        running = asyncio.create_task(lifespan(app, state, log, stop, ready))
        await ready.wait()
    if case.is_concurrent:
        # How requests interleave is nobody's promise: each is told on its own.
        logs = [Log() for _ in case.exchanges]
        await asyncio.gather(*map(exchange, repeat(app), case.exchanges, repeat(state), logs))
        log.lines += [line for one in logs for line in one.lines]
    else:
        for asked in case.exchanges:
            await exchange(app, asked, state, log)
    if running is not None:
        stop.set()
        await running


def _openapi(app: Any) -> str:
    try:
        return "openapi " + json.dumps(document(app.openapi()), indent=1)
    except Exception as exc:
        return f"openapi raised {describe(exc)}"


def _settled(log: Log) -> tuple[str, ...]:
    """Split into lines, without what differs by nature: addresses and the name of the framework's package."""
    text = PROGRAM_MODULE.sub("programs", EXPIRY.sub("expires=now", ADDRESS.sub("0x", "\n".join(log.lines))))
    return tuple(OUR_PACKAGE.sub("fastapi", text).split("\n"))


@contextmanager
def _listening(log: Log) -> Iterator[None]:
    """Log warnings and log records as events, where they happen."""
    handler = _Records(log)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with warnings.catch_warnings():
            # Unclosed resources are found by the collector, at no particular event.
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", ResourceWarning)
            # The reference builds a model from the names of embedded bodies, and Pydantic warns of some names.
            warnings.filterwarnings("ignore", message="Field name .* shadows an attribute")
            warnings.showwarning = lambda message, category, *_: _tell_warning(log, message, category)
            yield
    finally:
        root.removeHandler(handler)


def _tell_warning(log: Log, message: Warning | str, category: type[Warning]) -> None:
    # A standard deprecation is prose of its own, and may pass through several functions; others name what is meant.
    line = f"warning {category.__name__}: {message}" if category is not DeprecationWarning else "a deprecation"
    if line != "a deprecation" or log.lines[-1:] != [line]:
        log(line)


class _Records(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] not in QUIET_LOGGERS:
            name = re.sub(r"^vivace\b", "fastapi", record.name)
            self._log(f"log {name} {record.levelname} {record.getMessage()}")
