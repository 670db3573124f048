"""Sends a body of items, each when it has been yielded, for as long as the client listens.

The one rule: what runs beside the items (pings, looking out for a client that leaves) costs nothing per item. It is
started only when it is needed.
"""

from __future__ import annotations

import asyncio
import time
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Final

import anyio
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from vivace._endpoint.items import ItemSource
from vivace._threads import current_task
from vivace.sse import KEEPALIVE_COMMENT
from vivace.types import Message, Receive, Scope, Send

__all__ = ["ItemStream"]

# A server of ours calls what stands in this attribute of whoever `send` belongs to, once the client has left.
WHEN_GONE = "vivace_when_gone"

# A handler that never waits lets others have a turn after each item, until it has shown that its items are quick ones:
# then once in a while. Servers may write between turns only. So quick items leave together, and an item that comes
# before a slow one (the handler computes, or blocks) has left already.
TRUSTED_AFTER_ITEMS = 4
SLOW_ITEM_S = 0.0005
TURN_S = 0.0005

# A method of whoever `send` belongs to, if that is a server of ours: see `vivace.server.exchange.Exchange`.
SEND_PIECE = "vivace_send_piece"

_FIRST_SPEC_THAT_RAISES = (2, 4)  # of the HTTP part of ASGI: `send` raises OSError when the client has left

_END: Final[Any] = object()

Explain = Callable[[Exception], Exception]


@types.coroutine
def _next_turn() -> Generator[None]:
    # PERF: what asyncio.sleep(0) does, in half of its time (benchmark: json_lines).
    yield


