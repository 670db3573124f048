"""What handing a function to a thread promises: the same as anyio, on every way it can go."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
import sniffio

from vivace._threads import anyio_parts, call_in_thread, calls, finish_in_thread, pool, run_in_threadpool

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


def test_the_private_names_of_anyio_are_where_this_release_has_them() -> None:
    async def main() -> bool:
        limiter = anyio.to_thread.current_default_thread_limiter()
        return anyio_parts.find_anyio_parts() is not None and anyio_parts.borrowers_of(limiter) is not None

    assert asyncio.run(main()), "anyio moved its private names: every call goes through anyio, which is slow but right"


def test_a_call_outside_of_cancel_scopes_takes_a_thread_of_ours() -> None:
    async def main() -> str:
        return await call_in_thread(lambda: threading.current_thread().name)

    assert asyncio.run(main()) == "Vivace worker thread"


def test_a_call_inside_a_cancel_scope_takes_a_thread_of_anyio() -> None:
    async def main() -> str:
        with anyio.CancelScope():
            name = await call_in_thread(lambda: threading.current_thread().name)
        return name

    assert asyncio.run(main()) == "AnyIO worker thread"


def test_without_the_private_names_of_anyio_a_call_goes_through_anyio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "find_desk", lambda task: None)

    async def main() -> str:
        return await call_in_thread(lambda: threading.current_thread().name)

    assert asyncio.run(main()) == "AnyIO worker thread"


def test_a_call_on_trio_goes_through_anyio() -> None:
    async def main() -> tuple[str, str]:
        name = await call_in_thread(lambda: threading.current_thread().name)
        return name, sniffio.current_async_library()

    name, library = anyio.run(main, backend="trio")
    assert (name.startswith("Vivace"), library) == (False, "trio")


def test_arguments_are_passed_on() -> None:
    assert asyncio.run(run_in_threadpool(int, "ff", base=16)) == 255


@pytest.fixture(params=["ours", "anyio"])
def in_thread(request: pytest.FixtureRequest) -> InThread:
    """Each promise is tested on anyio too: a test that fails there asks for more than anyio promises."""
    return call_in_thread if request.param == "ours" else anyio.to_thread.run_sync


def test_the_thread_sees_the_context_and_its_changes_stay_there(in_thread: InThread) -> None:
    def change() -> str:
        before = VARIABLE.get()
        VARIABLE.set("thread")
        return before

    async def main() -> tuple[str, str]:
        VARIABLE.set("task")
        return await in_thread(change), VARIABLE.get()

    assert asyncio.run(main()) == ("task", "task")


def test_the_thread_can_call_back_into_the_loop(in_thread: InThread) -> None:
    async def double(number: int) -> int:
        await anyio.sleep(0)
        return 2 * number

    def work() -> tuple[int, int, str]:
        asynchronous = anyio.from_thread.run(double, 21)
        return asynchronous, anyio.from_thread.run_sync(threading.get_ident), threading.current_thread().name

    async def main() -> tuple[int, int, str]:
        result: tuple[int, int, str] = await in_thread(work)
        return result

    assert asyncio.run(main())[:2] == (42, threading.get_ident())


def test_the_thread_may_ask_whether_it_is_cancelled(in_thread: InThread) -> None:
    async def main() -> None:
        await in_thread(anyio.from_thread.check_cancelled)

    asyncio.run(main())


@pytest.mark.parametrize("run", [asyncio.run, lambda main: anyio.run(lambda: main)], ids=["asyncio", "anyio"])
def test_the_thread_may_run_a_loop_of_its_own(
    run: Callable[[Coroutine[Any, Any, Any]], Any], in_thread: InThread
) -> None:
    async def inner() -> int:
        return await anyio.to_thread.run_sync(int, "5")

    async def main() -> Any:
        return await in_thread(lambda: anyio.run(inner))

    assert run(main()) == 5


def test_an_exception_arrives_with_the_lines_where_it_was_raised(in_thread: InThread) -> None:
    def deep() -> None:
        raise LookupError("from the thread")

    async def main() -> None:
        await in_thread(deep)

    with pytest.raises(LookupError, match="from the thread") as caught:
        asyncio.run(main())
    assert "deep" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


def test_a_stop_iteration_becomes_a_runtime_error(in_thread: InThread) -> None:
    async def main() -> None:
        await in_thread(lambda: next(iter(())))

    with pytest.raises(RuntimeError, match="coroutine raised StopIteration") as caught:
        asyncio.run(main())
    assert isinstance(caught.value.__cause__, StopIteration)


def test_a_call_borrows_one_token_of_the_default_limiter(in_thread: InThread) -> None:
    async def main() -> tuple[int, bool, int]:
        limiter = anyio.to_thread.current_default_thread_limiter()
        task = asyncio.current_task()

        def work() -> tuple[int, bool]:
            statistics = anyio.from_thread.run_sync(limiter.statistics)
            return statistics.borrowed_tokens, task in statistics.borrowers

        during = await in_thread(work)
        return *during, limiter.borrowed_tokens

    assert asyncio.run(main()) == (1, True, 0)


def test_the_limit_holds_as_it_is_set_at_the_moment(in_thread: InThread) -> None:
    async def main(total_tokens: int) -> int:
        anyio.to_thread.current_default_thread_limiter().total_tokens = total_tokens
        most = running = 0
        lock = threading.Lock()
        all_in = threading.Barrier(total_tokens)

        def work() -> None:
            nonlocal most, running
            with lock:
                running += 1
                most = max(most, running)
            all_in.wait(timeout=10)  # opens when as many calls run as there are tokens
            with lock:
                running -= 1

        await asyncio.gather(*(in_thread(work) for _ in range(3 * total_tokens)))
        return most

    assert asyncio.run(main(3)) == 3
    assert asyncio.run(main(50)) == 50


def test_calls_that_wait_for_a_token_go_in_order_with_other_users_of_the_limiter(in_thread: InThread) -> None:
    order: list[str] = []

    async def by_thread(name: str) -> None:
        await in_thread(lambda: order.append(name))

    async def by_limiter(name: str, limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            order.append(name)

    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        await limiter.acquire_on_behalf_of("someone")
        tasks = []
        for name in "abcd":
            waiting = limiter.statistics().tasks_waiting
            tasks.append(asyncio.create_task(by_thread(name) if name in "bd" else by_limiter(name, limiter)))
            while limiter.statistics().tasks_waiting == waiting:
                await asyncio.sleep(0)
        limiter.release_on_behalf_of("someone")
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert order == ["a", "b", "c", "d"]


def test_a_task_that_already_holds_a_token_is_refused(in_thread: InThread) -> None:
    async def main() -> None:
        async with anyio.to_thread.current_default_thread_limiter():
            await in_thread(int)

    with pytest.raises(RuntimeError, match="already holding"):
        asyncio.run(main())


def test_a_cancelled_task_leaves_at_once_and_gives_its_token_back(in_thread: InThread) -> None:
    async def main() -> tuple[bool, int]:
        limiter = anyio.to_thread.current_default_thread_limiter()
        started, finish = asyncio.Event(), threading.Event()

        def work() -> None:
            anyio.from_thread.run_sync(started.set)
            finish.wait(timeout=10)

        async def call() -> None:
            await in_thread(work)

        task = asyncio.create_task(call())
        await started.wait()
        task.cancel()
        await asyncio.wait([task])
        tokens = limiter.borrowed_tokens
        finish.set()
        await in_thread(int)  # the outcome that nobody waits for any more does no harm
        return task.cancelled(), tokens

    assert asyncio.run(main()) == (True, 0)


def test_a_task_that_is_being_cancelled_starts_no_call(in_thread: InThread) -> None:
    calls: list[int] = []

    async def call() -> None:
        await in_thread(lambda: calls.append(1))

    async def main() -> bool:
        task = asyncio.create_task(call())
        task.cancel()
        await asyncio.wait([task])

        async def cancel_itself() -> None:
            current = asyncio.current_task()
            assert current is not None
            current.cancel()
            await call()

        second = asyncio.create_task(cancel_itself())
        await asyncio.wait([second])
        return task.cancelled() and second.cancelled()

    assert asyncio.run(main())
    assert calls == []


def test_a_cancel_scope_waits_for_the_thread_and_then_cancels(in_thread: InThread) -> None:
    async def main() -> list[str]:
        events: list[str] = []
        finish = threading.Event()

        def work() -> str:
            anyio.from_thread.run_sync(scope.cancel)
            finish.set()
            with pytest.raises(asyncio.CancelledError):
                anyio.from_thread.check_cancelled()
            return "result"

        with anyio.CancelScope() as scope:
            events.append(await in_thread(work))
            events.append("after")
            await anyio.sleep(0)
            events.append("never")
        return events

    assert asyncio.run(main()) == ["result", "after"]


def test_a_call_leaves_no_cycle_behind() -> None:
    class Thing:
        pass

    def fail(thing: Thing) -> None:
        raise LookupError("no")

    async def main() -> list[bool]:
        gone = []
        for work in (lambda thing: None, fail):
            thing = Thing()
            reference = weakref.ref(thing)
            try:
                await run_in_threadpool(work, thing)
            except LookupError:
                pass
            await call_in_thread(int)  # by now every thread has let go of its last call
            del thing
            gone.append(reference() is None)
        return gone

    gc.disable()
    try:
        assert asyncio.run(main()) == [True, True]
    finally:
        gc.enable()


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "Vivace worker thread"]


def test_there_are_no_more_threads_than_calls_at_the_same_time() -> None:
    async def main() -> int:
        before = len(ours())
        for _ in range(20):
            await call_in_thread(int)
        return len(ours()) - before

    assert asyncio.run(main()) <= 1


def test_an_idle_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 0.01)

    async def main() -> tuple[bool, int]:
        thread = await call_in_thread(threading.current_thread)
        thread.join(timeout=10)
        return thread.is_alive(), await call_in_thread(lambda: 7)

    assert asyncio.run(main()) == (False, 7)


def test_calls_are_not_lost_while_threads_retire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 0.0)  # every moment without work ends a thread

    async def main() -> int:
        total = 0
        for _ in range(100):
            total += sum(await asyncio.gather(*(call_in_thread(lambda: 1) for _ in range(5))))
        return total

    assert asyncio.run(asyncio.wait_for(main(), timeout=30)) == 500


def test_the_threads_of_a_loop_end_when_its_thread_runs_another_loop() -> None:
    async def main() -> threading.Thread:
        return await call_in_thread(threading.current_thread)

    first = asyncio.run(main())
    asyncio.run(main())
    first.join(timeout=5)

    assert not first.is_alive()


def test_the_threads_of_a_loop_end_with_the_thread_that_ran_it() -> None:
    workers: list[threading.Thread] = []

    async def main() -> None:
        workers.append(await call_in_thread(threading.current_thread))

    runner = threading.Thread(target=lambda: asyncio.run(main()))
    runner.start()
    runner.join(timeout=10)
    workers[0].join(timeout=5)

    assert not workers[0].is_alive()


def test_a_loop_closed_while_a_call_runs_troubles_nobody() -> None:
    finish = threading.Event()
    worker: list[threading.Thread] = []

    async def main() -> None:
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> None:
            worker.append(threading.current_thread())
            loop.call_soon_threadsafe(started.set)
            finish.wait(timeout=10)

        task = asyncio.create_task(run_in_threadpool(work))
        await started.wait()
        task.cancel()

    asyncio.run(main())
    finish.set()  # its loop is closed by now: nobody wants the outcome (and pytest fails on errors in threads)
    asyncio.run(run_in_threadpool(int))  # another loop: the first one's threads may go
    worker[0].join(timeout=5)

    assert not worker[0].is_alive()


def test_two_loops_taking_turns_in_one_thread_both_get_their_results() -> None:
    loops = [asyncio.new_event_loop(), asyncio.new_event_loop()]
    try:
        results = [loop.run_until_complete(run_in_threadpool(str, n)) for n in range(4) for loop in loops]
    finally:
        for loop in loops:
            loop.close()

    assert results == ["0", "0", "1", "1", "2", "2", "3", "3"]


def run_program(source: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, env=environment)


@pytest.mark.slow
def test_the_interpreter_exits_at_once_though_threads_are_idle() -> None:
    program = """
