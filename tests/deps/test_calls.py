"""Dependencies are called once per request, in the order of declaration, and see what they asked for."""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import anyio
import pytest
from endpoint.asgi import Client, answer
from pydantic import BaseModel

from vivace import BackgroundTasks, Depends, FastAPI, HTTPException, Query, Request, Response, Security
from vivace._deps.scopes import SecurityScopes

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


class Counter:
    """A dependency that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        return self.calls


class Pages(BaseModel):
    limit: int = 10


def test_a_dependency_is_shared_within_a_request_and_not_beyond(path: str) -> None:
    app = FastAPI()
    counter = Counter()

    def needs(n: int = Depends(counter)) -> int:
        return n

    @app.get("/")
    async def read(a: int = Depends(counter), b: int = Depends(needs), c: int = Depends(counter)) -> list[int]:
        return [a, b, c]

    assert [answer(app, "/").json for _ in range(2)] == [[1, 1, 1], [2, 2, 2]]


def test_without_use_cache_it_is_called_again_and_the_first_value_stays_shared(path: str) -> None:
    app = FastAPI()
    counter = Counter()

    @app.get("/")
    async def read(
        a: int = Depends(counter), b: int = Depends(counter, use_cache=False), c: int = Depends(counter)
    ) -> list[int]:
        return [a, b, c]

    assert answer(app, "/").json == [1, 2, 1]


def test_security_scopes_are_a_fresh_object_for_each_need(path: str) -> None:
    app = FastAPI()

    def scoped(scopes: SecurityScopes) -> list[str]:
        scopes.scopes.append("changed")
        return scopes.scopes

    @app.get("/")
    async def read(
        a: list[str] = Security(scoped, scopes=["x"]), b: list[str] = Security(scoped, scopes=["y"])
    ) -> list[Any]:
        return [a, b]

    expected = [["x", "changed"], ["y", "changed"]]
    assert [answer(app, "/").json for _ in range(2)] == [expected, expected]


def test_classes_are_dependencies_with_their_fields_for_parameters(path: str) -> None:
    app = FastAPI()

    @app.get("/")
    def read(pages: Annotated[Pages, Depends()]) -> Pages:
        return pages

    assert answer(app, "/?limit=3").json == {"limit": 3}


def test_the_order_is_that_of_declaration_and_routes_come_first(path: str) -> None:
    order: list[str] = []

    def log(name: str) -> Any:
        return Depends(lambda: order.append(name))

    app = FastAPI(dependencies=[log("app")])

    @app.get("/", dependencies=[log("route")])
    async def read(a: None = log("a"), b: None = log("b")) -> None:
        order.append("handler")

    answer(app, "/")
    assert order == ["app", "route", "a", "b", "handler"]


def test_a_dependency_with_wrong_values_is_skipped_and_the_others_are_called(path: str) -> None:
    app = FastAPI()
    order: list[str] = []

    def wrong(x: int) -> None:
        order.append("wrong")

    def needs_wrong(w: None = Depends(wrong)) -> None:
        order.append("needs wrong")

    def right() -> None:
        order.append("right")

    @app.get("/")
    async def read(y: int, a: None = Depends(needs_wrong), b: None = Depends(right)) -> None:
        order.append("handler")

    refused = answer(app, "/?x=a&y=b")
    assert [error["loc"] for error in refused.json["detail"]] == [["query", "x"], ["query", "y"]]
    assert order == ["right"]


def test_a_dependency_that_raises_stops_the_others_even_if_values_are_wrong(path: str) -> None:
    app = FastAPI()

    async def guard() -> None:
        raise HTTPException(401)

    @app.get("/", dependencies=[Depends(guard)])
    async def read(x: int) -> None: ...

    assert answer(app, "/?x=a").status == 401


def test_context_variables_of_async_dependencies_reach_everything_after(path: str) -> None:
    app = FastAPI()

    async def sets() -> None:
        VARIABLE.set("set")

    def reads() -> str:
        return VARIABLE.get()

    @app.get("/async")
    async def read_async(s: None = Depends(sets), seen: str = Depends(reads)) -> list[str]:
        return [seen, VARIABLE.get()]

    @app.get("/threaded")
    def read_threaded(s: None = Depends(sets), seen: str = Depends(reads)) -> list[str]:
        return [seen, VARIABLE.get()]

    assert answer(app, "/async").json == answer(app, "/threaded").json == ["set", "set"]


def test_context_variables_set_in_a_thread_stay_there(path: str) -> None:
    app = FastAPI()

    def sets() -> None:
        VARIABLE.set("set")

    @app.get("/")
    async def read(s: None = Depends(sets)) -> str:
        return VARIABLE.get()

    assert answer(app, "/").json == "unset"


def test_an_async_generator_sees_what_the_handler_set(path: str) -> None:
    app = FastAPI()
    seen: list[str] = []

    async def opens() -> AsyncIterator[None]:
        token = VARIABLE.set("from the dependency")
        yield
        seen.append(VARIABLE.get())
        VARIABLE.reset(token)

    @app.get("/")
    async def read(o: None = Depends(opens)) -> str:
        before = VARIABLE.get()
        VARIABLE.set("from the handler")
        return before

    assert answer(app, "/").json == "from the dependency"
    assert seen == ["from the handler"]


def test_plain_functions_run_in_threads_and_async_ones_do_not(path: str) -> None:
    app = FastAPI()

    def in_thread() -> int:
        return threading.get_ident()

    async def on_loop() -> int:
        return threading.get_ident()

    def generator() -> Iterator[int]:
        yield threading.get_ident()

    @app.get("/")
    def read(a: int = Depends(in_thread), b: int = Depends(on_loop), c: int = Depends(generator)) -> list[bool]:
        loop = b
        return [a != loop, c != loop, threading.get_ident() != loop]

    assert answer(app, "/").json == [True, True, True]


def test_what_one_sets_on_the_response_all_see(path: str) -> None:
    app = FastAPI()

    async def dependency(response: Response) -> Response:
        response.headers["x-dependency"] = "yes"
        response.set_cookie("a", "b")
        response.status_code = 202
        return response

    @app.get("/", status_code=201)
    async def read(response: Response, same: Response = Depends(dependency)) -> bool:
        return same is response

    got = answer(app, "/")
    assert (got.status, got.json) == (202, True)
    assert ("x-dependency", "yes") in got.headers


def test_two_requests_at_once_share_nothing(path: str) -> None:
    app = FastAPI()
    both_in = asyncio.Barrier(2)

    async def dependency(x: int, many: Annotated[list[int], Query()] = []) -> list[int]:  # noqa: B006  copied
        await both_in.wait()
        many.append(x)
        return many

    @app.get("/{x}")
    async def read(x: int, response: Response, tasks: BackgroundTasks, d: Any = Depends(dependency)) -> list[Any]:
        response.headers["x-x"] = str(x)
        await both_in.wait()
        return [x, d, response.headers["x-x"]]

    async def run() -> list[Any]:
        return [client.json for client in await asyncio.gather(*(Client().call(app, f"/{x}") for x in (1, 2)))]

    assert asyncio.run(run()) == [[1, [1], "1"], [2, [2], "2"]]


def test_no_more_calls_than_allowed_run_at_once(path: str) -> None:
    app = FastAPI()
    running, most = 0, 0

    async def limited() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0)
        running -= 1

    @app.get("/")
    async def read(a: None = Depends(limited, max_concurrency=2)) -> None: ...

    async def run() -> None:
        await asyncio.gather(*(Client().call(app, "/") for _ in range(6)))

    asyncio.run(run())
    assert most == 2


@pytest.mark.parametrize("scope", ["request", "function"])
def test_what_yields_holds_its_place_until_it_is_done(path: str, scope: Any) -> None:
    app = FastAPI()
    order: list[str] = []

    async def limited(x: int) -> AsyncIterator[None]:
        order.append(f"in {x}")
        yield
        order.append(f"out {x}")

    @app.get("/{x}")
    async def read(x: int, a: None = Depends(limited, max_concurrency=1, scope=scope)) -> None:
        await anyio.sleep(0)

    async def run() -> None:
        await asyncio.gather(*(Client().call(app, f"/{x}") for x in (1, 2)))

    asyncio.run(run())
    assert order == ["in 1", "out 1", "in 2", "out 2"]


def test_each_declaration_has_a_limit_of_its_own(path: str) -> None:
    app = FastAPI()
    met = asyncio.Barrier(2)

    async def meets() -> None:
        await met.wait()

    @app.get("/a")
    async def a(m: None = Depends(meets, max_concurrency=1)) -> None: ...

    @app.get("/b")
    async def b(m: None = Depends(meets, max_concurrency=1)) -> None: ...

    async def run() -> None:
        await asyncio.wait_for(asyncio.gather(Client().call(app, "/a"), Client().call(app, "/b")), 10)

    asyncio.run(run())


def test_the_request_is_the_same_object_for_all(path: str) -> None:
    app = FastAPI()

    async def dependency(request: Request) -> Request:
        request.state.by = "dependency"
        return request

    @app.get("/")
    async def read(request: Request, seen: Request = Depends(dependency)) -> list[Any]:
        return [seen is request, request.state.by]

    assert answer(app, "/").json == [True, "dependency"]
