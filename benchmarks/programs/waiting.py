"""A handler that awaits 50 ms, as for a database or another service."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

import asyncio

from programs.framework import FastAPI

app = FastAPI()


@app.get("/wait")
async def wait():
    await asyncio.sleep(0.05)
    return {"waited": True}
