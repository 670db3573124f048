"""`dependency_overrides` hold from the moment they are set, even in the middle of a request."""

from collections.abc import AsyncIterator
from typing import Any

from endpoint.asgi import answer

from vivace import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Query, Response


def original(n: int = 0) -> list[Any]:
    return ["original", n]


def app_with_route() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @router.get("/{x}")
    async def read(x: str, value: Any = Depends(original)) -> Any:
        return value

    app.include_router(router, prefix="/included")
    return app


def test_an_override_holds_while_it_is_set() -> None:
    app = app_with_route()
    assert answer(app, "/included/a?n=1").json == ["original", 1]
    app.dependency_overrides[original] = lambda: "override"
    assert answer(app, "/included/a").json == "override"
    app.dependency_overrides.clear()
    assert answer(app, "/included/a").json == ["original", 0]


def test_an_override_brings_its_own_parameters_and_errors() -> None:
    app = app_with_route()

    def override(x: str, limit: int = Query(gt=0)) -> list[Any]:
        return [x, limit]

    app.dependency_overrides = {original: override}
    assert answer(app, "/included/a?limit=1").json == ["a", 1]
    assert answer(app, "/included/a?limit=0").json["detail"][0]["loc"] == ["query", "limit"]


def test_an_override_of_something_else_changes_nothing() -> None:
    app = app_with_route()
    app.dependency_overrides[len] = lambda: "override"
    assert answer(app, "/included/a?n=2").json == ["original", 2]


def test_a_dependency_may_override_those_after_it() -> None:
    app = FastAPI()
    log: list[str] = []

    async def counted(response: Response, tasks: BackgroundTasks) -> str:
        log.append("counted")
        response.headers["x-counted"] = "yes"
        tasks.add_task(log.append, "task")
        return "counted"

    async def opened() -> AsyncIterator[str]:
        log.append("in")
        yield "opened"
        log.append("out")

    async def installs(c: str = Depends(counted, use_cache=False)) -> None:
        app.dependency_overrides[original] = lambda: "override"

    @app.get("/")
    async def read(
        a: str = Depends(counted, use_cache=False),
        b: str = Depends(counted),
        c: str = Depends(opened),
        i: None = Depends(installs),
        late: Any = Depends(original),
    ) -> list[Any]:
        return [a, b, c, late]

    got = answer(app, "/")
    assert got.json == ["counted", "counted", "opened", "override"]
    assert [value for name, value in got.headers if name == "x-counted"] == ["yes"]
    assert log == ["counted", "in", "counted", "task", "task", "out"]
    log.clear()
    assert answer(app, "/").json == got.json  # in force from the start


def test_an_override_that_raises_is_answered() -> None:
    app = app_with_route()

    def refuses() -> None:
        raise HTTPException(403)

    app.dependency_overrides[original] = refuses
    assert answer(app, "/included/a").status == 403


def test_an_override_takes_over_the_limit() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(value: Any = Depends(original, max_concurrency=1)) -> Any:
        return value

    app.dependency_overrides[original] = lambda: "override"
    assert [answer(app, "/").json for _ in range(2)] == ["override"] * 2
