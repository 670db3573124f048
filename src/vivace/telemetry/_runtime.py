"""Export over OTLP as the standard environment variables say, and nothing left behind when the app ends.

The one rule: an export that cannot be set up, or does not work, is logged, and the app starts and ends all the same.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
from anyio.to_thread import run_sync
from opentelemetry import _logs, metrics, trace

from vivace.exceptions import FastAPIError
from vivace.logger import logger
from vivace.telemetry._api import Settings, settings_of
from vivace.telemetry._asgi import configured
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["lifespan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """A provider that exports, and how to make it export at once."""

    provider: Any
    flush: Callable[[], object]


_lock: Final = threading.RLock()
# The exports that this module has set up: one for a provider, however many apps there are.
_exports: Final[list[_Export]] = []

_REMEDY: Final = "Configure it in the program instead, and pass telemetry={'auto_configure': False} to the app."


async def lifespan(
    *, config: Mapping[str, Any] | Settings, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run the lifespan of an app with telemetry exported from its start to its end.

    Args:
        config: The option `telemetry` of the app.
    """
    settings = config if isinstance(config, Settings) else settings_of(config)
    await run_sync(_try_to_configure, settings)

    async def send_after_export(message: Message) -> None:
        if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed", "lifespan.startup.failed"):
            await _flush()  # a server may end the process as soon as it hears this
        await send(message)

    await app(scope, receive, send_after_export)


def _try_to_configure(settings: Settings) -> None:
    try:
        with _lock:
            _configure_from_environment(settings)
    except Exception as exc:
        logger.warning("Automatic telemetry configuration failed: %s", exc)


def _configure_from_environment(settings: Settings) -> None:
    """Let every provider that is switched on export to its endpoint in the environment, if there is one.

    Raises:
        FastAPIError: what the environment says cannot be done, or a package is missing.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    # All are looked at before the first is set up: half a configuration would be hard to see.
    wanted = [signal for signal in _SIGNALS if getattr(settings, signal.switch) and _is_wanted(signal)]
    if not wanted:
        return
    try:
        export = _import_exporters()
    except ImportError as exc:
        raise FastAPIError(
            f"the SDK of OpenTelemetry or its exporter is not installed ({exc}). Install vivace[opentelemetry]. "
            + _REMEDY
        ) from exc
    for signal in wanted:
        provider = getattr(settings, signal.provider) or configured(signal.get_global())
        if any(provider is known.provider for known in _exports):
            continue
        added = export[signal.name](provider)
        if added is not None:
            _exports.append(added)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signal:
    """One of the three kinds of telemetry."""

    name: str
    switch: str
    provider: str
    get_global: Callable[[], Any]


_SIGNALS: Final = (
    _Signal(name="traces", switch="tracing", provider="tracer_provider", get_global=trace.get_tracer_provider),
    _Signal(name="metrics", switch="metrics", provider="meter_provider", get_global=metrics.get_meter_provider),
    _Signal(name="logs", switch="logs", provider="logger_provider", get_global=_logs.get_logger_provider),
)


def _is_wanted(signal: _Signal) -> bool:
    """Tell whether the environment has an endpoint for a signal.

    Raises:
        FastAPIError: it asks for what is not supported here.
    """
    name = signal.name.upper()
    endpoint = _variable(f"OTEL_EXPORTER_OTLP_{name}_ENDPOINT") or _variable("OTEL_EXPORTER_OTLP_ENDPOINT")
    exporter = _variable(f"OTEL_{name}_EXPORTER") or "otlp"
    if exporter == "none" or not endpoint:
        return False
    if exporter != "otlp":
        raise FastAPIError(f"OTEL_{name}_EXPORTER is {exporter!r}, and only 'otlp' and 'none' are supported. {_REMEDY}")
    protocol = _variable(f"OTEL_EXPORTER_OTLP_{name}_PROTOCOL") or _variable("OTEL_EXPORTER_OTLP_PROTOCOL")
    if protocol not in ("", "http/protobuf"):
        raise FastAPIError(
            f"the protocol for {signal.name} is {protocol!r}, and only 'http/protobuf' is supported. {_REMEDY}"
        )
    if not _is_http_url(endpoint):
        raise FastAPIError(f"the endpoint for {signal.name} is {endpoint!r}. Write an absolute http or https URL.")
    return True


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != -1
    except ValueError:  # brackets or a port that are not
        return False


def _import_exporters() -> dict[str, Callable[[Any], _Export | None]]:
    """Import the SDK and the exporters, and return the functions that let a provider export, by signal.

    Each makes the global provider when it gets None, and returns None when the provider is one that cannot export.
    """
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    def export_traces(provider: Any) -> _Export | None:
        if provider is None:
            provider = TracerProvider()
            trace.set_tracer_provider(provider)
        if not isinstance(provider, TracerProvider):
            return None
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return _Export(provider=provider, flush=provider.force_flush)

    def export_metrics(provider: Any) -> _Export | None:
        if provider is not None and not hasattr(provider, "add_metric_reader"):
            return None  # not the SDK's, or one of a release in which readers cannot be added
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        if provider is None:
            provider = MeterProvider([reader])
            metrics.set_meter_provider(provider)
        else:
            provider.add_metric_reader(reader)
        return _Export(provider=provider, flush=reader.force_flush)  # a provider does not flush readers added later

    def export_logs(provider: Any) -> _Export | None:
        if provider is None:
            provider = LoggerProvider()
            _logs.set_logger_provider(provider)
        if not isinstance(provider, LoggerProvider):
            return None
        provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        return _Export(provider=provider, flush=provider.force_flush)

    return {"traces": export_traces, "metrics": export_metrics, "logs": export_logs}


async def _flush() -> None:
    """Export what waits to be exported, all at once: an endpoint that is away costs its time-out a single time."""
    async with anyio.create_task_group() as group:
        for export in list(_exports):
            group.start_soon(run_sync, _flush_one, export)


def _flush_one(export: _Export) -> None:
    try:
        export.flush()
    except Exception as exc:
        logger.warning("Telemetry could not be exported: %s", exc)
