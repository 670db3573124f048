"""Where Vivace is different on purpose. Each test names the difference and shows both sides."""

import importlib
import re
from dataclasses import make_dataclass
from types import ModuleType
from typing import Annotated, Any, NamedTuple

import pytest
from starlette.requests import Request
from typing_extensions import TypeAliasType

from differential.cases import get, post
from differential.client import document
from differential.loader import REFERENCE
from differential.observe import ask
from differential.test_programs import CANDIDATE

# Comparing the reference with itself, there is nothing deliberate.
pytestmark = pytest.mark.skipif(CANDIDATE == REFERENCE, reason="needs a candidate other than the reference")

reference: ModuleType = importlib.import_module(REFERENCE)
candidate: ModuleType = importlib.import_module(CANDIDATE)
BOTH = pytest.mark.parametrize("framework", [reference, candidate], ids=[REFERENCE, CANDIDATE])


def app_with_included_router(framework: ModuleType) -> Any:
    app, router = framework.FastAPI(openapi_url=None), framework.APIRouter(prefix="/router")

    def read(request: Request) -> str:
        return str(request.scope["route"].path)

    router.get("/x")(read)
    app.include_router(router, prefix="/prefix")
    return app


def body_of(lines: list[str]) -> str:
    return next(line for line in lines if line.startswith("body "))


def test_routes_of_included_routers_are_listed_with_their_full_paths() -> None:
    assert [getattr(route, "path", None) for route in app_with_included_router(candidate).routes] == [
        "/prefix/router/x"
    ]
    assert [getattr(route, "path", None) for route in app_with_included_router(reference).routes] == [None]


def test_the_route_in_the_scope_has_the_full_path() -> None:
    assert "/prefix/router/x" in body_of(ask(app_with_included_router(candidate), get("/prefix/router/x")))
    assert "/prefix" not in body_of(ask(app_with_included_router(reference), get("/prefix/router/x")))


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_documentation_pages_load_nothing_from_elsewhere(page: str) -> None:
    loads = re.compile(r"""(?:src|href)=\\?["']https?://""")
    assert not loads.search(body_of(ask(candidate.FastAPI(), get(page))))
    assert loads.search(body_of(ask(reference.FastAPI(), get(page))))


def app_that_calls_next_twice(framework: ModuleType) -> Any:
    app = framework.FastAPI()

    async def retry(request: Request, call_next: Any) -> Any:
        await call_next(request)
        return await call_next(request)

    def read() -> str:
        return "answered"

    app.middleware("http")(retry)
    app.get("/")(read)
    return app


def test_call_next_may_be_called_again() -> None:
    assert "answered" in body_of(ask(app_that_calls_next_twice(candidate), get("/")))
    assert "Internal Server Error" in body_of(ask(app_that_calls_next_twice(reference), get("/")))


class Pair(NamedTuple):
    x: int
    y: int


def app_with_an_ellipsis_beside_annotated(framework: ModuleType) -> Any:
    app = framework.FastAPI(openapi_url=None)

    def read(q: Annotated[str, framework.Query()] = ...) -> str:  # type: ignore[assignment]  # as documents once had it
        return repr(q)

    app.get("/", response_model=None)(read)
    return app


def test_an_ellipsis_beside_annotated_means_required() -> None:
    assert ask(app_with_an_ellipsis_beside_annotated(candidate), get("/"))[1] == "start 422"
    # On the reference the handler gets the ellipsis.
    assert "Ellipsis" in body_of(ask(app_with_an_ellipsis_beside_annotated(reference), get("/")))


def app_with_a_named_tuple(framework: ModuleType) -> Any:
    app = framework.FastAPI()

    def create(pair: Pair) -> int:
        return pair.x + pair.y

    app.post("/")(create)
    return app


def test_a_named_tuple_is_read_from_json() -> None:
    assert ask(app_with_a_named_tuple(candidate), post("/", [1, 2]))[1] == "start 200"
    # The reference looks for a file upload.
    assert ask(app_with_a_named_tuple(reference), post("/", [1, 2]))[1] == "start 422"


def app_with_an_alias_of_a_list(framework: ModuleType) -> Any:
    app = framework.FastAPI()

    def read(ids: Annotated[TypeAliasType("Ids", list[int]), framework.Query()]) -> Any:  # type: ignore[valid-type]
        return ids  # the alias of a PEP 695 statement, made by hand

    app.get("/")(read)
    return app


def test_an_alias_of_a_list_is_a_list_beside_a_marker() -> None:
    assert ask(app_with_an_alias_of_a_list(candidate), get("/?ids=1&ids=2"))[1] == "start 200"
    # The reference takes the last value alone, which is no list.
    assert ask(app_with_an_alias_of_a_list(reference), get("/?ids=1&ids=2"))[1] == "start 422"


def app_with_a_bare_list(framework: ModuleType) -> Any:
    app = framework.FastAPI()

    def create(items: list) -> int:  # type: ignore[type-arg]  # that is the point
        return len(items)

    app.post("/")(create)
    return app


def test_a_list_that_does_not_say_of_what_is_read_from_json() -> None:
    assert ask(app_with_a_bare_list(candidate), post("/", [1, 2]))[1] == "start 200"
    # The reference looks for a file upload.
    assert ask(app_with_a_bare_list(reference), post("/", [1, 2]))[1] == "start 422"


@BOTH
def test_a_misspelt_option_is_refused_and_vivace_suggests_the_name(framework: ModuleType) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'respons_model'") as refused:
        framework.FastAPI().get("/", respons_model=int)
    # From 3.13 on Python suggests names itself, where a signature has them.
    assert framework is reference or "Did you mean 'response_model'" in str(refused.value)


@BOTH
def test_a_class_that_is_a_dataclass_is_no_data_and_vivace_says_so(framework: ModuleType) -> None:
    encode = importlib.import_module(f"{framework.__name__}.encoders").jsonable_encoder
    with pytest.raises(AssertionError) as refused:
        encode(make_dataclass("Data", ["a"]))
    assert bool(str(refused.value)) == (framework is candidate)


def test_documents_are_equal_whatever_the_order_of_their_keys() -> None:
    assert list(document({"b": 1.0, "a": [2.5]}).items()) == [("a", [2.5]), ("b", 1)]
