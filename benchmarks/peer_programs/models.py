"""The models, for peers without validation of their own: their programs call Pydantic by hand, as their users do."""

from pydantic import BaseModel, TypeAdapter


class Params(BaseModel):
    q: str
    limit: int = 10
    exact: bool = False


class ItemIn(BaseModel):
    name: str
    price: float
    quantity: int = 1
    tags: list[str] = []
    secret: str | None = None


class Item(BaseModel):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]


ITEMS = [Item(id=i, name=f"item {i}", price=i * 1.25, in_stock=i % 3 > 0, tags=["a", "b"]) for i in range(100)]

ITEM_LIST = TypeAdapter(list[Item])
HIDDEN = {"secret"}
