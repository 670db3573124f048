"""Handing blocking functions to threads.

The one rule: what anyio promises for ``to_thread.run_sync`` holds here too. Context variables are copied into the
thread, ``anyio.from_thread`` works there, anyio's default limiter counts the call, a cancelled task leaves at once.

What differs is the cost (``pool.py``), and that calls which wait for a token of the limiter cannot deadlock those that
hold one (``turns.py``). Where a promise needs more than that, anyio itself does the work: on another event loop than
asyncio's, inside a cancel scope (which may shield the task, and which code in the thread may ask about), and where the
private names of anyio (``anyio_parts.py``) are missing.
"""

from vivace._threads.anyio_parts import cancel_scope_of, current_task, is_in_cancel_scope
from vivace._threads.calls import call_in_thread, finish_in_thread, run_in_threadpool
from vivace._threads.turns import Hold

__all__ = [
    "Hold",
    "call_in_thread",
    "cancel_scope_of",
    "current_task",
    "finish_in_thread",
    "is_in_cancel_scope",
    "run_in_threadpool",
]
