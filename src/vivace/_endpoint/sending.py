"""Sends responses, and remembers in the scope that one has started: after that, no error can be answered any more."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from vivace._endpoint.pump import ItemStream
from vivace._handlers import HANDLER_TABLES, find_handler, too_late
from vivace._straight import taker_of
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["RESPONSE_STARTED", "send_response", "tracked", "tracking"]

# The key in the scope. A key costs less than a wrapper around every `send`, and is seen by everyone who shares the
# scope.
RESPONSE_STARTED = "vivace.response_started"


def tracking(scope: Scope, send: Send) -> Send:
    """Return a `send` that notes the start of the response in the scope, for apps that are not ours."""

    async def send_tracked(message: Message) -> None:
        if message["type"] == "http.response.start":
            scope[RESPONSE_STARTED] = True
        await send(message)

    return send_tracked


def tracked(app: ASGIApp) -> ASGIApp:
    """Return an app that is not ours with the start of its response noted."""

    async def app_tracked(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, tracking(scope, send))

    return app_tracked


async def send_response(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response, whatever its class.

    One that takes its time (a stream, a file, background tasks) is left to whoever waits for it, if anyone does.
    """
    is_plain = type(response).__call__ is Response.__call__
    if is_plain and response.background is None:
        scope[RESPONSE_STARTED] = True
        return await response(scope, receive, send)
    taker = taker_of(scope)
    body = getattr(response, "body_iterator", None)
    if isinstance(body, ItemStream):
        sending = functools.partial(_send_items, body, response, scope, receive, send)
    else:
        sending = functools.partial(response, scope, receive, tracking(scope, send))
    await (sending() if taker is None else taker.start(functools.partial(_send_later, sending, scope)))


async def _send_items(body: ItemStream, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    scope[RESPONSE_STARTED] = True
    await body.send(response, scope, receive, send)


async def _send_later(sending: Callable[[], Awaitable[None]], scope: Scope) -> None:
    """Send, when those who answer exceptions have returned."""
    try:
        await sending()
    except Exception as exc:
        if scope.get(RESPONSE_STARTED) and find_handler(exc, scope.get(HANDLER_TABLES, ({}, {}))):
            raise too_late() from exc
        raise
