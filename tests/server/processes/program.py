"""The app that the servers under test serve. It prints what it does, for tests to wait for."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from vivace import Request, Vivace, WebSocket, WebSocketDisconnect
from vivace.responses import StreamingResponse


def say(text: str) -> None:
    # One write, so that the lines of several processes do not mix.
    os.write(1, f"[{os.getpid()}] {text}\n".encode())


@asynccontextmanager
async def lifespan(app: Vivace) -> AsyncIterator[None]:
    yield
    say("lifespan ended")


app = Vivace(lifespan=lifespan)


@app.get("/")
async def read_root() -> dict[str, int]:
    return {"pid": os.getpid()}


@app.get("/collector")
async def read_collector() -> dict[str, int]:
    return {"young": gc.get_threshold()[0], "frozen": gc.get_freeze_count()}


@app.get("/until")
async def wait_for_file(path: str) -> dict[str, str]:
    say("waiting")
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return {"done": path}


@app.get("/forever")
async def wait_for_ever() -> None:
    say("waiting")
    try:
        await asyncio.Event().wait()
    finally:
        say("cancelled")


@app.get("/block-thread")
def block_thread() -> None:
    say("blocking")
    time.sleep(3600)


@app.get("/block-loop")
async def block_loop() -> None:
    say("blocking")
    time.sleep(3600)


@app.get("/ignore-sigterm")
async def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@app.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    size = 0
    async for chunk in request.stream():
        if chunk and not size:
            say("receiving")
        size += len(chunk)
    return {"size": size}


@app.get("/events")
async def events() -> StreamingResponse:
    async def produce() -> AsyncIterator[str]:
        try:
            yield "data: first\n\n"
            await asyncio.Event().wait()
        finally:
            say("events ended")

    return StreamingResponse(produce(), media_type="text/event-stream")


@app.get("/scope")
async def read_scope(request: Request) -> dict[str, Any]:
    scope = request.scope
    return {
        "scheme": scope["scheme"],
        "root_path": scope["root_path"],
        "client": request.client.host if request.client else None,
        "debug": app.debug,
        "environment": {name: os.environ.get(name) for name in ("SETTING", "VIVACE_ENV", "FASTAPI_ENV")},
    }


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect as exc:
        say(f"websocket closed with {exc.code}")
