# mypy: ignore-errors
"""Multipart bodies that are broken, or odd in their headers, in every way that one can write down."""

from typing import Annotated

from fastapi import Body, FastAPI, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict

from differential.cases import case, send, without_length

NAMED = b'Content-Disposition: form-data; name="f"'
WHOLE = b"--B\r\n" + NAMED + b"\r\n\r\nx\r\n--B--\r\n"
MULTIPART = "multipart/form-data; boundary=B"


def part(headers: bytes, content: bytes = b"x") -> bytes:
    return b"--B\r\n" + headers + b"\r\n\r\n" + content + b"\r\n--B--\r\n"


BODIES = [
    b"",
    b"--B--\r\n",
    b"--B\r\n",
    b"--B",
    b"garbage",
    WHOLE.replace(b"--B", b"--C"),
    b"--B\r\n\r\nx\r\n--B--\r\n",
    part(b"Content-Disposition: form-data"),
    part(b'Content-Disposition: attachment; name="f"'),
    part(b"Content-Disposition: form-data; name=f"),
    WHOLE.removesuffix(b"\r\n--B--\r\n"),
    WHOLE.removesuffix(b"--\r\n"),
    WHOLE.removesuffix(b"--\r\n") + b"\r\n",
    WHOLE.replace(b"\r\n", b"\n"),
    b"\r\n" + WHOLE,
    b"before\r\n" + WHOLE,
    WHOLE + b"after",
    WHOLE.removesuffix(b"\r\n"),
    part(NAMED, b"\xe9"),
    part(NAMED + b"\r\nContent-Type: text/plain; charset=latin-1", b"\xe9"),
    part(b'Content-Disposition: form-data; name="f\xe9"'),
    part(b"Content-Disposition: form-data; name*=UTF-8''f"),
    part(NAMED + b"; filename*=UTF-8''%e2%82%ac.txt"),
    part(NAMED + b"; filename=\"a\"; filename*=UTF-8''%e2%82%ac.txt"),
    part(NAMED + b'; filename="\\"q\\".txt"'),
    part(NAMED + b'; filename="C:\\\\x\\\\q.txt"'),
    part(NAMED + b'; filename="a\xff.txt"'),
    part(NAMED + b'; filename="%22a.txt"'),
    part(b"X: y\r\n" + NAMED),
    part(b"X : y\r\n" + NAMED),
    part(b"X\r\n" + NAMED),
    part(NAMED + b'\r\nContent-Disposition: form-data; name="g"'),
    part(b'Content-Disposition: form-data; name="' + b"n" * 5000 + b'"'),
    part(NAMED + b"\r\nX: " + b"n" * 70_000),
    part(NAMED + b"\r\nContent-Transfer-Encoding: base64", b"eHh4"),
]
TYPES = [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="B"',
    "Multipart/Form-Data; Boundary=B",
    "multipart/mixed; boundary=B",
    "multipart/form-data; charset=latin-1; boundary=B",
    "multipart/form-data; charset=nope; boundary=B",
    "multipart/form-data; boundary=\xe9",
    "multipart/form-data; boundary=" + "B" * 300,
]
REQUESTS = [
    *[send("POST", "/", content=body, content_type=MULTIPART) for body in BODIES],
    *[without_length(send("POST", "/", content=[body[:20], body[20:]], content_type=MULTIPART)) for body in BODIES],
    *[send("POST", "/", content=WHOLE, content_type=kind) for kind in TYPES],
]


@case(*REQUESTS)
def as_text():
    app = FastAPI()

    @app.post("/")
    async def read(f: Annotated[str, Form()]):
        return f

    return app


@case(*REQUESTS)
def as_an_upload():
    app = FastAPI()

    @app.post("/")
    async def read(f: UploadFile):
        return [f.filename, f.size, f.content_type]

    return app


@case(*REQUESTS)
def as_a_model_that_forbids_more():
    class Given(BaseModel):
        model_config = ConfigDict(extra="forbid")

        f: str = "none"

    app = FastAPI()

    @app.post("/")
    async def read(given: Annotated[Given, Form()]):
        return given

    return app


@case(*REQUESTS)
def by_the_handler_itself():
    app = FastAPI()

    @app.post("/")
    async def read(request: Request):
        async with request.form(max_fields=1, max_files=1, max_part_size=10) as given:
            return [[name, value if isinstance(value, str) else value.filename] for name, value in given.multi_items()]

    return app


@case(*REQUESTS)
def beside_a_json_body():
    app = FastAPI(form_limits={"max_fields": 1, "max_files": 1, "max_part_size": 10})

    @app.post("/")
    async def read(f: Annotated[bytes, File()], b: Annotated[str, Body()] = "none"):
        return [repr(f), b]

    return app
