"""One async `yield` dependency, as for a database connection, and one header."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from collections.abc import AsyncIterator
from typing import Annotated

from programs.framework import Depends, FastAPI, Header

app = FastAPI()


class Connection:
    """Stands for what is opened before the handler and closed after it."""

    __slots__ = ("is_open",)

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


async def open_connection() -> AsyncIterator[Connection]:
    connection = Connection()
    try:
        yield connection
    finally:
        connection.close()


@app.get("/rows")
async def read_rows(connection: Annotated[Connection, Depends(open_connection)], x_token: Annotated[str, Header()]):
    return {"open": connection.is_open, "token": x_token}
