"""A chain of five async dependencies, each needing the one before; the first reads the query."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from typing import Annotated

from programs.framework import Depends, FastAPI

app = FastAPI()


async def first(start: int = 0) -> int:
    return start + 1


async def second(value: Annotated[int, Depends(first)]) -> int:
    return value + 1


async def third(value: Annotated[int, Depends(second)]) -> int:
    return value + 1


async def fourth(value: Annotated[int, Depends(third)]) -> int:
    return value + 1


async def fifth(value: Annotated[int, Depends(fourth)]) -> int:
    return value + 1


@app.get("/chain")
async def read_chain(value: Annotated[int, Depends(fifth)]):
    return {"value": value}
