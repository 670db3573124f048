"""Start a large application in this process and print, as JSON, what each stage of its start took.

`startup.py` starts it once per framework and round; the environment variable FRAMEWORK says which framework.
"""

import asyncio
import hashlib
import json
import time

from in_process import App, Message, call_app
from programs import large_app
from workloads import Request

FIRST_REQUESTS = 10
ITEM_REQUEST = Request(path="/api/group-19/resource-99/7", headers={"x-token": "secret"})


async def time_requests(app: App) -> list[float]:
    """Return the wall time in ms of each of the first requests to one route."""
    taken_ms = []
    for _ in range(FIRST_REQUESTS):
        start_s = time.perf_counter()
        exchange = await call_app(app, ITEM_REQUEST)
        taken_ms.append((time.perf_counter() - start_s) * 1e3)
        if exchange.status != 200:
            raise RuntimeError(f"GET {ITEM_REQUEST.path} is answered with {exchange.sent}.")
    return taken_ms


async def start_up(app: App) -> None:
    """Run the start of the lifespan, as every server does before the first request."""
    messages: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}, receive, send)
    if sent[0]["type"] != "lifespan.startup.complete":
        raise RuntimeError(f"The application did not start: {sent}.")


async def visit_all(app: App) -> float:
    """Return the CPU time in ms of one request to each model's route for one item: what was put off until needed."""
    start_s = time.process_time()
    for number in range(large_app.MODELS):
        path = f"/api/group-{number % large_app.ROUTERS}/resource-{number}/7"
        exchange = await call_app(app, Request(path=path))
        if exchange.status != 200:
            raise RuntimeError(f"GET {path} is answered with {exchange.sent}.")
    return (time.process_time() - start_s) * 1e3


def main() -> None:
    start_s = time.process_time()
    app = large_app.build()
    declared_s = time.process_time()
    asyncio.run(start_up(app))
    started_s = time.process_time()
    requests_ms = asyncio.run(time_requests(app))
    visits_ms = asyncio.run(visit_all(app))
    documenting_s = time.process_time()
    document = app.openapi()
    documented_s = time.process_time()
    stages = {
        "declare_ms": (declared_s - start_s) * 1e3,
        "start_ms": (started_s - declared_s) * 1e3,
        "openapi_ms": (documented_s - documenting_s) * 1e3,
        "first_request_ms": requests_ms[0],
        "tenth_request_ms": requests_ms[-1],
        "visits_ms": visits_ms,
        "document_sha256": hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest(),
    }
    print(json.dumps(stages))


if __name__ == "__main__":
    main()
