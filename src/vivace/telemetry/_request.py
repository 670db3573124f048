"""The telemetry of one request or one websocket: its span, the spans of its parts, its log records, its measures.

It stands in the scope as the watch of the connection, so it must not hold what holds the scope longer than the
connection lasts: `close()` lets everything go.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter, time_ns
from types import TracebackType
from typing import Any, Final, TypeVar

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram, UpDownCounter
from opentelemetry.trace import Span, StatusCode, Tracer
from starlette.exceptions import HTTPException, WebSocketException
from starlette.routing import Mount
from starlette.websockets import WebSocket, WebSocketDisconnect

from vivace._watch import Watch
from vivace.exceptions import RequestValidationError, WebSocketRequestValidationError
from vivace.logger import logger
from vivace.telemetry._api import TelemetryData
from vivace.telemetry._attributes import exception_name, function_name
from vivace.types import Message

__all__ = ["Instruments", "RequestTelemetry", "quietly"]

T = TypeVar("T")

# Exceptions that are answers: a part that raises one has not failed.
ANSWERS: Final = (HTTPException, WebSocketException, RequestValidationError, WebSocketRequestValidationError)
# RFC 6455 7.4.1: done, and going away. Any other end of a websocket was not meant.
NORMAL_CLOSE_CODES: Final = frozenset({1000, 1001})


def quietly(do: Callable[..., T], *args: Any, **options: Any) -> T | None:
    """Call a function of OpenTelemetry, or of those who process what it makes. When it fails, it is logged."""
    try:
        return do(*args, **options)
    except Exception as exc:
        logger.warning("Telemetry failed, and the request goes on: %s: %s", exception_name(exc), exc, exc_info=True)
        return None


def is_normal_end(exc: BaseException) -> bool:
    """Tell whether an exception is a websocket that the client closed as it should."""
    return isinstance(exc, WebSocketDisconnect) and exc.code in NORMAL_CLOSE_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What requests are measured with."""

    duration: Histogram
    active: UpDownCounter


