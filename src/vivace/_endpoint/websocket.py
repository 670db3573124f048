"""A websocket handler made into an ASGI app: the exact path. `assemble.py` has the compiled one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.websockets import WebSocket

from vivace._deps.solve import Seed, Solver
from vivace._endpoint.general import FUNCTION_STACK, REQUEST_STACK, SEED
from vivace._endpoint.plan import EndpointPlan
from vivace._endpoint.seams import seams
from vivace._watch import watch_of
from vivace.exceptions import WebSocketRequestValidationError
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["WebSocketHandler", "websocket_app", "websocket_handler", "websocket_session"]

WebSocketHandler = Callable[[WebSocket], Awaitable[None]]


def websocket_app(plan: EndpointPlan) -> ASGIApp:
    """Return the ASGI app of a websocket handler."""
    return websocket_session(websocket_handler(plan))


def websocket_session(func: WebSocketHandler) -> ASGIApp:
    """Return the ASGI app of a function that serves a websocket, with what dependencies need to live in its scope.

    Exceptions are handled with the websocket that the function had, so that their handlers can still send.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seed: Seed | None = scope.get(SEED)
        websocket: Any = (seed and seed.request) or WebSocket(scope, receive, send)

        async def session(scope: Scope, receive: Receive, send: Send) -> None:
            async with AsyncExitStack() as request_stack, AsyncExitStack() as function_stack:
                scope[REQUEST_STACK], scope[FUNCTION_STACK] = request_stack, function_stack
                await func(websocket)

        await wrap_app_handling_exceptions(session, websocket)(scope, receive, send)

    return app


def websocket_handler(plan: EndpointPlan) -> WebSocketHandler:
    """Return the function that serves a websocket with a handler.

    Wrong values raise `WebSocketRequestValidationError`, which closes the websocket with 1008 by default.
    """

    async def serve(websocket: WebSocket) -> None:
        watch = watch_of(websocket.scope)
        watch.began(websocket)
        handler: Any = plan.dependant.call
        with watch.part("dependencies", handler):
            solution = await _solve(plan, websocket)
            watch.solved(solution.values, solution.errors)
        if solution.errors:
            refusal = WebSocketRequestValidationError(solution.errors, endpoint_ctx=plan.context(websocket.scope))
            watch.refused(refusal)
            raise refusal
        with watch.part("endpoint", handler):
            await handler(**solution.values)

    return serve


async def _solve(plan: EndpointPlan, websocket: WebSocket) -> Any:
    scope = websocket.scope
    if "solve_dependencies" in seams.replaced:
        return await seams["solve_dependencies"](
            request=websocket,
            dependant=plan.dependant,
            dependency_overrides_provider=plan.overrides_provider,
            async_exit_stack=scope[REQUEST_STACK],
            embed_body_fields=False,
        )
    solver = Solver(
        request=websocket,
        overrides_provider=plan.overrides_provider,
        request_stack=scope[REQUEST_STACK],
        function_stack=scope[FUNCTION_STACK],
        seed=scope.pop(SEED, None) or Seed(),
    )
    return await solver.solve(plan.dependant)
