"""ASGI with nothing above it: what a server costs."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from peer_programs.selection import CHUNK, CHUNKS, selected

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

JSON = (b"content-type", b"application/json")
PLAIN_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"17"), JSON]}
PLAIN_BODY = {"type": "http.response.body", "body": b'{"hello":"world"}'}


async def refuse_others(scope: Message) -> None:
    raise NotImplementedError(f"This app does not serve {scope['type']!r}.")


def plain_json() -> App:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await refuse_others(scope)
        await send(PLAIN_START)
        await send(PLAIN_BODY)

    return app


def idle() -> App:
    return plain_json()


def waiting() -> App:
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"15"), JSON]}
    body = {"type": "http.response.body", "body": b'{"waited":true}'}

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await refuse_others(scope)
        await asyncio.sleep(0.05)
        await send(start)
        await send(body)

    return app


def upload() -> App:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await refuse_others(scope)
        size, has_more = 0, True
        while has_more:
            message = await receive()
            size += len(message.get("body", b""))
            has_more = message.get("more_body", False)
        body = b'{"size":%d}' % size
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length, JSON]})
        await send({"type": "http.response.body", "body": body})

    return app


def download() -> App:
    kind = (b"content-type", b"application/octet-stream")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await refuse_others(scope)
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        for _ in range(CHUNKS):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def websocket() -> App:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await refuse_others(scope)
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    return app


app = selected(plain_json, waiting, upload, download, websocket, idle)
