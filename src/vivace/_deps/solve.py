"""Solves dependencies the exact way: one at a time, overrides looked up live, every error collected.

This is the interpreted path, and the model for the compiled one: a dependency whose own values are wrong is not
called, but the ones after it are; what was computed once in a request is shared by key.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.datastructures import FormData
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from vivace._deps.graph import Dependant, get_dependant
from vivace._deps.lifetimes import call_dependency
from vivace._deps.scopes import SecurityScopes
from vivace._params.field import ErrorList
from vivace._params.forms import read_form
from vivace._params.markers import Form
from vivace._params.read import read_body, read_params
from vivace._threads import Hold
from vivace.background import BackgroundTasks

__all__ = ["Seed", "Solution", "Solver", "new_injected_response"]


def new_injected_response() -> Response:
    """Make the response that handlers may take as an argument: only what they set on it counts."""
    response = Response()
    del response.headers["content-length"]
    response.status_code = None  # type: ignore[assignment]  # None means that no one set it
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What one callable is to be called with, or why it cannot be."""

    values: dict[str, Any]
    errors: ErrorList


@dataclass(slots=True, kw_only=True)
class Seed:
    """What has been computed for a request: empty at first, or from where another path has stopped."""

    cache: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """The values that are shared, by what makes two needs the same."""
    done: dict[int, Any] = field(default_factory=dict)
    """The values of needs that were met before this path began, by the id of their node."""
    request: HTTPConnection | None = None
    response: Response | None = None
    background: BackgroundTasks | None = None

    def keep(self, node: Dependant, value: Any) -> None:
        """Remember the value of a dependency. The first one is what others share."""
        self.cache.setdefault(node.cache_key, value)
        self.done[id(node)] = value


@dataclass(slots=True, kw_only=True)
class Solver:
    """Solves the dependencies of one request.

    `request_stack` closes after the response was sent, `function_stack` before.
    """

    request: HTTPConnection
    body: Any = PydanticUndefined
    embed: bool = False
    overrides_provider: Any = None
    request_stack: AsyncExitStack
    function_stack: AsyncExitStack
    seed: Seed = field(default_factory=Seed)

    async def solve(self, dependant: Dependant) -> Solution:
        """Compute the arguments of `dependant.call`."""
        # They are parsed once for all, before the first dependency can change what they are parsed from.
        _ = self.request.query_params, self.request.cookies
        values: dict[str, Any] = {}
        errors: ErrorList = []
        for sub in dependant.dependencies:
            value, sub_errors = await self._value_of(sub)
            if sub_errors:
                errors.extend(sub_errors)
            elif sub.name is not None:
                values[sub.name] = value
        await self._read_request(dependant, values, errors)
        self._inject(dependant, values)
        return Solution(values=values, errors=errors)

    async def _value_of(self, sub: Dependant) -> tuple[Any, ErrorList]:
        if id(sub) in self.seed.done:
            return self.seed.done.pop(id(sub)), []
        used = self._overridden(sub)
        solution = await self.solve(used)
        if solution.errors:
            return None, solution.errors
        key = sub.cache_key
        if sub.use_cache and key in self.seed.cache:
            return self.seed.cache[key], []
        value = await self._call(used, solution.values)
        self.seed.cache.setdefault(key, value)
        return value, []

    def _overridden(self, sub: Dependant) -> Dependant:
        # Looked up for each call: a dependency may install an override for the next one.
        overrides = getattr(self.overrides_provider, "dependency_overrides", None)
        if not overrides:
            return sub
        call = overrides.get(sub.call, sub.call)
        if call is sub.call:
            return sub
        used = get_dependant(
            path=sub.path or "",
            call=call,
            name=sub.name,
            own_oauth_scopes=sub.own_oauth_scopes,
            parent_oauth_scopes=sub.parent_oauth_scopes,
            use_cache=sub.use_cache,
            scope=sub.scope,
        )
        used.concurrency = sub.concurrency
        return used

    async def _call(self, used: Dependant, values: dict[str, Any]) -> Any:
        assert used.call is not None
        stack = self.function_stack if used.computed_scope == "function" else self.request_stack
        if used.concurrency is None:
            return await call_dependency(used.call, values, stack)
        semaphore = used.concurrency.get_semaphore()
        if used.kind.yields:  # the place is held until clean-up
            await stack.enter_async_context(semaphore)
            stack.enter_context(Hold())
            return await call_dependency(used.call, values, stack)
        async with semaphore:
            with Hold():  # whoever waits for the place may hold what all threads wait for
                return await call_dependency(used.call, values, stack)

    async def _read_request(self, dependant: Dependant, values: dict[str, Any], errors: ErrorList) -> None:
        request = self.request
        for fields, source in (
            (dependant.path_params, "path"),
            (dependant.query_params, "query"),
            (dependant.header_params, "header"),
            (dependant.cookie_params, "cookie"),
        ):
            if fields:
                found, wrong = read_params(fields, _received(request, source), source)
                values.update(found)
                errors.extend(wrong)
        if dependant.body_params:
            fields, body = dependant.body_params, self.body
            if isinstance(body, FormData) and (self.embed or any(isinstance(each.field_info, Form) for each in fields)):
                found, wrong = await read_form(fields, body)
            else:  # an override may take another kind of body than the route
                received = dict(body) if isinstance(body, FormData) else body
                found, wrong = read_body(fields, received, embed=self.embed)
            values.update(found)
            errors.extend(wrong)

    def _inject(self, dependant: Dependant, values: dict[str, Any]) -> None:
        request = self.request
        if dependant.http_connection_param_name:
            values[dependant.http_connection_param_name] = request
        if dependant.request_param_name and isinstance(request, Request):
            values[dependant.request_param_name] = request
        elif dependant.websocket_param_name and isinstance(request, WebSocket):
            values[dependant.websocket_param_name] = request
        if dependant.background_tasks_param_name:
            self.seed.background = self.seed.background or BackgroundTasks()
            values[dependant.background_tasks_param_name] = self.seed.background
        if dependant.response_param_name:
            self.seed.response = self.seed.response or new_injected_response()
            values[dependant.response_param_name] = self.seed.response
        if dependant.security_scopes_param_name:
            values[dependant.security_scopes_param_name] = SecurityScopes(scopes=dependant.oauth_scopes)


def _received(request: HTTPConnection, source: str) -> Any:
    match source:
        case "path":
            return request.path_params
        case "query":
            return request.query_params
        case "header":
            return request.headers
        case _:
            return request.cookies
