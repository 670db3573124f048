"""A list of 100 models out: mostly Pydantic's own time."""

from pydantic import BaseModel

from programs.framework import FastAPI

app = FastAPI()


class Item(BaseModel):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]


ITEMS = [Item(id=i, name=f"item {i}", price=i * 1.25, in_stock=i % 3 > 0, tags=["a", "b"]) for i in range(100)]


@app.get("/items")
async def list_items() -> list[Item]:
    return ITEMS
