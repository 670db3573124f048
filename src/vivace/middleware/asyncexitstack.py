"""Middleware that puts an exit stack into the scope, for what is to be closed when the whole request is over."""

from __future__ import annotations

from contextlib import AsyncExitStack

from vivace._endpoint.forms import FILES_STACK
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["AsyncExitStackMiddleware"]


class AsyncExitStackMiddleware:
    """Close an `AsyncExitStack` around each request. Uploaded files are closed by it where it stands in the scope.

    Vivace needs none of its own: it closes the files of a request when its response, background tasks and handlers of
    errors are done.

    Args:
        app: The app inside.
        context_name: The key of the stack in the scope.
    """

    def __init__(self, app: ASGIApp, context_name: str = FILES_STACK) -> None:
        self.app = app
        self.context_name = context_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and close what was put on the stack."""
        async with AsyncExitStack() as stack:
            scope[self.context_name] = stack
            await self.app(scope, receive, send)
