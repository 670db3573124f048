"""Messages of one connection that wait for an application to receive them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from vivace.types import Message

__all__ = ["READ_AHEAD", "READ_AHEAD_BYTES", "Inbox"]

READ_AHEAD = 16  # messages that wait for the app before reading pauses
READ_AHEAD_BYTES = 65_536  # of messages that wait; bounds, with the longest message, what a connection holds


class _Reader(Protocol):
    """Who fills an inbox."""

    def pause_reading(self) -> None:
        """Fill it no more for now."""

    def resume_reading(self) -> None:
        """Go on."""


class Inbox:
    """A queue that tells its reader when it is full, and when it is empty again.

    PERF: with `asyncio.Queue`, and pausing after every message, a websocket message cost a third more (benchmark:
    websocket_dependencies).
    """

    __slots__ = ("_bytes", "_is_paused", "_loop", "_messages", "_reader", "_waiting")

    def __init__(self, reader: _Reader, loop: asyncio.AbstractEventLoop) -> None:
        self._reader: _Reader | None = reader
        self._loop = loop
        self._messages: deque[Message] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._bytes = 0
        self._is_paused = False

    def put(self, message: Message, size: int = 0) -> None:
        """Add a message, whose data has so many bytes, and wake who waits for one."""
        self._messages.append(message)
        self._bytes += size
        if self._waiting:
            self._wake()
        is_full = self._bytes >= READ_AHEAD_BYTES or len(self._messages) >= READ_AHEAD
        if is_full and self._reader is not None:
            self._is_paused = True
            self._reader.pause_reading()

    async def get(self) -> Message:
        """Return the next message, when there is one."""
        while not self._messages:
            waiter = self._loop.create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if self._messages:  # it was this one's turn, and is another's now
                    self._wake()
                raise
        message = self._messages.popleft()
        if not self._messages:
            self._bytes = 0
            if self._is_paused and self._reader is not None:
                self._is_paused = False
                self._reader.resume_reading()
        return message

    def release(self) -> None:
        """Forget the reader, which is gone. Each holds the other until then."""
        self._reader = None

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
