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
from vivace._endpoint.forms import closing_files, read_form_of
from vivace._endpoint.plan import BodyPlan, EndpointPlan
from vivace._endpoint.reply import build_response, make_response
from vivace._endpoint.seams import seams
from vivace._endpoint.sending import send_response
from vivace._endpoint.streams import MakeStream, stream_maker_of
from vivace._inspection.callables import CallableKind
from vivace._watch import UNWATCHED, Watch, watch_of
from vivace.background import BackgroundTasks
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
    make_stream = None if plan.stream is None else stream_maker_of(plan, plan.stream)

    async def respond(request: Request) -> Response:
        scope = request.scope
        watch = watch_of(scope)
        watch.began(request)
        body: Any = PydanticUndefined
        if plan.body is not None:
            body = await _read_body(plan, plan.body, request, watch)
        if not _STAGES.isdisjoint(seams.replaced) and SEED not in scope:
            return await _respond_in_stages(plan, make_stream, request, body, watch)
        solver = Solver(
            request=request,
            body=body,
            embed=plan.body is not None and plan.body.embed,
            overrides_provider=plan.overrides_provider,
            request_stack=scope[REQUEST_STACK],
            function_stack=scope[FUNCTION_STACK],
            seed=scope.pop(SEED, None) or Seed(),
        )
        with watch.part("dependencies", plan.dependant.call):
            solution = await solver.solve(plan.dependant)
            watch.solved(solution.values, solution.errors)
        if solution.errors:
            raise _refusal(plan, request, body, solution.errors, watch)
        result = await _run(plan, solution.values, watch)
        if make_stream is not None:
            response = make_stream(result, scope, solver.seed.response, solver.seed.background)
        elif isinstance(result, Response):
            response = await make_response(plan, result, scope, solver.seed.response, solver.seed.background)
        else:
            with watch.part("serialization", plan.dependant.call):
                response = await make_response(plan, result, scope, solver.seed.response, solver.seed.background)
        return _with_watched_tasks(response, watch)

    return respond


async def _read_body(plan: EndpointPlan, body_plan: BodyPlan, request: Request, watch: Watch) -> Any:
    try:
        if body_plan.is_form:
            body: Any = await read_form_of(request, body_plan)
        else:
            body = await read_body_of(request, body_plan, lambda: plan.context(request.scope))
    except RequestValidationError as exc:
        watch.refused(exc)
        raise
    watch.received(body)
    return body


def _refusal(plan: EndpointPlan, request: Request, body: Any, errors: Any, watch: Watch) -> RequestValidationError:
    shown = None if body is PydanticUndefined else body
    refusal = RequestValidationError(errors, body=shown, endpoint_ctx=plan.context(request.scope))
    watch.refused(refusal)
    return refusal


def _with_watched_tasks(response: Response, watch: Watch) -> Response:
    if watch is not UNWATCHED and isinstance(response.background, BackgroundTasks):
        response.background.watch = watch
    return response


# The replaceable functions that run per request.
_STAGES = frozenset({"run_endpoint_function", "serialize_response", "solve_dependencies"})


async def _respond_in_stages(
    plan: EndpointPlan, make_stream: MakeStream | None, request: Request, body: Any, watch: Watch
) -> Response:
    """Respond through the functions that a program has put in the places of ours."""
    scope = request.scope
    dependant, reply = plan.dependant, plan.reply
    with watch.part("dependencies", dependant.call):
        solved = await seams["solve_dependencies"](
            request=request,
            dependant=dependant,
            body=body,
            dependency_overrides_provider=plan.overrides_provider,
            async_exit_stack=scope[REQUEST_STACK],
            embed_body_fields=plan.body is not None and plan.body.embed,
        )
        watch.solved(solved.values, solved.errors)
    if solved.errors:
        raise _refusal(plan, request, body, solved.errors, watch)
    if make_stream is not None:  # the reference calls such handlers past the other functions
        result = await _run(plan, solved.values, watch)
        stream = make_stream(result, scope, solved.response, solved.background_tasks)
        return _with_watched_tasks(stream, watch)
    is_coroutine = plan.kind is CallableKind.ASYNC
    run = seams["run_endpoint_function"]
    with watch.part("endpoint", dependant.call):
        result = await run(dependant=dependant, values=solved.values, is_coroutine=is_coroutine)
    if isinstance(result, Response):
        if result.background is None:
            result.background = solved.background_tasks
        return _with_watched_tasks(result, watch)
    with watch.part("serialization", dependant.call):
        content = await seams["serialize_response"](
            field=reply.field,
            response_content=result,
            **reply.serialization,
            is_coroutine=is_coroutine,
            endpoint_ctx=plan.context(scope),
            dump_json=reply.is_default_class and reply.field is not None,
        )
        response = build_response(plan, content, solved.response, solved.background_tasks)
    return _with_watched_tasks(response, watch)


async def _run(plan: EndpointPlan, values: dict[str, Any], watch: Watch) -> Any:
    call: Any = plan.dependant.call
    if plan.kind is CallableKind.ASYNC:
        with watch.part("endpoint", call):
            return await call(**values)
    if plan.kind.yields:  # the call only makes the generator
        return call(**values)
    return await run_in_threadpool(_run_part, watch, call, values)


def _run_part(watch: Watch, call: Any, values: dict[str, Any]) -> Any:
    with watch.part("endpoint", call):  # in the thread, so that waiting for one is no part of it
        return call(**values)


def endpoint_app(handler: RequestHandler) -> ASGIApp:
    """Make an ASGI app of a function from request to response, with the exit stacks that dependencies live in.

    Dependencies of scope "function" end before the response is sent, those of scope "request" after its background
    tasks.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seed: Seed | None = scope.get(SEED)
        request: Any = (seed and seed.request) or Request(scope, receive, send)
        # The reference describes there how a route of an included router is served. Our routes are just that.
        scope["fastapi"] = {"effective_route_context": scope.get("route")}
        response: Response | None = None
        is_sent = False
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
            raise

    return closing_files(app)
