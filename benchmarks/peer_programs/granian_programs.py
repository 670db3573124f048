"""Granian's own protocol, RSGI, with nothing above it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from granian.rsgi import HTTPProtocol, Scope, WebsocketMessageType, WebsocketProtocol

from peer_programs.selection import CHUNK, CHUNKS, selected

App = Callable[[Scope, Any], Awaitable[None]]

JSON = [("content-type", "application/json")]


def plain_json() -> App:
    async def app(scope: Scope, proto: HTTPProtocol) -> None:
        proto.response_bytes(200, JSON, b'{"hello":"world"}')

    return app


def idle() -> App:
    return plain_json()


def waiting() -> App:
    async def app(scope: Scope, proto: HTTPProtocol) -> None:
        await asyncio.sleep(0.05)
        proto.response_bytes(200, JSON, b'{"waited":true}')

    return app


def upload() -> App:
    async def app(scope: Scope, proto: HTTPProtocol) -> None:
        size = 0
        async for chunk in proto:
            size += len(chunk)
        proto.response_bytes(200, JSON, b'{"size":%d}' % size)

    return app


def download() -> App:
    async def app(scope: Scope, proto: HTTPProtocol) -> None:
        transport = proto.response_stream(200, [("content-type", "application/octet-stream")])
        for _ in range(CHUNKS):
            await transport.send_bytes(CHUNK)

    return app


def websocket() -> App:
    async def app(scope: Scope, proto: WebsocketProtocol) -> None:
        transport = await proto.accept()
        while (message := await transport.receive()).kind != WebsocketMessageType.close:
            await transport.send_str(message.data)
        proto.close()

    return app


app = selected(plain_json, waiting, upload, download, websocket, idle)
