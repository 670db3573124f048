"""Whatever fails in telemetry, the request goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.trace import SpanProcessor
from telemetry.driving import get, serve
from telemetry.recording import Recorder

from vivace import BackgroundTasks, Vivace


class FailingAtStart(SpanProcessor):
    def on_start(self, span: Any, parent_context: Any = None) -> None:
        raise RuntimeError("at the start")


class FailingAtEnd(SpanProcessor):
    def on_end(self, span: Any) -> None:
        raise RuntimeError("at the end")


class FailingLogs(LogRecordProcessor):
    def on_emit(self, log_record: Any) -> None:
        raise RuntimeError("in a log")

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def make_app(recorder: Recorder) -> Vivace:
    app = Vivace(telemetry=recorder.config())

    @app.get("/items/{n}")
    async def read(n: int, tasks: BackgroundTasks) -> int:
        tasks.add_task(int)
        return n

    @app.get("/fails")
    def fails() -> None:
        raise Unprintable

    return app


@pytest.mark.parametrize("processor", [FailingAtStart(), FailingAtEnd()], ids=["at start", "at end"])
def test_a_processor_of_spans_that_fails_fails_no_request(
    processor: SpanProcessor, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    recorder.tracer_provider.add_span_processor(processor)
    app = make_app(recorder)

    told = asyncio.run(serve(app, get("/items/1")))

    assert told == ["http.response.start 200", "http.response.body "]
    assert "Telemetry failed, and the request goes on: RuntimeError: at the" in caplog.text


def test_requests_are_measured_though_spans_fail() -> None:
    recorder = Recorder()
    recorder.tracer_provider.add_span_processor(FailingAtStart())

    asyncio.run(serve(make_app(recorder), get("/items/1")))

    assert "  Sum 0 http.request.method = 'GET', url.scheme = 'http'" in recorder.lines()


def test_a_processor_of_log_records_that_fails_fails_no_request(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    recorder.logger_provider.add_log_record_processor(FailingLogs())

    told = asyncio.run(serve(make_app(recorder), get("/items/x")))

    assert told == ["http.response.start 422", "http.response.body "]
    assert "RuntimeError: in a log" in caplog.text


def test_an_exception_without_a_text_is_recorded_and_raised() -> None:
    recorder = Recorder()

    told = asyncio.run(serve(make_app(recorder), get("/fails")))

    assert told == ["http.response.start 500", "http.response.body ", "raised Unprintable"]
    (record,) = recorder.logs
    assert dict(record.log_record.attributes or {})["exception.message"] == ""


def test_a_tracer_that_cannot_be_made_leaves_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    class Refusing:
        def get_tracer(self, *args: Any, **options: Any) -> Any:
            raise RuntimeError("no tracer")

    recorder = Recorder()
    app = Vivace(telemetry=recorder.config(tracer_provider=Refusing()))

    assert asyncio.run(serve(app, get("/")))[0] == "http.response.start 404"
    assert "RuntimeError: no tracer" in caplog.text
    assert any("http.server.request.duration" in line for line in recorder.lines())
