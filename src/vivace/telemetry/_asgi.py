"""Telemetry around an app: which providers there are, and what is made of each connection."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from sys import modules
from typing import Any, Final

from opentelemetry import _logs, metrics, propagate, trace
from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import SpanKind

from vivace._watch import WATCH, watched_form
from vivace.logger import logger
from vivace.middleware.errors import TellingFailures
from vivace.telemetry._api import CONTEXT_KEY, Settings, settings_of
from vivace.telemetry._attributes import KNOWN_METHODS, connection_attributes, exception_name, measured_attributes
from vivace.telemetry._request import Instruments, RequestTelemetry, is_normal_end, quietly
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ExceptionTelemetryMiddleware", "NativeTelemetry", "configured", "is_instrumented"]

# The name of the instrumentation and the version of the conventions, which processors and dashboards go by.
NAME: Final = "fastapi"
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"
# Seconds; those of the semantic conventions for http.server.request.duration.
DURATION_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
# Providers that stand where there is none.
EMPTY_PROVIDERS: Final = frozenset(
    {
        *("ProxyTracerProvider", "NoOpTracerProvider", "_DefaultTracerProvider"),
        *("_ProxyMeterProvider", "NoOpMeterProvider"),
        *("ProxyLoggerProvider", "NoOpLoggerProvider"),
    }
)


Providers = tuple[Any, Any, Any]
"""Of spans, of metrics, of log records; None where there is none."""


def _are_empty(providers: Providers) -> bool:
    tracer_provider, meter_provider, logger_provider = providers
    return tracer_provider is None and meter_provider is None and logger_provider is None


def configured(provider: Any) -> Any:
    """Return a provider, or None if it is one that stands where there is none."""
    cls = type(provider)
    is_empty = cls.__name__ in EMPTY_PROVIDERS and cls.__module__.startswith("opentelemetry.")
    return None if is_empty else provider


def is_instrumented(stack: Any) -> bool:
    """Tell whether the middleware of OpenTelemetry's own instrumentation package is around the app."""
    while stack is not None:
        if type(stack).__name__ == "OpenTelemetryMiddleware" and type(stack).__module__.startswith("opentelemetry."):
            return True
        stack = getattr(stack, "app", None)
    return False


class _HeaderGetter(Getter[Scope]):
    """Reads header fields for propagators."""

    def get(self, carrier: Scope, key: str) -> list[str] | None:
        name = key.lower().encode("latin-1")
        return [value.decode("latin-1") for field, value in _headers(carrier) if field.lower() == name] or None

    def keys(self, carrier: Scope) -> list[str]:
        return [field.decode("latin-1").lower() for field, _ in _headers(carrier)]


def _headers(scope: Scope) -> Iterable[tuple[bytes, bytes]]:
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    return headers


_GETTER: Final = _HeaderGetter()


class _Made:
    """What a provider has made, kept for as long as the provider is the same."""

    __slots__ = ("_make", "_provider", "_value")

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._provider: Any = None
        self._value: Any = None

    def by(self, provider: Any) -> Any:
        if provider is None:
            return None
        if provider is not self._provider:
            self._value = quietly(self._make, provider)
            self._provider = provider
        return self._value


