"""sentry-sdk: names by endpoint, spans of middleware, signed-in users, chosen status codes, a websocket, streams."""

from __future__ import annotations

import base64
import re

import sentry_sdk
from fastapi import APIRouter, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import StreamingResponse
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.transport import Transport
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.gzip import GZipMiddleware

events: list[dict[str, object]] = []


class Kept(Transport):
    def capture_envelope(self, envelope) -> None:
        for item in envelope.items:
            if (event := item.get_event() or item.get_transaction_event()) is not None:
                events.append(event)


app = FastAPI()  # made before Sentry is told to look
chosen = {"transaction_style": "endpoint", "failed_request_status_codes": {418, *range(500, 600)}}
sentry_sdk.init(
    dsn="http://key@127.0.0.1:9/1",
    transport=Kept,
    traces_sample_rate=1.0,
    send_default_pii=True,
    integrations=[
        StarletteIntegration(middleware_spans=True, **chosen),
        FastApiIntegration(middleware_spans=True, **chosen),
    ],
)


class Basic(AuthenticationBackend):
    async def authenticate(self, conn):
        if "authorization" not in conn.headers:
            return None
        name = base64.b64decode(conn.headers["authorization"].split()[1]).decode().partition(":")[0]
        return AuthCredentials(["authenticated"]), SimpleUser(name)


app.add_middleware(GZipMiddleware, minimum_size=10)
app.add_middleware(AuthenticationMiddleware, backend=Basic())
router = APIRouter(prefix="/tea")


@app.middleware("http")
async def count(request: Request, call_next):
    sentry_sdk.set_tag("counted", request.url.path)
    response = await call_next(request)
    response.headers["x-counted"] = "1"
    return response


@router.get("/{kind}")
async def make_tea(kind: str, request: Request) -> dict[str, str]:
    if kind == "coffee":
        raise HTTPException(418, "a teapot")
    if kind == "none":
        raise HTTPException(404, "no tea")
    return {"tea": kind, "for": request.user.display_name}


@app.get("/stream")
def stream() -> StreamingResponse:
    def parts():
        yield b"first"
        sentry_sdk.capture_message("in the stream")
        yield b"second"

    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/late")
async def fail_late() -> StreamingResponse:
    async def parts():
        yield b"first"
        raise RuntimeError("too late")

    return StreamingResponse(parts(), media_type="text/plain")


@app.websocket("/ws/{name}")
async def talk(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    await websocket.send_text(name)
    sentry_sdk.capture_message("said " + await websocket.receive_text())
    await websocket.close()


app.include_router(router)


# The others are a framework's own, and so is the class around the function `count`.
INNERMOST = re.compile(r"^(?:fastapi|starlette)\.middleware\.\w+\.(?:AsyncExitStack|Exception)Middleware$")
OF_THE_PROGRAM = ("AuthenticationMiddleware", "GZipMiddleware")


def shown(event: dict) -> dict[str, object]:
    return {
        "type": event.get("type", "error"),
        # Without an endpoint it is the innermost middleware, which is the framework's own.
        "transaction": INNERMOST.sub("the innermost", event.get("transaction") or "none"),
        "source": event.get("transaction_info"),
        "status": event.get("contexts", {}).get("trace", {}).get("status"),
        "user": event.get("user"),
        "tags": event.get("tags"),
        "message": event.get("message"),
        "exceptions": [
            [value["type"], value["value"], value["mechanism"]]
            for value in event.get("exception", {}).get("values", [])
        ],
        "spans": [
            span["description"]
            for span in event.get("spans", [])
            if span["op"] == "middleware.starlette" and span["description"] in OF_THE_PROGRAM
        ],
    }


def drive(session) -> None:
    known = {"authorization": "Basic " + base64.b64encode(b"ann:secret").decode()}
    for method, url, status, options in (
        ("GET", "/tea/green", 200, {"headers": known}),
        ("GET", "/tea/coffee", 418, {"headers": known}),
        ("GET", "/tea/none", 404, {}),
        ("GET", "/stream", 200, {}),
        ("GET", "/late", 200, {}),
        ("POST", "/tea/green", 405, {}),
        ("GET", "/nothing", 404, {}),
    ):
        session.ask(method, url, status=status, **options)
        session.tell([shown(event) for event in events])
        events.clear()
    with session.websocket("/ws/ann") as websocket:
        session.tell(websocket.receive_text())
        websocket.send_text("hello")
    session.tell([shown(event) for event in events])
