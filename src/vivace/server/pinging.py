"""Pings that keep a websocket open, and find out that its client is gone."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

__all__ = ["Pinging"]

_PAYLOAD_BYTES = 4  # tells the answer to this ping from others


class Pinging:
    """Pings a client in turn with waiting for its answer.

    Args:
        interval_s: Seconds between two pings. None or 0: there are none.
        timeout_s: Seconds for an answer. None: as long as it takes.
        send: Sends a ping; tells whether the connection is still to be kept.
        on_silence: Is called when there was no answer; tells whether the connection is to be kept nevertheless.
        loop: Keeps the time.
    """

    def __init__(
        self,
        interval_s: float | None,
        timeout_s: float | None,
        send: Callable[[bytes], bool],
        on_silence: Callable[[], bool],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._send = send
        self._on_silence = on_silence
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._awaited = b""

    def start(self) -> None:
        """Send the first ping after the interval."""
        self.stop()
        if self._interval_s:
            self._timer = self._loop.call_later(self._interval_s, self._ping)

    def stop(self) -> None:
        """Send no more."""
        self._awaited = b""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_pong(self, payload: bytes) -> None:
        """Take an answer. One that was not asked for, or comes too late, means nothing."""
        if self._awaited and payload == self._awaited:
            self.start()

    def _ping(self) -> None:
        payload = secrets.token_bytes(_PAYLOAD_BYTES)
        if not self._send(payload):
            return
        if self._timeout_s is None:
            self.start()
            return
        self._awaited = payload
        self._timer = self._loop.call_later(self._timeout_s, self._give_up)

    def _give_up(self) -> None:
        if self._on_silence():
            self.start()
