"""One `int` in the path and three typed values in the query."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from programs.framework import FastAPI

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int, q: str, limit: int = 10, exact: bool = False):
    return {"item_id": item_id, "q": q, "limit": limit, "exact": exact}
