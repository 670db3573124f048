# mypy: ignore-errors
"""Streaming responses and clients that leave, with what surrounds them."""

import asyncio

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

from differential.cases import case, get, post


class Broken(Exception):
    pass


@case(*[get(f"/{name}") for name in ("async", "sync", "empty", "failing", "failing-late", "status", "list")])
def streaming_responses(log) -> FastAPI:
    app = FastAPI()

    async def opened():
        log("enter")
        try:
            yield
        except BaseException as exc:
            log("saw", type(exc).__name__)
            raise
        finally:
            log("exit")

    async def chunks(fail_at=None):
        for number in range(3):
            if number == fail_at:
                raise Broken(f"at {number}")
            log("chunk", number)
            yield f"{number},"

    def sync_chunks():
        for number in range(3):
            log("chunk", number)
            yield f"{number},".encode()

    @app.get("/async", dependencies=[Depends(opened)])
    async def of_async(tasks: BackgroundTasks):
        tasks.add_task(log, "task")
        return StreamingResponse(chunks(), media_type="text/plain")

    @app.get("/sync", dependencies=[Depends(opened)])
    def of_sync(tasks: BackgroundTasks):
        tasks.add_task(log, "task")
        return StreamingResponse(sync_chunks(), headers={"x-a": "1"})

    @app.get("/empty")
    async def empty():
        return StreamingResponse(iter(()))

    @app.get("/failing", dependencies=[Depends(opened)])
    async def failing():
        return StreamingResponse(chunks(0))

    @app.get("/failing-late", dependencies=[Depends(opened)])
    async def failing_late():
        return StreamingResponse(chunks(2))

    @app.get("/status")
    async def status():
        return StreamingResponse(chunks(), status_code=206)

    @app.get("/list", response_class=StreamingResponse)
    async def of_list():
        return StreamingResponse(["a", b"b"])

    return app


@case(
    post("/body", content=b"abc", disconnects=True),
    post("/stream", content=b"abc", disconnects=True),
    post("/model", content=b'{"a"', disconnects=True, content_type="application/json"),
    post("/unread", content=b"abc", disconnects=True),
    post("/handled", content=b"abc", disconnects=True),
)
def a_client_that_leaves_while_sending(log) -> FastAPI:
    app = FastAPI()

    async def opened():
        try:
            yield
        except BaseException as exc:
            log("saw", type(exc).__name__)
            raise
        finally:
            log("exit")

    @app.post("/body", dependencies=[Depends(opened)])
    async def body(request: Request):
        await request.body()
        log("never")

    @app.post("/stream")
    async def stream(request: Request):
        async for chunk in request.stream():
            log("chunk", chunk)

    @app.post("/model", dependencies=[Depends(opened)])
    def model(value: dict):
        log("never")

    @app.post("/unread")
    async def unread():
        return "never read"

    @app.post("/handled")
    async def handled(request: Request):
        try:
            await request.body()
        except Exception as exc:
            raise HTTPException(400, type(exc).__name__) from exc

    return app


@case(get("/raise"), get("/handled"), get("/http"), get("/function"))
def a_stream_that_fails_under_handlers(log) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Broken)
    async def handle(request, exc):
        log("handler")
        return StreamingResponse(iter(["handled"]), 400)

    async def chunks(exc):
        yield "first"
        raise exc

    @app.get("/raise")
    async def raises():
        return StreamingResponse(chunks(ValueError("x")))

    @app.get("/handled")
    async def handled():
        return StreamingResponse(chunks(Broken("x")))

    @app.get("/http")
    async def http():
        return StreamingResponse(chunks(HTTPException(404)))

    def function_scoped():
        try:
            yield "open"
        finally:
            log("closed")

    @app.get("/function")
    async def function(value=Depends(function_scoped, scope="function")):
        async def told():
            log("streams")
            yield value

        return StreamingResponse(told())

    return app


@case(get("/"), get("/dep"), get("/sync"))
def cancellation(log) -> FastAPI:
    app = FastAPI()

    async def opened():
        try:
            yield
        finally:
            await asyncio.sleep(0)
            log("closed")

    @app.get("/", dependencies=[Depends(opened)])
    async def read():
        raise asyncio.CancelledError

    async def cancelled():
        raise asyncio.CancelledError

    @app.get("/dep", dependencies=[Depends(opened), Depends(cancelled)])
    async def dep():
        log("never")

    @app.get("/sync", dependencies=[Depends(opened)])
    def sync():
        log("runs")

    return app
