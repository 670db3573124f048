"""Programs about forms, files and streams, whose documents are made of the reference's own routes."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

from collections.abc import AsyncIterator
from typing import Annotated, Any

from pydantic import BaseModel


class Item(BaseModel):
    a: int
    b: str = "x"


def forms_and_files(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def form(a: int = fw.Form(), b: str = fw.Form("x", description="dd")): ...

    @app.post("/b")
    def files(a: fw.UploadFile, b: list[fw.UploadFile], c: bytes = fw.File(), d: fw.UploadFile | None = None): ...

    @app.post("/c")
    def both(a: fw.UploadFile, b: str = fw.Form(media_type="x/y")): ...

    @app.post("/d")
    def model(a: Annotated[Item, fw.Form()]): ...

    return app


def streams(fw: Any) -> Any:
    from fastapi.sse import EventSourceResponse

    app = fw.FastAPI()

    @app.get("/a")
    async def scalars() -> AsyncIterator[int]:
        yield 1

    @app.get("/b")
    async def models() -> AsyncIterator[Item]:
        yield Item(a=1)

    @app.get("/c", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[Item]:
        yield Item(a=1)

    @app.get("/d", response_class=EventSourceResponse)
    async def untyped_events():
        yield 1

    @app.get("/e")
    async def untyped():
        yield 1

    content = {"text/event-stream": {"example": "x"}}

    @app.post("/f", response_class=EventSourceResponse, status_code=201, responses={200: {"content": content}})
    async def with_status(item: Item) -> AsyncIterator[Item]:
        yield item

    return app