class RequestTelemetry(Watch):
    """What is made of one connection while it lasts.

    Args:
        span: Its span, if spans are made.
        span_method: What the name of the span begins with.
        context: The context in which it is served, with the span in it.
        tracer: Makes the spans of its parts, if they are made.
        logger: Makes its log records, if they are made.
        instruments: Measure it, if it is measured.
        measured: The attributes under which it is measured.
        root_path: The path that the app is served under.
    """

    def __init__(
        self,
        *,
        span: Span | None,
        span_method: str,
        tracer: Tracer | None = None,
        logger: Logger | None = None,
        instruments: Instruments | None = None,
        measured: dict[str, Any] | None = None,
        root_path: str = "",
    ) -> None:
        self.span = span
        self.span_method = span_method
        self.context: Context | None = None
        self.tracer = tracer
        self.logger = logger
        self.route: str | None = None
        self.status_code: int | None = None
        self.data: TelemetryData | None = TelemetryData()
        self._instruments = instruments
        self._measured = measured or {}
        self._prefix = root_path
        self._failures: list[BaseException] = []
        self._has_trailers = False
        self._is_complete = False
        self._began_at = perf_counter()

    # -- what the watch is told ----------------------------------------------------------------------------------------

    def part(self, name: str, function: Callable[..., Any] | None) -> AbstractContextManager[None]:
        """Return a context manager that makes a span of one part of the work."""
        if self.tracer is None or self.span is None:
            return super().part(name, function)
        return _Part(self.tracer, f"fastapi.{name}", function)

    def took_route(self, route: Any) -> None:
        """Name the span after the route."""
        path = getattr(route, "path_format", None)
        if path is None:
            return
        full = self.route = self._prefix + path
        if isinstance(route, Mount):
            self._prefix = full.removesuffix("/{path}")
        if self.span is not None:
            quietly(self.span.update_name, f"{self.span_method} {full}")
            quietly(self.span.set_attribute, "http.route", full)

    def began(self, connection: Any) -> None:
        """Keep the connection for processors."""
        if self.data is not None:
            if isinstance(connection, WebSocket):
                self.data.websocket = connection
            else:
                self.data.request = connection

    def received(self, body: Any) -> None:
        """Keep the body for processors."""
        if self.data is not None:
            self.data.body = body

    def solved(self, values: dict[str, Any], errors: Any) -> None:
        """Keep the arguments of the handler for processors."""
        if self.data is not None:
            self.data.values, self.data.errors = values, errors

    def refused(self, exc: RequestValidationError | WebSocketRequestValidationError) -> None:
        """Record that the request was refused."""
        errors = exc.errors()
        if self.data is not None:
            self.data.errors = errors
            if isinstance(exc, RequestValidationError):
                self.data.body = exc.body
        self._log(
            "fastapi.validation.failed",
            SeverityNumber.WARN,
            "Request validation failed",
            {"fastapi.validation.error_count": len(errors)},
        )

    def failed(self, exc: BaseException) -> None:
        """Record an exception that no handler takes, once however many apps it passes."""
        if is_normal_end(exc) or any(exc is known for known in self._failures):
            return
        self._failures.append(exc)
        kind = "http.server.request" if self._is_http else "fastapi.websocket"
        subject = "request" if self._is_http else "WebSocket connection"
        self._log(
            f"{kind}.exception",
            SeverityNumber.ERROR,
            f"Unhandled exception in FastAPI {subject}",
            {
                "exception.type": exception_name(exc),
                "exception.message": quietly(str, exc) or "",
                "exception.stacktrace": quietly(_written_out, exc) or "",
            },
        )

    # -- from its beginning to its end ---------------------------------------------------------------------------------

    @property
    def _is_http(self) -> bool:
        return self.span_method != "WS"

    def start(self) -> None:
        """Count the request among those that are served."""
        if self._instruments is not None:
            active = {name: self._measured[name] for name in ("http.request.method", "url.scheme")}
            quietly(self._instruments.active.add, 1, active, context=self.context)

    def sending(self, message: Message) -> None:
        """Hear of a message before it is sent."""
        if message["type"] == "http.response.start":
            self.status_code = message["status"]
            self._has_trailers = message.get("trailers", False)

    def sent(self, message: Message) -> None:
        """Hear of a message that was sent. With the last one of a response the request is complete."""
        kind = message["type"]
        if kind in ("http.response.body", "http.response.zerocopysend"):
            if not message.get("more_body", False) and not self._has_trailers:
                self.complete(None)
        elif kind == "http.response.pathsend" or (
            kind == "http.response.trailers" and not message.get("more_trailers", False)
        ):
            self.complete(None)

    def complete(self, error_type: str | None) -> None:
        """End the span and measure; what is called later changes nothing any more.

        Args:
            error_type: Why it ends, if nothing worse is known: the full name of an exception.
        """
        if self._is_complete:
            return
        self._is_complete = True
        duration_s = perf_counter() - self._began_at
        if self._failures:
            error_type = exception_name(self._failures[-1])
        elif error_type is None and self.status_code is not None and self.status_code >= 500:
            error_type = str(self.status_code)
        if self._instruments is not None:
            quietly(self._measure, self._instruments, duration_s, error_type)
        if self.span is not None:
            quietly(self._end, self.span, error_type)

    def close(self) -> None:
        """Let go of everything, for the objects of the connection to die by reference count, and hear nothing more."""
        self.data = self.context = self.span = self.tracer = self.logger = None
        self._is_complete = True
        self._failures.clear()

    def _measure(self, instruments: Instruments, duration_s: float, error_type: str | None) -> None:
        attributes = dict(self._measured)
        active = {name: attributes[name] for name in ("http.request.method", "url.scheme")}
        instruments.active.add(-1, active, context=self.context)
        if self.status_code is not None:
            attributes["http.response.status_code"] = self.status_code
        if self.route is not None:
            attributes["http.route"] = self.route
        if error_type is not None:
            attributes["error.type"] = error_type
        instruments.duration.record(duration_s, attributes, context=self.context)

    def _end(self, span: Span, error_type: str | None) -> None:
        if self.status_code is not None:
            span.set_attribute("http.response.status_code", self.status_code)
        if error_type is not None:
            span.set_attribute("error.type", error_type)
            span.set_status(StatusCode.ERROR)
        span.end()

    def _log(self, event: str, severity: SeverityNumber, text: str, attributes: dict[str, Any]) -> None:
        if self.logger is None:
            return
        if self.route is not None:
            attributes["http.route"] = self.route
        now = time_ns()
        quietly(
            self.logger.emit,
            timestamp=now,
            observed_timestamp=now,
            context=self.context,
            severity_number=severity,
            severity_text=severity.name,
            body=text,
            attributes=attributes,
            event_name=event,
        )


class _Part(AbstractContextManager[None]):
    """A span around a part of the work, current while it lasts."""

    __slots__ = ("_function", "_name", "_span", "_token", "_tracer")

    def __init__(self, tracer: Tracer, name: str, function: Callable[..., Any] | None) -> None:
        self._tracer = tracer
        self._name = name
        self._function = function
        self._span: Span | None = None
        self._token: Any = None

    def __enter__(self) -> None:
        quietly(self._start)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            quietly(contexts.detach, self._token)
        if self._span is not None:
            quietly(self._end, self._span, exc)

    def _start(self) -> None:
        attributes = None if self._function is None else {"code.function.name": function_name(self._function)}
        self._span = self._tracer.start_span(self._name, attributes=attributes)
        self._token = contexts.attach(trace.set_span_in_context(self._span))

    def _end(self, span: Span, exc: BaseException | None) -> None:
        try:
            if isinstance(exc, Exception) and not isinstance(exc, ANSWERS) and not is_normal_end(exc):
                span.set_attribute("error.type", exception_name(exc))
                span.set_status(StatusCode.ERROR)
        finally:
            span.end()


def _written_out(exc: BaseException) -> str:
    return "".join(traceback.format_exception(exc))