class ItemStream:
    """The body of a response that is made of items. Going through it gives the pieces of the body.

    Args:
        source: The items, and how each is written.
        explain: Makes of an error what the program and the server are to see.
        ping_every_s: Seconds of silence before a ping, or None for no pings.
        may_receive: Whether nobody else waits for what the client sends.
    """

    __slots__ = (
        "_explain",
        "_interrupt",
        "_is_gone",
        "_items",
        "_may_receive",
        "_ping",
        "_ping_every_s",
        "_silent_since",
        "_write",
    )

    def __init__(
        self, source: ItemSource, explain: Explain, *, ping_every_s: float | None = None, may_receive: bool = True
    ) -> None:
        self._items, self._write = source
        self._explain = explain
        self._ping_every_s = ping_every_s
        self._may_receive = may_receive
        self._is_gone = False
        self._interrupt: Callable[[], object] | None = None
        self._silent_since: float | None = None  # None while something is being sent
        self._ping: anyio.Event | None = None  # one that is being sent

    async def send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a response that has this for its body, then run its background tasks."""
        if not _sends_its_body_plainly(response):
            try:
                return await response(scope, receive, send)
            finally:
                await self._items.aclose()
        start = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
        try:
            await _send(send, start)
            await self._send_items(scope, receive, send)
        except Exception as exc:
            explained = self._explain(exc)
            if explained is exc:
                raise
            raise explained from explained.__cause__
        finally:
            await self._items.aclose()
        if not self._is_gone:
            await _send(send, _piece(b"", is_last=True))
        if response.background is not None:
            await response.background()

    async def _send_items(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = current_task()
        listens = self._may_receive or _spec_version(scope) < _FIRST_SPEC_THAT_RAISES
        if task is None:
            await self._send_in_group(receive if listens else None, send)
        else:
            await self._send_in_task(task, receive if listens else None, send)

    async def _send_in_task(self, task: asyncio.Task[Any], receive: Receive | None, send: Send) -> None:
        # Neither a task group nor a cancel scope: inside one, every thread that the handler asks for comes from anyio,
        # at several times the cost (docs/decisions/021-threads.md).
        loop = task.get_loop()
        beside: list[asyncio.Task[None]] = []
        first_ping: asyncio.TimerHandle | None = None
        server = getattr(send, "__self__", None)
        has_hook = hasattr(server, WHEN_GONE)
        self._interrupt = task.cancel
        if has_hook:
            setattr(server, WHEN_GONE, self._leave)
        elif receive is not None:
            beside.append(loop.create_task(self._listen(receive)))
        if self._ping_every_s is not None:
            # PERF: a timer, and the task for which it is time when it fires: most streams never need it.
            first_ping = loop.call_later(
                self._ping_every_s, lambda: beside.append(loop.create_task(self._keep_alive(send)))
            )
        is_cancelled = is_wanted_by_others = False
        try:
            await self._send_each(send, _next_turn)
        except asyncio.CancelledError:
            if not self._is_gone:
                raise
            is_cancelled = True
        finally:
            self._interrupt = None
            if has_hook:
                setattr(server, WHEN_GONE, None)  # it would hold what holds it
            if first_ping is not None:
                first_ping.cancel()
            for each in beside:
                each.cancel()
            if self._is_gone:
                is_wanted_by_others = task.uncancel() > 0
        if beside:
            await asyncio.wait(beside)
        if is_cancelled and is_wanted_by_others:
            raise asyncio.CancelledError

    async def _send_in_group(self, receive: Receive | None, send: Send) -> None:
        """Send on another event loop than asyncio's."""
        async with anyio.create_task_group() as group:
            self._interrupt = group.cancel_scope.cancel
            if receive is not None:
                group.start_soon(self._listen, receive)
            if self._ping_every_s is not None:
                group.start_soon(self._keep_alive, send)
            await self._send_each(send, anyio.lowlevel.checkpoint)
            self._interrupt = None
            group.cancel_scope.cancel()

    async def _send_each(self, send: Send, next_turn: Callable[[], Awaitable[None]]) -> None:
        write = self._write
        clock = time.monotonic
        # PERF: when the `send` in hand is that of our own server, it takes pieces without a message for each, and
        # writes those of one turn together (benchmark: json_lines).
        send_piece = getattr(getattr(send, "__self__", None), SEND_PIECE, None)
        now = turn_ended = self._silent_since = clock()
        quick_items = 0  # in a row
        async for item in self._items:
            body = item if write is None else write(item)
            if self._is_gone:  # and the handler went on when it was cancelled
                return
            if self._ping is not None:
                await self._ping.wait()
            if send_piece is None or not send_piece(body):
                self._silent_since = None
                try:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                except OSError as exc:
                    raise ClientDisconnect from exc
            last, now = now, clock()
            self._silent_since = now
            if now - last > SLOW_ITEM_S:
                quick_items = 0
            elif quick_items < TRUSTED_AFTER_ITEMS:
                quick_items += 1
            elif now - turn_ended < TURN_S:
                continue
            await next_turn()
            turn_ended = now = clock()

    def _leave(self) -> None:
        """Stop, since the client has left."""
        if self._interrupt is not None:
            self._is_gone = True
            self._interrupt()

    async def _listen(self, receive: Receive) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except Exception:
            return  # middleware that lets nothing more be received: then it is left to `send` to tell
        self._leave()

    async def _keep_alive(self, send: Send) -> None:
        every_s = self._ping_every_s or 0.0
        while True:
            since = self._silent_since
            left_s = every_s if since is None else since + every_s - time.monotonic()
            if left_s <= 0 and since is not None:
                await self._send_ping(send)
            await anyio.sleep(max(left_s, 0.0))

    async def _send_ping(self, send: Send) -> None:
        ping = self._ping = anyio.Event()
        try:
            await send(_piece(KEEPALIVE_COMMENT))
        except OSError:
            self._leave()
        finally:
            self._ping = None
            self._silent_since = time.monotonic()
            ping.set()

    # For others that go through the body: a custom route handler, a subclass that sends in its own way.

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Yield the pieces of the body, pings among them."""
        pieces = self._pieces() if self._ping_every_s is None or current_task() is None else self._pieces_and_pings()
        try:
            async for piece in pieces:
                yield piece
        except Exception as exc:
            explained = self._explain(exc)
            if explained is exc:
                raise
            raise explained from explained.__cause__
        finally:
            await self._items.aclose()

    async def _pieces(self) -> AsyncIterator[Any]:
        write = self._write
        async for item in self._items:
            yield item if write is None else write(item)
            await anyio.lowlevel.checkpoint()

    async def _pieces_and_pings(self) -> AsyncIterator[Any]:
        queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)

        async def produce() -> None:
            try:
                async for piece in self._pieces():
                    await queue.put((piece, None))
                await queue.put((_END, None))
            except Exception as exc:
                await queue.put((_END, exc))

        producer = asyncio.create_task(produce())
        try:
            while True:
                try:
                    async with asyncio.timeout(self._ping_every_s):
                        piece, exc = await queue.get()
                except TimeoutError:
                    yield KEEPALIVE_COMMENT
                    continue
                if exc is not None:
                    raise exc
                if piece is _END:
                    return
                yield piece
        finally:
            producer.cancel()
            await asyncio.wait([producer])


def _piece(body: bytes, *, is_last: bool = False) -> Message:
    # A new one each time: middleware writes into messages.
    return {"type": "http.response.body", "body": body, "more_body": not is_last}


async def _send(send: Send, message: Message) -> None:
    try:
        await send(message)
    except OSError as exc:
        raise ClientDisconnect from exc


def _spec_version(scope: Scope) -> tuple[int, ...]:
    return tuple(map(int, scope.get("asgi", {}).get("spec_version", "2.0").split(".")))


def _sends_its_body_plainly(response: Response) -> bool:
    """Tell whether the class of a response leaves its sending as Starlette has it."""
    kind = type(response)
    return (
        issubclass(kind, StreamingResponse)
        and kind.__call__ is StreamingResponse.__call__
        and kind.stream_response is StreamingResponse.stream_response
        and kind.listen_for_disconnect is StreamingResponse.listen_for_disconnect
    )
