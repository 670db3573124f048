"""A websocket handler made into an ASGI app. It runs once per connection, so it takes the exact path and no other."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.websockets import WebSocket

from vivace._deps.solve import Solver
from vivace._endpoint.general import FUNCTION_STACK, REQUEST_STACK
from vivace._endpoint.plan import EndpointPlan
from vivace.exceptions import WebSocketRequestValidationError
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["websocket_app"]


def websocket_app(plan: EndpointPlan) -> ASGIApp:
    """Return the ASGI app of a websocket handler.

    Wrong values raise `WebSocketRequestValidationError`, which closes the websocket with 1008 by default. Exceptions
    are handled with the websocket that the handler had, so that their handlers can still send.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)

        async def session(scope: Scope, receive: Receive, send: Send) -> None:
            async with AsyncExitStack() as request_stack, AsyncExitStack() as function_stack:
                scope[REQUEST_STACK], scope[FUNCTION_STACK] = request_stack, function_stack
                solver = Solver(
                    request=websocket,
                    overrides_provider=plan.overrides_provider,
                    request_stack=request_stack,
                    function_stack=function_stack,
                )
                solution = await solver.solve(plan.dependant)
                if solution.errors:
                    raise WebSocketRequestValidationError(solution.errors, endpoint_ctx=plan.context(scope))
                handler: Any = plan.dependant.call
                await handler(**solution.values)

        await wrap_app_handling_exceptions(session, websocket)(scope, receive, send)

    return app
