"""opentelemetry-instrumentation-fastapi for every app of the process, with new names of attributes, and its end."""

from __future__ import annotations

import os

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"

import fastapi
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
instrumentor = FastAPIInstrumentor()
instrumentor.instrument(tracer_provider=provider, exclude_spans=["receive", "send"])

app = fastapi.FastAPI(title="Instrumented")
router = fastapi.APIRouter(prefix="/v1")


@app.middleware("http")
async def add_trace(request: fastapi.Request, call_next):
    response = await call_next(request)
    response.headers["x-trace"] = str(trace.get_current_span().get_span_context().is_valid)
    return response


@router.get("/items/{item_id}", name="item", status_code=203)
async def read_item(item_id: int) -> dict[str, int]:
    return {"item_id": item_id}


@router.get("/fail")
def fail() -> None:
    raise RuntimeError("boom")


app.include_router(router, prefix="/api")


@app.exception_handler(RuntimeError)
async def answer(request: fastapi.Request, exc: RuntimeError) -> fastapi.responses.JSONResponse:
    return fastapi.responses.JSONResponse({"traced": trace.get_current_span().is_recording()}, 500)


def drive(session) -> None:
    def ask(method: str, url: str, status: int) -> None:
        session.ask(method, url, status=status)
        for span in exporter.get_finished_spans():
            events = [[event.name, event.attributes.get("exception.message")] for event in span.events]
            session.tell([span.name, span.status.status_code.name, dict(sorted(span.attributes.items())), events])
        exporter.clear()

    session.tell([type(app) is fastapi.FastAPI, type(app).__name__])
    ask("GET", "/api/v1/items/3", 203)
    ask("GET", "/api/v1/items/x", 422)
    ask("DELETE", "/api/v1/items/3", 405)
    ask("GET", "/api/v1/fail", 500)
    ask("GET", "/nothing", 404)
    ask("GET", "/openapi.json", 200)
    instrumentor.uninstrument()
    ask("GET", "/api/v1/items/4", 203)
    session.tell([type(app) is fastapi.FastAPI, issubclass(type(app), fastapi.FastAPI)])
