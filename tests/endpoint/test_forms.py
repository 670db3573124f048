"""Forms on both paths: what the compiled path takes, that it means what the full parser means, and that files close."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Iterator
from typing import Annotated, Any

import pytest
from endpoint.asgi import Client, answer
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from server.protocol.serving import read_all, serve
from starlette import formparsers
from starlette.datastructures import Headers
from starlette.middleware.base import BaseHTTPMiddleware

from vivace import BackgroundTasks, Depends, FastAPI, File, Form, Request, UploadFile
from vivace._endpoint.forms import given_back, parse_urlencoded
from vivace.middleware.asyncexitstack import AsyncExitStackMiddleware
from vivace.responses import StreamingResponse
from vivace.types import Message

URLENCODED = [("content-type", "application/x-www-form-urlencoded")]
MULTIPART = [("content-type", "multipart/form-data; boundary=B")]
BIG = b"0123456789abcdef" * 65537  # a little above what stays in memory


def multipart(content: bytes = b"123", *, end: bytes = b"--B--\r\n", number: bytes = b"1") -> bytes:
    return (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + content + b"\r\n"
        b'--B\r\nContent-Disposition: form-data; name="number"\r\n\r\n' + number + b"\r\n" + end
    )


async def parse_with_starlette(body: bytes) -> list[tuple[str, Any]]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    form = await formparsers.FormParser(Headers(), stream()).parse()
    return form.multi_items()


PIECES = st.sampled_from([b"a", b"b", b"=", b"&", b"%", b"+", b";", b"%41", b"%c3%a9", b"%FF", b"\xe9", b"\r\n", b" "])


@settings(deadline=None)  # the first body takes imports
@given(st.lists(PIECES, max_size=20).map(b"".join) | st.binary(max_size=20))
@example(b"&&a=1&&b&=c&d==")
@example(b"a=%zz%4&%=%%")
def test_a_plain_urlencoded_body_means_what_it_means_to_the_full_parser(body: bytes) -> None:
    pairs = parse_urlencoded(body, {})

    assert pairs == (None if b";" in body else asyncio.run(parse_with_starlette(body)))


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        pytest.param(b"a=1&b=2", {"max_fields": 1}, id="fields"),
        pytest.param(b"&".join([b"a"] * 1001), {}, id="fields by default"),
        pytest.param(b"a=123", {"max_part_size": 4}, id="size"),
        pytest.param(b"a" * (1024 * 1024 + 1), {}, id="size by default"),
    ],
)
def test_a_body_that_may_be_over_a_limit_is_left_to_the_full_parser(body: bytes, limits: dict[str, int]) -> None:
    assert parse_urlencoded(body, limits) is None


class SignIn(BaseModel):
    username: str
    attempts: int = 0
    tags: list[str] = []


def app_with_forms() -> FastAPI:
    app = FastAPI()

    @app.post("/model")
    async def model(data: Annotated[SignIn, Form()]) -> SignIn:
        return data

    @app.post("/fields")
    async def fields(a: Annotated[int, Form()], request: Request, b: Annotated[list[int], Form()] = []) -> list[Any]:  # noqa: B006
        return [a, b, (await request.form()).multi_items()]

    @app.post("/file")
    async def file(file: UploadFile, number: Annotated[int, Form()]) -> int:
        return number

    return app


def explain(app: FastAPI, path: str) -> str:
    return next(route.explain() for route in app.routes if route.path == path)  # type: ignore[attr-defined, no-any-return]  # its own routes


def test_forms_are_compiled_unless_files_are_uploaded() -> None:
    app = app_with_forms()

    assert "path taken: compiled" in explain(app, "/model")
    assert "path taken: compiled" in explain(app, "/fields")
    assert "path taken: exact, because files are uploaded" in explain(app, "/file")


def test_a_form_model_has_its_values(path: str) -> None:
    answered = answer(app_with_forms(), "/model", content=b"username=a+b&tags=1&attempts=2&tags=", headers=URLENCODED)

    assert answered.json == {"username": "a b", "attempts": 2, "tags": ["1", ""]}


def test_the_request_has_the_form_that_was_read(path: str) -> None:
    answered = answer(app_with_forms(), "/fields", content=b"a=1&c=%20&b=2&b=3", headers=URLENCODED)

    assert answered.json == [1, [2, 3], [["a", "1"], ["c", " "], ["b", "2"], ["b", "3"]]]


@pytest.mark.parametrize("at", range(1, 21))
def test_a_form_may_come_in_pieces(at: int, path: str) -> None:
    body = b"username=%C3%A9&attempts=7"

    async def send() -> Client:
        return await Client(chunks=[body[:at], body[at:]]).call(
            app_with_forms(), "/model", method="POST", headers=URLENCODED
        )

    assert asyncio.run(send()).json == {"username": "é", "attempts": 7, "tags": []}


def test_a_form_over_its_limit_is_refused_before_all_of_it_has_come(path: str) -> None:
    client = Client(chunks=[b"a=" + b"x" * 600_000] + [b"x" * 600_000] * 9)

    asyncio.run(client.call(app_with_forms(), "/fields", method="POST", headers=URLENCODED))

    assert client.json == {"detail": "Field exceeded maximum size of 1024KB."}
    assert len(client.chunks) == 8


def test_what_was_received_is_given_back_once() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def take_three() -> list[Message]:
        again = given_back({"type": "http.request"}, receive)
        return [await again() for _ in range(3)]

    assert [message["type"] for message in asyncio.run(take_three())] == ["http.request", *["http.disconnect"] * 2]


# -- files are closed --------------------------------------------------------------------------------------------------


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All files that uploads are kept in."""
    made: list[Any] = []

    def make(**options: Any) -> Any:
        made.append(tempfile.SpooledTemporaryFile(**options))  # whether it is closed is the question
        return made[-1]

    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", make)
    return made


