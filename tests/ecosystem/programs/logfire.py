"""Logfire: the arguments of endpoints in spans, validation errors in them, extra spans, on an exporter in memory."""

from __future__ import annotations

from typing import Annotated

import logfire
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from logfire.testing import TestExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pydantic import BaseModel

exporter = TestExporter()
logfire.configure(
    send_to_logfire=False,
    console=False,
    additional_span_processors=[SimpleSpanProcessor(exporter)],
    metrics=False,
    inspect_arguments=False,
)

app = FastAPI()
router = APIRouter(prefix="/shops/{shop}")


class Item(BaseModel):
    name: str
    price: float = 1.5


async def get_user(user: str = "nobody") -> str:
    logfire.info("who is {user}", user=user)
    return user


User = Annotated[str, Depends(get_user)]


@app.get("/items/{item_id}")
async def read_item(request: Request, response: Response, item_id: int, user: User) -> dict[str, object]:
    logfire.info("reading {item_id}", item_id=item_id)
    response.headers["x-user"] = user
    return {"item_id": item_id, "user": user}


@router.post("/items", operation_id="create_an_item")
def create_shop_item(shop: str, item: Item) -> Item:
    with logfire.span("storing in {shop}", shop=shop):
        return item


@router.get("/plain")
async def read_plain(shop: str) -> str:
    return shop


@app.get("/fail")
async def fail(code: int = 0) -> None:
    if code:
        raise HTTPException(code, "refused")
    raise RuntimeError("boom")


@app.get("/quiet")
async def quiet(secret: str = "x") -> str:
    return secret


app.include_router(router)


def choose_attributes(request, attributes):
    if request.url.path == "/quiet":
        return None
    if attributes["errors"]:
        return {"errors": attributes["errors"], "custom": "invalid"}
    return attributes


logfire.instrument_fastapi(app, request_attributes_mapper=choose_attributes, extra_spans=True, capture_headers=False)


def shown(spans) -> list[object]:
    """Return what spans say, without lines of code; those of the framework are not its spans'."""
    names = {span["context"]["span_id"]: span["name"] for span in spans}
    told = []
    for span in spans:
        attributes = {
            key: value
            for key, value in sorted(span["attributes"].items())
            if key not in ("code.lineno", "code.filepath", "thread.id", "logfire.json_schema")
            and not (key == "code.function" and span["name"] == "FastAPI arguments")  # the framework's own
            and not key.endswith("_timestamp")
        }
        events = [(event["name"], event["attributes"]["exception.type"]) for event in span.get("events", ())]
        stamps = sorted(key for key in span["attributes"] if key.endswith("_timestamp"))
        parent = names.get(span["parent"]["span_id"]) if span["parent"] else None
        told.append([span["name"], parent, attributes, stamps, events])
    return told


def drive(session) -> None:
    for method, url, status, options in (
        ("GET", "/items/3?user=ann", 200, {}),
        ("GET", "/items/x", 422, {}),
        ("POST", "/shops/corner/items", 200, {"json": {"name": "tea"}}),
        ("POST", "/shops/corner/items", 422, {"json": {"price": "much"}}),
        ("GET", "/shops/corner/plain", 200, {}),
        ("GET", "/fail", 500, {}),
        ("GET", "/fail?code=418", 418, {}),
        ("GET", "/quiet?secret=word", 200, {}),
        ("GET", "/nothing", 404, {}),
    ):
        session.ask(method, url, status=status, **options)
        session.tell(shown(exporter.exported_spans_as_dict(include_instrumentation_scope=False)))
        exporter.clear()
