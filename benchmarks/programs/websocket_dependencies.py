"""A websocket that sends every text back, behind dependencies: a token, a room in the path, something that yields."""

from collections.abc import AsyncIterator
from typing import Annotated

from programs.framework import Depends, FastAPI, Header, Query, WebSocket, WebSocketDisconnect

app = FastAPI()


class Room:
    """Stands for what is joined for the time of the connection."""

    __slots__ = ("members",)

    def __init__(self) -> None:
        self.members = 1

    def leave(self) -> None:
        self.members = 0


async def read_token(token: Annotated[str, Query()], user_agent: Annotated[str, Header()] = "none") -> str:
    return token


async def current_user(token: Annotated[str, Depends(read_token)]) -> str:
    return f"user of {token}"


async def join_room(room_id: int, user: Annotated[str, Depends(current_user)]) -> AsyncIterator[Room]:
    room = Room()
    try:
        yield room
    finally:
        room.leave()


@app.websocket("/rooms/{room_id}/echo")
async def echo(
    websocket: WebSocket, room: Annotated[Room, Depends(join_room)], user: Annotated[str, Depends(current_user)]
) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass
