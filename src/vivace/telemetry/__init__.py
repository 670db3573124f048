"""OpenTelemetry: spans, metrics and log records of requests, as soon as a provider is configured.

The one rule: what watches a request never decides its fate. Whatever fails in here is logged, and the request goes on.

Importing this imports nothing of OpenTelemetry, which need not be installed.
"""

from vivace.telemetry._api import TelemetryConfig, TelemetryData, get_telemetry_data

__all__ = ["TelemetryConfig", "TelemetryData", "get_telemetry_data"]
