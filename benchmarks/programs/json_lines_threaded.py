"""Small items as JSON lines, from a `def` handler."""

from collections.abc import Iterable

from programs.framework import FastAPI
from programs.json_lines import ITEMS, Reading

app = FastAPI()


@app.get("/readings")
def stream_readings() -> Iterable[Reading]:
    for number in range(ITEMS):
        yield Reading(id=number, name="sensor", value=number / 4)
