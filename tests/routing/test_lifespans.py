"""What runs at startup and shutdown: the forms, the order over included routers, the states; as in the reference."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import fastapi
import pytest
from starlette.testclient import TestClient

from vivace._routing.router import APIRouter

Log = list[str]


def recorder(log: Log, text: str) -> Callable[[], None]:
    return lambda: log.append(text)


def lifespan(log: Log, name: str, state: Mapping[str, Any] | None = None) -> Any:
    @asynccontextmanager
    async def run(app: Any) -> AsyncIterator[Mapping[str, Any] | None]:
        log.append(f"{name} in")
        yield state
        log.append(f"{name} out")

    return run


def run(router: Any) -> dict[str, Any]:
    with TestClient(router) as client:
        return dict(client.app_state)


def events_only(router_class: Any, log: Log) -> Any:
    outer = router_class(on_startup=[recorder(log, "outer up")], on_shutdown=[recorder(log, "outer down")])
    inner = router_class(on_startup=[recorder(log, "inner up")], on_shutdown=[recorder(log, "inner down")])
    outer.include_router(inner)
    inner.add_event_handler("startup", recorder(log, "late"))
    return outer


def lifespans_nested(router_class: Any, log: Log) -> Any:
    outer = router_class(lifespan=lifespan(log, "outer", {"k": "outer", "o": 1}))
    middle = router_class(lifespan=lifespan(log, "middle", {"k": "middle", "m": 1}))
    inner = router_class(lifespan=lifespan(log, "inner", {"m": 2, "i": 1}))
    middle.include_router(inner)
    outer.include_router(middle)
    outer.include_router(inner, prefix="/again")
    return outer


def lifespan_over_events(router_class: Any, log: Log) -> Any:
    outer = router_class(lifespan=lifespan(log, "outer"), on_startup=[recorder(log, "outer up")])
    inner = router_class(on_startup=[recorder(log, "inner up")])
    outer.include_router(inner)
    return outer


def events_over_lifespan(router_class: Any, log: Log) -> Any:
    outer = router_class(on_startup=[recorder(log, "outer up")], on_shutdown=[recorder(log, "outer down")])
    inner = router_class(lifespan=lifespan(log, "inner", {"i": 1}), on_startup=[recorder(log, "inner up")])
    outer.include_router(inner)
    return outer


def async_events(router_class: Any, log: Log) -> Any:
    router = router_class()

    async def up() -> None:
        log.append("async up")

    router.add_event_handler("startup", up)
    router.add_event_handler("shutdown", recorder(log, "down"))
    return router


def async_generator(router_class: Any, log: Log) -> Any:
    async def run(app: Any) -> AsyncIterator[dict[str, int]]:
        log.append("in")
        yield {"a": 1}
        log.append("out")

    return router_class(lifespan=run)


def generator(router_class: Any, log: Log) -> Any:
    def run(app: Any) -> Iterator[dict[str, int]]:
        log.append("in")
        yield {"a": 1}
        log.append("out")

    return router_class(lifespan=run)


def manager_class(router_class: Any, log: Log) -> Any:
    class Manager:
        def __init__(self, app: Any) -> None:
            log.append("made")

        async def __aenter__(self) -> None:
            log.append("in")

        async def __aexit__(self, *exc_info: object) -> None:
            log.append("out")

    return router_class(lifespan=Manager)


@pytest.mark.parametrize(
    "build",
    [
        events_only,
        lifespans_nested,
        lifespan_over_events,
        events_over_lifespan,
        async_events,
        async_generator,
        generator,
        manager_class,
    ],
)
def test_startup_and_shutdown_run_as_in_the_reference(build: Callable[[Any, Log], Any]) -> None:
    ours: Log = []
    theirs: Log = []

    our_state = run(build(APIRouter, ours))
    their_state = run(build(fastapi.APIRouter, theirs))

    assert ours == theirs
    assert our_state == their_state
    assert ours


def test_a_failing_startup_stops_the_app() -> None:
    def fail() -> None:
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        run(APIRouter(on_startup=[fail]))


def test_shutdown_handlers_run_when_an_inner_startup_fails() -> None:
    log: Log = []

    def fail() -> None:
        raise ValueError("no database")

    outer = APIRouter(on_shutdown=[recorder(log, "down")])
    outer.include_router(APIRouter(lifespan=None, on_startup=[]))
    inner = APIRouter()
    outer.include_router(inner)
    inner.add_event_handler("startup", fail)

    with pytest.raises(ValueError, match="no database"):
        run(outer)
    assert log == ["down"]


def test_on_event_works_and_warns() -> None:
    log: Log = []
    router = APIRouter()

    with pytest.warns(DeprecationWarning, match="on_event is deprecated, use lifespan event handlers instead"):
        router.on_event("startup")(recorder(log, "up"))

    run(router)
    assert log == ["up"]


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(AssertionError, match="There is no event 'start'. Use 'startup' or 'shutdown'."):
        APIRouter().add_event_handler("start", lambda: None)


def test_hundreds_of_included_routers_start_and_stop() -> None:
    log: Log = []
    outer = APIRouter()
    for number in range(600):
        outer.include_router(APIRouter(lifespan=lifespan(log, str(number))))

    run(outer)

    assert log[:2] == ["0 in", "1 in"]
    assert log[-2:] == ["1 out", "0 out"]
    assert len(log) == 1200


def test_a_lifespan_that_the_program_wrapped_keeps_its_wrapper() -> None:
    log: Log = []
    outer = APIRouter(lifespan=lifespan(log, "outer"))
    wrapped = outer.lifespan_context

    @asynccontextmanager
    async def around(app: Any) -> AsyncIterator[Any]:
        async with wrapped(app) as state:
            log.append("around")
            yield state

    outer.lifespan_context = around
    outer.include_router(APIRouter(lifespan=lifespan(log, "inner")))

    run(outer)

    assert log == ["outer in", "around", "inner in", "inner out", "outer out"]
