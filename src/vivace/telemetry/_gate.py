"""Whether a connection is to be watched: asked for each one, and made to cost nothing where nobody watches.

The one rule: nothing of OpenTelemetry is imported before there can be a provider. A provider can only have been
installed by a program that has imported OpenTelemetry, so `sys.modules` answers first.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from sys import modules
from typing import TYPE_CHECKING, Any, Final

from vivace._watch import WATCH
from vivace.logger import logger
from vivace.telemetry._api import settings_of
from vivace.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from vivace.telemetry._asgi import NativeTelemetry

__all__ = ["Gate"]

Serve = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]

# Where OpenTelemetry keeps its global providers, besides `opentelemetry.trace`.
_METRICS: Final = "opentelemetry.metrics._internal"
_LOGS: Final = "opentelemetry._logs._internal"
# With one of them set, OpenTelemetry makes the provider when it is first asked for.
_VARIABLES: Final = ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER", "OTEL_PYTHON_LOGGER_PROVIDER")


class Gate:
    """Stands at the entry of an app.

    Args:
        config: The option `telemetry` of the app.

    Raises:
        ImportError: the option was given, and the package of OpenTelemetry is not installed.
        TypeError: the option is not what it must be.
    """

    __slots__ = ("_has_provider", "_is_instrumented", "_native", "_settings", "_stack")

    def __init__(self, config: Mapping[str, Any] | None) -> None:
        self._settings = settings_of(config)
        self._has_provider = self._settings.has_provider
        self._native: NativeTelemetry | None = None
        self._stack: ASGIApp | None = None
        self._is_instrumented = False

    def open(self) -> None:
        """Import OpenTelemetry if the configuration or the environment asks for it. Called before the first request."""
        if not self._settings.auto_configure and not any(name in os.environ for name in _VARIABLES):
            return
        try:
            from opentelemetry import _logs, metrics, trace  # an optional dependency
        except ImportError:
            logger.warning(
                "The environment asks for OpenTelemetry, which is not installed. Install vivace[opentelemetry]."
            )
            return
        try:
            _ = trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()
        except Exception as exc:
            logger.warning("OpenTelemetry could not make its providers: %s", exc)

    def find(self, scope: Scope, stack: ASGIApp) -> Serve | None:
        """Return what serves a connection in place of the app's middleware stack, or None if nobody watches.

        Args:
            scope: The scope of the connection, or of the lifespan.
            stack: The middleware stack.
        """
        if scope["type"] == "lifespan":
            return self._serve_lifespan if self._settings.auto_configure else None
        if not (self._has_provider or _has_global_provider()) or WATCH in scope:
            return None
        native = self._native
        if native is None:
            from vivace.telemetry._asgi import NativeTelemetry  # an optional dependency

            native = self._native = NativeTelemetry(self._settings)
        return None if self._steps_back(stack) else self._serve

    def _steps_back(self, stack: ASGIApp) -> bool:
        if stack is not self._stack:
            from vivace.telemetry._asgi import is_instrumented  # an optional dependency

            self._stack, self._is_instrumented = stack, is_instrumented(stack)
        return self._is_instrumented

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._native is not None
        await self._native(app=app, scope=scope, receive=receive, send=send)

    async def _serve_lifespan(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        from vivace.telemetry._runtime import lifespan  # an optional dependency

        await lifespan(config=self._settings, app=app, scope=scope, receive=receive, send=send)


def _has_global_provider() -> bool:
    # PERF: written out, asked for each request of a process that has imported OpenTelemetry (benchmark: plain GET).
    # OpenTelemetry's functions that return its providers look into the environment each time.
    module: Any
    try:
        return (
            ((module := modules.get("opentelemetry.trace")) is not None and module._TRACER_PROVIDER is not None)
            or ((module := modules.get(_METRICS)) is not None and module._METER_PROVIDER is not None)
            or ((module := modules.get(_LOGS)) is not None and module._LOGGER_PROVIDER is not None)
        )
    except AttributeError:  # a release that keeps them elsewhere: then the public functions are asked
        return True
