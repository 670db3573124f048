"""``@app.middleware("http")``: a function around the application, from a request and ``call_next`` to a response.

The one rule: what a function can observe is what Starlette's ``BaseHTTPMiddleware`` shows it.

An application inside that runs straight (see ``vivace._straight``) is awaited like any coroutine. Everything else runs
in a task of its own, as it does with Starlette: it may hold a time-out or a task group open while it sends, and in one
task with the function these would cut across each other. But no task group and no memory stream join the two tasks:
they meet in an ``Exchange``. docs/decisions/020-function-middleware.md has the measurements.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Generator
from contextvars import copy_context
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response

from vivace._endpoint.sending import RESPONSE_STARTED
from vivace._straight import TAKER, runs_straight, taker_of
from vivace._threads import cancel_scope_of, current_task
from vivace.middleware._exchange import DISCONNECT, Exchange, InnerResponse, cancel
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CallNext", "DispatchFunction", "FunctionMiddleware"]

CallNext = Callable[[Request], Awaitable[Response]]
DispatchFunction = Callable[[Request, CallNext], Awaitable[Response]]


class FunctionMiddleware(BaseHTTPMiddleware):
    """Run a function around an ASGI application.

    Args:
        app: The application inside.
        dispatch: The function. Without one, the method ``dispatch`` of a subclass is it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; websockets and the lifespan go past the function."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        task = current_task()
        if task is None:  # trio, where a task needs a nursery
            await super().__call__(scope, receive, send)
        else:
            await _Round(self.app, task, scope, receive, send).run(self.dispatch_func)

    def runs_straight(self, scope: Scope) -> bool:
        """Tell whether this needs no task inside other function middleware."""
        return runs_straight(self.app, scope)


class _Round:
    """One request on its way through the function, with every call of ``call_next`` that the function makes."""

    __slots__ = ("_app", "_cancel_scope", "_exchanges", "_receive", "_request", "_scope", "_send", "_taker", "_task")

    def __init__(self, app: ASGIApp, task: asyncio.Task[Any], scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._task = task
        self._cancel_scope = cancel_scope_of(task)
        self._scope = scope
        self._send = send
        self._taker = taker_of(scope)  # other function middleware, around this one
        self._request = _SharedRequest(scope, receive, send)
        self._receive = self._request.receive_inside
        self._exchanges: list[Exchange] = []

    async def run(self, dispatch: DispatchFunction) -> None:
        try:
            response = await dispatch(self._request, self._call_next)
        except BaseException:
            await cancel(self._exchanges)
            raise
        if self._taker is None or (_is_at_hand(response) and not any(each.is_running for each in self._exchanges)):
            await self._send_response(response)
        else:
            await self._taker.start(functools.partial(self._send_response, response))

    async def _call_next(self, request: Request) -> Response:
        """Run the application inside, up to the start of its response.

        Raises:
            Exception: Whatever the application raises before its response starts.
            RuntimeError: It ended without a response.
        """
        scope, app = self._scope, self._app
        exchange = Exchange(self._receive, self._send)
        self._exchanges.append(exchange)
        scope[RESPONSE_STARTED] = False  # what was started for an earlier call was not sent
        if self._is_undisturbed() and runs_straight(app, scope):
            scope[TAKER] = exchange
            try:
                await _InOwnContext(app(scope, exchange.receive, exchange.send))
            finally:
                scope[TAKER] = self._taker
        else:
            scope[TAKER] = None
            await exchange.start(functools.partial(app, scope, exchange.receive, exchange.send))
        return exchange.response()

    def _is_undisturbed(self) -> bool:
        """Tell whether the function awaits ``call_next`` plainly.

        If it does so inside a cancel scope, to give up after some time, or in another task, then only an application in
        a task of its own lets it go on at once: a cancel scope waits for a thread.
        """
        task = current_task()
        return task is self._task and cancel_scope_of(task) is self._cancel_scope

    async def _send_response(self, response: Response) -> None:
        exchanges = self._exchanges
        try:
            await response(self._scope, self._receive, self._send)
            for exchange in exchanges:
                if exchange.is_running:
                    exchange.end()
            for exchange in exchanges:
                if exchange.is_running:
                    await exchange.wait_for_finish()
        except BaseException:
            await cancel(exchanges)
            raise
        for exchange in exchanges:
            exchange.raise_failure()


class _InOwnContext:
    """Awaits in a copy of the context: what is set in there does not come out, just as from a task."""

    __slots__ = ("_awaitable",)

    def __init__(self, awaitable: Awaitable[None]) -> None:
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, Any, None]:
        steps: Any = self._awaitable.__await__()
        run = copy_context().run
        step, argument = steps.send, None
        while True:
            try:
                waited_for = run(step, argument)
            except StopIteration:
                return
            try:
                step, argument = steps.send, (yield waited_for)
            except BaseException as exc:
                step, argument = steps.throw, exc


def _is_at_hand(response: Response) -> bool:
    """Tell whether sending a response takes its messages and nothing else."""
    if response.background is not None:
        return False
    if type(response) is InnerResponse:
        return not response.has_iterator
    return type(response).__call__ is Response.__call__


class _SharedRequest(Request):
    """The request as the function has it, which leaves to the application what of the body it has read itself."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._is_body_passed_on = False
        self._is_disconnect_passed_on = False

    async def receive_inside(self) -> Message:
        """Receive for the application."""
        if self._is_disconnect_passed_on:
            return DISCONNECT
        if self._is_body_passed_on:
            message = DISCONNECT if self._is_disconnected else await self.receive()
            if message["type"] != "http.disconnect":
                raise RuntimeError(f"Unexpected message received: {message['type']}")
            self._is_disconnect_passed_on = True
            return message
        body: bytes | None = getattr(self, "_body", None)
        if body is not None or self._stream_consumed:
            # The function has read it. If it kept nothing, an empty body is better than one that never comes.
            self._is_body_passed_on = True
            return {"type": "http.request", "body": body or b"", "more_body": False}
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self._is_disconnected = self._is_disconnect_passed_on = True
        elif not message.get("more_body", False):
            self._stream_consumed = self._is_body_passed_on = True
        return message
