"""A bare ASGI app with one constant answer: what the server costs when there is no framework at all.

It reads the body of a request that may have one, as a framework must.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"17"), (b"content-type", b"application/json")],
}
BODY = {"type": "http.response.body", "body": b'{"hello":"world"}'}


async def app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(f"The floor answers HTTP only, not {scope['type']!r}.")
    if scope["method"] == "POST":
        while (await receive()).get("more_body"):
            pass
    await send(START)
    await send(BODY)
