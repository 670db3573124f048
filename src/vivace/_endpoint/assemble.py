"""Joins the closures of an endpoint into one ASGI app: the compiled path.

Every question is answered here, once. What is left per request is fetching, one validation, the calls, and two
messages. Whatever is not the plain good case is handed to the exact path, untouched.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from pydantic import ValidationError
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.requests import Request
from starlette.websockets import WebSocket

from vivace._deps.graph import flat_dependants
from vivace._deps.lifetimes import OpenDependencies
from vivace._deps.scope_readers import ReadScope
from vivace._deps.solve import Seed, new_injected_response
from vivace._endpoint.body import FAILED_REQUEST, RECEIVED_BODY, body_parser_of, keep_body, read_body_bytes, replaying
from vivace._endpoint.call import Call, LateRefusal, call_of, is_plain, take_of
from vivace._endpoint.fetch import Fetch
from vivace._endpoint.forms import fetch_form_of, given_back, is_urlencoded, keep_form, limits_of, parse_whole
from vivace._endpoint.general import SEED, response_not_awaited
from vivace._endpoint.plan import BodyPlan, EndpointPlan
from vivace._endpoint.planner import BACKGROUND, DATA, OPEN, REQUEST, RESPONSE, Check, Line, Step, Unchanged
from vivace._endpoint.reply import Reply, direct_encoder_of, reply_of
from vivace._endpoint.streams import stream_reply_of
from vivace.background import BackgroundTasks
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["assemble", "assemble_websocket"]

Slots = list[Any]
Gather = Callable[[Scope], dict[str, Any]]
Fill = Callable[[dict[str, Any], Slots], bool]
Inject = Callable[[Slots, Scope, Receive, Send], None]
Run = Callable[[Slots, Scope, Receive, Send], Awaitable[None]]


def assemble(plan: EndpointPlan, line: Line, exact: ASGIApp) -> ASGIApp:
    """Return the ASGI app of an endpoint.

    Args:
        plan: What the endpoint is.
        line: The plan laid out in a line.
        exact: The same endpoint on the exact path.
    """
    has_injected = bool(line.injected & {RESPONSE, BACKGROUND})
    if plan.stream is None:
        encode = direct_encoder_of(plan, has_injected=has_injected)
        reply = reply_of(plan, encode, has_injected=has_injected)
    else:
        encode = None
        reply = stream_reply_of(plan, plan.stream, has_injected=has_injected)
    call = call_of(plan, encode)
    endpoint = _join(plan, line, call, reply, exact)
    endpoint.vivace_watched_form = exact  # type: ignore[attr-defined]  # an attribute of the function
    if not line.yields and BACKGROUND not in line.injected:
        provider = _provider(plan)
        # Overrides may bring in what stays open until the response was sent.
        endpoint.runs_straight = lambda scope: not provider.dependency_overrides  # type: ignore[attr-defined]
        if plan.body is not None and plan.body.is_form:  # other forms may hold files open
            endpoint.runs_straight = lambda scope: (  # type: ignore[attr-defined]
                not provider.dependency_overrides and is_urlencoded(scope)
            )
    return endpoint


def assemble_websocket(plan: EndpointPlan, line: Line, exact: ASGIApp) -> ASGIApp:
    """Return the ASGI app of a websocket handler.

    Args:
        plan: What the handler is.
        line: The plan laid out in a line.
        exact: The same handler on the exact path.
    """
    gather = _gatherer_of(line) if line.fetches else None
    fill, inject = _filler(line), _injector(line, WebSocket)
    run = _run_line(plan, line, cast(Call, plan.dependant.call), _no_reply, exact)
    provider = _provider(plan)
    slot_count = line.slot_count

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if provider.dependency_overrides:
            return await exact(scope, receive, send)
        slots: Slots = [None] * slot_count
        if gather is not None:
            data = slots[DATA] = gather(scope)
            if not fill(data, slots):
                return await exact(scope, receive, send)
        if inject is not None:
            inject(slots, scope, receive, send)
        failures: list[Exception] = []
        try:
            return await run(slots, scope, receive, send)
        except Exception as exc:
            failures.append(exc)
        # PERF: Starlette's wrapper would be a frame more between the server and each message (benchmark:
        # websocket_dependencies).
        websocket = slots[REQUEST] or WebSocket(scope, receive, send)

        async def fail(scope: Scope, receive: Receive, send: Send) -> None:
            raise failures.pop()

        await wrap_app_handling_exceptions(fail, websocket)(scope, receive, send)

    endpoint.vivace_watched_form = exact  # type: ignore[attr-defined]  # an attribute of the function
    return endpoint


async def _no_reply(result: Any, slots: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for what makes a response: a websocket has none."""


