"""fastapi-cache2: cached handlers and functions, their headers, keys, conditional requests, clearing."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi_cache import FastAPICache
from fastapi_cache.backends.inmemory import InMemoryBackend
from fastapi_cache.decorator import cache
from pydantic import BaseModel

calls: list[str] = []


class Item(BaseModel):
    item_id: int
    name: str = "tea"


@asynccontextmanager
async def lifespan(app: FastAPI):
    FastAPICache.init(InMemoryBackend(), prefix="shop")
    yield


app = FastAPI(lifespan=lifespan)
router = APIRouter(prefix="/cached")


def get_user(user: str = "nobody") -> str:
    return user


@router.get("/items/{item_id}")
@cache(expire=60)
async def read_item(item_id: int, user: Annotated[str, Depends(get_user)]) -> Item:
    calls.append(f"item {item_id} for {user}")
    return Item(item_id=item_id)


@router.get("/sync")
@cache(expire=60, namespace="sync")
def read_in_a_thread(request: Request, response: Response):
    calls.append("sync")
    response.headers["x-read"] = request.url.path
    return {"sync": True, "numbers": [1, 2.5, None]}


@cache(expire=60, namespace="inner")
async def compute(number: int) -> int:
    calls.append(f"compute {number}")
    return number * 2


@router.get("/computed")
async def read_computed(number: int = 3) -> int:
    return await compute(number)


@router.delete("/items")
async def clear() -> int:
    return await FastAPICache.clear(namespace="sync")


app.include_router(router)


def ask(session, method: str, url: str, status: int = 200, **options):
    """Ask; but how long an answer may still be kept is a matter of seconds."""
    response = session.ask(method, url, status=status, quiet=("cache-control",), **options)
    session.tell("may be kept: " + re.sub(r"\d+", "some seconds", response.headers.get("cache-control", "not said")))
    return response


def drive(session) -> None:
    for _ in range(2):
        first = ask(session, "GET", "/cached/items/3?user=ann")
    ask(session, "GET", "/cached/items/3?user=bob")
    etag = {"if-none-match": first.headers["etag"]}
    ask(session, "GET", "/cached/items/3?user=ann", headers=etag, status=304)
    ask(session, "GET", "/cached/items/3?user=ann", headers={"cache-control": "no-cache"})
    ask(session, "GET", "/cached/items/x", status=422)
    for _ in range(2):
        ask(session, "GET", "/cached/sync")
    ask(session, "DELETE", "/cached/items")
    ask(session, "GET", "/cached/sync")
    for _ in range(2):
        ask(session, "GET", "/cached/computed")
    session.tell(calls)
    ask(session, "GET", "/openapi.json")
