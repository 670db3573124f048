"""Where the items of a stream come from: an async iterable, or a plain one that is gone through in threads.

The one rule: whoever takes items also closes their source, and a source is closed when that returns.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import GeneratorType
from typing import Any, Final, Protocol

import anyio
from pydantic import BaseModel

from vivace._inspection.callables import describe_callable
from vivace._threads import call_in_thread, finish_in_thread, is_in_cancel_scope
from vivace.types import Handler

__all__ = ["ItemSource", "Items", "items_of"]

Transform = Callable[[Any], Any]
"""What happens to each item, such as being made into bytes. Raises whatever it likes."""

_END: Final[Any] = object()

# These can be gone through, but nobody means that.
_NO_ITEMS = (str, bytes, bytearray, Mapping, BaseModel)


class Items(Protocol):
    """Items that have been asked for, with their transformation applied already or still to be done."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """Return the items."""

    async def aclose(self) -> None:
        """Let the source clean up; wait for it even if the task is being cancelled."""


ItemSource = tuple[Items, Transform | None]
"""Items, and what is still to be done with each of them."""


def items_of(result: Any, transform: Transform, handler: Handler | None) -> ItemSource:
    """Return the items of what a handler has returned.

    Raises:
        TypeError: it cannot be gone through.
    """
    if hasattr(result, "__aiter__"):
        return _AsyncItems(result), transform
    if isinstance(result, _NO_ITEMS) or not isinstance(result, Iterable):
        raise TypeError(
            f"{describe_callable(handler)} returned {type(result).__name__!r} for a stream of items. "
            "Let it yield the items, or return an iterable of them or a Response."
        )
    return _ThreadedItems(result, transform), None


class _AsyncItems:
    __slots__ = ("_source",)

    def __init__(self, source: Any) -> None:
        self._source = source

    def __aiter__(self) -> AsyncIterator[Any]:
        # PERF: the source's own iterator, without a layer around each step (benchmark: json_lines).
        return self._source.__aiter__()  # type: ignore[no-any-return]  # any object that has it

    async def aclose(self) -> None:
        aclose = getattr(self._source, "aclose", None)
        if aclose is None:
            return
        if not is_in_cancel_scope():
            await aclose()
            return
        with anyio.CancelScope(shield=True):
            await aclose()


class _ThreadedItems:
    """The items of a plain iterable: each step, and the work on its item, is a call in a thread."""

    __slots__ = ("_iterator", "_lock", "_source", "_transform")

    def __init__(self, source: Iterable[Any], transform: Transform) -> None:
        self._source = source
        self._transform = transform
        self._iterator: Any = None
        # Held while a step runs: a task that is cancelled leaves its thread alone, and a generator that runs cannot be
        # closed.
        self._lock = threading.Lock()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        # Others are to have their turn between two items, so no token is kept for the next one.
        item = await call_in_thread(self._step, may_go_on=False)
        if item is _END:
            raise StopAsyncIteration
        return item

    def _step(self) -> Any:
        with self._lock:
            if self._iterator is None:
                self._iterator = iter(self._source)
            item = next(self._iterator, _END)
            return item if item is _END else self._transform(item)

    async def aclose(self) -> None:
        source = self._source
        if isinstance(source, GeneratorType) and inspect.getgeneratorstate(source) in _WITHOUT_CLEANUP:
            source.close()
        elif (close := getattr(source, "close", None)) is not None:
            await finish_in_thread(functools.partial(self._close, close))

    def _close(self, close: Callable[[], None]) -> None:
        with self._lock:
            close()


_WITHOUT_CLEANUP = (inspect.GEN_CREATED, inspect.GEN_CLOSED)