def _join(plan: EndpointPlan, line: Line, call: Call, reply: Reply, exact: ASGIApp) -> ASGIApp:
    needs_slots = line.steps or line.injected or plan.body or plan.dependant.security_scopes_param_name
    if not (needs_slots or line.validators):
        return _without_arguments(call, reply)
    if not needs_slots:
        return _with_parameters(line, call, reply, exact)
    run = _run_line(plan, line, call, reply, exact)
    if plan.body is not None and plan.body.is_form:
        return _with_form(plan, plan.body, line, run, exact)
    if plan.body is not None:
        return _with_body(plan, line, run, exact)
    return _with_dependencies(plan, line, run, exact)


def _without_arguments(call: Call, reply: Reply) -> ASGIApp:
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(await call(), (), scope, receive, send)

    return endpoint


def _with_parameters(line: Line, call: Call, reply: Reply, exact: ASGIApp) -> ASGIApp:
    gather = _gatherer(line.fetches)
    validate = line.validators[0][1].validate_python

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            arguments = validate(gather(scope))
        except ValidationError:
            arguments = None
        if arguments is None:  # out of the `except`, so that what happens there has no part in later errors
            return await exact(scope, receive, send)
        await reply(await call(**arguments), (), scope, receive, send)

    return endpoint


def _with_dependencies(plan: EndpointPlan, line: Line, run: Run, exact: ASGIApp) -> ASGIApp:
    gather = _gatherer_of(line) if line.fetches else None
    fill, inject = _filler(line), _injector(line)
    provider = _provider(plan)
    slot_count = line.slot_count

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if provider.dependency_overrides:
            return await exact(scope, receive, send)
        slots: Slots = [None] * slot_count
        if gather is not None:
            data = slots[DATA] = gather(scope)
            if not fill(data, slots):
                return await exact(scope, receive, send)
        if inject is not None:
            inject(slots, scope, receive, send)
        await run(slots, scope, receive, send)

    return endpoint


def _with_body(plan: EndpointPlan, line: Line, run: Run, exact: ASGIApp) -> ASGIApp:
    assert plan.body is not None
    gather, fill, inject = _gatherer_of(line), _filler(line), _injector(line)
    parse = body_parser_of(plan.body, line.json_validator)
    provider = _provider(plan)
    slot_count = line.slot_count

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if provider.dependency_overrides:
            return await exact(scope, receive, send)
        body = scope[RECEIVED_BODY] = await read_body_bytes(receive)
        slots: Slots = [None] * slot_count
        data = slots[DATA] = gather(scope)
        if not (parse(body, scope, data) and fill(data, slots)):
            return await exact(scope, replaying(body, receive), send)
        if inject is not None:
            inject(slots, scope, receive, send)
            keep_body(slots[REQUEST], body, data["body"])
        await run(slots, scope, receive, send)

    return endpoint


def _with_form(plan: EndpointPlan, body_plan: BodyPlan, line: Line, run: Run, exact: ASGIApp) -> ASGIApp:
    gather, fill, inject = _gatherer_of(line), _filler(line), _injector(line)
    fetch = fetch_form_of([field for node in flat_dependants(plan.dependant) for field in node.body_params])
    provider = _provider(plan)
    slot_count = line.slot_count

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if provider.dependency_overrides or not is_urlencoded(scope):
            return await exact(scope, receive, send)
        message = await receive()
        pairs = parse_whole(message, limits_of(scope, body_plan))
        if pairs is None:
            return await exact(scope, given_back(message, receive), send)
        slots: Slots = [None] * slot_count
        data = slots[DATA] = gather(scope)
        data["body"] = fetch(pairs)
        if not fill(data, slots):
            return await exact(scope, given_back(message, receive), send)
        scope[RECEIVED_BODY] = message.get("body", b"")
        if inject is not None:
            inject(slots, scope, receive, send)
            keep_form(slots[REQUEST], pairs)
        await run(slots, scope, receive, send)

    return endpoint


def _seed(line: Line, slots: Slots, next_slot: int) -> Seed:
    """Return what the steps before `next_slot` have computed, for the exact path to go on from."""
    seed = Seed(request=slots[REQUEST], response=slots[RESPONSE], background=slots[BACKGROUND])
    for step in line.steps:
        if isinstance(step, Step) and step.slot < next_slot:
            seed.keep(step.node, slots[step.slot])
    return seed


class _NoOverrides:
    """Stands in for an app where there is none."""

    dependency_overrides: dict[Any, Any] = {}


def _provider(plan: EndpointPlan) -> Any:
    provider = plan.overrides_provider
    return provider if hasattr(provider, "dependency_overrides") else _NoOverrides


def _gatherer(fetches: list[tuple[str, Fetch]]) -> Gather:
    """Return the function that gathers what was received, by source."""
    match fetches:
        case []:
            return lambda scope: {}
        case [(source, fetch)]:
            return lambda scope: {source: fetch(scope)}
        case [(first, fetch_first), (second, fetch_second)]:
            return lambda scope: {first: fetch_first(scope), second: fetch_second(scope)}
    return lambda scope: {source: fetch(scope) for source, fetch in fetches}


