"""The exact path of an endpoint: interprets the plan for one request as the reference would, every error in its place.

It answers what the compiled path hands over, and it is what `get_route_handler()` returns.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response

from vivace._deps.solve import Seed, Solver
from vivace._endpoint.body import FAILED_REQUEST, read_body_of
from vivace._endpoint.forms import FILES_STACK, OPEN_FILES, read_form_of
from vivace._endpoint.plan import EndpointPlan
from vivace._endpoint.reply import make_response
from vivace._endpoint.sending import send_response
from vivace._inspection.callables import CallableKind
from vivace.concurrency import run_in_threadpool
from vivace.exceptions import FastAPIError, RequestValidationError
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["SEED", "RequestHandler", "endpoint_app", "request_handler", "response_not_awaited"]

RequestHandler = Callable[[Request], Awaitable[Response]]

# The names under which the reference keeps its exit stacks in the scope; other packages look there.
REQUEST_STACK = "fastapi_inner_astack"
FUNCTION_STACK = "fastapi_function_astack"
# What the compiled path had computed when it handed a request over.
SEED = "vivace.seed"


def response_not_awaited() -> FastAPIError:
    """Make the error of a dependency that caught an exception and did not raise it again."""
    return FastAPIError(
        "Response not awaited. There's a high chance that the application code is raising an exception "
        "and a dependency with yield has a block with a bare except, or a block with except Exception, and is not "
        "raising the exception again. Read more about it in the docs: https://fastapi.tiangolo.com/tutorial/dependencies/"
        "dependencies-with-yield/#dependencies-with-yield-and-except"
    )


def request_handler(plan: EndpointPlan) -> RequestHandler:
    """Return the function that answers a `Request` with the handler's response."""

    async def respond(request: Request) -> Response:
        scope = request.scope
        body: Any = PydanticUndefined
        if plan.body is not None:
            if plan.body.is_form:
                body = await read_form_of(request, plan.body)
            else:
                body = await read_body_of(request, plan.body, lambda: plan.context(scope))
        solver = Solver(
            request=request,
            body=body,
            embed=plan.body is not None and plan.body.embed,
            overrides_provider=plan.overrides_provider,
            request_stack=scope[REQUEST_STACK],
            function_stack=scope[FUNCTION_STACK],
            seed=scope.pop(SEED, None) or Seed(),
        )
        solution = await solver.solve(plan.dependant)
        if solution.errors:
            shown = None if body is PydanticUndefined else body
            raise RequestValidationError(solution.errors, body=shown, endpoint_ctx=plan.context(scope))
        result = await _run(plan, solution.values)
        return await make_response(plan, result, scope, solver.seed.response, solver.seed.background)

    return respond


async def _run(plan: EndpointPlan, values: dict[str, Any]) -> Any:
    call: Any = plan.dependant.call
    if plan.kind is CallableKind.ASYNC:
        return await call(**values)
    return await run_in_threadpool(call, **values)


def endpoint_app(handler: RequestHandler) -> ASGIApp:
    """Make an ASGI app of a function from request to response, with the exit stacks that dependencies live in.

    Dependencies of scope "function" end before the response is sent, those of scope "request" after its background
    tasks.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seed: Seed | None = scope.get(SEED)
        request: Any = (seed and seed.request) or Request(scope, receive, send)
        response: Response | None = None
        is_sent = False
        files = None if FILES_STACK in scope else AsyncExitStack()
        if files is not None:
            scope[FILES_STACK] = files
        try:
            async with AsyncExitStack() as request_stack:
                scope[REQUEST_STACK] = request_stack
                async with AsyncExitStack() as function_stack:
                    scope[FUNCTION_STACK] = function_stack
                    response = await handler(request)
                if response is None:
                    raise response_not_awaited()
                await send_response(response, scope, receive, send)
                is_sent = True
            if not is_sent:
                raise response_not_awaited()
        except Exception:
            scope[FAILED_REQUEST] = request
            scope[OPEN_FILES], files = files, None  # handlers of errors may still read them
            raise
        finally:
            if files is not None:
                await files.aclose()

    return app
