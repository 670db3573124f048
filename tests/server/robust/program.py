"""The app that is maltreated, and a server process for it that can be told its limits.

`python program.py PORT [--descriptors N] [--loop LOOP]`; `/state` counts what is open.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, StreamingResponse

from vivace import Depends, Request, Vivace
from vivace.server import HttpProtocol
from vivace.server.config import ServerConfig
from vivace.server.serving import Server

app = Vivace()
opened = closed = 0


async def resource() -> AsyncIterator[int]:
    """A resource of a request."""
    global opened, closed
    opened += 1
    try:
        yield opened
    finally:
        closed += 1


Resource = Annotated[int, Depends(resource)]


@app.get("/quick")
async def quick(number: Resource) -> dict[str, int]:
    return {"number": number}


@app.post("/body")
async def body(request: Request, number: Resource) -> dict[str, int]:
    return {"size": len(await request.body())}


@app.get("/waiting")
async def waiting(number: Resource) -> dict[str, int]:
    await asyncio.sleep(0.02)
    return {"number": number}


@app.get("/thread")
def thread(number: Resource) -> dict[str, int]:
    return {"number": number}


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 65536


@app.get("/stream")
async def stream(number: Resource, count: int = 20) -> StreamingResponse:
    return StreamingResponse(chunks(count))


@app.get("/broken")
async def broken(number: Resource) -> None:
    raise RuntimeError("on purpose")


@app.get("/broken-stream")
async def broken_stream(number: Resource) -> StreamingResponse:
    async def some() -> AsyncIterator[bytes]:
        yield b"some"
        raise RuntimeError("on purpose")

    return StreamingResponse(some())


def fail() -> None:
    raise RuntimeError("on purpose")


@app.get("/broken-afterwards")
async def broken_afterwards(number: Resource) -> JSONResponse:
    return JSONResponse({"number": number}, background=BackgroundTask(fail))


@app.get("/state")
async def state() -> dict[str, Any]:
    gc.collect()
    connections = [value for value in gc.get_objects() if isinstance(value, HttpProtocol)]
    loop: Any = asyncio.get_running_loop()
    timers = [handle for handle in getattr(loop, "_scheduled", []) if not handle.cancelled()]
    with open("/proc/self/statm") as file:
        resident_bytes = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {
        "open_resources": opened - closed,
        "opened": opened,
        "tasks": len(asyncio.all_tasks()),
        "connections": len(connections),
        "unsent_bytes": [c.transport.get_write_buffer_size() for c in connections if not c.transport.is_closing()],
        "timers": len(timers),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "resident_bytes": resident_bytes,
    }


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--descriptors", type=int)
    parser.add_argument("--loop", default="auto")
    arguments = parser.parse_args()
    if arguments.descriptors:
        import resource as system

        system.setrlimit(system.RLIMIT_NOFILE, (arguments.descriptors, arguments.descriptors))
    config = ServerConfig(
        app, port=arguments.port, loop=arguments.loop, access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    Server(config).run()


if __name__ == "__main__":
    main()
