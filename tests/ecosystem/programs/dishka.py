"""dishka: a container of dependencies beside FastAPI's own, by decorator and by route class, and in a websocket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from dishka import Provider, Scope, make_async_container, provide
from dishka.integrations.fastapi import DishkaRoute, FastapiProvider, FromDishka, inject, setup_dishka
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, WebSocket

closed: list[str] = []


class Database:
    def __init__(self) -> None:
        self.rows = {1: "tea"}


class Transaction:
    def __init__(self, database: Database, request: Request) -> None:
        self.database = database
        self.path = request.url.path


class Lonely:
    name = "lonely"


class ShopProvider(Provider):
    @provide(scope=Scope.APP)
    async def database(self) -> AsyncIterator[Database]:
        yield Database()
        closed.append("database")

    @provide(scope=Scope.REQUEST)
    def transaction(self, database: Database, request: Request) -> Iterator[Transaction]:
        yield Transaction(database, request)
        closed.append(request.url.path)

    lonely = provide(Lonely, scope=Scope.SESSION)


router = APIRouter(prefix="/auto", route_class=DishkaRoute)


def get_page(page: int = 1) -> int:
    return page


Page = Annotated[int, Depends(get_page)]
container = make_async_container(ShopProvider(), FastapiProvider())


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    await app.state.dishka_container.close()


app = FastAPI(lifespan=lifespan)


@app.get("/items/{item_id}")
@inject
async def read_item(item_id: int, transaction: FromDishka[Transaction], page: Page) -> dict[str, object]:
    """Read an item."""
    if item_id not in transaction.database.rows:
        raise HTTPException(404, "nothing")
    return {"item": transaction.database.rows[item_id], "path": transaction.path, "page": page}


@router.put("/items/{item_id}")
async def write_item(
    item_id: int, item: dict[str, str], transaction: FromDishka[Transaction], response: Response
) -> dict[str, object]:
    response.headers["x-path"] = transaction.path
    transaction.database.rows[item_id] = item["name"]
    return {"rows": transaction.database.rows}


@router.get("/closed")
def list_closed(page: Page) -> list[str]:
    return closed


@app.websocket("/ws")
@inject
async def talk(websocket: WebSocket, lonely: FromDishka[Lonely]) -> None:
    await websocket.accept()
    await websocket.send_text(lonely.name)
    await websocket.close()


app.include_router(router)
setup_dishka(container, app)


def drive(session) -> None:
    session.ask("GET", "/items/1?page=3")
    session.ask("GET", "/items/x?page=y", status=422)
    session.ask("GET", "/items/7", status=404)
    session.ask("PUT", "/auto/items/7", json={"name": "cake"})
    session.ask("PUT", "/auto/items/7", json=[], status=422)
    session.ask("GET", "/items/7")
    session.ask("GET", "/auto/closed")
    with session.websocket("/ws") as websocket:
        session.tell(websocket.receive_text())
    session.ask("GET", "/openapi.json")
