"""How an application says that function middleware can run it without a task of its own.

The one rule: who runs straight has nothing left to do, and holds nothing open, when its response is complete.

Function middleware runs what is inside in a task, as it may send for long, hold a time-out open meanwhile, and go on
after the response (background tasks, clean-up). An application whose answer takes none of that may say so for a request
by an attribute ``runs_straight``, a function of the scope. It is then awaited where it stands: its messages are kept,
and when it has returned, the function gets the response.

Should the application find out later that there is more to do than it promised (the handler returned a stream, or a
response with background tasks), it leaves that to the ``Taker`` in the scope, and returns.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from vivace.types import ASGIApp, Scope

__all__ = ["TAKER", "Taker", "runs_straight", "taker_of"]

# The key in the scope. None, or absent: nobody waits for a response here, and everything may be sent as it is.
TAKER = "vivace.taker"

# These add to what passes through them, and hold nothing open while it does.
_TRANSPARENT = frozenset({CORSMiddleware, GZipMiddleware, HTTPSRedirectMiddleware, TrustedHostMiddleware})


class Taker(Protocol):
    """Who waits for the response of an application that runs straight."""

    async def start(self, rest: Callable[[], Awaitable[None]]) -> None:
        """Run the rest of the answer in a task; return when its response has started.

        Raises:
            Exception: Whatever the rest raises before its response starts.
        """


def taker_of(scope: Scope) -> Taker | None:
    """Return who waits for the response, if anyone does."""
    taker: Taker | None = scope.get(TAKER)
    return taker


def runs_straight(app: ASGIApp, scope: Scope) -> bool:
    """Ask an application whether it runs straight for this request. One that does not know what this is does not."""
    ask: Callable[[Scope], bool] | None = getattr(app, "runs_straight", None)
    if ask is not None:
        return ask(scope)
    if type(app) in _TRANSPARENT:
        return runs_straight(app.app, scope)  # type: ignore[attr-defined]  # all of them have it
    return False
