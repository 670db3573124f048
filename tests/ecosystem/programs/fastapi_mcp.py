"""fastapi-mcp: the operations of an app as tools: the session, the list, calls, errors, and headers passed on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query
from fastapi_mcp import AuthConfig, FastApiMCP
from pydantic import BaseModel, Field

app = FastAPI(title="Shop", description="Things to buy")
router = APIRouter(prefix="/orders", tags=["orders"])


class Item(BaseModel):
    name: str = Field(description="What it is called", min_length=2)
    price: float
    tags: list[str] = []


class StoredItem(Item):
    id: int


items: dict[int, StoredItem] = {1: StoredItem(id=1, name="tea", price=3.5)}


@app.get("/items", operation_id="list_items", tags=["items"])
async def list_items(limit: Annotated[int, Query(ge=1, description="How many")] = 10) -> list[StoredItem]:
    """List the items.

    The newest last.
    """
    return list(items.values())[:limit]


@app.get("/items/{item_id}", operation_id="get_item", tags=["items"])
async def get_item(item_id: int) -> StoredItem:
    if item_id not in items:
        raise HTTPException(404, "no such item")
    return items[item_id]


@app.post("/items", operation_id="create_item", tags=["items"], status_code=201)
def create_item(item: Item) -> StoredItem:
    stored = StoredItem(id=len(items) + 1, **item.model_dump())
    items[stored.id] = stored
    return stored


@router.delete("/{order_id}", operation_id="cancel_order", status_code=204)
async def cancel_order(order_id: str) -> None: ...


@router.get("/mine", operation_id="list_my_orders")
async def list_my_orders(authorization: Annotated[str, Header()]) -> dict[str, str]:
    return {"orders of": authorization}


@app.get("/hidden", include_in_schema=False)
async def hidden() -> str:
    return "hidden"


def require_sign_in(authorization: Annotated[str | None, Header()] = None) -> None:
    if authorization is None:
        raise HTTPException(401, "sign in")


app.include_router(router)
mcp = FastApiMCP(app, describe_all_responses=True)
mcp.mount_http()
guarded = FastApiMCP(app, include_tags=["orders"], auth_config=AuthConfig(dependencies=[Depends(require_sign_in)]))
guarded.mount_http(mount_path="/guarded")


def drive(session) -> None:
    accepts = {"accept": "application/json, text/event-stream"}
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }

    def call(method: str, params=None, url: str = "/mcp", status: int = 200, id: int | None = 1, **headers: str):
        message = {"jsonrpc": "2.0", "method": method, "params": params or {}} | ({"id": id} if id else {})
        return session.ask("POST", url, json=message, headers=accepts | headers, status=status, ordered=False)

    opened = call("initialize", hello)
    known = {"mcp-session-id": opened.headers["mcp-session-id"]}
    call("notifications/initialized", id=None, status=202, **known)
    call("tools/list", **known)
    for name, arguments in (
        ("list_items", {"limit": 5}),
        ("list_items", {"limit": 0}),
        ("get_item", {"item_id": 1}),
        ("get_item", {"item_id": 9}),
        ("create_item", {"name": "cake", "price": 4, "tags": ["sweet"]}),
        ("create_item", {"name": "x"}),
        ("list_my_orders", {}),
        ("cancel_order", {"order_id": "7"}),
        ("nothing", {}),
    ):
        call("tools/call", {"name": name, "arguments": arguments}, authorization="Bearer ann", **known)
    call("tools/list", **{"mcp-session-id": "unknown"}, status=404)
    call("initialize", hello, url="/guarded", status=401)
    opened = call("initialize", hello, url="/guarded", authorization="Bearer ann")
    call(
        "tools/list", url="/guarded", authorization="Bearer ann", **{"mcp-session-id": opened.headers["mcp-session-id"]}
    )
    session.ask("GET", "/items")
    session.ask("GET", "/openapi.json")
