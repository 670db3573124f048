"""Call an ASGI app without a server, and count or time what it does.

What is counted as a Python call: every 'call' event that `sys.setprofile` reports between the moment the driver calls
the app and the moment the app returns, but for the events of the driver itself (`receive`, `send`, its callers). That
is one event for each Python function, method, lambda, generator expression or (before Python 3.12) comprehension that
is entered, and one more each time a suspended coroutine or generator is entered again. Functions written in C are not
counted. Worker threads are included if `follow_threads()` was called before they started.
"""

import asyncio
import gc
import os
import sys
import sysconfig
import threading
import types
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from children import SOURCE
from workloads import Request

Message = MutableMapping[str, Any]  # ASGI messages and scopes are open dictionaries
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


def make_scope(request: Request) -> Message:
    """Return a connection scope as Uvicorn makes it for a request."""
    path, _, query = request.path.partition("?")
    headers = [(b"host", b"127.0.0.1:8000")]
    headers += [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    if request.body is not None:
        headers.append((b"content-length", str(len(request.body.encode())).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 40000),
        "scheme": "http",
        "root_path": "",
        "method": request.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "state": {},
    }


class Exchange:
    """One request and its answer: the two channels of an ASGI call, and what went over them."""

    __slots__ = ("answered", "body", "is_read", "sent")

    def __init__(self, request: Request) -> None:
        self.body = (request.body or "").encode()
        self.is_read = False
        self.sent: list[Message] = []
        self.answered = asyncio.Event()

    async def receive(self) -> Message:
        if self.is_read:
            await self.answered.wait()  # the client leaves when it has its answer, as with a server
            return {"type": "http.disconnect"}
        self.is_read = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.answered.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


async def call_app(app: App, request: Request) -> Exchange:
    exchange = Exchange(request)
    await app(make_scope(request), exchange.receive, exchange.send)
    return exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCount:
    """The Python calls of one request, per code object.

    Attributes:
        calls: How often each code object was entered, in order of first entry.
        frames_above: How many frames stood between the driver's and that of each code object, when first entered.
    """

    calls: "Counter[types.CodeType]"
    frames_above: dict[types.CodeType, int]

    @property
    def total(self) -> int:
        return self.calls.total()

    def describe(self) -> str:
        """Return one line per function, the most often called first."""
        return "\n".join(
            f"{count:5} {package_of(code)}: {code.co_qualname}" for code, count in self.calls.most_common()
        )


def package_of(code: types.CodeType) -> str:
    """Return the package that a code object belongs to: a top-level name, `stdlib` or `program`.

    The file name of generated code is in angle brackets; its first word is taken for the package.
    """
    name = code.co_filename
    if name.startswith("<frozen") or name.startswith(STDLIB) and not name.startswith(PACKAGE_ROOTS):
        return "stdlib"
    if name.startswith("<"):
        return name.strip("<>").partition(" ")[0]
    for root in PACKAGE_ROOTS:
        if name.startswith(root):
            return name.removeprefix(root).partition(os.sep)[0].removesuffix(".py")
    return "program"


STDLIB = sysconfig.get_path("stdlib") + os.sep
PACKAGE_ROOTS = (sysconfig.get_path("purelib") + os.sep, sysconfig.get_path("platlib") + os.sep, f"{SOURCE}{os.sep}")


class Profiler:
    """Counts calls between `start()` and `stop()`, in the thread that starts it and in the threads it follows."""

    def __init__(self) -> None:
        self.calls: Counter[types.CodeType] = Counter()
        self.frames_above: dict[types.CodeType, int] = {}
        self.is_counting = False
        self.base: types.FrameType | None = None
        self.driver_code: set[types.CodeType] = set()

    def follow_threads(self) -> None:
        """Count in threads that start from now on, too."""
        threading.setprofile(self.on_event)

    def start(self) -> None:
        self.calls = Counter()
        self.frames_above = {}
        self.base = sys._getframe(1)
        self.driver_code = DRIVER_CODE | set(stack_above(self.base))
        self.is_counting = True
        sys.setprofile(self.on_event)

    def stop(self) -> CallCount:
        sys.setprofile(None)
        self.is_counting = False
        self.base = None
        return CallCount(calls=self.calls, frames_above=self.frames_above)

    def on_event(self, frame: types.FrameType, event: str, argument: object) -> None:
        if event != "call" or not self.is_counting or frame.f_code in self.driver_code:
            return
        self.calls[frame.f_code] += 1
        if frame.f_code not in self.frames_above:
            self.frames_above[frame.f_code] = self.count_frames_above(frame)

    def count_frames_above(self, frame: types.FrameType) -> int:
        count, above = 0, frame.f_back
        while above is not None and above is not self.base:
            count, above = count + 1, above.f_back
        return count


def stack_above(frame: types.FrameType | None) -> Iterator[types.CodeType]:
    """Yield the code of a frame and of its callers, which a resumed coroutine enters again."""
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


DRIVER_CODE = {Exchange.receive.__code__, Exchange.send.__code__, Profiler.stop.__code__}


async def count_calls(app: App, request: Request, *, warm_ups: int = 5, profiler: Profiler | None = None) -> CallCount:
    """Return the Python calls of one warm request."""
    for _ in range(warm_ups):
        await call_app(app, request)
    exchange = Exchange(request)
    scope = make_scope(request)
    receive, send = exchange.receive, exchange.send
    profiler = profiler or Profiler()
    was_collecting = gc.isenabled()
    gc.disable()  # what is collected while we count may be anyone's, and make calls of its own
    profiler.start()
    try:
        await app(scope, receive, send)
    finally:
        counted = profiler.stop()
        if was_collecting:
            gc.enable()
    return counted
