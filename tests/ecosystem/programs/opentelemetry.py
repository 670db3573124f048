"""opentelemetry-instrumentation-fastapi: spans and metrics, with their names and attributes, hooks, a mounted app."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
reader = InMemoryMetricReader()
tracer_provider = TracerProvider()
tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(tracer_provider)
meter_provider = MeterProvider(metric_readers=[reader])
tracer = trace.get_tracer("shop")

app = FastAPI()
router = APIRouter(prefix="/shops/{shop}")


class OutOfStock(Exception): ...


@app.exception_handler(OutOfStock)
async def answer_out_of_stock(request, exc: OutOfStock) -> JSONResponse:
    trace.get_current_span().set_attribute("shop.handled", True)
    return JSONResponse({"out of stock": str(exc)}, 409)


async def get_stock() -> int:
    with tracer.start_as_current_span("count stock"):
        return 7


@app.get("/items/{item_id}")
async def read_item(item_id: int, stock: Annotated[int, Depends(get_stock)]) -> dict[str, int]:
    trace.get_current_span().set_attribute("shop.item", item_id)
    with tracer.start_as_current_span("read item"):
        return {"item_id": item_id, "stock": stock}


@router.get("/items/{item_id}")
def read_shop_item(shop: str, item_id: int) -> dict[str, object]:
    with tracer.start_as_current_span("in a thread"):
        return {"shop": shop, "item_id": item_id}


@router.post("/items")
async def create_shop_item(shop: str, item: dict[str, int], tasks: BackgroundTasks) -> dict[str, int]:
    tasks.add_task(tell_everyone, shop)
    return item


def tell_everyone(shop: str) -> None:
    with tracer.start_as_current_span(f"tell {shop}"):
        pass


@app.get("/fail")
async def fail() -> None:
    raise RuntimeError("boom")


@app.get("/handled")
async def handled() -> None:
    raise OutOfStock("tea")


@app.get("/refused")
async def refuse() -> None:
    raise HTTPException(403, "refused")


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(iter([b"a", b"b"]), media_type="text/plain")


@app.get("/health")
async def health() -> str:
    return "fine"


@app.websocket("/echo/{name}")
async def echo(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    await websocket.send_text(f"{name}: {await websocket.receive_text()}")
    await websocket.close()


app.include_router(router)
sub = FastAPI()


@sub.get("/deep/{name}")
async def read_deep(name: str) -> str:
    return name


app.mount("/sub", sub)


def note_request(span, scope) -> None:
    span.set_attribute("shop.method", scope.get("method", scope["type"]))


FastAPIInstrumentor.instrument_app(
    app,
    tracer_provider=tracer_provider,
    meter_provider=meter_provider,
    excluded_urls="health",
    server_request_hook=note_request,
    http_capture_headers_server_request=["x-user"],
    http_capture_headers_server_response=["content-type"],
)


def shown(spans) -> list[object]:
    """Return what spans say, each under its parent's name."""
    names = {span.context.span_id: span.name for span in spans}
    told = []
    for span in spans:
        if span.name.endswith(" receive") and span.attributes.get("asgi.event.type") != "http.request":
            continue  # who waits for the client to leave is told of it, or cancelled before
        parent = names.get(span.parent.span_id, "a remote one") if span.parent else None
        events = [[event.name, event.attributes.get("exception.type")] for event in span.events]
        attributes = dict(sorted(span.attributes.items()))
        status = [span.status.status_code.name, span.status.description]
        told.append([span.name, span.kind.name, parent, status, attributes, events])
    return told


def drive(session) -> None:
    for method, url, status, options in (
        ("GET", "/items/3", 200, {"headers": {"x-user": "ann"}}),
        ("GET", "/items/3", 200, {"headers": {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}}),
        ("GET", "/items/x", 422, {}),
        ("POST", "/items/3", 405, {}),
        ("GET", "/shops/corner/items/5", 200, {}),
        ("POST", "/shops/corner/items", 200, {"json": {"a": 1}}),
        ("POST", "/shops/corner/items/", 307, {}),
        ("GET", "/fail", 500, {}),
        ("GET", "/handled", 409, {}),
        ("GET", "/refused", 403, {}),
        ("GET", "/stream", 200, {}),
        ("GET", "/health", 200, {}),
        ("GET", "/sub/deep/thing", 200, {}),
        ("GET", "/nothing/7", 404, {}),
    ):
        session.ask(method, url, status=status, **options)
        session.tell(shown(exporter.get_finished_spans()))
        exporter.clear()
    with session.websocket("/echo/ann") as websocket:
        websocket.send_text("hello")
        session.tell(websocket.receive_text())
    session.tell(shown(exporter.get_finished_spans()))
    for metric in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics:
        session.tell(f"metric {metric.name} {metric.unit}")
        for point in metric.data.data_points:
            session.tell([dict(sorted(point.attributes.items())), getattr(point, "count", None) or point.value])
