"""Export over OTLP as the standard environment variables say, and nothing left behind when the app ends.

The one rule: an export that cannot be set up, or does not work, is logged, and the app starts and ends all the same.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from opentelemetry import _logs, metrics, trace

from vivace.exceptions import FastAPIError
from vivace.logger import logger
from vivace.telemetry._api import Settings, settings_of
from vivace.telemetry._asgi import configured
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["lifespan"]


class _Exporting(Protocol):
    """What this module has set up: a provider, or a processor or reader in one that was there."""

    def force_flush(self) -> object: ...

    def shutdown(self) -> object: ...


_lock: Final = threading.RLock()
# The lists have the reference's names: programs that set telemetry up more than once in a process empty them.
# Which signals are exported, and by which provider: once each, however many apps there are.
_configured: list[tuple[str, Any]] = []
_owned: list[_Exporting] = []

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
            await run_sync(_flush)  # a server may end the process as soon as it hears this
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
        if any(provider is known for _, known in _configured):
            continue
        added = export[signal.name](provider)
        if added is not None:
            _owned.append(added)
            _configured.append((signal.name.upper(), added if provider is None else provider))


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


def _import_exporters() -> dict[str, Callable[[Any], _Exporting | None]]:
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

    def export_traces(provider: Any) -> _Exporting | None:
        if provider is not None and not isinstance(provider, TracerProvider):
            return None
        owner = TracerProvider() if provider is None else provider
        processor = BatchSpanProcessor(OTLPSpanExporter())
        owner.add_span_processor(processor)
        if provider is not None:
            return processor
        trace.set_tracer_provider(owner)
        return owner

    def export_metrics(provider: Any) -> _Exporting | None:
        if provider is not None and not hasattr(provider, "add_metric_reader"):
            return None  # not the SDK's, or one of a release in which readers cannot be added
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        if provider is not None:
            provider.add_metric_reader(reader)
            return reader  # a provider does not flush readers added later
        owner = MeterProvider([reader])
        metrics.set_meter_provider(owner)
        return owner

    def export_logs(provider: Any) -> _Exporting | None:
        if provider is not None and not isinstance(provider, LoggerProvider):
            return None
        owner = LoggerProvider() if provider is None else provider
        processor = BatchLogRecordProcessor(OTLPLogExporter())
        owner.add_log_record_processor(processor)
        if provider is not None:
            return processor
        _logs.set_logger_provider(owner)
        return owner

    return {"traces": export_traces, "metrics": export_metrics, "logs": export_logs}


def _flush() -> None:
    """Export what waits to be exported, all at once: an endpoint that is away costs its time-out a single time."""
    if waiting := list(_owned):
        with ThreadPoolExecutor(len(waiting)) as pool:
            list(pool.map(_flush_one, waiting))


def _flush_one(exporting: _Exporting) -> None:
    try:
        exporting.force_flush()
    except Exception as exc:
        logger.warning("Telemetry could not be exported: %s", exc)


def _shutdown() -> None:
    """End what this module has set up. For programs that set it up anew; the SDK does this when a process ends."""
    while _owned:
        try:
            _owned.pop().shutdown()
        except Exception as exc:
            logger.warning("Telemetry could not be shut down: %s", exc)
