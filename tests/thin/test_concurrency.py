"""``contextmanager_in_threadpool`` behaves as the reference's."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import anyio
import anyio.to_thread
import fastapi.concurrency
import pytest

import vivace.concurrency

Enter = Callable[[Any], Any]


@pytest.fixture(params=[vivace.concurrency, fastapi.concurrency], ids=["vivace", "fastapi"])
def in_threadpool(request: pytest.FixtureRequest) -> Enter:
    """Each test runs on the reference too: one that fails there asks for something else."""
    enter: Enter = request.param.contextmanager_in_threadpool
    return enter


class Recorder:
    def __init__(self, *, swallows: Any = None) -> None:
        self.swallows = swallows
        self.threads: list[int] = []
        self.seen: list[object] = []

    def __enter__(self) -> str:
        self.threads.append(threading.get_ident())
        return "value"

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> Any:
        self.threads.append(threading.get_ident())
        self.seen.append(kind)
        return self.swallows


def test_entry_and_exit_run_in_threads(in_threadpool: Enter) -> None:
    recorder = Recorder()

    async def main() -> object:
        async with in_threadpool(recorder) as value:
            return value

    assert asyncio.run(main()) == "value"
    assert threading.get_ident() not in recorder.threads
    assert recorder.seen == [None]


@pytest.mark.parametrize("exc_type", [ValueError, KeyboardInterrupt, asyncio.CancelledError, StopIteration])
@pytest.mark.parametrize("swallows", [None, False, True, 1])
def test_the_exit_sees_the_exception_and_may_swallow_it(
    in_threadpool: Enter, exc_type: type[BaseException], swallows: Any
) -> None:
    recorder = Recorder(swallows=swallows)

    async def main() -> str:
        try:
            async with in_threadpool(recorder):
                raise exc_type
        except exc_type:
            return "raised"
        return "swallowed"

    assert asyncio.run(main()) == ("swallowed" if swallows else "raised")
    assert recorder.seen == [exc_type]


def test_the_exit_may_raise_something_else(in_threadpool: Enter) -> None:
    @contextlib.contextmanager
    def converting() -> Iterator[None]:
        try:
            yield
        except ValueError as exc:
            raise LookupError("converted") from exc

    async def main() -> None:
        async with in_threadpool(converting()):
            raise ValueError("first")

    with pytest.raises(LookupError, match="converted") as caught:
        asyncio.run(main())
    assert isinstance(caught.value.__cause__, ValueError)


def test_the_exit_runs_although_the_scope_is_cancelled(in_threadpool: Enter) -> None:
    recorder = Recorder()

    async def main() -> None:
        with anyio.CancelScope() as scope:
            async with in_threadpool(recorder):
                scope.cancel()
                await anyio.sleep(0)
                raise AssertionError

    asyncio.run(main())
    assert recorder.seen == [asyncio.CancelledError]


def test_the_exit_needs_no_token_of_the_pool(in_threadpool: Enter) -> None:
    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        async with asyncio.timeout(10), in_threadpool(Recorder()):
            await limiter.acquire_on_behalf_of("someone else")

    asyncio.run(main())


def test_each_thread_sees_the_context_of_its_moment(in_threadpool: Enter) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen = []

    @contextlib.contextmanager
    def manager() -> Iterator[None]:
        variable.set("of the entry")
        yield
        seen.append(variable.get())

    async def main() -> None:
        async with in_threadpool(manager()):
            seen.append(variable.get())
            variable.set("of the block")

    asyncio.run(main())
    assert seen == ["unset", "of the block"]
