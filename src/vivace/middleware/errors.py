"""What happens to exceptions: the handlers that a program registers, and the answer when there is none.

The rules are Starlette's, which spreads them over two middlewares and a wrapper in each route. Here they stand in
one place, without a wrapper around every `send`: responses note their start in the scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException, WebSocketException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.websockets import WebSocket

from vivace._endpoint.body import FAILED_REQUEST, RECEIVED_BODY
from vivace._endpoint.forms import close_files
from vivace._endpoint.sending import RESPONSE_STARTED, send_response
from vivace._handlers import HANDLER_TABLES, ErrorHandler, HandlerTables, find_handler, too_late
from vivace._inspection.callables import CallableKind, kind_of
from vivace._routing.router import APIRouter
from vivace._straight import runs_straight
from vivace._watch import watch_of
from vivace.concurrency import run_in_threadpool
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["AnsweringErrors", "ErrorHandlers", "TellingFailures"]


class ErrorHandlers:
    """The registered handlers.

    `last` is the one for everything else: registered for `500` or `Exception`.
    """

    def __init__(self, handlers: Mapping[Any, ErrorHandler], *, debug: bool = False) -> None:
        self.debug = debug
        self.last: ErrorHandler | None = None
        self.by_status: dict[int, ErrorHandler] = {}
        defaults = ExceptionMiddleware(_no_app)
        self.by_class: dict[type[Exception], ErrorHandler] = {
            HTTPException: defaults.http_exception,
            WebSocketException: defaults.websocket_exception,
        }
        for key, handler in handlers.items():
            if key in (500, Exception):
                self.last = handler
            elif isinstance(key, int):
                self.by_status[key] = handler
            elif not (isinstance(key, type) and issubclass(key, Exception)):
                raise TypeError(f"An exception handler is for a status code or an exception class, not for {key!r}.")
            else:
                self.by_class[key] = handler

    @property
    def tables(self) -> HandlerTables:
        """Those that may be found by `find_handler`."""
        return self.by_class, self.by_status

    async def answer(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the handler of an exception answer.

        Raises:
            RuntimeError: there is a handler, but the response has started already.
            Exception: there is no handler (then `exc` itself), or the handler failed.
        """
        request = scope.pop(FAILED_REQUEST, None)
        handler = find_handler(exc, self.tables)
        if handler is None:
            try:
                raise exc
            finally:
                del exc  # its traceback has this frame: no cycle is to stay behind
        if scope.get(RESPONSE_STARTED):
            raise too_late() from exc
        response = await _call(handler, request or _make_connection(scope, receive, send), exc)
        if response is not None:
            await send_response(response, scope, receive, send)
        # A program may raise one exception object many times: tracebacks would pile up on it.
        exc.__traceback__ = None

    async def report(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an exception that no handler took, unless the response has started, and raise it for the server."""

        failures = [exc]
        del exc  # as in `answer`

        async def failed(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise failures.pop()

        outermost = ServerErrorMiddleware(failed, handler=self.last, debug=self.debug)
        await outermost(scope, receive, _discard if scope.get(RESPONSE_STARTED) else send)


class AnsweringErrors:
    """An app with its exceptions answered by their handlers.

    Args:
        app: The router.
        handlers: The registered handlers.
        is_outermost: Whether nothing is around that reports what no handler took.
    """

    def __init__(self, app: ASGIApp, handlers: ErrorHandlers, *, is_outermost: bool) -> None:
        self._app = app
        # PERF: a router is asked for the route's app rather than called: a frame less (benchmarks/compare.py).
        self._find_app: Callable[[Scope], ASGIApp] = lambda scope: app
        if isinstance(app, APIRouter) and type(app).__call__ is APIRouter.__call__:
            self._find_app = app.find_app
        self._handlers = handlers
        self._tables = handlers.tables
        self._is_outermost = is_outermost

    def runs_straight(self, scope: Scope) -> bool:
        """Tell whether the app inside does: handlers answer plainly, or leave it to the taker (`vivace._straight`)."""
        return runs_straight(self._app, scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and answer what goes wrong."""
        scope[HANDLER_TABLES] = self._tables
        try:
            await self._find_app(scope)(scope, receive, send)
        except Exception as exc:
            if scope["type"] == "lifespan":
                raise
            if not self._is_outermost:
                return await self._answer(exc, scope, receive, send)
            try:
                await self._answer(exc, scope, receive, send)
            except Exception as failure:
                watch_of(scope).failed(failure)
                await self._handlers.report(failure, scope, receive, send)

    async def _answer(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._handlers.answer(exc, scope, receive, send)
        except Exception as failure:
            if failure is exc or "endpoint" not in scope:
                raise
            # As in Starlette, what the handler of a route's exception raises may itself have a handler.
            await self._handlers.answer(failure, scope, receive, send)
        finally:
            del exc  # as in `answer`
            await close_files(scope)


class TellingFailures:
    """An app whose exceptions are told to whoever watches, before anyone outside of it answers them.

    Args:
        app: The app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and tell of what goes wrong."""
        try:
            await self.app(scope, receive, send)
        except Exception as exc:
            watch_of(scope).failed(exc)
            raise


def _make_connection(scope: Scope, receive: Receive, send: Send) -> Request | WebSocket:
    if scope["type"] != "http":
        return WebSocket(scope, receive, send)
    request = Request(scope, receive, send)
    if RECEIVED_BODY in scope:  # so that the handler may read it once more
        request._body = scope[RECEIVED_BODY]
    return request


async def _call(handler: ErrorHandler, connection: Request | WebSocket, exc: Exception) -> Any:
    if kind_of(handler) is CallableKind.ASYNC:
        return await handler(connection, exc)
    return await run_in_threadpool(handler, connection, exc)


async def _no_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in where only the methods of a middleware are used."""


async def _discard(message: Message) -> None:
    """Drop a message that comes too late."""
