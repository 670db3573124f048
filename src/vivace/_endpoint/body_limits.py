"""Limits the size of a route's body. The counting is Starlette's; here is what Starlette cannot know.

Within an app that limits bodies itself, a route only says another number. Otherwise the route is where counting begins,
and a body that is declared to be too large replaces whatever is answered, by handlers of errors as well: they have
to answer inside.
"""

from __future__ import annotations

from typing import NoReturn

from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.middleware.body_limit import (
    MAX_BODY_SIZE_SCOPE_KEY,
    RequestBodyLimitMiddleware,
    _RequestBodyLimitResponseSent,
    _RequestBodyTooLarge,
)
from starlette.requests import Request

from vivace._endpoint.body import FAILED_REQUEST
from vivace._endpoint.forms import close_files
from vivace._endpoint.sending import RESPONSE_STARTED, tracking
from vivace._watch import watched_form
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["BodyLimitMiddleware", "limiting_body"]


class BodyLimitMiddleware(RequestBodyLimitMiddleware):
    """Starlette's, for what runs in task groups as well: there, that the answer was sent comes in a group."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, with 413 for a body that is too large."""
        try:
            await super().__call__(scope, receive, send)
        except ExceptionGroup as group:
            if group.subgroup(_RequestBodyLimitResponseSent) is None:
                raise
            _, rest = group.split((_RequestBodyLimitResponseSent, _RequestBodyTooLarge))
            if rest is not None:
                raise rest from None


def limiting_body(endpoint: ASGIApp, max_body_size: int) -> ASGIApp:
    """Return an endpoint that refuses bodies of more than `max_body_size` bytes, with 413."""
    inner = BodyLimitMiddleware(endpoint, max_body_size)
    outermost = BodyLimitMiddleware(_answering(endpoint), max_body_size)

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        around = scope.get(MAX_BODY_SIZE_SCOPE_KEY)
        if around == max_body_size:
            return await endpoint(scope, receive, send)
        await (outermost if around is None else inner)(scope, receive, send)

    watched = watched_form(endpoint)
    if watched is not endpoint:
        limited.vivace_watched_form = limiting_body(watched, max_body_size)  # type: ignore[attr-defined]
    return limited


def _answering(endpoint: ASGIApp) -> ASGIApp:
    """Return an endpoint whose exceptions are answered at once by their handlers, those that have one."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            return await endpoint(scope, receive, send)
        except Exception as exc:
            if scope.get(RESPONSE_STARTED):
                raise
            failures = [exc]

        async def fail(_scope: Scope, _receive: Receive, _send: Send) -> NoReturn:
            raise failures.pop()

        request: Request = scope.pop(FAILED_REQUEST, None) or Request(scope, receive, send)
        try:
            await wrap_app_handling_exceptions(fail, request)(scope, receive, tracking(scope, send))
        finally:
            await close_files(scope)

    return answering
