"""What drives a program and writes down all that it shows. Knows neither of the two frameworks.

One rule: what is written down must be the same in the next run; ids, tokens, times and addresses become names in the
order of their first appearance, so that an id that returns is seen to be the same.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient, WebSocketTestSession
from starlette.types import ASGIApp, Receive, Scope, Send

# What is different in every run, and the name that stands for it.
VOLATILE = re.compile(
    r"""
    (?P<token>\beyJ[\w-]+\.[\w-]+\.[\w-]+)
  | (?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
  | (?P<time>(?<!\d)20\d\d-[01]\d-[0-3]\d[T _][0-2]\d[:-][0-5]\d[:-][0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)
  | (?P<hex>\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])(?:[0-9a-f]{32}|[0-9a-f]{16})\b)
  | (?P<address>\b0x[0-9a-f]{6,}\b)
    """,
    re.VERBOSE,
)
OUR_PACKAGE = re.compile(r"(?<![\w/])vivace(?=\.)")
# The date is now, the server is nobody, and the length goes with ids and times.
SILENT_HEADERS = frozenset({"date", "server", "content-length"})


class UnexpectedStatus(AssertionError):
    """A program did not do what it is here to show. Raised on the reference as well: the program is wrong then."""


class Watched:
    """An app, with the exceptions that it raises through to its server written down."""

    def __init__(self, app: ASGIApp, session: Session) -> None:
        self._app = app
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except BaseException as exc:
            self._session.tell(f"raised {describe(exc)}")
            raise


class Session:
    """A client of one program, and the lines that tell what came of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}
        self.client = TestClient(Watched(app, self), raise_server_exceptions=False)

    def tell(self, what: object) -> None:
        """Write down a text, or data as JSON, with what is volatile in it named."""
        text = what if isinstance(what, str) else json.dumps(what, indent=1, default=repr)
        text = VOLATILE.sub(self._name, OUR_PACKAGE.sub("fastapi", text))
        self.lines += text.split("\n")

    def ask(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        body: bool = True,
        ordered: bool = True,
        quiet: Collection[str] = (),
        **options: Any,
    ) -> Any:
        """Send a request, write down what came back, and return the response.

        Args:
            method: The method.
            url: Path and query.
            status: The status that the answer must have.
            body: Whether the body is written down; pages that a package brings along are long.
            ordered: Whether the order of keys in a JSON body is the same in every run.
            quiet: Names of headers, in lower case, whose values are different in every run.
            options: To the client: `json`, `data`, `headers`...

        Raises:
            UnexpectedStatus: The answer has another status.
        """
        self.tell(f"> {method} {url}")
        options.setdefault("follow_redirects", False)
        response = self.client.request(method, url, **options)
        self.tell(f"{response.status_code}")
        for name, value in sorted(response.headers.multi_items()):
            if name not in SILENT_HEADERS and name not in quiet:
                self.tell(f"{name}: {value}")
        if body and response.content:
            is_json = response.headers.get("content-type", "").split(";")[0].endswith("json")
            content = response.json() if is_json else response.text
            is_document = isinstance(content, dict) and "openapi" in content  # the order of whose keys is nothing
            self.tell(in_order(content) if is_document or not ordered else content)
        if response.status_code != status:
            told = "\n".join(self.lines[-40:])
            raise UnexpectedStatus(f"{method} {url} answered {response.status_code}, not {status}:\n{told}")
        return response

    @contextmanager
    def websocket(self, url: str, **options: Any) -> Iterator[WebSocketTestSession]:
        """Open a websocket. What is received is told by the program, which knows what matters of it."""
        self.tell(f"> WEBSOCKET {url}")
        with self.client.websocket_connect(url, **options) as websocket:
            self.tell(f"accepted {websocket.accepted_subprotocol}")
            yield websocket

    def _name(self, match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind in ("time", "address", "token"):  # no identity to keep: two tokens of one second are equal
            return f"<{kind}>"
        return self._names.setdefault(match[0], f"<{kind} {len(self._names) + 1}>")


class Records(logging.Handler):
    """Writes down what is logged at a warning's level or above."""

    def __init__(self, session: Session) -> None:
        super().__init__(logging.WARNING)
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        self._session.tell(f"log {record.name} {record.levelname} {record.getMessage()}")


def in_order(value: Any) -> Any:
    """Sort the keys of JSON data."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return list(map(in_order, value)) if isinstance(value, list) else value


def describe(exc: BaseException) -> str:
    """Name an exception and its text; groups by their parts."""
    if isinstance(exc, BaseExceptionGroup):
        return f"{type(exc).__name__}[{', '.join(map(describe, exc.exceptions))}]"
    return f"{type(exc).__name__}: {exc}"
