"""prometheus-fastapi-instrumentator: labels of templated, included, mounted and unknown routes, and a metric more."""

from __future__ import annotations

import re

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry, Counter
from prometheus_fastapi_instrumentator import Instrumentator, metrics
from prometheus_fastapi_instrumentator.metrics import Info

registry = CollectorRegistry()
app = FastAPI()
router = APIRouter(prefix="/shops/{shop}")
inner = APIRouter(prefix="/items")


@app.get("/items/{item_id}")
async def read_item(item_id: int) -> dict[str, int]:
    return {"item_id": item_id}


@app.get("/items/special")
async def read_special() -> str:
    return "never reached"


@inner.get("/{item_id}")
def read_shop_item(shop: str, item_id: int) -> dict[str, object]:
    if item_id > 100:
        raise HTTPException(404, "no such item")
    return {"shop": shop, "item_id": item_id}


@inner.post("/")
async def create_shop_item(shop: str, item: dict[str, int]) -> dict[str, int]:
    return item


@app.get("/fail")
async def fail() -> None:
    raise RuntimeError("boom")


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(iter([b"a" * 10, b"b" * 20]), media_type="text/plain")


@app.get("/health")
async def health() -> str:
    return "fine"


router.include_router(inner)
app.include_router(router)
sub = FastAPI()


@sub.get("/deep/{name}")
async def read_deep(name: str) -> str:
    return name


app.mount("/sub", sub)


def count_shops():
    shops = Counter("shops_total", "Requests by shop.", labelnames=("shop", "template"), registry=registry)

    def count(info: Info) -> None:
        if shop := info.request.path_params.get("shop"):
            shops.labels(shop, info.modified_handler).inc()

    return count


instrumentator = Instrumentator(
    should_group_status_codes=False,
    should_ignore_untemplated=False,
    should_instrument_requests_inprogress=True,
    excluded_handlers=["/health"],
    inprogress_labels=True,
    registry=registry,
)
instrumentator.add(metrics.default(registry=registry))
instrumentator.add(metrics.request_size(registry=registry)).add(metrics.response_size(registry=registry))
instrumentator.add(count_shops())
instrumentator.instrument(app).expose(app, include_in_schema=True, tags=["operations"])


def drive(session) -> None:
    session.ask("GET", "/items/3")
    session.ask("GET", "/items/4")
    session.ask("GET", "/items/special", status=422)
    session.ask("POST", "/items/3", status=405)
    session.ask("GET", "/shops/corner/items/5")
    session.ask("GET", "/shops/corner/items/500", status=404)
    session.ask("POST", "/shops/corner/items/", json={"a": 1})
    session.ask("POST", "/shops/corner/items", json={"a": 1}, status=307)
    session.ask("POST", "/shops/mall/items/", json={"a": "x"}, status=422)
    session.ask("GET", "/sub/deep/thing")
    session.ask("GET", "/sub/nothing", status=404)
    session.ask("GET", "/fail", status=500)
    session.ask("GET", "/stream")
    session.ask("GET", "/health")
    session.ask("GET", "/nothing/7", status=404)
    session.ask("GET", "/openapi.json")
    shown = session.ask("GET", "/metrics", body=False).text
    timed = re.compile(r"^\w+_(?:created|bucket)\b|_seconds(?:_highr)?_sum\b")
    session.tell("\n".join(line for line in shown.splitlines() if not timed.search(line)))
