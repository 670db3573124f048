# mypy: ignore-errors
"""Uploaded files: as bytes and as `UploadFile`, alone and in lists, empty, missing, of the wrong kind, spooled."""

from typing import Annotated, Any

from fastapi import Body, FastAPI, File, Form, Request, UploadFile

from differential.cases import case, form, multipart, post

ONE = (
    multipart("/", ("f", "a.txt", b"123")),
    multipart("/", ("f", "a.txt", b"")),
    multipart("/", ("f", "", b"")),
    multipart("/", ("f", "", b"1")),
    multipart("/", ("f", None, b"text")),
    multipart("/", ("f", None, b"")),
    multipart("/", ("f", "a", b"1"), ("f", "b", b"22")),
    multipart("/", ("f", "a", b"1"), ("f", None, b"t")),
    multipart("/", ("g", "a", b"1")),
    multipart("/"),
    form("/", b"f=1"),
    form("/", b"f="),
    form("/"),
    post("/", {"f": "x"}),
    post("/", content=b"abc", content_type="application/octet-stream"),
    post("/"),
)


def at(path, exchanges=ONE):
    from dataclasses import replace

    return [replace(each, target=path) for each in exchanges]


PATHS = ("/upload", "/marked", "/bytes", "/optional", "/none", "/bytes-none", "/union", "/any", "/text")


@case(*[each for path in PATHS for each in at(path)])
def one_file():
    app = FastAPI()

    def told(file):
        if isinstance(file, bytes | str | None):
            return repr(file)
        return [
            file.filename,
            file.size,
            file.content_type,
            dict(file.headers),
            type(file).__module__,
            file.file.read(),
        ]

    @app.post("/upload")
    async def upload(f: UploadFile):
        return [told(f), f.file.closed]

    @app.post("/marked")
    def marked(f: Annotated[UploadFile, File(description="a file")]):
        return told(f)

    @app.post("/bytes")
    async def read_bytes(f: Annotated[bytes, File()]):
        return told(f)

    @app.post("/optional")
    async def optional(f: UploadFile | None = None):
        return told(f)

    @app.post("/none")
    async def none(f: Annotated[UploadFile | None, File()]):
        return told(f)

    @app.post("/bytes-none")
    async def bytes_none(f: Annotated[bytes | None, File(max_length=3)] = None):
        return told(f)

    @app.post("/union")
    async def union(f: Annotated[UploadFile | str, Form()]):
        return told(f)

    @app.post("/any")
    async def read_any(f: Annotated[Any, File()]):
        return told(f)

    @app.post("/text")
    async def text(f: Annotated[str, File()]):
        return told(f)

    return app


LIST_PATHS = ("/uploads", "/marked", "/bytes", "/optional", "/bytes-none", "/set", "/tuple")


@case(*[each for path in LIST_PATHS for each in at(path)])
def many_files():
    app = FastAPI()

    def told(files):
        if not files:
            return repr(files)
        return [repr(f) if isinstance(f, bytes) else [f.filename, f.size, f.file.read()] for f in files]

    @app.post("/uploads")
    async def uploads(f: list[UploadFile]):
        return told(f)

    @app.post("/marked")
    def marked(f: Annotated[list[UploadFile], File()]):
        return told(f)

    @app.post("/bytes")
    async def read_bytes(f: Annotated[list[bytes], File()]):
        return told(f)

    @app.post("/optional")
    async def optional(f: list[UploadFile] | None = None):
        return told(f)

    @app.post("/bytes-none")
    async def bytes_none(f: Annotated[list[bytes] | None, File()] = None):
        return told(f)

    @app.post("/set")
    async def read_set(f: Annotated[set[bytes], File()]):
        return told(sorted(f))

    @app.post("/tuple")
    async def read_tuple(f: Annotated[tuple[bytes, UploadFile], File()]):
        return told(f)

    return app


