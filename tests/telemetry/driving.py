"""Sends requests to an app as a server would, and says how each ended. This module knows no framework."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

__all__ = ["Sending", "get", "leaving", "post", "serve", "socket"]

TIMEOUT_S = 10  # far above any exchange here
JSON = (b"content-type", b"application/json")
Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One request or one websocket: its scope, and the messages that the client sends."""

    scope: dict[str, Any]
    messages: list[Message] = field(default_factory=list)
    is_cancelled_by: str = ""
    """The type of the message after which the server cancels the task."""


def _scope(kind: str, target: str, headers: Iterable[tuple[bytes, bytes]], **changes: Any) -> dict[str, Any]:
    path, _, query = target.partition("?")
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    overlay = changes.pop("scope", {})
    return {**scope, **changes, **overlay}


def get(target: str, headers: Iterable[tuple[bytes, bytes]] = (), *, cancelled_by: str = "", **changes: Any) -> Sending:
    """Make a request without a body."""
    scope = _scope("http", target, headers, **{"method": "GET", **changes})
    return Sending(
        scope=scope,
        messages=[{"type": "http.request", "body": b"", "more_body": False}],
        is_cancelled_by=cancelled_by,
    )


def post(target: str, body: bytes, headers: Iterable[tuple[bytes, bytes]] = (JSON,), **changes: Any) -> Sending:
    """Make a request with a body."""
    scope = _scope("http", target, headers, **{"method": "POST", **changes})
    return Sending(scope=scope, messages=[{"type": "http.request", "body": body, "more_body": False}])


def leaving(target: str) -> Sending:
    """Make a request of a client that leaves before the response ends."""
    asked = get(target)
    return Sending(scope=asked.scope, messages=[*asked.messages, {"type": "http.disconnect"}])


def socket(target: str, *texts: str, close_code: int | None = None, **changes: Any) -> Sending:
    """Make a websocket whose client sends texts, and then closes it if it has a code for that."""
    messages: list[Message] = [{"type": "websocket.connect"}]
    messages += [{"type": "websocket.receive", "text": text} for text in texts]
    if close_code is not None:
        messages.append({"type": "websocket.disconnect", "code": close_code})
    return Sending(scope=_scope("websocket", target, (), **{"subprotocols": [], **changes}), messages=messages)


async def serve(app: Any, asked: Sending, look: Callable[[Message], None] | None = None) -> list[str]:
    """Send one request in a task of its own, and return what came of it; `look` is called with each message sent."""
    waiting = list(asked.messages)
    told: list[str] = []
    is_complete = asyncio.Event()

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await is_complete.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        line = f"{message['type']} {message.get('status', '')}"
        if told[-1:] != [line]:  # in how many pieces a body comes is no question here
            told.append(line)
        if look is not None:
            look(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            is_complete.set()
        if message["type"] == asked.is_cancelled_by:
            task.cancel()

    scope = {**asked.scope, "headers": list(asked.scope["headers"])}
    task = asyncio.ensure_future(app(scope, receive, send))
    done, _ = await asyncio.wait({task}, timeout=TIMEOUT_S)
    assert done, f"no end after {TIMEOUT_S} s: {asked.scope['path']}"
    if task.cancelled():
        told.append("cancelled")
    elif (exc := task.exception()) is not None:
        told.append(f"raised {type(exc).__name__}")
    return told
