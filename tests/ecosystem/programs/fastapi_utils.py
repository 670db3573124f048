"""fastapi-utils: class-based views with shared dependencies, models in camel case, repeated tasks."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from fastapi_utils.api_model import APIMessage, APIModel
from fastapi_utils.cbv import cbv
from fastapi_utils.inferring_router import InferringRouter
from fastapi_utils.tasks import repeat_every

ticks: list[str] = []
router = APIRouter(prefix="/items", tags=["items"])
inferring = InferringRouter()


class ItemIn(APIModel):
    item_name: str
    owner_id: int = 1


class ItemOut(ItemIn):
    item_id: int


def get_user(x_user: Annotated[str, Header()] = "nobody") -> str:
    return x_user


async def get_store():
    yield {1: ItemOut(item_id=1, item_name="tea")}


@cbv(router)
class Items:
    user: str = Depends(get_user)
    greeting: str = "hello"

    def __init__(self, store: Annotated[dict, Depends(get_store)]) -> None:
        self.store = store

    @router.post("/", status_code=201)
    def create(self, item: ItemIn) -> ItemOut:
        return ItemOut(item_id=len(self.store) + 1, **item.model_dump())

    @router.get("/{item_id}", response_model=ItemOut)
    async def read(self, item_id: int, q: str | None = None):
        if item_id not in self.store:
            raise HTTPException(404, f"nothing for {self.user}")
        return self.store[item_id]

    @router.delete("/{item_id}")
    def delete(self, item_id: int) -> APIMessage:
        return APIMessage(detail=f"{self.greeting} {self.user}: {item_id} is gone")


@cbv(inferring)
class Views:
    @inferring.get("/inferred")
    def inferred(self) -> list[int]:
        return [1, 2]


app = FastAPI()
app.include_router(router, prefix="/api")
app.include_router(inferring)


@app.on_event("startup")
@repeat_every(seconds=3600)
async def tick() -> None:
    ticks.append("tick")


@app.get("/ticks")
def list_ticks() -> list[str]:
    return ticks


def drive(session) -> None:
    session.ask("GET", "/api/items/1", headers={"x-user": "ann"})
    session.ask("GET", "/api/items/2?q=x", headers={"x-user": "ann"}, status=404)
    session.ask("GET", "/api/items/x", status=422)
    session.ask("POST", "/api/items/", json={"itemName": "cake", "ownerId": 4}, status=201)
    session.ask("POST", "/api/items/", json={"item_name": "cake", "ownerId": "x"}, status=422)
    session.ask("DELETE", "/api/items/1")
    session.ask("GET", "/inferred")
    session.ask("GET", "/ticks")
    session.ask("GET", "/openapi.json")