@case(
    multipart("/", ("a", "f", b"123"), ("b", None, b"5"), ("c", "g", b"6")),
    multipart("/", ("a", "f", b"123"), ("b", None, b"x")),
    multipart("/", ("b", None, b"5")),
    form("/", b"b=5"),
    form("/", b"a=1&b=5"),
    multipart("/body", ("a", "f", b"123"), ("b", None, b"5")),
    multipart("/body", ("a", "f", b"123"), ("b", "f", b"5")),
    multipart("/body", ("a", "f", b"123"), ("b", None, b"")),
    multipart("/raw", ("a", "f", b"123"), ("b", "g", b"5")),
    multipart("/raw", ("a", None, b"123"), ("b", None, b"5")),
)
def beside_fields():
    app = FastAPI()

    @app.post("/")
    async def read(a: UploadFile, b: Annotated[int, Form()], c: Annotated[bytes, File()] = b"d"):
        return [a.filename, b, repr(c)]

    @app.post("/body")
    async def body(a: UploadFile, b: Annotated[Any, Body()]):
        return [a.filename, repr(b)]

    @app.post("/raw")
    async def raw(a: Annotated[bytes, Form()], b: Annotated[bytes, Body()]):
        return [repr(a), repr(b)]

    return app


BIG = b"0123456789abcdef" * 65537  # a little above the 1 MiB that stay in memory


@case(
    multipart("/", ("f", "big", BIG)),
    multipart("/bytes", ("f", "big", BIG)),
    multipart("/twice", ("f", "big", BIG), ("f", "small", b"1")),
    multipart("/same", ("f", "a", b"123")),
    multipart("/same", ("f", "big", BIG)),
    openapi=False,
)
def large_files():
    app = FastAPI()

    @app.post("/")
    async def read(f: UploadFile):
        first = await f.read(3)
        await f.seek(16)
        second = await f.read(4)
        rest = await f.read()
        await f.seek(0)
        await f.write(b"xyz")
        await f.seek(0)
        return [f.size, f.file._rolled, repr(first), repr(second), len(rest), repr(await f.read(5))]

    @app.post("/bytes")
    def read_bytes(f: Annotated[bytes, File()]):
        return [len(f), repr(f[-3:])]

    @app.post("/twice")
    async def twice(f: list[UploadFile]):
        return [[each.size, repr((await each.read())[-3:]), each.file._rolled] for each in f]

    @app.post("/same")
    async def same(f: Annotated[bytes, File()], request: Request):
        upload = (await request.form())["f"]
        return [len(f), upload.file.tell(), len(await upload.read())]

    return app


@case(multipart("/", ("a", "f", b"123")), multipart("/", ("a", "f", b"123"), ("a", "g", b"4")), openapi=False)
def one_file_read_in_several_ways():
    from fastapi import Depends

    app = FastAPI()

    async def first(a: UploadFile):
        return [await a.read(1), a]

    async def second(a: Annotated[bytes, File()]):
        return a

    async def third(a: Annotated[list[bytes], File()]):
        return a

    @app.post("/")
    async def read(
        one: Annotated[Any, Depends(first)],
        two: Annotated[Any, Depends(second)],
        three: Annotated[Any, Depends(third)],
        a: UploadFile,
    ):
        return [repr(one[0]), one[1] is a, repr(two), repr(three), repr(await a.read())]

    return app


@case(
    multipart("/", ("f", "é.txt", b"1")),
    multipart("/", ("f", 'a"b', b"1")),
    multipart("/", ("f", "../../etc/passwd", b"1")),
    multipart("/", ("f", "C:\\dir\\a.txt", b"1")),
    multipart("/", ("f", "a%22b", b"1")),
    post(
        "/",
        content=b"--B\r\nContent-Disposition: form-data; name=f; filename*=utf-8''%c3%a9\r\nX-A: 1\r\nX-A: 2\r\n\r\n"
        b"1\r\n--B--",
        content_type="multipart/form-data; boundary=B",
    ),
    post(
        "/",
        content=b"--B\r\nContent-Disposition: form-data; name=f; filename=\xff\r\n\r\n1\r\n--B--",
        content_type="multipart/form-data; boundary=B; charset=latin-1",
    ),
    post(
        "/",
        content=b"--B\r\nContent-Disposition: form-data; name=f; filename=\xff\r\n\r\n1\r\n--B--",
        content_type="multipart/form-data; boundary=B; charset=nonsense",
    ),
    openapi=False,
)
def names_of_files():
    app = FastAPI()

    @app.post("/")
    async def read(f: UploadFile):
        return [f.filename, f.content_type, [[a, b] for a, b in f.headers.items()]]

    return app
