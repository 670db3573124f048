"""A client that speaks ASGI in the running event loop, so that tests decide when what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from vivace.types import ASGIApp, Message, Scope

__all__ = ["Client", "answer", "make_scope"]

HeaderItems = Iterable[tuple[str, str]]


def make_scope(target: str, *, method: str = "GET", headers: HeaderItems = ()) -> Scope:
    """Return the scope that a server makes of a request line and headers."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
    }


@dataclass(slots=True, kw_only=True)
class Client:
    """One exchange. `chunks` are received one by one; then the client leaves, or waits for the answer to end."""

    chunks: list[bytes] = field(default_factory=lambda: [b""])
    leaves_early: bool = False
    sent: list[Message] = field(default_factory=list)
    error: BaseException | None = None
    """What the app raised."""
    is_done: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        """Return the next message of the client."""
        if self.chunks:
            chunk = self.chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks) or self.leaves_early}
        if not self.leaves_early:
            await self.is_done.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message of the app."""
        self.sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.is_done.set()

    async def call(self, app: ASGIApp, target: str, *, method: str = "GET", headers: HeaderItems = ()) -> Client:
        """Send the request and wait until the app returns."""
        try:
            await app(make_scope(target, method=method, headers=headers), self.receive, self.send)
        except Exception as exc:
            self.error = exc
        finally:
            self.is_done.set()
        return self

    @property
    def status(self) -> int:
        """The status code of the answer."""
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of the answer."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.sent[0]["headers"]]

    @property
    def body(self) -> bytes:
        """The whole body of the answer."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return json.loads(self.body)


_NO_JSON: Any = object()


def answer(
    app: ASGIApp,
    target: str,
    *,
    json_body: Any = _NO_JSON,
    content: bytes | None = None,
    headers: HeaderItems = (),
    method: str | None = None,
) -> Client:
    """Send one request in an event loop of its own; with a body it is a POST of JSON."""
    if json_body is not _NO_JSON:
        content = json.dumps(json_body).encode()
    items = list(headers)
    if content is not None and not any(name == "content-type" for name, _ in items):
        items.append(("content-type", "application/json"))
    client_method = method or ("GET" if content is None else "POST")

    async def run() -> Client:
        return await Client(chunks=[content or b""]).call(app, target, method=client_method, headers=items)

    return asyncio.run(run())
