"""The same bytes to Uvicorn's httptools protocol and to ours: the same bytes back, but for what has a reason.

Each conversation ends with a request that says close, so that it is over when the server ends the connection.
"""

import re
from collections.abc import Iterator

import pytest
from server.protocol.fakes import collect_body, make_request
from server.protocol.serving import RunningServer, serve

from vivace.types import Message, Receive, Scope, Send

Field = tuple[bytes, bytes]
LAST = make_request(target="/last", connection="close")
CHUNKED = (b"transfer-encoding", b"chunked")


def start(status: int = 200, *fields: Field) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(fields)}


def piece(body: bytes = b"", *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def length(size: int) -> Field:
    return (b"content-length", b"%d" % size)


# What the app sends, by path. An exception among the messages is raised.
SCRIPTS: dict[str, list[Message | BaseException]] = {
    "/plain": [start(200, (b"content-type", b"text/plain"), length(5)), piece(b"hello")],
    "/empty": [start(200, length(0)), piece()],
    "/large": [start(200, length(100_000)), piece(b"x" * 100_000)],
    "/pieces": [start(200, length(10)), piece(b"hello", more=True), piece(b"world")],
    "/no-length": [start(), piece(b"hello")],
    "/stream": [start(), piece(b"hello", more=True), piece(b"", more=True), piece(b"world", more=True), piece()],
    "/large-stream": [start(), piece(b"x" * 100_000, more=True), piece(b"y" * 100_000)],
    "/empty-stream": [start(), piece()],
    "/chunked": [start(200, CHUNKED), piece(b"hello")],
    "/created": [start(201, (b"Location", b"/1"), length(2)), piece(b"{}")],
    "/204": [start(204), piece()],
    "/204-length": [start(204, length(0)), piece()],
    "/304": [start(304, (b"etag", b'"1"')), piece()],
    "/404": [start(404, length(2)), piece(b"no")],
    "/503": [start(503, length(2)), piece(b"no")],
    "/418": [start(418, length(0)), piece()],
    "/299": [start(299, length(0)), piece()],
    "/cookies": [start(200, (b"set-cookie", b"a=1"), (b"Set-Cookie", b"b=2"), length(0)), piece()],
    "/latin": [start(200, (b"x-name", b"\xe4\xf6"), (b"x-empty", b""), (b"x-tab", b"a\tb"), length(0)), piece()],
    "/close": [start(200, (b"connection", b"close"), length(2)), piece(b"ok")],
    "/close-stream": [start(200, (b"Connection", b"Close")), piece(b"ok")],
    "/keep-alive": [start(200, (b"connection", b"keep-alive"), length(2)), piece(b"ok")],
    "/too-long": [start(200, length(2)), piece(b"too long")],
    "/too-long-later": [start(200, length(3)), piece(b"to", more=True), piece(b"o long")],
    "/too-short": [start(200, length(20)), piece(b"too short")],
    "/raises": [ValueError("on purpose")],
    "/raises-after-start": [start(200, length(5)), ValueError("on purpose")],
    "/raises-in-stream": [start(), piece(b"hello", more=True), ValueError("on purpose")],
    "/nothing": [],
    "/no-start": [piece(b"hello")],
    "/no-end": [start(200, length(5))],
    "/no-end-of-stream": [start(), piece(b"hello", more=True)],
    "/two-starts": [start(200, length(5)), start()],
    "/after-the-end": [start(200, length(2)), piece(b"ok"), piece(b"more")],
    "/line-break": [start(200, (b"x-bad", b"a\r\nb: c"), length(0)), piece()],
    "/bad-name": [start(200, (b"x bad", b"a"), length(0)), piece()],
}

METHODS = {
    "GET": lambda path: make_request(target=path),
    "HEAD": lambda path: make_request("HEAD", path),
    "POST": lambda path: make_request("POST", path, b"some body"),
    "chunked POST": lambda path: (
        make_request("POST", path, b"", transfer_encoding="chunked") + b"4\r\nsome\r\n0\r\nX-A: b\r\n\r\n"
    ),
    "HTTP/1.0": lambda path: b"GET %b HTTP/1.0\r\nHost: example.org\r\n\r\n" % path.encode(),
    "close": lambda path: make_request(target=path, connection="close"),
    "thrice": lambda path: make_request(target=path) * 3,
}

# Pairs in which ours differs; the tests of responses and errors say what it does.
_CHUNKED = ("/no-length", "/stream", "/large-stream", "/empty-stream", "/chunked", "/close-stream", "/no-end-of-stream")
DIFFERENT = {
    "HTTP/1.0 has no chunks": {("HTTP/1.0", path) for path in (*_CHUNKED, "/raises-in-stream")},
    "the order of the same fields": {("close", "/chunked")},
    "the next request has its answer, whatever the app does after the end": {
        (method, "/after-the-end") for method in ("GET", "HEAD", "POST", "chunked POST", "thrice")
    },
}
SAME = sorted({(method, path) for method in METHODS for path in SCRIPTS}.difference(*DIFFERENT.values()))

ECHOED = {
    "body": make_request("POST", "/echo", b"hello"),
    "empty body": make_request("POST", "/echo", b""),
    "chunked": make_request("PUT", "/echo", b"", transfer_encoding="chunked") + b"1;a=b\r\nx\r\n2\r\nyz\r\n0\r\n\r\n",
    "large": make_request("POST", "/echo", b"x" * 200_000),
    "expect": make_request("POST", "/echo", b"hello", expect="100-continue"),
    "query": make_request(target="/echo/%E2%82%AC/a%2Fb?x=%20&y"),
    "absolute": b"GET http://example.org/echo?x HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "fields": b"GET /echo HTTP/1.1\r\nHOST:example.org\r\nX-A:  b\r\nX-A: c\r\nX-Empty:\r\n\r\n",
    "options": make_request("OPTIONS", "/echo"),
    "other method": make_request("PROPFIND", "/echo"),
    "empty lines": b"\r\n\r\n" + make_request(target="/echo"),
    "mixed": make_request("POST", "/echo", b"a") + make_request(target="/plain") + make_request("POST", "/echo", b"b"),
    "unread": make_request("POST", "/plain", b"GET /raises HTTP/1.1\r\n\r\n"),
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"].startswith("/echo"):
        seen = (scope["method"], scope["path"], scope["raw_path"], scope["query_string"], scope["headers"])
        body = repr((*seen, scope["http_version"], await collect_body(receive))).encode()
        await send(start(200, length(len(body))))
        await send(piece(body))
        return
    for step in SCRIPTS.get(scope["path"], SCRIPTS["/plain"]):
        if isinstance(step, BaseException):
            raise step
        await send(step)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[RunningServer, RunningServer]]:
    loop = request.param
    with serve(app, loop=loop) as ours, serve(app, http="httptools", loop=loop) as uvicorns:
        yield ours, uvicorns


def dateless(data: bytes) -> bytes:
    return re.sub(rb"\r\ndate: [^\r]*", b"\r\ndate: now", data)


@pytest.mark.parametrize(("method", "path"), SAME)
def test_a_response_has_the_bytes_that_uvicorn_sends(
    servers: tuple[RunningServer, RunningServer], method: str, path: str
) -> None:
    data = METHODS[method](path) + LAST

    ours, uvicorns = (dateless(server.exchange(data)) for server in servers)

    assert ours == uvicorns


@pytest.mark.parametrize("data", ECHOED.values(), ids=ECHOED.keys())
def test_a_request_is_understood_as_uvicorn_does(servers: tuple[RunningServer, RunningServer], data: bytes) -> None:
    ours, uvicorns = (dateless(server.exchange(data + LAST)) for server in servers)

    assert ours == uvicorns
    assert b"HTTP/1.1 200 OK\r\n" in ours
