"""When a call may go to a thread: as soon as it has a token of anyio's limiter, and never too late.

The one rule: no request that holds something waits for ever for a call that may be waiting for just that.

A limiter alone allows it: a few requests hold the connections of a pool, every token is with calls that wait for a
connection, and the holders wait for a token to go on. So holders are known (`Hold`), and

- one that was given a token and goes on at once with another call keeps it;
- every other token that comes back is for holders first, if some wait;
- if none comes back for `PATIENCE_S` while a holder waits, it goes on without one;
- a thread that waits for the event loop lends its turn to what it waits for.

A call of a request that holds nothing waits for a token however long it takes: the limit holds.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import anyio
from anyio import WouldBlock

__all__ = ["Hold", "Turn", "Turns", "WaitingThread", "holds_something"]

PATIENCE_S = 0.1  # without any progress before a holder goes over the limit; long enough for a call that only computes
EXTRA_S = 10.0  # that such an extra turn stays for other holders: the next would wait as long for theirs

Holder = tuple[object, "asyncio.Future[Turn]"]


class Hold:
    """That the running request holds something which calls of other requests may wait for. Begun once.

    Tasks that it starts hold it too. What is held by tasks around this one is remembered as long as it is held.
    """

    # PERF: without an `__init__`, and `end` may be written out (benchmark: one `yield` dependency).
    __slots__ = ("_outer", "is_held")

    _outer: Hold | None
    is_held: bool

    def begin(self) -> None:
        outer = _innermost.get()
        while outer is not None and not outer.is_held:
            outer = outer._outer
        self._outer = outer
        self.is_held = True
        _innermost.set(self)

    def end(self) -> None:
        self.is_held = False

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.end()


class WaitingThread(Hold):
    """A thread that waits for the loop: it lends its turn to one call at a time, of those that it waits for."""

    __slots__ = ("can_lend",)

    def __init__(self) -> None:
        self.can_lend = True


# Not reset at the end, which may come in another context: what is not held any more counts for nothing.
_innermost: ContextVar[Hold | None] = ContextVar("vivace_innermost_hold", default=None)


def _all_held() -> Iterator[Hold]:
    hold = _innermost.get()
    while hold is not None:
        if hold.is_held:
            yield hold
        hold = hold._outer


def holds_something() -> bool:
    """Tell whether the running task belongs to a request that holds something."""
    return next(_all_held(), None) is not None


class Turn(enum.Enum):
    """A turn that is nobody's own."""

    TOKEN = enum.auto()  # of anyio's limiter, borrowed in the name of the task
    EXTRA = enum.auto()  # beyond the limit


class Turns:
    """Who of one event loop goes next. All of it belongs to the thread of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limiter: anyio.CapacityLimiter, borrowers: set[Any]) -> None:
        self.limiter = limiter
        self.waiting = 0  # calls that wait, here or in the limiter's own line
        self.kept: dict[object, object] = {}  # by task: in whose name its token is, until the task goes on with it
        self._loop = loop
        # A token can be passed on to a certain task only here: giving it back offers it to the limiter's line.
        self._borrowers = borrowers
        self._holders: deque[Holder] = deque()
        self._is_line_next = False
        self._extra = 0  # how many turns there are beyond the limit
        self._extra_taken = 0
        self._has_progress = False  # since the last look
        self._look: asyncio.TimerHandle | None = None

    async def wait(self, task: object) -> Turn | WaitingThread:
        """Wait for a turn, or take one that was kept or is lent; there was no token."""
        keeper = self.kept.pop(task, None)
        if keeper is not None:
            self._move(keeper, task)
            return Turn.TOKEN
        is_holder = False
        for hold in _all_held():
            if isinstance(hold, WaitingThread) and hold.can_lend:
                hold.can_lend = False
                return hold
            is_holder = True
        self.waiting += 1
        try:
            if is_holder:
                return await self._wait_as_holder(task)
            await self.limiter.acquire_on_behalf_of(task)
            return Turn.TOKEN
        finally:
            self.waiting -= 1

    def end(self, task: object, turn: Turn | WaitingThread, *, may_go_on: bool) -> None:
        """End a turn while others wait. `may_go_on`: a token is kept for a call that the task makes at once."""
        if turn is Turn.EXTRA:
            self._has_progress = True
            self._extra_taken -= 1
            self._give_extra()
        elif isinstance(turn, WaitingThread):
            turn.can_lend = True
        elif may_go_on and not self._loop.is_closed():
            keeper = self.kept[task] = object()
            self._move(task, keeper)
            self._loop.call_soon(self._end_keeping, task, keeper)
        else:
            self._pass_on(task)

    def _end_keeping(self, task: object, keeper: object) -> None:
        if self.kept.get(task) is keeper:
            del self.kept[task]
            self._pass_on(keeper)

    def _pass_on(self, borrower: object) -> None:
        """Give a token to the next holder or, every other time, to the limiter's line: neither is to wait for ever."""
        self._has_progress = True
        is_over_limit = len(self._borrowers) > self.limiter.total_tokens  # it was lowered
        if self._is_line_next or is_over_limit or not self._has_holders():
            self._is_line_next = False
            self.limiter.release_on_behalf_of(borrower)
            self._offer_free_token()
            return
        self._is_line_next = True
        task, waiter = self._holders.popleft()
        self._move(borrower, task)
        waiter.set_result(Turn.TOKEN)

    def _move(self, borrower: object, new_borrower: object) -> None:
        self._borrowers.remove(borrower)
        self._borrowers.add(new_borrower)

    # Holders

    async def _wait_as_holder(self, task: object) -> Turn:
        if self._extra_taken < self._extra:
            self._extra_taken += 1
            return Turn.EXTRA
        waiter: asyncio.Future[Turn] = self._loop.create_future()
        self._holders.append((task, waiter))
        if self._look is None:
            self._look_later()
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it was this task's turn, which it will not use
                self.end(task, waiter.result(), may_go_on=False)
            raise

    def _has_holders(self) -> bool:
        while self._holders and self._holders[0][1].done():  # cancelled meanwhile
            self._holders.popleft()
        return bool(self._holders)

    def _offer_free_token(self) -> bool:
        """Let the next holder have a token that nobody in the limiter's line wants. Returns whether there was one."""
        if not self._has_holders():
            return False
        task, waiter = self._holders[0]
        try:
            self.limiter.acquire_on_behalf_of_nowait(task)
        except WouldBlock:
            return False
        self._holders.popleft()
        waiter.set_result(Turn.TOKEN)
        return True

    def _give_extra(self) -> None:
        if self._extra_taken < self._extra and self._has_holders():
            self._extra_taken += 1
            self._holders.popleft()[1].set_result(Turn.EXTRA)

    def _look_later(self) -> None:
        self._has_progress = False
        self._look = self._loop.call_later(PATIENCE_S, self._look_after_holders)

    def _look_after_holders(self) -> None:
        self._look = None
        while self._offer_free_token():  # the limit was raised, or others use the limiter too
            self._has_progress = True
        if not self._has_holders():
            return
        if not self._has_progress:
            self._extra += 1
            self._loop.call_later(EXTRA_S, self._drop_extra)
            self._give_extra()
        self._look_later()

    def _drop_extra(self) -> None:
        self._extra -= 1