async def yielding(file: UploadFile) -> AsyncGenerator[int, None]:
    yield 1
    assert not file.file.closed


def app_with_uploads() -> FastAPI:
    app = FastAPI()

    @app.post("/read")
    async def read(file: UploadFile, one: Annotated[int, Depends(yielding)]) -> int:
        return len(await file.read()) + one

    @app.post("/bytes")
    def read_bytes(file: Annotated[bytes, File()], number: Annotated[int, Form()]) -> int:
        return len(file)

    @app.post("/fail")
    async def fail(file: UploadFile) -> None:
        raise ZeroDivisionError

    @app.post("/background")
    async def background(file: UploadFile, tasks: BackgroundTasks) -> None:
        async def fail_late() -> None:
            assert not file.file.closed
            raise ZeroDivisionError

        tasks.add_task(fail_late)

    @app.post("/stream")
    async def stream(file: UploadFile) -> StreamingResponse:
        async def chunks() -> AsyncGenerator[bytes, None]:
            while chunk := await file.read(500_000):
                yield chunk

        return StreamingResponse(chunks())

    return app


CONTENTS = pytest.mark.parametrize("content", [b"123", BIG], ids=["in memory", "on disk"])


@CONTENTS
@pytest.mark.parametrize(
    ("target", "body_options", "status"),
    [
        ("/read", {}, 200),
        ("/bytes", {}, 200),
        ("/bytes", {"number": b"x"}, 422),
        ("/fail", {}, 500),
        ("/background", {}, 200),
        ("/stream", {}, 200),
        ("/missing", {}, 404),
        ("/read", {"end": b"--B\r\n\r\n\r\n"}, 400),
    ],
)
@pytest.mark.parametrize("has_middleware", [False, True], ids=["", "within middleware"])
def test_files_are_closed_in_the_end(
    target: str, body_options: dict[str, bytes], status: int, content: bytes, has_middleware: bool, files: list[Any]
) -> None:
    app = app_with_uploads()
    if has_middleware:
        app.middleware("http")(lambda request, call_next: call_next(request))

    answered = answer(app, target, content=multipart(content, **body_options), headers=MULTIPART)

    assert answered.status == status
    assert len(files) == (0 if status == 404 else 1)
    assert all(file.closed for file in files)


