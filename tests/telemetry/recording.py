"""Keeps what a program exports in memory, and writes it down without what differs from run to run.

Ids become names, times become nothing: equal lines mean equal telemetry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

__all__ = ["Recorder"]

# Their value is text of the framework or names its files.
LONG_TEXTS = frozenset({"exception.stacktrace"})
OUR_PACKAGE = re.compile(r"(?<!\w)vivace(?=\.)")
PROGRAM_MODULE = re.compile(r"programs_on_(?:fastapi|vivace)")
ADDRESS = re.compile(r"0x[0-9a-f]+")


class Recorder:
    """Three providers that export into memory."""

    def __init__(self) -> None:
        self.span_exporter = InMemorySpanExporter()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.span_exporter))
        self.tracer = self.tracer_provider.get_tracer("the program")
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.log_exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the package's own
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.log_exporter))

    def config(self, **changes: Any) -> Any:  # a TelemetryConfig of either framework
        """Return the `telemetry` option of an app that exports here."""
        providers = {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }
        return {**providers, **changes}

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """The finished spans, in the order in which they ended."""
        return self.span_exporter.get_finished_spans()

    @property
    def logs(self) -> Sequence[ReadableLogRecord]:
        """The log records."""
        return self.log_exporter.get_finished_logs()

    def lines(self) -> list[str]:
        """Write down all that was exported."""
        names = {span.context.span_id: f"#{number} {span.name}" for number, span in enumerate(self.spans)}
        lines = [line for span in self.spans for line in _span_lines(span, names)]
        lines += [line for record in self.logs for line in _log_lines(record, names)]
        lines += self._metric_lines()
        return [_settled(line) for line in lines]

    def _metric_lines(self) -> Iterator[str]:
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scoped in resource.scope_metrics:
                for metric in scoped.metrics:
                    yield f"metric {metric.name} [{metric.unit}] {metric.description!r} {_scope(scoped.scope)}"
                    points: list[Any] = list(metric.data.data_points)
                    for point in sorted(points, key=lambda point: _settled(_attributes(point.attributes))):
                        is_histogram = hasattr(point, "count")
                        value = f"count {point.count} bounds {point.explicit_bounds}" if is_histogram else point.value
                        yield f"  {type(metric.data).__name__} {value} {_attributes(point.attributes)}"


def _span_lines(span: ReadableSpan, names: Mapping[int, str]) -> Iterator[str]:
    parent = None if span.parent is None else names.get(span.parent.span_id, hex(span.parent.span_id))
    remote = " remote" if span.parent is not None and span.parent.is_remote else ""
    name = names[span.context.span_id]
    yield f"span {name} {span.kind.name} in {parent}{remote} {_scope(span.instrumentation_scope)}"
    yield f"  status {span.status.status_code.name} {span.status.description}"
    yield from (f"  {line}" for line in _attribute_lines(span.attributes))
    for event in span.events:
        yield f"  event {event.name}"
        yield from (f"    {line}" for line in _attribute_lines(event.attributes))
    yield from (f"  link {names.get(link.context.span_id, hex(link.context.span_id))}" for link in span.links)


def _log_lines(exported: ReadableLogRecord, names: Mapping[int, str]) -> Iterator[str]:
    record = exported.log_record
    severity = record.severity_number.name if record.severity_number else None
    yield (
        f"log {record.event_name} {severity} {record.severity_text} body {record.body!r} "
        f"in {names.get(record.span_id or 0, record.span_id)} {_scope(exported.instrumentation_scope)} "
        f"time {bool(record.timestamp)} observed {bool(record.observed_timestamp)} flags {record.trace_flags}"
    )
    yield from (f"  {line}" for line in _attribute_lines(record.attributes))


def _scope(scope: Any) -> str:
    return f"by {scope.name} {'version' if scope.version else None} {scope.schema_url}"


def _attribute_lines(attributes: Mapping[str, Any] | None) -> Iterator[str]:
    for name, value in sorted((attributes or {}).items()):
        if name in LONG_TEXTS:
            value = str(value).splitlines()[0] + " ... " + str(value).rstrip().splitlines()[-1]
        yield f"{name} = {value!r}"


def _attributes(attributes: Any) -> str:
    return ", ".join(_attribute_lines(attributes))


def _settled(line: str) -> str:
    return OUR_PACKAGE.sub("fastapi", PROGRAM_MODULE.sub("programs", ADDRESS.sub("0x", line)))