def _gatherer_of(line: Line) -> Gather:
    gather = _gatherer(line.fetches)
    if not line.watches or all(source != "path" for source, _ in line.fetches):
        return gather

    def gather_to_compare(scope: Scope) -> dict[str, Any]:
        data = gather(scope)
        data["path"] = dict(data["path"])  # a dependency may change the one in the scope
        return data

    return gather_to_compare


def _filler(line: Line) -> Fill:
    """Return the function that validates what was gathered, into the slots. It tells whether all is well."""
    validates = [(slot, validator.validate_python) for slot, validator in line.validators]

    def fill(data: dict[str, Any], slots: Slots) -> bool:
        try:
            for slot, validate in validates:
                slots[slot] = validate(data)
        except Exception:  # whatever it is, the exact path knows whose turn it is
            return False
        return True

    return fill


def _injector(line: Line, connection_class: Callable[[Scope, Receive, Send], Any] = Request) -> Inject | None:
    """Return the function that makes what is injected by type."""
    has_request, has_response, has_background = (slot in line.injected for slot in (REQUEST, RESPONSE, BACKGROUND))
    if not (has_request or has_response or has_background):
        return None

    watches = line.watches

    def inject(slots: Slots, scope: Scope, receive: Receive, send: Send) -> None:
        if has_request:
            slots[REQUEST] = connection_class(scope, receive, send)
            if watches:
                _ = slots[REQUEST].headers  # from here on it keeps its list
        if has_response:
            slots[RESPONSE] = new_injected_response()
        if has_background:
            slots[BACKGROUND] = BackgroundTasks()

    return inject


def _run_line(plan: EndpointPlan, line: Line, call: Call, reply: Reply, exact: ASGIApp) -> Run:
    """Return the function that makes the calls and replies."""
    # PERF: a plain coroutine function is called right in the loop, with no function around it (benchmark: chain); what
    # reads the scope is not even awaited (benchmark: bearer token).
    steps = [_ways_of(step) for step in line.steps]
    bind = line.bind
    provider = _provider(plan)

    async def run(slots: Slots, scope: Scope, receive: Receive, send: Send) -> None:
        for slot, call_step, bind_step, read, take in steps:
            if provider.dependency_overrides:  # a dependency has just installed one
                return await hand_over(slots, slot, scope, receive, send)
            if call_step is not None:
                slots[slot] = await call_step(**bind_step(slots))
                continue
            if read is not None:
                slots[slot] = read(scope)
                continue
            is_refused = False
            try:
                slots[slot] = await take(slots)
            except LateRefusal:
                is_refused = True
            if is_refused:
                return await hand_over(slots, slot, scope, receive, send)
        await reply(await call(**bind(slots)), slots, scope, receive, send)

    async def hand_over(slots: Slots, next_slot: int, scope: Scope, receive: Receive, send: Send) -> None:
        scope[SEED] = _seed(line, slots, next_slot)
        body = scope.get(RECEIVED_BODY)
        await exact(scope, receive if body is None else replaying(body, receive), send)

    run_whole = _closing(run, may_swallow=plan.is_websocket) if line.yields else run
    return _keeping_request(run_whole) if REQUEST in line.injected and not plan.is_websocket else run_whole


def _ways_of(step: Step | Check | Unchanged) -> tuple[int, Any, Any, ReadScope | None, Any]:
    """Return the slot of a step, and one of the three ways to its value: call and bind, read, take."""
    if isinstance(step, Step) and step.read is not None:
        return step.slot, None, None, step.read, None
    if is_plain(step):
        return step.slot, step.call, step.bind, None, None
    return step.slot, None, None, None, take_of(step)


def _keeping_request(run: Run) -> Run:
    """Return `run`, leaving the request of a handler that failed to exception handlers: it knows what was read."""

    async def run_and_keep(slots: Slots, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await run(slots, scope, receive, send)
        except Exception:
            scope[FAILED_REQUEST] = slots[REQUEST]
            raise

    return run_and_keep


def _closing(run: Run, *, may_swallow: bool) -> Run:
    """Return `run` with the dependencies that have yielded finished after it.

    What they swallow was the response of a request, which is an error. Of a websocket it is the end.
    """

    async def run_and_close(slots: Slots, scope: Scope, receive: Receive, send: Send) -> None:
        opened = slots[OPEN] = OpenDependencies()
        try:
            await run(slots, scope, receive, send)
        except BaseException as exc:
            if not await opened.close_with(exc):
                raise
        else:
            return await opened.close()
        if not may_swallow:
            raise response_not_awaited()

    return run_and_close