import asyncio
from vivace._threads import call_in_thread
loop = asyncio.new_event_loop()  # kept to the end, and never closed
print(loop.run_until_complete(call_in_thread(lambda: "done")), flush=True)
import time; start = time.monotonic()
import atexit; atexit.register(lambda: print(time.monotonic() - start < 5) or loop.close())
"""
    finished = run_program(program)

    assert (finished.returncode, finished.stdout.split(), finished.stderr) == (0, ["done", "True"], "")


@pytest.mark.slow
def test_the_interpreter_waits_for_a_call_that_is_under_way() -> None:
    program = """
import asyncio, threading
from vivace._threads import call_in_thread
def work():
    started.set()
    threading.main_thread().join()
    print("finished", flush=True)
started = threading.Event()
async def main():
    task = asyncio.create_task(call_in_thread(work))
    while not started.is_set():
        await asyncio.sleep(0)
    task.cancel()
asyncio.run(main())
"""
    finished = run_program(program)

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "finished\n", "")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_starts_threads_of_its_own() -> None:
    program = """
import asyncio, os, warnings
warnings.simplefilter("ignore")  # from Python 3.12 on, a fork with threads warns
from vivace._threads import call_in_thread
loop = asyncio.new_event_loop()
loop.run_until_complete(call_in_thread(int))
child = os.fork()
if child == 0:
    ok = loop.run_until_complete(asyncio.wait_for(call_in_thread(lambda: "child"), 5)) == "child"
    os._exit(0 if ok else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), loop.run_until_complete(call_in_thread(lambda: "parent")))
loop.close()
"""
    finished = run_program(program)

    assert (finished.stdout, finished.stderr) == ("0 parent\n", "")


def test_finishing_waits_for_no_token() -> None:
    async def main() -> int:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        async with asyncio.timeout(10), limiter:
            plainly = await finish_in_thread(lambda: 1)
            with anyio.CancelScope() as scope:
                scope.cancel()
                shielded = await finish_in_thread(lambda: 2)
        return plainly + shielded

    assert asyncio.run(main()) == 3


def test_finishing_happens_although_the_task_is_being_cancelled() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await finish_in_thread(lambda: done.append("finished"))

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    assert done == ["finished"]
