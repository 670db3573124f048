"""A raw ASGI client: it sends exactly the bytes it was given and writes down every message in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from differential.cases import Conversation, Exchange, Log

TIMEOUT_S = 10  # far above any exchange here; turns a deadlock into a failure
# Their value depends on the moment or, with the body, on the framework's own files.
VOLATILE_HEADERS = frozenset({b"date", b"server"})


async def exchange(app: ASGIApp, asked: Exchange | Conversation, state: dict[str, Any], log: Log) -> None:
    """Send one request in a task of its own, as a server does, and log what came of it."""
    log(f"> {asked.method} {asked.target[:200]!a}")
    connection = _Connection(asked, log) if isinstance(asked, Exchange) else _WebSocketConnection(asked, log)
    task = asyncio.create_task(_call(app, _scope(asked, state), connection))
    done, _ = await asyncio.wait({task}, timeout=TIMEOUT_S)
    if not done:
        task.cancel()
        await asyncio.wait({task})
        log(f"no end after {TIMEOUT_S} s")
        return
    connection.report()
    if task.cancelled():
        log("cancelled")
    elif (exc := task.exception()) is not None:
        log(f"raised {describe(exc)}")


async def lifespan(app: ASGIApp, state: dict[str, Any], log: Log, stop: asyncio.Event, ready: asyncio.Event) -> None:
    """Run the app's lifespan: start it, set `ready`, and shut it down once `stop` is set."""
    is_started = False

    async def receive() -> Message:
        nonlocal is_started
        if not is_started:
            is_started = True
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Message) -> None:
        log(message["type"])
        ready.set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    try:
        await app(scope, receive, send)
    except BaseException as exc:
        log(f"lifespan raised {describe(exc)}")
    finally:
        ready.set()


def describe(exc: BaseException) -> str:
    """Name an exception and its text; groups by their parts."""
    if isinstance(exc, BaseExceptionGroup):
        return f"{type(exc).__name__}[{', '.join(map(describe, exc.exceptions))}]"
    return f"{type(exc).__name__}: {exc}"


async def _call(app: ASGIApp, scope: MutableMapping[str, Any], connection: _Connection | _WebSocketConnection) -> None:
    await app(scope, connection.receive, connection.send)


def _scope(asked: Exchange | Conversation, state: dict[str, Any]) -> MutableMapping[str, Any]:
    path, _, query = asked.target.partition("?")  # Latin-1 carries any byte
    of_its_type: dict[str, Any]
    if isinstance(asked, Exchange):
        of_its_type = {"type": "http", "method": asked.method, "scheme": "http"}
    else:
        of_its_type = {"type": "websocket", "scheme": "ws", "subprotocols": []}
    return {
        **of_its_type,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": list(asked.headers),
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
        "state": state.copy(),
        **asked.scope,
    }


class _Connection:
    """Both ends of one exchange."""

    def __init__(self, asked: Exchange, log: Log) -> None:
        self._asked = asked
        self._log = log
        self._pending = list(asked.chunks)
        self._body = bytearray()
        self._is_complete = asyncio.Event()

    async def receive(self) -> Message:
        if self._pending:
            chunk = self._pending.pop(0)
            return {
                "type": "http.request",
                "body": chunk,
                "more_body": bool(self._pending) or self._asked.disconnects,
            }
        if not self._asked.disconnects:
            await self._is_complete.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._log(f"start {message['status']}")
            for name, value in sorted(message.get("headers", ()), key=lambda item: bytes(item[0])):
                if bytes(name) in VOLATILE_HEADERS or (name == b"content-length" and not self._asked.compares_body):
                    continue
                self._log(f"header {bytes(name).decode('latin-1')}: {bytes(value).decode('latin-1')}")
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            # BaseHTTPMiddleware closes a body twice; only the first end is an event.
            if not message.get("more_body", False) and not self._is_complete.is_set():
                self._log("end")
                self._is_complete.set()
        else:
            self._log(message["type"])

    def report(self) -> None:
        self._is_complete.set()
        if self._asked.compares_body:
            self._log(f"body {_readable(bytes(self._body))!r}")


class _WebSocketConnection:
    """Both ends of one websocket."""

    def __init__(self, asked: Conversation, log: Log) -> None:
        self._asked = asked
        self._log = log
        self._pending = [_message(each) for each in ({"type": "websocket.connect"}, *asked.messages)]
        self._has_left = False

    async def receive(self) -> Message:
        await asyncio.sleep(0)
        if self._pending:
            return self._pending.pop(0)
        self._has_left = True
        return {"type": "websocket.disconnect", "code": self._asked.code, "reason": "left"}

    async def send(self, message: Message) -> None:
        if self._has_left and self._asked.is_gone:
            raise OSError("the client is gone")
        shown = {name: value for name, value in message.items() if name != "headers"}
        headers = [item for item in sorted(message.get("headers", ())) if item[0] not in VOLATILE_HEADERS]
        self._log("sent", shown, *headers)

    def report(self) -> None:
        self._log("received all" if not self._pending else f"left unread {self._pending}")


def _message(given: str | bytes | Mapping[str, Any]) -> Message:
    match given:
        case str():
            return {"type": "websocket.receive", "text": given}
        case bytes():
            return {"type": "websocket.receive", "bytes": given}
    return dict(given)


def document(value: Any) -> Any:
    """Reduce JSON data to what makes it equal as a document: 1.0 is 1, and the order of keys is nothing."""
    if isinstance(value, dict):
        return {key: document(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [document(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _readable(body: bytes) -> bytes:
    return json.dumps(document(json.loads(body))).encode() if body.startswith(b'{"openapi":') else body
