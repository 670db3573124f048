"""How a callable is called: every kind becomes one awaitable form, chosen at start-up."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeGuard

from pydantic import ValidationError

from vivace._endpoint.plan import EndpointPlan
from vivace._endpoint.planner import DATA, OPEN, REQUEST, Check, Step, Unchanged
from vivace._endpoint.reply import Encode, encoding_in_place
from vivace._inspection.callables import CallableKind
from vivace._threads import call_in_thread

__all__ = ["Call", "LateRefusal", "is_plain", "Take", "call_of", "in_thread", "made_at_once", "take_of"]

Call = Callable[..., Awaitable[Any]]
"""Called with keyword arguments."""

Take = Callable[[list[Any]], Awaitable[Any]]
"""Computes the value of one step from the slots."""


def call_of(plan: EndpointPlan, encode: Encode | None) -> Call:
    """Return the handler as an async function. One that runs in a thread encodes its result there, with `encode`."""
    handler: Any = plan.dependant.call
    if plan.kind is CallableKind.ASYNC:
        return handler  # type: ignore[no-any-return]  # its kind was read
    if plan.kind.yields:  # the call only makes the generator
        return made_at_once(handler)
    return in_thread(handler if encode is None else encoding_in_place(handler, encode))


def made_at_once(call: Callable[..., Any]) -> Call:
    """Return an async function that calls one that neither waits nor blocks."""

    async def call_plainly(**arguments: Any) -> Any:
        return call(**arguments)

    return call_plainly


def in_thread(call: Callable[..., Any]) -> Call:
    """Return an async function that calls a blocking one in a thread."""

    async def call_threaded(**arguments: Any) -> Any:
        return await call_in_thread(functools.partial(call, **arguments))

    return call_threaded


class LateRefusal(Exception):
    """Values that had to wait for their turn are wrong, or others than they were."""


def is_plain(step: Step | Check | Unchanged) -> TypeGuard[Step]:
    """Tell whether the step is awaiting a coroutine function and nothing more."""
    return isinstance(step, Step) and step.kind is CallableKind.ASYNC


def take_of(step: Step | Check | Unchanged) -> Take:
    """Return the function that computes the value of a step that is not plain. That of a check raises `LateRefusal`."""
    if isinstance(step, Check):
        return _check_of(step)
    if isinstance(step, Unchanged):
        return _comparison_of(step)
    call, bind, kind = step.call, step.bind, step.kind
    if kind is CallableKind.ASYNC_GENERATOR:
        return lambda slots: slots[OPEN].enter_async(call(**bind(slots)))
    if kind is CallableKind.GENERATOR:
        return lambda slots: slots[OPEN].enter_threaded(call, bind(slots))
    return lambda slots: call_in_thread(functools.partial(call, **bind(slots)))


def _check_of(check: Check) -> Take:
    validate = check.validator.validate_python

    async def take(slots: list[Any]) -> Any:
        try:
            return validate(slots[DATA])
        except ValidationError as exc:
            raise LateRefusal from exc

    return take


def _comparison_of(step: Unchanged) -> Take:
    async def take(slots: list[Any]) -> Any:
        data, request = slots[DATA], slots[REQUEST]
        # The list of headers that the request had at first: a program that puts another one into the scope is too late.
        now = {"path_params": request.scope["path_params"], "headers": request.headers.raw}
        if any(fetch(now) != data[source] for source, fetch in step.fetches):
            raise LateRefusal

    return take
