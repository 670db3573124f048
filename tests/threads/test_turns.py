"""Who goes next when there are more calls than tokens: the limit holds, and nobody waits without end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from vivace._threads import Hold, call_in_thread, calls, pool, run_in_threadpool, turns

DEADLINE_S = 10.0


def run(main: Callable[[anyio.CapacityLimiter], Any], *, tokens: int) -> Any:
    """Run with so many tokens. Whatever happens, all turns are given back in the end."""

    async def bounded() -> Any:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = tokens
        async with asyncio.timeout(DEADLINE_S):
            result = await main(limiter)
            await asyncio.sleep(0)  # a token is kept for one step of the loop
        ours = turns_of_this_loop()
        assert (limiter.borrowed_tokens, ours.waiting, ours.kept) == (0, 0, {})
        return result

    return asyncio.run(bounded())


def turns_of_this_loop() -> turns.Turns:
    task = asyncio.current_task()
    assert task is not None
    desk = pool.find_desk(task)
    assert desk is not None
    return desk.turns


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


class Gate:
    """Calls that stay in their threads until they are let out."""

    def __init__(self) -> None:
        self.inside = 0
        self._is_open = threading.Event()

    def enter(self) -> None:
        self.inside += 1
        assert self._is_open.wait(timeout=DEADLINE_S)

    def open(self) -> None:
        self._is_open.set()


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.005)


async def hold_and(func: Callable[[], Any]) -> Any:
    with Hold():
        return await call_in_thread(func)


def test_the_limit_holds_for_calls_that_hold_nothing_however_long_they_wait(short_patience: None) -> None:
    async def main(limiter: anyio.CapacityLimiter) -> tuple[int, int]:
        gate = Gate()
        tasks = [asyncio.create_task(call_in_thread(gate.enter)) for _ in range(6)]
        await until(lambda: gate.inside == 2)
        for _ in range(3):  # of holders, which go on each time that nothing has moved for long enough
            await hold_and(int)
        inside = gate.inside
        gate.open()
        await asyncio.gather(*tasks)
        return inside, gate.inside

    assert run(main, tokens=2) == (2, 6)


def test_a_holder_goes_on_without_a_token_when_nothing_moves(short_patience: None) -> None:
    async def main(limiter: anyio.CapacityLimiter) -> str:
        gate = Gate()
        task = asyncio.create_task(call_in_thread(gate.enter))
        await until(lambda: gate.inside == 1)
        name: str = await hold_and(lambda: "went on")
        gate.open()
        await task
        return name

    assert run(main, tokens=1) == "went on"


def test_holders_get_one_turn_after_the_other_beyond_the_limit(short_patience: None) -> None:
    async def main(limiter: anyio.CapacityLimiter) -> int:
        gate, most, running = Gate(), 0, 0

        def work() -> None:
            nonlocal most, running
            running += 1
            most = max(most, running)
            running -= 1

        task = asyncio.create_task(call_in_thread(gate.enter))
        await until(lambda: gate.inside == 1)
        await asyncio.gather(*(hold_and(work) for _ in range(50)))
        gate.open()
        await task
        return most

    assert run(main, tokens=1) == 1


def test_holders_wait_as_long_as_tokens_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 5.0)  # had one to wait that long, the deadline would pass

    async def main(limiter: anyio.CapacityLimiter) -> int:
        lock, running, most = threading.Lock(), 0, 0

        def work() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            anyio.from_thread.run_sync(int)  # so that others have time to start
            with lock:
                running -= 1

        await asyncio.gather(*(hold_and(work) if n % 2 else call_in_thread(work) for n in range(200)))
        return most

    assert run(main, tokens=3) <= 3


def test_a_token_that_comes_back_goes_to_holders_and_to_the_others_in_turn() -> None:
    async def main(limiter: anyio.CapacityLimiter) -> list[str]:
        gate = Gate()
        order: list[str] = []
        first = asyncio.create_task(call_in_thread(gate.enter))
        await until(lambda: gate.inside == 1)
        ours = turns_of_this_loop()
        tasks = []
        for n in range(6):
            call = run_in_threadpool if n < 3 else lambda func, name: hold_and(lambda: func(name))
            tasks.append(asyncio.create_task(call(order.append, "other" if n < 3 else "holder")))
            await until(lambda n=n: ours.waiting == n + 1)  # type: ignore[misc]  # the default is the value of this round
        gate.open()
        await asyncio.gather(first, *tasks)
        return order

    assert run(main, tokens=1) == ["holder", "other"] * 3


def test_a_call_that_follows_at_once_keeps_the_token() -> None:
    async def main(limiter: anyio.CapacityLimiter) -> list[str]:
        order: list[str] = []

        async def request(name: str) -> None:
            for _ in range(3):  # dependencies and handler
                await call_in_thread(lambda: order.append(name))

        await asyncio.gather(*(request(name) for name in "abc"))
        return order

    assert run(main, tokens=1) == list("aaabbbccc")


def test_those_who_use_threads_again_and_again_let_others_have_their_turn() -> None:
    async def main(limiter: anyio.CapacityLimiter) -> list[str]:
        order: list[str] = []

        async def loop(name: str) -> None:
            for _ in range(3):
                await run_in_threadpool(order.append, name)

        await asyncio.gather(loop("a"), loop("b"))
        return order

    assert run(main, tokens=1) == ["a", "b"] * 3


def test_a_token_that_is_kept_is_in_no_ones_way() -> None:
    async def main(limiter: anyio.CapacityLimiter) -> int:
        async def request() -> int:
            await call_in_thread(int)
            async with limiter:  # not "already holding one of this limiter's tokens"
                return 1

        return sum(await asyncio.gather(*(request() for _ in range(5))))

    assert run(main, tokens=1) == 5


def test_a_thread_lends_its_turn_to_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 5.0)

    async def main(limiter: anyio.CapacityLimiter) -> int:
        def outer() -> int:
            return sum(anyio.from_thread.run(run_in_threadpool, int, "1") for _ in range(3))

        return sum(await asyncio.gather(*(call_in_thread(outer) for _ in range(4))))

    assert run(main, tokens=1) == 12


def test_threads_may_wait_for_threads_that_wait_for_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 5.0)

    def deep(level: int) -> int:
        return level if level == 0 else 1 + anyio.from_thread.run(run_in_threadpool, deep, level - 1)

    async def main(limiter: anyio.CapacityLimiter) -> list[int]:
        return await asyncio.gather(*(run_in_threadpool(deep, 5) for _ in range(4)))

    assert run(main, tokens=2) == [5] * 4


def test_a_cancelled_holder_passes_its_turn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 5.0)

    async def main(limiter: anyio.CapacityLimiter) -> list[str]:
        gate = Gate()
        done: list[str] = []
        first = asyncio.create_task(run_in_threadpool(gate.enter))
        await until(lambda: gate.inside == 1)
        ours = turns_of_this_loop()
        holders = [asyncio.create_task(hold_and(lambda n=n: done.append(n))) for n in "abcd"]  # type: ignore[misc]
        await until(lambda: ours.waiting == 4)
        holders[0].cancel()  # while it waits
        gate.open()
        await first
        # The first call has ended in this very step of the loop: the turn of "b" is on its way.
        holders[1].cancel()
        await asyncio.gather(*holders, return_exceptions=True)
        return done

    assert run(main, tokens=1)[-2:] == ["c", "d"]


def test_an_extra_turn_goes_away_in_time(short_patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "EXTRA_S", 0.01)

    async def main(limiter: anyio.CapacityLimiter) -> int:
        gate = Gate()
        task = asyncio.create_task(call_in_thread(gate.enter))
        await until(lambda: gate.inside == 1)
        await hold_and(int)
        ours = turns_of_this_loop()
        await until(lambda: ours._extra == 0)
        gate.open()
        await task
        return ours._extra_taken

    assert run(main, tokens=1) == 0


def test_a_limit_that_is_lowered_is_kept_and_one_that_is_raised_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.05)

    async def main(limiter: anyio.CapacityLimiter) -> list[int]:
        first, second = Gate(), Gate()
        tasks = [asyncio.create_task(call_in_thread(first.enter)) for _ in range(2)]
        await until(lambda: first.inside == 2)
        tasks += [asyncio.create_task(call_in_thread(second.enter)) for _ in range(4)]
        await until(lambda: turns_of_this_loop().waiting == 4)
        limiter.total_tokens = 1
        first.open()
        await asyncio.gather(*tasks[:2])
        await until(lambda: second.inside == 1)
        seen = [second.inside]
        limiter.total_tokens = 3
        await until(lambda: second.inside == 3)
        seen.append(second.inside)
        second.open()
        await asyncio.gather(*tasks)
        return seen

    assert run(main, tokens=2) == [1, 3]


def test_a_task_holds_what_the_task_that_started_it_holds_as_long_as_that_lasts() -> None:
    async def main(limiter: anyio.CapacityLimiter) -> list[bool]:
        ended = asyncio.Event()

        async def child() -> list[bool]:
            before = turns.holds_something()
            await ended.wait()
            return [before, turns.holds_something()]

        with Hold():
            task = asyncio.create_task(child())
            await asyncio.sleep(0)
            with Hold():
                pass
            outer = turns.holds_something()
        ended.set()
        return [outer, *await task, turns.holds_something()]

    assert run(main, tokens=1) == [True, True, False, False]


def test_without_the_private_names_of_anyio_a_holder_waits_for_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(limiter: anyio.CapacityLimiter) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(calls, "find_desk", lambda task: None)
            gate = Gate()
            task = asyncio.create_task(call_in_thread(gate.enter))
            await until(lambda: gate.inside == 1)
            name: str = await hold_and(lambda: threading.current_thread().name)
            gate.open()
            await task
        return name

    assert run(main, tokens=1) == "AnyIO worker thread"