class NativeTelemetry:
    """The telemetry of an app.

    Args:
        config: The option `telemetry` of the app.
    """

    def __init__(self, config: Mapping[str, Any] | Settings | None = None) -> None:
        self.settings = config if isinstance(config, Settings) else settings_of(config)
        self._tracers = _Made(_make_tracer)
        self._loggers = _Made(_make_logger)
        self._instruments = _Made(_make_instruments)

    def enabled(self) -> bool:
        """Tell whether there is a provider for anything that is switched on."""
        return not _are_empty(self._providers())

    def _providers(self) -> Providers:
        settings = self.settings
        return (
            configured(settings.tracer_provider or trace.get_tracer_provider()) if settings.tracing else None,
            configured(settings.meter_provider or metrics.get_meter_provider()) if settings.metrics else None,
            configured(settings.logger_provider or _logs.get_logger_provider()) if settings.logs else None,
        )

    async def __call__(
        self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send, legacy_otel: bool = False
    ) -> None:
        """Serve one request or one websocket with `app`.

        Args:
            legacy_otel: Whether the middleware of OpenTelemetry's own package does all of this already.
        """
        # A request that is watched, or must not be, is left alone by the apps that are mounted in the first one.
        if legacy_otel or WATCH in scope:
            return await app(scope, receive, send)
        if self.settings.exclude is not None and quietly(_decide, self.settings.exclude, scope) is not False:
            scope[WATCH] = None
            return await app(scope, receive, send)
        providers = self._providers()
        telemetry = None if _are_empty(providers) else quietly(self._begin, scope, providers)
        if telemetry is None:
            return await app(scope, receive, send)
        await _serve(telemetry, watched_form(app), scope, receive, send)

    def _begin(self, scope: Scope, providers: Providers) -> RequestTelemetry:
        tracer_provider, meter_provider, logger_provider = providers
        is_http = scope["type"] == "http"
        method = (scope["method"] if scope["method"] in KNOWN_METHODS else "HTTP") if is_http else "WS"
        tracer = self._tracers.by(tracer_provider)
        context: Context | None = None
        span = None
        if tracer is not None:
            context = quietly(propagate.extract, scope, getter=_GETTER)
            span = quietly(
                tracer.start_span,
                method,
                context=context,
                kind=SpanKind.SERVER,
                attributes=connection_attributes(scope),
            )
        telemetry = RequestTelemetry(
            span=span,
            span_method=method,
            tracer=tracer if self.settings.operation_spans else None,
            logger=self._loggers.by(logger_provider),
            instruments=self._instruments.by(meter_provider) if is_http else None,
            measured=_measured(scope) if is_http else None,
            root_path=scope.get("app_root_path", scope.get("root_path", "")).rstrip("/"),
        )
        context = contexts.set_value(CONTEXT_KEY, telemetry, context)
        telemetry.context = context if span is None else trace.set_span_in_context(span, context)
        telemetry.start()
        return telemetry


def _decide(exclude: Callable[[Scope], bool], scope: Scope) -> bool:
    # When this fails, there is no answer, and what may have been meant to stay unseen does.
    return bool(exclude(scope))


async def _serve(telemetry: RequestTelemetry, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection in its context, and tell its telemetry what comes and goes."""
    is_client_gone = False

    async def receive_watched() -> Message:
        nonlocal is_client_gone
        message = await receive()
        if message["type"] == "http.disconnect":
            is_client_gone = True
        return message

    async def send_watched(message: Message) -> None:
        telemetry.sending(message)
        await send(message)
        telemetry.sent(message)

    scope[WATCH] = telemetry
    assert telemetry.context is not None
    token = contexts.attach(telemetry.context)
    try:
        await app(scope, receive_watched, send_watched)
    except BaseException as exc:
        telemetry.complete(None if is_normal_end(exc) else exception_name(exc))
        raise
    else:
        if scope["type"] == "websocket":
            telemetry.complete(None)
        else:
            # An answer that was not finished, because the client went away or because the app forgot to.
            telemetry.complete("ConnectionError" if is_client_gone else "RuntimeError")
    finally:
        quietly(contexts.detach, token)
        telemetry.close()


def _measured(scope: Scope) -> dict[str, Any]:
    version = scope.get("http_version")
    attributes = measured_attributes(scope)
    return attributes | {"network.protocol.version": version} if version else attributes


def _version() -> str:
    version: str = modules["vivace"].__version__  # the package is above all rooms, and imported before them
    return version


def _make_tracer(provider: Any) -> Any:
    return provider.get_tracer(NAME, _version(), schema_url=SCHEMA_URL)


def _make_logger(provider: Any) -> Any:
    if "event_name" not in inspect.signature(_logs.Logger.emit).parameters:
        logger.warning("Telemetry makes no log records: they need opentelemetry-api 1.39 or later.")
        return None
    return provider.get_logger(NAME, _version(), schema_url=SCHEMA_URL)


def _make_instruments(provider: Any) -> Instruments:
    meter = provider.get_meter(NAME, _version(), schema_url=SCHEMA_URL)
    return Instruments(
        duration=meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=DURATION_BOUNDARIES,
        ),
        active=meter.create_up_down_counter(
            "http.server.active_requests", unit="{request}", description="Number of active HTTP server requests."
        ),
    )


# The name under which others look for it.
ExceptionTelemetryMiddleware = TellingFailures
