"""A scheme is read from the scope wherever that is the same, and called wherever a program has a say in the call."""

import functools
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from vivace import Depends, FastAPI, Request, Security
from vivace._deps.scope_readers import scope_reader_of
from vivace._endpoint.planner import REQUEST, Line, Step, plan_line
from vivace.requests import HTTPConnection
from vivace.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBearer,
    HTTPDigest,
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OpenIdConnect,
)
from vivace.testclient import TestClient

SCHEMES = [
    APIKeyCookie(name="k"),
    APIKeyHeader(name="k"),
    APIKeyQuery(name="k"),
    HTTPBasic(),
    HTTPBearer(),
    HTTPDigest(),
    OAuth2(),
    OAuth2AuthorizationCodeBearer("a", "t"),
    OAuth2PasswordBearer("t"),
    OpenIdConnect(openIdConnectUrl="o"),
]


class Item(BaseModel):
    name: str


class Called(HTTPBearer):
    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        request.state.was_called = True
        return await super().__call__(request)


class Refusing(HTTPBearer):
    def make_not_authenticated_error(self) -> Any:
        return KeyError("mine")


def line_of(app: FastAPI) -> Line:
    line = plan_line(app.routes[-1].plan)  # type: ignore[attr-defined]  # an APIRoute
    assert line is not None
    return line


def bearer_in(app: FastAPI, scheme: Any) -> FastAPI:
    @app.post("/")
    async def create(item: Item, request_state: Annotated[Any, Depends(scheme)]) -> Item:
        return item

    return app


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: type(scheme).__name__)
def test_every_scheme_is_read_without_a_request(scheme: Any) -> None:
    line = line_of(bearer_in(FastAPI(openapi_url=None), scheme))

    assert [step.read is not None for step in line.steps if isinstance(step, Step)] == [True]
    assert REQUEST not in line.injected


def test_a_body_beside_a_scheme_is_still_validated_straight_from_its_bytes() -> None:
    assert line_of(bearer_in(FastAPI(openapi_url=None), HTTPBearer())).json_validator is not None


def test_a_class_with_its_own_call_is_called() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def read(request: Request, given: Annotated[Any, Security(Called())]) -> bool:
        return bool(request.state.was_called)

    assert scope_reader_of(Called()) is None
    assert TestClient(app).get("/", headers={"authorization": "Bearer t"}).json() is True


def test_a_class_with_its_own_refusal_refuses_with_it() -> None:
    client = TestClient(bearer_in(FastAPI(openapi_url=None), Refusing()))

    with pytest.raises(KeyError, match="mine"):
        client.post("/", json={"name": "n"})


def test_what_is_no_scheme_has_no_reader() -> None:
    async def function(request: Request) -> None: ...

    for call in (function, Called, HTTPBearer, functools.partial(HTTPBearer()), len, object()):
        assert scope_reader_of(call) is None


def test_the_explanation_of_a_route_says_how_the_scheme_is_read() -> None:
    app = bearer_in(FastAPI(openapi_url=None), HTTPBearer())

    explained = app.routes[-1].explain()  # type: ignore[attr-defined]  # an APIRoute
    assert "read from the scope" in explained
