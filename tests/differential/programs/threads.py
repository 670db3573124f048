# mypy: ignore-errors
"""Handlers in threads: context, limits, exceptions, and the way back to the event loop."""

import asyncio
import contextvars
import threading

import anyio
import anyio.from_thread
import anyio.to_thread
import sniffio
from fastapi import Depends, FastAPI, HTTPException, Request

from differential.cases import case, get

variable: contextvars.ContextVar[list[str]] = contextvars.ContextVar("variable")


@case(get("/run"), get("/sync"), get("/spawn"), get("/async"))
def from_a_thread_to_the_loop() -> FastAPI:
    app = FastAPI()

    async def double(n: int) -> int:
        await asyncio.sleep(0)
        return n * 2

    @app.get("/run")
    def run():
        return anyio.from_thread.run(double, 4)

    @app.get("/sync")
    def run_sync():
        return [
            anyio.from_thread.run_sync(len, "abc"),
            anyio.from_thread.run_sync(asyncio.get_running_loop).is_running(),
        ]

    @app.get("/spawn")
    def checks():
        anyio.from_thread.check_cancelled()
        return "not cancelled"

    @app.get("/async")
    async def library():
        return [sniffio.current_async_library(), asyncio.current_task() is not None]

    return app


@case(get("/a"), get("/b"), get("/c"), get("/a"))
def context_variables_between_threads() -> FastAPI:
    app = FastAPI()

    async def opened():
        variable.set(["async"])

    def in_thread():
        variable.get().append("thread")
        variable.set(["lost"])

    def generator():
        variable.get().append("enter")
        yield
        variable.get().append("exit")

    @app.get("/a", dependencies=[Depends(opened), Depends(in_thread), Depends(generator)])
    def a():
        return variable.get()

    @app.get("/b", dependencies=[Depends(opened)])
    async def b():
        return variable.get()

    @app.get("/c")
    def c():
        return variable.get(["default"])

    return app


@case(*[get(f"/{name}") for name in ("value", "stop", "http", "base", "chained", "group")])
def exceptions_in_threads() -> FastAPI:
    app = FastAPI()

    @app.get("/value")
    def value():
        raise ValueError("in a thread")

    @app.get("/stop")
    def stop():
        raise StopIteration("in a thread")

    @app.get("/http")
    def http():
        raise HTTPException(409, "in a thread")

    @app.get("/base")
    def lookup():
        return {}["missing"]

    @app.get("/chained")
    def chained():
        try:
            raise KeyError("first")
        except KeyError as exc:
            raise ValueError("second") from exc

    @app.get("/group")
    def group():
        raise ExceptionGroup("many", [ValueError("a")])

    return app


@case(get("/"), get("/limited"), get("/"))
def the_limiter_of_anyio() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read():
        limiter = anyio.to_thread.current_default_thread_limiter()
        return [limiter.total_tokens, limiter.borrowed_tokens]

    @app.get("/limited")
    async def limit():
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        return "one"

    return app


@case(get("/in-thread"))
def a_token_is_borrowed_while_a_handler_runs() -> FastAPI:
    app = FastAPI()

    @app.get("/in-thread")
    def read():
        return anyio.from_thread.run_sync(lambda: anyio.to_thread.current_default_thread_limiter().borrowed_tokens)

    return app


@case(*[get(f"/?n={number}") for number in range(6)], concurrent=True)
def one_token_for_many_requests() -> FastAPI:
    app = FastAPI()
    running = []

    async def limit():
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1

    @app.get("/", dependencies=[Depends(limit)])
    def read(n: int):
        running.append(n)
        alone = len(running) == 1
        anyio.from_thread.run(asyncio.sleep, 0)
        running.remove(n)
        return alone

    return app


@case(*[get(f"/{kind}?n={number}") for number in range(10) for kind in ("sync", "async", "yield")], concurrent=True)
def many_requests_at_once() -> FastAPI:
    app = FastAPI()

    def generator(n: int):
        yield [n, threading.current_thread() is threading.main_thread()]

    async def agenerator(n: int):
        await asyncio.sleep(0)
        yield n

    @app.get("/sync")
    def sync(n: int, request: Request):
        return [n, request.url.query]

    @app.get("/async")
    async def coroutine(n: int, request: Request):
        await asyncio.sleep(0)
        return [n, request.url.query]

    @app.get("/yield")
    def of_yield(n: int, g=Depends(generator), a=Depends(agenerator)):
        return [n, g, a]

    return app
