"""Small items as server-sent events."""

from collections.abc import AsyncIterable

from programs.framework import EventSourceResponse, FastAPI
from programs.json_lines import ITEMS, Reading

app = FastAPI()


@app.get("/events", response_class=EventSourceResponse)
async def stream_events() -> AsyncIterable[Reading]:
    for number in range(ITEMS):
        yield Reading(id=number, name="sensor", value=number / 4)
