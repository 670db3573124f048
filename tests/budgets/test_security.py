"""What one bearer token may cost: a few calls more than a route without one, no request object, no exit stack."""

import asyncio
from typing import Annotated

from in_process import CallCount, count_calls
from pydantic import BaseModel
from workloads import JSON, Request

from vivace import Depends, FastAPI
from vivace.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordBearer

TOKEN = {"authorization": "Bearer secret"}
MAX_CALLS_OF_A_TOKEN = 9  # the reference makes 51 and 56


class Item(BaseModel):
    name: str


def make_app() -> FastAPI:
    app = FastAPI()
    oauth2 = OAuth2PasswordBearer("token")

    @app.get("/free")
    async def read_free() -> dict[str, str]:
        return {"token": "none"}

    @app.get("/token")
    async def read_token(token: Annotated[str, Depends(oauth2)]) -> dict[str, str]:
        return {"token": token}

    @app.get("/bearer")
    async def read_bearer(given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> dict[str, str]:
        return {"token": given.credentials}

    @app.post("/items")
    async def create_item(item: Item, token: Annotated[str, Depends(oauth2)]) -> Item:
        return item

    return app


def count(request: Request) -> CallCount:
    return asyncio.run(count_calls(make_app(), request))


def test_a_bearer_token_costs_few_calls() -> None:
    free = count(Request(path="/free"))

    for path in ("/token", "/bearer"):
        counted = count(Request(path=path, headers=TOKEN))
        assert counted.total - free.total <= MAX_CALLS_OF_A_TOKEN, counted.describe()


def test_a_bearer_token_makes_no_request_object_and_no_exit_stack() -> None:
    for request in (
        Request(path="/token", headers=TOKEN),
        Request(method="POST", path="/items", headers=TOKEN | JSON, body='{"name":"lamp"}'),
    ):
        entered = {f"{code.co_filename}:{code.co_qualname}" for code in count(request).calls}
        assert not [name for name in entered if "ExitStack" in name or "requests.py:" in name or "Headers" in name]
