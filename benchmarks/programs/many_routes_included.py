"""A thousand parametrised routes in 20 included routers, of which the last is called."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from programs.framework import APIRouter, FastAPI

ROUTERS = 20
ROUTES_PER_ROUTER = 50

app = FastAPI()


def declare(router: APIRouter, number: int) -> None:
    @router.get(f"/resource-{number}/{{item_id}}")
    async def read_item(item_id: int):
        return {"resource": number, "item_id": item_id}


for first in range(0, ROUTERS * ROUTES_PER_ROUTER, ROUTES_PER_ROUTER):
    router = APIRouter()
    for number in range(first, first + ROUTES_PER_ROUTER):
        declare(router, number)
    app.include_router(router)
