"""Calls a function in a thread when its turn has come: one of ours or, where only that will do, one of anyio's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import anyio.to_thread
from anyio import WouldBlock

from vivace._threads.anyio_parts import cancel_scope_of, current_task
from vivace._threads.pool import find_desk
from vivace._threads.turns import Turn, WaitingThread, holds_something

__all__ = ["call_in_thread", "finish_in_thread", "run_in_threadpool"]

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_threadpool(func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``func(*args, **kwargs)`` in a thread and return what it returns."""
    # Whoever calls this may call it again and again: others are to have their turn in between.
    return await call_in_thread(functools.partial(func, *args, **kwargs), may_go_on=False)


async def call_in_thread(func: Callable[[], T], *, may_go_on: bool = True) -> T:
    """Call ``func()`` in a thread and return what it returns.

    The thread sees the context variables of the task. It cannot be stopped: a task that is cancelled leaves, and the
    function runs on unnoticed. Inside an anyio cancel scope the task stays until the function is done.

    Args:
        func: What to call.
        may_go_on: Whether another call that the task makes at once follows without a wait. For dependencies, which may
            have taken what others wait for, and of which a request has few.
    """
    task = current_task()
    # A task that is being cancelled must not start a call: anyio's checkpoint sees to that.
    desk = None if task is None or task.cancelling() else find_desk(task)
    if task is None or desk is None:
        limiter = anyio.CapacityLimiter(1) if holds_something() else None
        return await anyio.to_thread.run_sync(_call_held, func, limiter=limiter)
    turns = desk.turns
    turn: Turn | WaitingThread = Turn.TOKEN
    try:
        turns.limiter.acquire_on_behalf_of_nowait(task)
    except WouldBlock:
        turn = await turns.wait(task)
    try:
        if cancel_scope_of(task) is not None:
            return await anyio.to_thread.run_sync(_call_held, func, limiter=desk.no_limit)
        future = desk.submit(func)
        try:
            return await future
        finally:
            del future  # an exception keeps this frame, and the future the exception: a cycle
    finally:
        if turn is Turn.TOKEN and not turns.waiting:
            turns.limiter.release_on_behalf_of(task)
        else:
            turns.end(task, turn, may_go_on=may_go_on)


async def finish_in_thread(func: Callable[[], T]) -> T:
    """Call ``func()`` in a thread at once, however many calls run already, and wait for it even in a cancelled scope.

    For what gives resources back: were it to wait for a token of the limiter while every token is held by a call that
    waits for the resource, nothing would ever go on.
    """
    task = current_task()
    if task is not None and not task.cancelling() and cancel_scope_of(task) is None:
        desk = find_desk(task)
        if desk is not None:
            future = desk.submit(func)
            try:
                return await future
            finally:
                del future  # see call_in_thread()
    with anyio.CancelScope(shield=True):
        result = await anyio.to_thread.run_sync(_call_held, func, limiter=anyio.CapacityLimiter(1))
    return result


def _call_held(func: Callable[[], T]) -> T:
    # In threads of ours this is known as soon as one waits (anyio_parts.py); here a call may always be about to.
    with WaitingThread():
        return func()
