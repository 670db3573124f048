"""A thousand parametrised routes, of which the last is called."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from programs.framework import FastAPI

ROUTES = 1000

app = FastAPI()


def declare(number: int) -> None:
    @app.get(f"/resource-{number}/{{item_id}}")
    async def read_item(item_id: int):
        return {"resource": number, "item_id": item_id}


for number in range(ROUTES):
    declare(number)
