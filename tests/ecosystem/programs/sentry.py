"""sentry-sdk: transactions and their names, errors with request data and breadcrumbs, on a transport of its own."""

from __future__ import annotations

import logging
from typing import Annotated

import sentry_sdk
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Form, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

events: list[dict[str, object]] = []


class Kept(Transport):
    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            if (event := item.get_event() or item.get_transaction_event()) is not None:
                events.append(event)


sentry_sdk.init(
    dsn="http://key@127.0.0.1:9/1",
    transport=Kept,
    traces_sample_rate=1.0,
    send_default_pii=True,
    max_request_body_size="always",
    environment="test",
    release="1",
    server_name="here",
)

app = FastAPI()
router = APIRouter(prefix="/shops/{shop}")
logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)


class Item(BaseModel):
    name: str
    password: str = "hidden"


class OutOfStock(Exception): ...


@app.exception_handler(OutOfStock)
async def answer_out_of_stock(request, exc: OutOfStock) -> JSONResponse:
    return JSONResponse({"out of stock": str(exc)}, 409)


async def get_user(user: str = "nobody") -> str:
    sentry_sdk.set_user({"id": user})
    sentry_sdk.set_tag("from", "dependency")
    return user


def get_thread_user():
    sentry_sdk.add_breadcrumb(category="dependency", message="in a thread")
    with sentry_sdk.start_span(op="db", name="opening"):
        pass
    yield "thread"


User = Annotated[str, Depends(get_user)]


@app.get("/items/{item_id}")
async def read_item(item_id: int, user: User) -> dict[str, object]:
    logger.info("reading %s", item_id)
    with sentry_sdk.start_span(op="db", name="select item"):
        return {"item_id": item_id, "user": user}


@router.get("/items/{item_id}")
async def read_shop_item(shop: str, item_id: int, user: User) -> dict[str, object]:
    logger.warning("about to divide by %s", item_id)
    return {"shop": shop, "result": 1 // item_id}


@router.post("/items")
def create_shop_item(shop: str, item: Item, thread: Annotated[str, Depends(get_thread_user)]) -> Item:
    if item.name == "broken":
        raise RuntimeError(f"{shop} cannot hold it")
    return item


@app.post("/form")
async def take_form(name: Annotated[str, Form()]) -> str:
    raise LookupError(name)


@app.get("/handled")
async def handled() -> None:
    raise OutOfStock("tea")


@app.get("/refused/{status}")
async def refuse(status: int) -> None:
    raise HTTPException(status, "refused")


@app.get("/tasks")
async def start_task(tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(fail_later, "late")
    return {"task": "started"}


def fail_later(what: str) -> None:
    raise ValueError(what)


@app.get("/captured")
def capture() -> dict[str, bool]:
    try:
        {}["missing"]
    except KeyError as exc:
        sentry_sdk.capture_exception(exc)
    sentry_sdk.capture_message("said", level="info")
    return {"captured": True}


app.include_router(router)
sub = FastAPI()


@sub.get("/deep/{name}")
async def read_deep(name: str) -> str:
    raise RuntimeError(name)


app.mount("/sub", sub)


def shown(event: dict) -> dict[str, object]:
    """Return what of an event is the program's: not threads, lines of source, versions, times."""
    request = event.get("request", {})
    told = {
        "type": event.get("type", "error"),
        "transaction": event.get("transaction"),
        "source": event.get("transaction_info"),
        "op": event.get("contexts", {}).get("trace", {}).get("op"),
        "status": event.get("contexts", {}).get("trace", {}).get("status"),
        "response": event.get("contexts", {}).get("response"),
        "request": {key: request.get(key) for key in ("method", "url", "query_string", "data", "cookies")},
        "user": event.get("user"),
        "tags": event.get("tags"),
        "level": event.get("level"),
        "message": event.get("message") or event.get("logentry"),
        "exceptions": [
            (value["type"], value["value"], value["mechanism"], functions_of(value))
            for value in event.get("exception", {}).get("values", [])
        ],
        "breadcrumbs": [
            (crumb.get("category"), crumb.get("message")) for crumb in event.get("breadcrumbs", {}).get("values", [])
        ],
        "spans": [(span["op"], span["description"]) for span in event.get("spans", [])],
    }
    return {key: value for key, value in told.items() if value}


def functions_of(exception: dict) -> list[str]:
    """Return the program's own frames; those of the framework differ by nature."""
    frames = exception.get("stacktrace", {}).get("frames", [])
    return [f"{frame['function']} {frame.get('vars', {})}" for frame in frames if frame["module"] == __name__]


def drive(session) -> None:
    for method, url, status, options in (
        ("GET", "/items/3?user=ann", 200, {"cookies": {"flavour": "mint"}}),
        ("GET", "/items/x", 422, {}),
        ("GET", "/shops/corner/items/2?user=bob", 200, {}),
        ("GET", "/shops/corner/items/0?user=bob", 500, {}),
        ("POST", "/shops/corner/items", 200, {"json": {"name": "fine"}}),
        ("POST", "/shops/corner/items", 500, {"json": {"name": "broken"}}),
        ("POST", "/shops/corner/items", 422, {"json": {}}),
        ("POST", "/form", 500, {"data": {"name": "Ann"}}),
        ("GET", "/handled", 409, {}),
        ("GET", "/refused/404", 404, {}),
        ("GET", "/refused/503", 503, {}),
        ("GET", "/tasks", 200, {}),
        ("GET", "/captured", 200, {}),
        ("GET", "/sub/deep/thing", 500, {}),
        ("GET", "/nothing/7", 404, {}),
        ("GET", "/openapi.json", 200, {"body": False}),
    ):
        session.client.cookies.clear()
        session.client.cookies.update(options.pop("cookies", {}))
        session.ask(method, url, status=status, **options)
        session.tell([shown(event) for event in events])
        events.clear()
