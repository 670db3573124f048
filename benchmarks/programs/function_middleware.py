"""One `@app.middleware("http")` function, which sets a header, around a plain JSON GET."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from collections.abc import Awaitable, Callable

from programs.framework import FastAPI, Request, Response

app = FastAPI()


@app.middleware("http")
async def add_header(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["x-middleware"] = "seen"
    return response


@app.get("/")
async def read_root():
    return {"hello": "world"}
