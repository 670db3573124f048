"""Small items as JSON lines: the cost of a stream is that of its items."""

from collections.abc import AsyncIterable

from pydantic import BaseModel

from programs.framework import FastAPI

ITEMS = 25

app = FastAPI()


class Reading(BaseModel):
    id: int
    name: str
    value: float


@app.get("/readings")
async def stream_readings() -> AsyncIterable[Reading]:
    for number in range(ITEMS):
        yield Reading(id=number, name="sensor", value=number / 4)
