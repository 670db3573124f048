"""How many Python functions the protocol calls for a request. Counts are the same on every machine; time is not."""

import gc
import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest
from server.protocol.fakes import GET, Connect, Connection, make_request

import vivace.server
from vivace.types import Receive, Scope, Send

SOURCE = str(vivace.server.__file__).removesuffix("__init__.py")
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"17")]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b'{"hello":"world"}'})


async def read_first(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await app(scope, receive, send)


def count_calls(connection: Connection, data: bytes) -> Counter[str]:
    """Count the Python calls of the protocol's modules for a request like one that was served before."""
    for _ in range(3):
        connection.receive(data)
    calls: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(SOURCE):
            calls[frame.f_code.co_qualname] += 1

    gc.disable()  # what is collected while we count may make calls of its own
    sys.setprofile(profile)
    try:
        connection.receive(data)
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


@pytest.mark.parametrize(
    ("request_", "served_app", "budget"),
    [
        (GET, app, 15),
        (make_request("POST", "/", b"hello"), read_first, 19),
        (make_request("POST", "/", b"", transfer_encoding="chunked") + b"5\r\nhello\r\n0\r\n\r\n", read_first, 31),
    ],
    ids=["get", "post", "chunked"],
)
def test_a_request_makes_few_python_calls(connect: Connect, request_: bytes, served_app: Any, budget: int) -> None:
    connection = connect(served_app, access_log=False)
    connection.protocol.access_log = False

    calls = count_calls(connection, request_)

    assert calls.total() <= budget, calls
