"""A plan becomes a straight line of calls, each once, in the order in which the reference calls."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from starlette.websockets import WebSocket

from vivace import BackgroundTasks, Body, Depends, FastAPI, Form, Request, Response, Security, UploadFile
from vivace._deps.scopes import SecurityScopes
from vivace._endpoint.plan import EndpointPlan
from vivace._endpoint.planner import BACKGROUND, REQUEST, RESPONSE, Line, make_bind, plan_line, why_exact
from vivace.types import Handler


class Item(BaseModel):
    n: int = 0


class Node(BaseModel):
    children: "list[Node]" = []


def plan_of(handler: Handler, path: str = "/", **options: Any) -> EndpointPlan:
    app = FastAPI(openapi_url=None)
    app.add_api_route(path, handler, methods=["POST"], **options)
    plan: EndpointPlan = app.routes[-1].plan  # type: ignore[attr-defined]  # an APIRoute
    return plan


def line_of(handler: Handler, path: str = "/", **options: Any) -> Line:
    line = plan_line(plan_of(handler, path, **options))
    assert line is not None
    return line


def calls_of(line: Line) -> list[str]:
    return [step.call.__name__ for step in line.steps if hasattr(step, "call")]


async def first() -> str:
    return "first"


async def second(first: str = Depends(first)) -> str:
    return first


async def unshared(first: str = Depends(first, use_cache=False)) -> str:
    return first


async def scoped(scopes: SecurityScopes) -> list[str]:
    return scopes.scopes


async def opens() -> AsyncIterator[int]:
    yield 1


def opens_in_thread() -> Iterator[int]:
    yield 1


def test_a_handler_without_arguments_needs_nothing() -> None:
    async def handler() -> None: ...

    line = line_of(handler)
    assert not (line.fetches or line.validators or line.steps or line.injected or line.yields)


def test_dependencies_are_called_depth_first_in_the_order_of_declaration() -> None:
    async def third() -> None: ...

    async def handler(c: None = Depends(third), b: str = Depends(second), a: str = Depends(first)) -> None: ...

    assert calls_of(line_of(handler)) == ["third", "first", "second"]


def test_dependencies_of_the_route_come_first() -> None:
    async def guard() -> None: ...

    async def handler(a: str = Depends(first)) -> None: ...

    assert calls_of(line_of(handler, dependencies=[Depends(guard)])) == ["guard", "first"]


def test_a_shared_dependency_has_one_slot() -> None:
    async def handler(a: str = Depends(first), b: str = Depends(second), c: str = Depends(second)) -> None: ...

    line = line_of(handler)
    assert calls_of(line) == ["first", "second"]
    arguments = line.bind([f"slot {number}" for number in range(line.slot_count)])
    assert arguments["b"] == arguments["c"] != arguments["a"]


def test_without_use_cache_each_need_has_a_call_of_its_own() -> None:
    async def handler(a: str = Depends(first, use_cache=False), b: str = Depends(first, use_cache=False)) -> None: ...

    assert calls_of(line_of(handler)) == ["first", "first"]


def test_what_a_shared_dependency_does_not_share_is_called_again() -> None:
    async def handler(a: str = Depends(unshared), b: str = Depends(unshared)) -> None: ...

    assert calls_of(line_of(handler)) == ["first", "unshared", "first"]


def test_other_oauth_scopes_mean_another_call() -> None:
    async def handler(
        a: list[str] = Security(scoped, scopes=["a"]),
        b: list[str] = Security(scoped, scopes=["b"]),
        c: list[str] = Security(scoped, scopes=["a"]),
    ) -> None: ...

    assert calls_of(line_of(handler)) == ["scoped", "scoped"]


def test_scopes_mean_nothing_to_who_does_not_ask_for_them() -> None:
    async def handler(a: str = Depends(first), b: str = Depends(second)) -> None: ...

    assert calls_of(line_of(handler, dependencies=[Depends(first)])) == ["first", "second"]


def test_one_validator_serves_all_sources_of_a_callable() -> None:
    async def handler(i: int, item: Item, q: int = 0) -> None: ...

    line = line_of(handler, "/{i}")
    assert [source for source, _ in line.fetches] == ["path", "query"]
    ((slot, validator),) = line.validators
    assert validator.validate_python({"path": {"i": "1"}, "query": {"q": "2"}, "body": {"n": 3}})["q"] == 2


def test_recursive_models_of_several_arguments_go_into_one_validator() -> None:
    async def handler(a: Node, b: Annotated[Node | None, Body()] = None, q: int = 0) -> None: ...

    line = line_of(handler)
    ((_, validator),) = line.validators
    data = {"query": {}, "body": {"a": {"children": [{}]}, "b": {"children": []}}}
    assert validator.validate_python(data) == {"a": Node(children=[Node()]), "b": Node(), "q": 0}


@pytest.mark.parametrize(
    ("annotation", "slot"), [(Request, REQUEST), (Response, RESPONSE), (BackgroundTasks, BACKGROUND)]
)
def test_only_what_is_asked_for_is_injected(annotation: Any, slot: int) -> None:
    async def handler(special: Any) -> None: ...

    handler.__annotations__["special"] = annotation
    assert line_of(handler).injected == {slot}


@pytest.mark.parametrize("dependency", [opens, opens_in_thread])
def test_a_dependency_that_yields_keeps_something_open(dependency: Handler) -> None:
    async def handler(a: Any = Depends(dependency)) -> None: ...

    assert line_of(handler).yields


async def with_file(a: UploadFile) -> None: ...


class One(BaseModel):
    a: int


class Two(BaseModel):
    b: int


async def with_union(a: Annotated[One | Two, Form()]) -> None: ...


async def with_websocket(websocket: WebSocket) -> None: ...


async def with_limit(a: str = Depends(first, max_concurrency=1)) -> None: ...


async def with_function_scope(a: int = Depends(opens, scope="function")) -> None: ...


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (with_file, "files are uploaded"),
        (with_union, "the form is one of several models"),
        (with_websocket, "a websocket is injected"),
        (with_limit, "a dependency has max_concurrency"),
        (with_function_scope, 'a dependency that yields has scope "function"'),
    ],
)
def test_the_exact_path_is_taken_for_a_reason(handler: Handler, reason: str) -> None:
    plan = plan_of(handler, response_model=None)
    assert why_exact(plan) == reason
    assert plan_line(plan) is None


def test_a_scope_of_function_without_a_yield_changes_nothing() -> None:
    async def handler(a: str = Depends(first, scope="function")) -> None: ...

    assert calls_of(line_of(handler)) == ["first"]


@pytest.mark.parametrize(
    ("validated", "named", "expected"),
    [
        (None, [], {}),
        (0, [], {"v": 1}),
        (None, [("a", 1)], {"a": "one"}),
        (None, [("a", 1), ("b", 2)], {"a": "one", "b": "two"}),
        (0, [("a", 1)], {"v": 1, "a": "one"}),
        (0, [("a", 1), ("b", 2)], {"v": 1, "a": "one", "b": "two"}),
    ],
)
def test_arguments_are_bound_from_slots(
    validated: int | None, named: list[tuple[str, int]], expected: dict[str, Any]
) -> None:
    assert make_bind(validated, named)([{"v": 1}, "one", "two"]) == expected
