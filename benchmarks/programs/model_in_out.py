"""A model read from the body, and a response model that hides one of its fields."""

from pydantic import BaseModel

from programs.framework import FastAPI

app = FastAPI()


class ItemIn(BaseModel):
    name: str
    price: float
    quantity: int = 1
    tags: list[str] = []
    secret: str | None = None


class ItemOut(BaseModel):
    name: str
    price: float
    quantity: int
    tags: list[str]


@app.post("/items", response_model=ItemOut)
async def create_item(item: ItemIn) -> ItemIn:
    return item
