"""The public part: the configuration, and the data of a request for the processors of a program."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from sys import modules
from typing import TYPE_CHECKING, Any, Final, TypedDict

from starlette.requests import Request
from starlette.websockets import WebSocket

from vivace.types import Scope

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

__all__ = ["CONTEXT_KEY", "Settings", "TelemetryConfig", "TelemetryData", "get_telemetry_data", "settings_of"]

# The key in a context of OpenTelemetry under which the telemetry of the request stands.
CONTEXT_KEY: Final = "vivace.telemetry"
AUTO_CONFIGURE_VARIABLE: Final = "FASTAPI_OTEL_AUTO_CONFIGURE"


class TelemetryConfig(TypedDict, total=False):
    """The option `telemetry` of an app. What is not given keeps its default."""

    tracer_provider: TracerProvider | None
    """Makes the spans. Default: the global provider, whenever there is one. A given provider is never shut down."""

    meter_provider: MeterProvider | None
    """Makes the metrics. Default: the global provider."""

    logger_provider: LoggerProvider | None
    """Makes the log records. Default: the global provider."""

    tracing: bool
    """Make spans of requests and websockets. Default: True."""

    metrics: bool
    """Measure requests. Default: True."""

    logs: bool
    """Record refused requests, and unhandled exceptions with message and traceback. Default: True."""

    operation_spans: bool
    """Make spans of what a request consists of: dependencies, handler, serialisation, background tasks.

    Default: True.
    """

    auto_configure: bool
    """Export over OTLP as the standard environment variables say. Default: whether FASTAPI_OTEL_AUTO_CONFIGURE is
    "true" when the app is made."""

    exclude: Callable[[Scope], bool] | None
    """Tells by the ASGI scope which requests and websockets are not to be watched."""


@dataclass(kw_only=True)
class TelemetryData:
    """What is known of a request or a websocket while it is handled, for processors of spans and log records.

    It is not exported by itself. Take what you need at once, and change nothing: the objects are those of the request.
    """

    request: Request | None = None
    """Known when the part of the handler begins."""
    websocket: WebSocket | None = None
    """Known when the part of the handler begins."""
    body: Any = None
    """The body, parsed and not yet validated."""
    values: dict[str, Any] | None = None
    """The arguments of the handler, known when the dependencies are solved."""
    errors: Sequence[Any] | None = None
    """Why the request was refused, with the values as they were received."""


def get_telemetry_data(context: Context | None = None) -> TelemetryData | None:
    """Return what is known of the request or the websocket that is being handled.

    Args:
        context: The context of a span or of a log record (`record.context`). Default: the current one.

    Returns:
        None outside a request, and when the request is over, also for a context that was kept.
    """
    if "opentelemetry" not in modules:
        return None
    from opentelemetry.context import get_value  # an optional dependency

    telemetry: Any = get_value(CONTEXT_KEY, context)
    data: TelemetryData | None = None if telemetry is None else telemetry.data
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A `TelemetryConfig` with every default in place."""

    tracer_provider: Any = None
    meter_provider: Any = None
    logger_provider: Any = None
    tracing: bool = True
    metrics: bool = True
    logs: bool = True
    operation_spans: bool = True
    auto_configure: bool = False
    exclude: Callable[[Scope], bool] | None = None

    def __post_init__(self) -> None:
        for name, method in _METHODS.items():
            provider = getattr(self, name)
            if provider is not None and not hasattr(provider, method):
                raise TypeError(
                    f"telemetry[{name!r}] must be a provider of OpenTelemetry, with a method {method}(). "
                    f"It is {provider!r}."
                )
        if self.exclude is not None and not callable(self.exclude):
            raise TypeError(f"telemetry['exclude'] must be a function of the scope. It is {self.exclude!r}.")

    @property
    def has_provider(self) -> bool:
        """Whether a provider was given."""
        return any(getattr(self, name) is not None for name in _METHODS)


_METHODS: Final = {
    "tracer_provider": "get_tracer",
    "meter_provider": "get_meter",
    "logger_provider": "get_logger",
}


def settings_of(config: Mapping[str, Any] | None) -> Settings:
    """Check the option `telemetry` of an app.

    Raises:
        ImportError: the option was given, and the package of OpenTelemetry is not installed.
        TypeError: a key does not exist, or its value is not what it must be.
    """
    if config is not None and not isinstance(config, Mapping):
        raise TypeError(f"telemetry must be a dict of settings. It is {config!r}.")
    names = [field.name for field in fields(Settings)]
    for name in config or ():
        if name not in names:
            raise TypeError(_unknown(str(name), names))
    if config and not _is_installed():
        raise ImportError(
            "telemetry= needs OpenTelemetry, which is not installed. Install vivace[opentelemetry], "
            "or leave telemetry= out."
        )
    is_automatic = os.environ.get(AUTO_CONFIGURE_VARIABLE, "").lower() == "true"
    return Settings(**{"auto_configure": is_automatic, **(config or {})})


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec("opentelemetry.trace") is not None
    except ImportError:
        return False


def _unknown(name: str, names: list[str]) -> str:
    from difflib import get_close_matches  # PERF: only a program that fails needs it (benchmark: startup)

    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."
    return f"telemetry has no setting {name!r}. {hint}"
