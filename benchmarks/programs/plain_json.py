"""A plain JSON GET: no parameters, a `dict` out."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from programs.framework import FastAPI

app = FastAPI()


@app.get("/")
async def read_root():
    return {"hello": "world"}
