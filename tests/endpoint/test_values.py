"""The value of an argument is what it would be if it were the only one."""

import contextvars
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from endpoint.asgi import answer
from pydantic import AfterValidator, BaseModel, ValidationInfo

from vivace import Body, Cookie, Depends, FastAPI, Header, HTTPException, Query

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


class Basket:
    """A mutable value that can be hashed."""

    def __init__(self) -> None:
        self.items: list[int] = []


class Item(BaseModel):
    n: int


def test_a_default_is_copied_for_each_request(path: str) -> None:
    app = FastAPI()
    basket, numbers, options = Basket(), [0], {"a": [1]}

    @app.get("/")
    async def read(
        b: Annotated[Any, Query()] = basket,
        n: Annotated[list[int], Query()] = numbers,
        o: Annotated[Any, Header()] = options,
        t: Annotated[Any, Cookie()] = (numbers,),
    ) -> list[Any]:
        b.items.append(1)
        n.append(1)
        o["a"].append(1)
        t[0].append(1)
        return [b.items, n, o, t]

    expected = [[1], [0, 1], {"a": [1, 1]}, [[0, 1]]]
    assert [answer(app, "/").json for _ in range(2)] == [expected, expected]


def test_a_default_of_the_body_is_copied_too(path: str) -> None:
    app = FastAPI()

    @app.post("/")
    async def create(a: dict[str, int] = {}, b: list[int] = [1]) -> list[Any]:  # noqa: B006  what is tested
        a["x"] = 1
        b.append(2)
        return [a, b]

    for _ in range(2):
        assert answer(app, "/", json_body={}).json == [{"x": 1}, [1, 2]]


def test_a_default_is_not_validated_unless_that_is_asked_for(path: str) -> None:
    app = FastAPI()

    @app.get("/")
    async def read(a: Any = Query("x"), b: Annotated[int, Query()] = "x") -> Any:  # type: ignore[assignment]  # as said
        return [a, b]

    @app.get("/validated")
    async def validated(a: Annotated[int, Query(validate_default=True)] = "1") -> Any:  # type: ignore[assignment]
        return a

    @app.get("/refused")
    async def refused(a: Annotated[int, Query(validate_default=True)] = "x") -> Any:  # type: ignore[assignment]
        return a

    assert answer(app, "/").json == ["x", "x"]
    assert answer(app, "/validated").json == 1
    assert answer(app, "/refused").json["detail"][0]["loc"] == ["query", "a"]


def test_a_default_factory_is_called_once_per_request_that_needs_it(path: str) -> None:
    app = FastAPI()
    numbers: Iterator[int] = iter(range(10))

    @app.get("/")
    async def read(a: Annotated[int, Query(default_factory=lambda: next(numbers))], b: int = 0) -> int:
        return a

    assert [answer(app, target).json for target in ("/", "/?a=7", "/")] == [0, 7, 1]


def test_a_validator_does_not_see_the_arguments_beside(path: str) -> None:
    app = FastAPI()

    def told(value: Any, info: ValidationInfo) -> Any:
        return [value, info.data, info.field_name, info.mode]

    @app.post("/")
    async def create(
        q: int, a: Annotated[Any, Query(), AfterValidator(told)], b: Annotated[Any, Body(), AfterValidator(told)]
    ) -> Any:
        return [a, b]

    assert answer(app, "/?q=1&a=2", json_body=3).json == [["2", None, None, "python"], [3, None, None, "python"]]


def test_a_validator_runs_when_it_is_the_turn_of_its_callable(path: str) -> None:
    app = FastAPI()

    async def sets() -> None:
        VARIABLE.set("set")

    def told(value: str) -> list[str]:
        return [value, VARIABLE.get()]

    async def reads(a: Annotated[Any, Query(), AfterValidator(told)]) -> Any:
        return a

    @app.get("/", dependencies=[Depends(sets)])
    async def read(a: Any = Depends(reads), b: Any = Query(default_factory=lambda: VARIABLE.get())) -> Any:
        return [a, b]

    assert answer(app, "/?a=1").json == [["1", "set"], "set"]


def test_an_error_of_another_kind_in_a_validator_waits_for_its_turn(path: str) -> None:
    app = FastAPI()

    def refuse(value: Any) -> Any:
        raise HTTPException(418)

    async def guard() -> None:
        raise HTTPException(401)

    @app.get("/", dependencies=[Depends(guard)])
    async def read(a: Annotated[int, AfterValidator(refuse)]) -> None: ...

    @app.get("/unguarded")
    async def unguarded(a: Annotated[int, AfterValidator(refuse)]) -> None: ...

    assert answer(app, "/?a=1").status == 401
    assert answer(app, "/unguarded?a=1").status == 418


def test_a_late_error_keeps_what_was_computed_before(path: str) -> None:
    app = FastAPI()
    calls: list[str] = []

    async def dependency(n: int = 0) -> int:
        calls.append("dependency")
        return n

    def refuse(value: int) -> int:
        raise ValueError("refused")

    @app.get("/")
    async def read(a: Annotated[int, AfterValidator(refuse)], d: int = Depends(dependency)) -> None: ...

    refused = answer(app, "/?a=1")
    assert refused.status == 422
    assert refused.json["detail"][0]["msg"] == "Value error, refused"
    assert calls == ["dependency"]


def test_one_body_for_several_callables_is_validated_for_each(path: str) -> None:
    app = FastAPI()

    def changes(item: Item) -> Item:
        item.n += 1
        return item

    @app.post("/")
    async def create(item: Item, changed: Item = Depends(changes)) -> list[int]:
        return [item.n, changed.n]

    assert answer(app, "/", json_body={"n": 1}).json == [1, 2]


@pytest.mark.parametrize("name", ["func", "self", "call", "values", "scope", "slots", "args", "request_stack", "body"])
def test_an_argument_may_have_any_name(path: str, name: str) -> None:
    app = FastAPI()
    namespace: dict[str, Any] = {}
    exec(f"async def handler({name}: int): return {name}\ndef threaded({name}: int): return {name}", namespace)
    app.get("/async")(namespace["handler"])
    app.get("/threaded")(namespace["threaded"])
    app.get("/both")(_depends_on(namespace["handler"], namespace["threaded"]))
    assert [answer(app, f"/{which}?{name}=1").json for which in ("async", "threaded", "both")] == [1, 1, [1, 1]]


def _depends_on(*dependencies: Any) -> Any:
    async def handler(a: int = Depends(dependencies[0]), b: int = Depends(dependencies[1])) -> list[int]:
        return [a, b]

    return handler
