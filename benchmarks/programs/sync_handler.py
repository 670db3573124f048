"""A `def` handler, which runs in a thread."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from programs.framework import FastAPI

app = FastAPI()


@app.get("/sync")
def read_sync():
    return {"hello": "world"}
