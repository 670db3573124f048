"""How whoever watches a request (telemetry) is told what happens to it.

The one rule: nothing here knows what is done with it, and a request that nobody watches costs one look-up of a key.

A watch stands in the scope under ``WATCH``; None there means that nobody is to watch, whoever asks further inside. The
compiled path of an endpoint tells nobody anything, so it brings its exact path along as its *watched form*.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from vivace.types import ASGIApp, Scope

__all__ = ["UNWATCHED", "WATCH", "Watch", "found_route", "watch_of", "watched_form"]

# The key in the scope. Instrumentation of others sets it to None, by this name, to have requests for itself.
WATCH: Final = "fastapi.telemetry"
_NOTHING: Final = nullcontext()


class Watch:
    """What a watch is told. This one does nothing with it."""

    __slots__ = ()

    def part(self, _name: str, _function: Callable[..., Any] | None) -> AbstractContextManager[None]:
        """Return a context manager around one part of the work.

        Args:
            name: "dependencies", "endpoint", "serialization" or "background_task".
            function: Whose work it is: the handler, or the task.
        """
        return _NOTHING

    def took_route(self, route: Any) -> None:
        """Hear which route answers: one of a router inside the last one, if there was one before."""

    def began(self, connection: Any) -> None:
        """Hear that the handler's part begins, with its `Request` or `WebSocket`."""

    def received(self, body: Any) -> None:
        """Hear what the body is, before it is validated."""

    def solved(self, values: dict[str, Any], errors: Any) -> None:
        """Hear what the handler is called with, or why it is not."""

    def refused(self, exc: Any) -> None:
        """Hear that the request is answered with validation errors."""

    def failed(self, exc: BaseException) -> None:
        """Hear of an exception that no handler takes, before it is answered."""


UNWATCHED: Final = Watch()


def watch_of(scope: Scope) -> Watch:
    """Return who watches a connection; someone who does nothing, if nobody does."""
    watch: Watch | None = scope.get(WATCH)
    return UNWATCHED if watch is None else watch


def watched_form(app: ASGIApp) -> ASGIApp:
    """Return the form of an app that tells a watch what it does: the app itself, if it has no other."""
    form: ASGIApp = getattr(app, "vivace_watched_form", app)
    return form


def found_route(scope: Scope, app: ASGIApp) -> ASGIApp:
    """Tell the watch in the scope of the route there, and return the form of its app that suits."""
    watch: Watch | None = scope[WATCH]
    if watch is None:
        return app
    watch.took_route(scope.get("route"))
    return watched_form(app)
