"""What processors can learn of the request while it is handled, and what stays of it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.trace import Span, SpanProcessor
from pydantic import BaseModel
from telemetry.driving import get, post, serve, socket
from telemetry.recording import Recorder

from vivace import Depends, Request, Vivace, WebSocket
from vivace.telemetry import TelemetryData, get_telemetry_data


class Item(BaseModel):
    n: int


class Looking(SpanProcessor):
    """Looks at the data when spans start and end, and keeps the contexts."""

    def __init__(self) -> None:
        self.at_start: dict[str, TelemetryData | None] = {}
        self.at_end: dict[str, str] = {}
        self.contexts: list[Context | None] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.at_start[span.name] = get_telemetry_data(parent_context)
        self.contexts.append(parent_context)

    def on_end(self, span: Any) -> None:
        data = get_telemetry_data()
        assert data is not None
        self.at_end[span.name] = f"{data.body} {data.values} {data.errors}"


class LookingAtLogs(LogRecordProcessor):
    """Looks at the data when a record is made."""

    def __init__(self) -> None:
        self.seen: list[tuple[str | None, Any]] = []

    def on_emit(self, log_record: Any) -> None:
        data = get_telemetry_data(log_record.log_record.context)
        assert data is not None
        self.seen.append((log_record.log_record.event_name, data.errors))

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


def make_app() -> tuple[Vivace, Looking, LookingAtLogs]:
    recorder, spans, logs = Recorder(), Looking(), LookingAtLogs()
    recorder.tracer_provider.add_span_processor(spans)
    recorder.logger_provider.add_log_record_processor(logs)
    app = Vivace(telemetry=recorder.config())

    async def double(q: int = 1) -> int:
        return 2 * q

    @app.post("/items/{item_id}")
    async def create(item_id: int, item: Item, doubled: int = Depends(double)) -> Item:
        return item

    @app.websocket("/ws")
    async def ws(websocket: WebSocket, n: int) -> None:
        await websocket.close()

    return app, spans, logs


def test_processors_see_body_arguments_and_result_as_the_request_goes_on() -> None:
    app, spans, _ = make_app()

    asyncio.run(serve(app, post("/items/1", b'{"n": 3}')))

    assert spans.at_start["POST"] is None
    arguments = {"doubled": 2, "item_id": 1, "item": Item(n=3)}
    assert spans.at_end == {
        "fastapi.dependencies": f"{{'n': 3}} {arguments} []",
        "fastapi.endpoint": f"{{'n': 3}} {arguments} []",
        "fastapi.serialization": f"{{'n': 3}} {arguments} []",
        "POST /items/{item_id}": f"{{'n': 3}} {arguments} []",
    }


def test_processors_of_log_records_see_why_a_request_was_refused() -> None:
    app, _, logs = make_app()

    asyncio.run(serve(app, post("/items/x", b'{"n": 3}')))
    asyncio.run(serve(app, socket("/ws?n=y")))

    assert [(name, [error["input"] for error in errors]) for name, errors in logs.seen] == [
        ("fastapi.validation.failed", ["x"]),
        ("fastapi.validation.failed", ["y"]),
    ]


def test_the_handler_gets_the_request_that_processors_see() -> None:
    app = Vivace(telemetry=Recorder().config())
    seen: list[bool] = []

    @app.get("/")
    async def read(request: Request) -> None:
        data = get_telemetry_data()
        seen.append(data is not None and data.request is request)

    asyncio.run(serve(app, get("/")))

    assert seen == [True]


def test_a_context_that_is_kept_tells_nothing_after_the_request() -> None:
    app, spans, _ = make_app()

    asyncio.run(serve(app, post("/items/1", b'{"n": 3}')))

    assert len(spans.contexts) == 4
    assert [get_telemetry_data(context) for context in spans.contexts] == [None] * 4
    assert get_telemetry_data() is None


def test_the_objects_of_a_watched_request_die_by_reference_count() -> None:
    app = Vivace(telemetry=Recorder().config())
    requests: list[weakref.ref[Request]] = []

    @app.get("/{n}")
    async def read(request: Request, n: int) -> int:
        requests.append(weakref.ref(request))
        return n

    async def run() -> None:
        await serve(app, get("/1"))
        gc.collect()
        gc.disable()
        try:
            await serve(app, get("/2"))
        finally:
            gc.enable()

    asyncio.run(run())

    assert requests[-1]() is None
