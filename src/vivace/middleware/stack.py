"""How middleware stands around the router: in Starlette's order, and with no more layers than somebody looks at.

Instrumentation replaces methods of Starlette's classes and reaches into what `build_middleware_stack` returns. Where it
does, the layers are all there; elsewhere the router has one around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware

from vivace._patches import is_original, original
from vivace.middleware.errors import AnsweringErrors, ErrorHandlers, TellingFailures
from vivace.types import ASGIApp

__all__ = ["STARLETTES_OWN_CALL", "build_short_stack", "build_stack", "is_instrumented"]

# Sentry passes every middleware through the first, and replaces methods of the others as they come by.
_METHODS_REPLACED = (
    (Middleware, "__init__"),
    (ServerErrorMiddleware, "__call__"),
    (ExceptionMiddleware, "__init__"),
    (ExceptionMiddleware, "__call__"),
)


def build_stack(
    router: ASGIApp,
    user_middleware: Sequence[Middleware],
    exception_handlers: Mapping[Any, Callable[..., Any]],
    *,
    debug: bool,
) -> ASGIApp:
    """Put the middleware around the router, the first outermost, and a `ServerErrorMiddleware` around all."""
    handlers = ErrorHandlers(exception_handlers, debug=debug)
    app: ASGIApp = AnsweringErrors(router, handlers, is_outermost=False)
    if is_instrumented():
        app = TellingFailures(_around(_observed(app, handlers), user_middleware))
        return _around(app, [Middleware(ServerErrorMiddleware, handler=handlers.last, debug=debug)])
    app = _around(app, user_middleware)
    stack: Any = ServerErrorMiddleware(app, handler=handlers.last, debug=debug)
    # The middleware inside is the same: only one of the two serves a request.
    stack.vivace_watched_form = ServerErrorMiddleware(TellingFailures(app), handler=handlers.last, debug=debug)
    return stack  # type: ignore[no-any-return]  # it is Any, because it got an attribute


def build_short_stack(
    router: ASGIApp, exception_handlers: Mapping[Any, Callable[..., Any]], *, debug: bool
) -> AnsweringErrors:
    """Put one layer around the router, which does what the others would: for an app that has no middleware."""
    return AnsweringErrors(router, ErrorHandlers(exception_handlers, debug=debug), is_outermost=True)


def is_instrumented() -> bool:
    """Tell whether somebody watches Starlette's own middleware."""
    return not all(is_original(cls, name) for cls, name in _METHODS_REPLACED)


def _observed(app: ASGIApp, handlers: ErrorHandlers) -> ASGIApp:
    """Put Starlette's layer around an app that answers errors itself, and let the app use the layer's handlers.

    Sentry puts its own in their place when the layer is made, to see the errors that they answer.
    """
    layer = Middleware(ExceptionMiddleware, handlers={**handlers.by_class, **handlers.by_status}, debug=handlers.debug)
    made: Any = _around(app, [layer])
    handlers.by_class.update(made._exception_handlers)
    handlers.by_status.update(made._status_handlers)
    return made  # type: ignore[no-any-return]  # it is Any, because its tables have no public name


def _around(app: ASGIApp, layers: Sequence[Middleware]) -> ASGIApp:
    for cls, args, kwargs in reversed(layers):
        app = cls(app, *args, **kwargs)
    return app


STARLETTES_OWN_CALL = original(Starlette, "__call__")
"""What `Starlette.__call__` is while nobody has replaced it."""