def test_a_stream_reads_its_file_to_the_end_within_middleware(files: list[Any]) -> None:
    app = app_with_uploads()
    app.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))
    app.middleware("http")(lambda request, call_next: call_next(request))

    answered = answer(app, "/stream", content=multipart(BIG), headers=MULTIPART)

    assert answered.body == BIG
    assert files[0].closed


@CONTENTS
def test_files_are_closed_when_the_client_leaves_while_it_sends(content: bytes, files: list[Any]) -> None:
    client = Client(chunks=[multipart(content)[:-40]], leaves_early=True)

    asyncio.run(client.call(app_with_uploads(), "/read", method="POST", headers=MULTIPART))

    assert client.json == {"detail": "There was an error parsing the body"}
    assert [file.closed for file in files] == [True]


@CONTENTS
@pytest.mark.parametrize("is_limited", [False, True], ids=["", "limited"])
def test_files_are_closed_when_the_handler_is_cancelled(content: bytes, is_limited: bool, files: list[Any]) -> None:
    app = FastAPI()
    is_called = asyncio.Event()

    @app.post("/", max_body_size=10_000_000 if is_limited else None)
    async def wait(file: UploadFile) -> None:
        is_called.set()
        await asyncio.Event().wait()

    async def cancel() -> None:
        client = Client(chunks=[multipart(content)])
        task = asyncio.create_task(client.call(app, "/", method="POST", headers=MULTIPART))
        await is_called.wait()
        assert [file.closed for file in files] == [False]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())

    assert [file.closed for file in files] == [True]


def test_handlers_of_errors_read_files_of_limited_routes_before_they_are_closed(files: list[Any]) -> None:
    app = FastAPI()

    @app.exception_handler(ZeroDivisionError)
    async def show(request: Request, exc: Exception) -> StreamingResponse:
        file: Any = (await request.form())["file"]
        return StreamingResponse(iter([await file.read()]))

    @app.post("/", max_body_size=1000)
    async def fail(file: UploadFile) -> None:
        raise ZeroDivisionError

    assert answer(app, "/", content=multipart(), headers=MULTIPART).body == b"123"
    assert [file.closed for file in files] == [True]


def test_whoever_brings_an_exit_stack_closes_the_files(files: list[Any]) -> None:
    closed_inside: list[bool] = []
    app = app_with_uploads()

    async def look(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        closed_inside.append(files[0].closed)

    answered = answer(AsyncExitStackMiddleware(look), "/read", content=multipart(), headers=MULTIPART)

    assert answered.status == 200
    assert closed_inside == [False]
    assert [file.closed for file in files] == [True]


@pytest.fixture
def ended(files: list[Any]) -> Iterator[list[Any]]:
    yield files
    assert all(file.closed for file in files)


@pytest.mark.slow
def test_files_are_closed_on_a_real_server_whoever_ends_first(ended: list[Any]) -> None:
    body = multipart(BIG)
    head = b"POST /%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\nContent-Type: " % (
        b"stream",
        len(body),
    )
    head += MULTIPART[0][1].encode() + b"\r\n\r\n"

    with serve(app_with_uploads()) as server:
        assert BIG[-100:] in server.exchange(head + body)
        with server.open() as client:
            client.sendall(head + body[:-100])  # and leaves
        with server.open() as client:
            client.sendall(head + body)
            client.recv(100)  # and leaves, in the middle of the answer
        with server.open() as client:
            client.sendall(head.replace(b"/stream", b"/fail") + body)
            assert b" 500 " in read_all(client)

    assert len(ended) >= 3
