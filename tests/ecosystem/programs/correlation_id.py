"""asgi-correlation-id: ids in log lines, in responses, in errors, in threads and in background tasks."""

from __future__ import annotations

import logging
from typing import Annotated

from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware, correlation_id
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, StreamingResponse

logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)
records: list[str] = []


class Kept(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        records.append(self.format(record))


handler = Kept()
handler.addFilter(CorrelationIdFilter(uuid_length=32, default_value="-"))
handler.setFormatter(logging.Formatter("%(levelname)s [%(correlation_id)s] %(message)s"))
logger.addHandler(handler)
logger.propagate = False

app = FastAPI()


@app.exception_handler(Exception)
async def answer_any_error(request: Request, exc: Exception) -> JSONResponse:
    logger.error("failed: %s", exc)
    return await http_exception_handler(
        request, HTTPException(500, "Internal error", headers={"X-Request-ID": correlation_id.get() or ""})
    )


@app.middleware("http")
async def log_requests(request: Request, call_next):
    logger.info("before %s", request.url.path)
    response = await call_next(request)
    logger.info("after %s", response.status_code)
    return response


app.add_middleware(CorrelationIdMiddleware, header_name="X-Request-ID", validator=None)


async def see_id() -> str | None:
    logger.info("in a dependency")
    return correlation_id.get()


def see_id_in_a_thread():
    logger.info("in a dependency in a thread")
    yield correlation_id.get()
    logger.info("after the response")


Seen = Annotated[str | None, Depends(see_id)]
SeenInThread = Annotated[str | None, Depends(see_id_in_a_thread)]


@app.get("/order/{number}")
async def read_order(number: int, seen: Seen, seen_in_thread: SeenInThread) -> dict[str, object]:
    logger.info("order %d", number)
    return {"number": number, "same": seen == seen_in_thread == correlation_id.get()}


@app.post("/order")
def create_order(tasks: BackgroundTasks) -> dict[str, str | None]:
    logger.info("in a thread")
    tasks.add_task(logger.info, "in a background task")
    return {"id": correlation_id.get()}


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def parts():
        for number in range(2):
            logger.info("part %d", number)
            yield f"{number} {correlation_id.get()}\n"

    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/fail")
async def fail() -> None:
    raise RuntimeError("out of stock")


def drive(session) -> None:
    known = {"X-Request-ID": "abc-123"}
    for method, url, status in (
        ("GET", "/order/3", 200),
        ("GET", "/order/x", 422),
        ("POST", "/order", 200),
        ("GET", "/stream", 200),
        ("GET", "/fail", 500),
        ("GET", "/nothing", 404),
    ):
        session.ask(method, url, status=status, headers=known)
        session.ask(method, url, status=status)
        session.tell(records)
        records.clear()
