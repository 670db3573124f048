"""The stages of the exact path as functions of their own, with the arguments that the reference gives to its.

Nothing of ours calls them but in the place of another one: they are what programs replace, wrap and call directly. The
one rule: each is a few lines over what the exact path uses itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from vivace._deps.graph import Dependant
from vivace._deps.solve import Seed, Solver, new_injected_response
from vivace._endpoint.general import FUNCTION_STACK, RequestHandler, endpoint_app, request_handler
from vivace._endpoint.plan import BodyPlan, EndpointPlan, ReplyPlan
from vivace._endpoint.reply import InvalidResult, content_of
from vivace._endpoint.seams import seams
from vivace._endpoint.websocket import WebSocketHandler, websocket_handler, websocket_session
from vivace._inspection.callables import CallableKind, kind_of
from vivace._params.field import ErrorList, ModelField
from vivace._params.markers import Form
from vivace.concurrency import run_in_threadpool
from vivace.datastructures import Default, DefaultPlaceholder
from vivace.exceptions import EndpointContext
from vivace.types import ASGIApp, DependencyCacheKey, IncEx

__all__ = [
    "PlannedDependant",
    "SolvedDependency",
    "get_request_handler",
    "get_websocket_app",
    "request_response",
    "run_endpoint_function",
    "serialize_response",
    "solve_dependencies",
]


@dataclasses.dataclass
class SolvedDependency:
    """What a callable is to be called with, or why it cannot be, and what was injected on the way."""

    values: dict[str, Any]
    errors: ErrorList
    background_tasks: StarletteBackgroundTasks | None
    response: Response
    dependency_cache: dict[DependencyCacheKey, Any]


async def solve_dependencies(
    *,
    request: HTTPConnection,
    dependant: Dependant,
    body: Any = PydanticUndefined,
    background_tasks: StarletteBackgroundTasks | None = None,
    response: Response | None = None,
    dependency_overrides_provider: Any | None = None,
    dependency_cache: dict[DependencyCacheKey, Any] | None = None,
    async_exit_stack: AsyncExitStack,
    embed_body_fields: bool,
) -> SolvedDependency:
    """Compute the arguments of `dependant.call` for a request.

    Args:
        request: The request or websocket. What ends before the response is sent lives in the exit stack that its scope
            has under `fastapi_function_astack`.
        dependant: What is to be called, and where its arguments come from.
        body: The parsed body.
        background_tasks: Those to inject, if there are some already.
        response: The response to inject, if there is one already.
        dependency_overrides_provider: The object whose `dependency_overrides` hold.
        dependency_cache: The values that have been computed for this request; new ones are added.
        async_exit_stack: Where dependencies that live as long as the request stay open.
        embed_body_fields: Whether the declared bodies are keys of the received one.
    """
    seed = Seed(
        cache={} if dependency_cache is None else dependency_cache,
        response=response or new_injected_response(),
        background=background_tasks,  # type: ignore[arg-type]  # whoever gives a plain one gets it injected
    )
    solver = Solver(
        request=request,
        body=body,
        embed=embed_body_fields,
        overrides_provider=dependency_overrides_provider,
        request_stack=async_exit_stack,
        function_stack=request.scope.get(FUNCTION_STACK, async_exit_stack),
        seed=seed,
    )
    solution = await solver.solve(dependant)
    assert seed.response is not None
    return SolvedDependency(
        values=solution.values,
        errors=solution.errors,
        background_tasks=seed.background,
        response=seed.response,
        dependency_cache=seed.cache,
    )


async def run_endpoint_function(*, dependant: Dependant, values: dict[str, Any], is_coroutine: bool) -> Any:
    """Call the handler with its arguments, in a thread unless it is a coroutine function."""
    call: Any = dependant.call
    if is_coroutine:
        return await call(**values)
    return await run_in_threadpool(call, **values)


async def serialize_response(
    *,
    field: ModelField | None = None,
    response_content: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    is_coroutine: bool = True,
    endpoint_ctx: EndpointContext | None = None,
    dump_json: bool = False,
) -> Any:
    """Turn the result of a handler into what the response class gets.

    Args:
        field: The declared type; without one, the content becomes plain data that JSON can hold.
        response_content: The result.
        include: As in Pydantic, like the ones that follow.
        exclude: .
        by_alias: .
        exclude_unset: .
        exclude_defaults: .
        exclude_none: .
        is_coroutine: Whether to validate right here, and not in a thread.
        endpoint_ctx: Where the handler stands, for the text of an error.
        dump_json: Whether to return JSON bytes, where there is a declared type.

    Raises:
        ResponseValidationError: the result does not fit its declared type.
    """
    plan = ReplyPlan(
        field=field,
        is_default_class=dump_json,
        include=include,
        exclude=exclude,
        by_alias=by_alias,
        exclude_unset=exclude_unset,
        exclude_defaults=exclude_defaults,
        exclude_none=exclude_none,
    )
    try:
        if is_coroutine or field is None:
            return content_of(plan, response_content)
        return await run_in_threadpool(content_of, plan, response_content)
    except InvalidResult as exc:
        raise exc.located(endpoint_ctx or {}) from exc.__cause__


class PlannedDependant(Dependant):
    """The copy of a route's dependant that a replaced `get_request_handler` gets, to change and to hand on.

    It knows the plan of the route, so that the options which are no arguments of that function are not lost.
    """

    __slots__ = ("plan",)
    plan: EndpointPlan

    @classmethod
    def of(cls, plan: EndpointPlan) -> PlannedDependant:
        """Copy the dependant of a plan."""
        dependant = plan.dependant
        copied = cls(**{item.name: getattr(dependant, item.name) for item in dataclasses.fields(Dependant)})
        copied.plan = plan
        return copied


def get_request_handler(
    dependant: Dependant,
    body_field: ModelField | None = None,
    status_code: int | None = None,
    response_class: type[Response] | DefaultPlaceholder = Default(JSONResponse),
    response_field: ModelField | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    dependency_overrides_provider: Any | None = None,
    embed_body_fields: bool = False,
    strict_content_type: bool | DefaultPlaceholder = Default(True),
    stream_item_field: ModelField | None = None,
    is_json_stream: bool = False,
    form_limits: Any = None,
) -> RequestHandler:
    """Return the function from a `Request` to the response of a handler.

    The arguments are the options of a route after everything around it was taken into account. What the last three say
    is taken from the plan of the route that the dependant belongs to.
    """
    base = dependant.plan if isinstance(dependant, PlannedDependant) else EndpointPlan(dependant=dependant)
    body = base.body
    if body_field is None:
        body = None
    elif body is None:
        body = BodyPlan(
            embed=embed_body_fields,
            is_form=isinstance(body_field.field_info, Form),
            strict_content_type=_settled(strict_content_type),
        )
    else:
        body = dataclasses.replace(body, embed=embed_body_fields, strict_content_type=_settled(strict_content_type))
    reply = dataclasses.replace(
        base.reply,
        field=response_field,
        response_class=_settled(response_class),
        is_default_class=isinstance(response_class, DefaultPlaceholder),
        status_code=status_code,
        include=response_model_include,
        exclude=response_model_exclude,
        by_alias=response_model_by_alias,
        exclude_unset=response_model_exclude_unset,
        exclude_defaults=response_model_exclude_defaults,
        exclude_none=response_model_exclude_none,
    )
    return request_handler(
        dataclasses.replace(
            base, dependant=dependant, body=body, reply=reply, overrides_provider=dependency_overrides_provider
        )
    )


def _settled(value: Any) -> Any:
    return value.value if isinstance(value, DefaultPlaceholder) else value


def request_response(func: Callable[[Request], Awaitable[Response] | Response]) -> ASGIApp:
    """Return the ASGI app of a function from request to response, with what dependencies need to live in its scope."""
    if kind_of(func) is CallableKind.ASYNC:
        return endpoint_app(func)  # type: ignore[arg-type]  # its kind was read

    async def call_threaded(request: Request) -> Response:
        response: Response = await run_in_threadpool(func, request)  # type: ignore[arg-type]  # its kind was read
        return response

    return endpoint_app(call_threaded)


def get_websocket_app(
    dependant: Dependant, dependency_overrides_provider: Any | None = None, embed_body_fields: bool = False
) -> WebSocketHandler:
    """Return the function that serves a `WebSocket` with a handler."""
    return websocket_handler(EndpointPlan(dependant=dependant, overrides_provider=dependency_overrides_provider))


for _function in (
    *(get_request_handler, get_websocket_app, request_response, websocket_session),
    *(run_endpoint_function, serialize_response, solve_dependencies),
):
    seams.offer(_function)
