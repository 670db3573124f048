"""Work done after the response was sent."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from vivace._patches import original
from vivace._watch import Watch
from vivace.concurrency import run_in_threadpool

__all__ = ["BackgroundTasks"]

_STARLETTES_CALL = original(BackgroundTask, "__call__")

P = ParamSpec("P")


class BackgroundTasks(StarletteBackgroundTasks):
    """Functions to call once the response was sent, one after the other, in the order in which they were added.

    Declare a parameter of this type in a handler or a dependency: one request shares one object. ``def`` functions
    run in a thread.
    """

    watch: Watch | None = None  # who watches the request, if anyone does

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a call of ``func`` with these arguments."""
        super().add_task(func, *args, **kwargs)

    async def __call__(self) -> None:
        """Call them all."""
        is_replaced = BackgroundTask.__call__ is not _STARLETTES_CALL
        tasks = self.tasks if self.watch is None else (_WatchedTask(task, self.watch) for task in self.tasks)
        for task in tasks:
            if task.is_async or type(task) is not BackgroundTask:
                await task()
            elif is_replaced:
                task.func, task.is_async = _in_a_thread(task.func), True
                await task()
            else:  # not by Starlette: dependencies may be open still, see docs/decisions/021-threads.md
                await run_in_threadpool(task.func, *task.args, **task.kwargs)


def _in_a_thread(function: Callable[P, Any]) -> Callable[P, Coroutine[Any, Any, Any]]:
    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> Any:
        return await run_in_threadpool(function, *args, **kwargs)

    return call


class _WatchedTask(BackgroundTask):
    """A task with a watch that is told when it runs."""

    def __init__(self, task: BackgroundTask, watch: Watch) -> None:
        self._task = task
        self._watch = watch
        self.is_async = True

    async def __call__(self) -> None:
        with self._watch.part("background_task", getattr(self._task, "func", None)):
            await BackgroundTasks([self._task])()
