"""One deadline for a connection, and one timer that looks after it.

The one rule: moving the deadline is cheap. The timer is armed again only when it is due too early, not each time.
"""

from __future__ import annotations

import asyncio
from time import monotonic

__all__ = ["TimedProtocol"]


class TimedProtocol(asyncio.Protocol):
    """A protocol with a deadline. `_on_deadline` is what happens when it passes.

    Args:
        loop: Keeps the time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._deadline: float | None = None  # None: nothing has to happen
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    def _on_deadline(self) -> None:
        raise NotImplementedError

    def _set_deadline(self, seconds: float) -> None:
        due = self._deadline = monotonic() + seconds
        if self._timer is None:
            self._arm(seconds, due)
        elif due < self._timer_due:
            self._timer.cancel()
            self._arm(seconds, due)

    def _extend_deadline(self, seconds: float, *, at_most: float) -> None:
        """Move the deadline further away, but not beyond `at_most` seconds from now."""
        if self._deadline is None:
            self._set_deadline(at_most)
        else:
            self._deadline = min(self._deadline + seconds, monotonic() + at_most)

    def _stop_timer(self) -> None:
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, seconds: float, due: float) -> None:
        self._timer_due = due
        self._timer = self.loop.call_later(seconds, self._on_timer, due)

    def _on_timer(self, due: float) -> None:
        if due != self._timer_due:
            return  # another has taken its place
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        if deadline != self._timer_due:
            self._arm(max(0.0, deadline - monotonic()), deadline)
        else:
            self._on_deadline()
