# mypy: ignore-errors
"""Urlencoded and multipart fields without models: what is missing, what is a list, defaults, aliases, other bodies."""

from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Depends, FastAPI, Form, Header, Query, Request
from pydantic import AliasChoices, Json

from differential.cases import case, form, multipart, post, put, send

STRANGE = (
    b"a=1",
    b"a=x",
    b"a=",
    b"a",
    b"=1",
    b"",
    b"&",
    b"&&a=1&&",
    b"a=1&a=2",
    b"a=1;a=2",
    b"a=%31",
    b"a=%zz",
    b"a=%",
    b"a=%3",
    b"a=+1+",
    b"a=%20",
    b"a=%00",
    b"a=\xff",
    b"a=%ff",
    b"a=%c3%a9",
    b"a=\xc3\xa9",
    b"%61=7",
    b"a==1",
    b"a=1=2",
    b"A=1",
    b" a=1",
    b"a=1\r\n",
    b"a=1#b",
    b"b=2&a=1&c=3",
)


@case(*[form("/", body) for body in STRANGE])
def one_text():
    app = FastAPI()

    @app.post("/")
    async def read(a: Annotated[str, Form()]):
        return a

    return app


@case(*[form(path, body) for path in ("/int", "/default", "/optional", "/none") for body in STRANGE[:12]])
def one_number():
    app = FastAPI()

    @app.post("/int")
    async def read_int(a: Annotated[int, Form()]):
        return a

    @app.post("/default")
    def read_default(a: Annotated[int, Form(gt=0)] = 5):
        return a

    @app.post("/optional")
    async def read_optional(a: Annotated[int | None, Form()] = None):
        return a

    @app.post("/none")
    async def read_none(a: Annotated[int | None, Form()]):
        return a

    return app


LISTS = (b"", b"a=1", b"a=1&a=2", b"a=", b"a=&a=", b"a=1&a=", b"a=x&a=2&a=y", b"a[]=1", b"b=1")


@case(
    *[form(path, body) for path in ("/list", "/set", "/tuple", "/optional", "/default", "/dict") for body in LISTS],
    multipart("/list", ("a", None, b"1"), ("a", None, b"2")),
    multipart("/set", ("a", None, b"1"), ("a", None, b"")),
    openapi=False,
)
def lists():
    app = FastAPI()

    @app.post("/list")
    async def read_list(a: Annotated[list[int], Form()]):
        return a

    @app.post("/set")
    async def read_set(a: Annotated[set[str], Form()]):
        return sorted(a)

    @app.post("/tuple")
    async def read_tuple(a: Annotated[tuple[int, str], Form()]):
        return repr(a)

    @app.post("/optional")
    async def read_optional(a: Annotated[list[str] | None, Form()] = None):
        return a

    @app.post("/default")
    async def read_default(a: Annotated[list[str], Form()] = ["d"]):
        a.append("seen")
        return a

    @app.post("/dict")
    async def read_dict(a: Annotated[dict[str, int], Form()]):
        return a

    return app


class Colour(Enum):
    red = "red"
    blue = "blue"


@case(
    form("/", b"n=1&f=1.5&b=on&c=red&u=12345678123456781234567812345678&l=1&t=x"),
    form("/", b"n=&f=&b=&c=&u=&l=&t="),
    form("/", b"n=1.0&f=nan&b=maybe&c=green&u=1&l=2&t=xxxxxxxx"),
    form("/"),
    form("/", b"n=1&f=1&b=0&c=blue&u=12345678123456781234567812345678&l=b&t=xx&j=%5B1%2C2%5D"),
    form("/", b"n=1&f=1&b=0&c=blue&u=12345678123456781234567812345678&l=b&t=xx&j=%5B1%2Cx%5D"),
    multipart("/", ("n", None, b"1"), ("f", None, b"2"), ("b", None, b"no"), ("c", None, b"red")),
)
def types():
    app = FastAPI()

    @app.post("/")
    async def read(
        n: Annotated[int, Form(ge=0)],
        f: Annotated[float, Form()],
        b: Annotated[bool, Form()],
        c: Annotated[Colour, Form()],
        u: Annotated[UUID, Form()],
        l: Annotated[Literal["1", "b"], Form()],  # noqa: E741
        t: Annotated[str, Form(max_length=3)],
        j: Annotated[Json[list[int]] | None, Form()] = None,
    ):
        return repr([n, f, b, c, u, l, t, j])

    return app


@case(
    form("/", b"A-B=1&c-c=2&d=3"),
    form("/", b"a=1&c=2&d=3"),
    form("/", b"A-B=&c1=2&c2=3"),
    form("/", b"c2=3&A-B=9"),
    form("/"),
)
def aliases():
    app = FastAPI()

    @app.post("/")
    async def read(
        a: Annotated[int, Form(alias="A-B")],
        c: Annotated[int, Form(validation_alias=AliasChoices("c1", "c2"))],
        d: Annotated[int, Form(serialization_alias="D")] = 0,
    ):
        return [a, c, d]

    return app


@case(
    *[form(path, body) for path in ("/good", "/bad", "/factory") for body in (b"", b"a=1", b"a=", b"a=1&a=2")],
    openapi=False,
)
def defaults():
    app = FastAPI()

    @app.post("/good")
    async def good(a: Annotated[int, Form(validate_default=True)] = "7"):
        return a

    @app.post("/bad")
    async def bad(a: Annotated[int, Form(validate_default=True)] = "x"):
        return a

    @app.post("/factory")
    async def factory(a: Annotated[list[int], Form(default_factory=lambda: [1])]):
        a.append(0)
        return a

    return app


OTHER_BODIES = (
    post("/", {"a": "1"}),
    post("/", content=b"a=1"),
    post("/", content=b"a=1", content_type="text/plain"),
    post("/", content=b"a=1", content_type=""),
    post("/", content=b"a=1", content_type="APPLICATION/X-WWW-FORM-URLENCODED"),
    post("/", content=b"a=1", content_type="application/x-www-form-urlencoded; charset=latin-1"),
    post("/", content=b"a=1", content_type=" application/x-www-form-urlencoded"),
    post("/", content=b"a=1", content_type="application/x-www-form-urlencoded;"),
    post("/", content=b"a=1", content_type="application/x-www-form-urlencoded, text/plain"),
    send(
        "POST",
        "/",
        [("content-type", "text/plain"), ("content-type", "application/x-www-form-urlencoded")],
        content=b"a=1",
    ),
    send(
        "POST",
        "/",
        [("content-type", "application/x-www-form-urlencoded"), ("content-type", "text/plain")],
        content=b"a=1",
    ),
    form("/", [b"a=", b"1", b"", b"23"]),
    form("/", [b"a=%", b"3", b"1"]),
    form("/", [b"a=1&b", b"=2"]),
    form("/", [b"a=1", b"&a"], disconnects=True),
    multipart("/", ("a", None, b"1")),
    multipart("/", ("a", None, b"")),
    multipart("/", ("a", None, b"\xff\xfe")),
    multipart("/", ("a", None, b"1"), ("a", None, b"2")),
    multipart("/", ("a", "name", b"1")),
    multipart("/", ("a", "", b"")),
    multipart("/", ("a", None, b"1"), end=b""),
    multipart("/", ("a", None, b"1"), disconnects=True),
    multipart("/"),
    post("/", content=b"x", content_type="multipart/form-data"),
    post("/", content=b"x", content_type="multipart/form-data; boundary=B"),
    post("/", content=b"", content_type="multipart/form-data; boundary=B"),
    post("/", content=b"--B\r\n\r\nx\r\n--B--", content_type="multipart/form-data; boundary=B"),
    post("/", content=b"--B\r\nContent-Disposition: form-data\r\n\r\n", content_type="multipart/form-data; boundary=B"),
    post("/", content=b"--B\r\nbad header\r\n\r\nx\r\n--B--", content_type="multipart/form-data; boundary=B"),
    post("/", content=b"x", content_type="multipart/form-data; boundary=" + "B" * 300),
    multipart("/", ("a", None, b"x" * 1024 * 1024)),
    multipart("/", ("a", None, b"x" * (1024 * 1024 + 1))),
    form("/", b"a=" + b"x" * (1024 * 1024 - 1)),
    form("/", b"a=" + b"x" * (1024 * 1024)),
    form("/", b"&".join([b"b=1"] * 1000)),
    form("/", b"&".join([b"b=1"] * 1001)),
)  # fmt: skip


@case(*OTHER_BODIES)
def bodies_of_all_kinds():
    app = FastAPI()

    @app.post("/")
    async def read(a: Annotated[str, Form()]):
        return [len(a), a[:10]]

    return app


@case(*OTHER_BODIES)
def bodies_of_all_kinds_with_a_default():
    app = FastAPI()

    @app.post("/")
    def read(a: Annotated[str, Form()] = "default"):
        return [len(a), a[:10]]

    return app


@case(
    form("/3?q=5", b"a=1&b=2", headers=[("x-h", "9")]),
    form("/x?q=y", b"a=1&b=z"),
    form("/3", b"a=1&b=2"),
    put("/3?q=5", content=b"a=1", content_type="application/x-www-form-urlencoded"),
)
def beside_other_parameters():
    app = FastAPI()

    @app.put("/{p}", operation_id="put")
    @app.post("/{p}")
    async def read(
        p: int,
        q: Annotated[int, Query()],
        a: Annotated[int, Form()],
        b: Annotated[int, Form()],
        x_h: Annotated[int, Header()] = 0,
    ):
        return [p, q, a, b, x_h]

    return app


@case(
    form("/", b"a=1&b=2&c=3"), form("/", b"a=x&b=y&c=z"), form("/"), post("/", {"a": 1, "b": 2}), form("/one", b"a=1")
)
def in_dependencies(log):
    app = FastAPI()

    def low(a: Annotated[int, Form()]):
        log("low", a)
        return a

    async def high(b: Annotated[int, Form()], under: Annotated[int, Depends(low)]):
        log("high", b, under)
        yield b + under
        log("high ends")

    @app.post("/")
    async def read(c: Annotated[int, Form()], h: Annotated[int, Depends(high)]):
        return [c, h]

    @app.post("/one")
    async def one(under: Annotated[int, Depends(low)]):
        return under

    return app


@case(
    form("/", b"a=1&b=2&b=3"),
    form("/", b"b=2&b=3"),
    multipart("/", ("a", None, b"1"), ("b", "f.txt", b"123")),
    form("/body", b"a=1"),
    multipart("/body", ("a", None, b"1")),
    form("/stream", b"a=1"),
    multipart("/stream", ("a", None, b"1")),
    form("/json", b"a=1"),
    form("/dependency", b"a=1&b=2"),
    multipart("/dependency", ("a", None, b"1")),
    openapi=False,
)
def with_the_request():
    app = FastAPI()

    @app.post("/")
    async def read(request: Request, a: Annotated[int, Form()] = 0):
        async with request.form() as found:
            again = await request.form()
            return [a, found is again, type(found).__name__, repr(found.multi_items())]

    @app.post("/body")
    async def body(request: Request, a: Annotated[int, Form()]):
        try:
            return (await request.body()).decode()
        except Exception as exc:
            return repr(exc)

    @app.post("/stream")
    async def stream(request: Request, a: Annotated[int, Form()]):
        try:
            return repr([chunk async for chunk in request.stream()])
        except Exception as exc:
            return repr(exc)

    @app.post("/json")
    async def read_json(request: Request, a: Annotated[int, Form()]):
        try:
            return await request.json()
        except Exception as exc:
            return repr(exc)

    async def first(request: Request):
        return [repr(item) for item in (await request.form()).multi_items()]

    @app.post("/dependency")
    async def dependency(found: Annotated[list, Depends(first)], a: Annotated[int, Form()]):
        return [found, a]

    return app


@case(
    form("/body", b"a=1"),
    form("/form", b"a=1"),
    form("/form", b"a=x"),
    multipart("/form", ("a", None, b"1")),
    multipart("/form", ("a", None, b"x")),
    openapi=False,
)
def read_before_by_a_middleware(log):
    app = FastAPI()

    @app.middleware("http")
    async def look(request: Request, call_next):
        log("body", await request.body())
        return await call_next(request)

    @app.post("/body")
    async def body(request: Request):
        return (await request.body()).decode()

    @app.post("/form")
    async def read(a: Annotated[int, Form()]):
        return a

    return app


@case(
    form("/", b"a=1&b=2"),
    form("/", b"a=1"),
    form("/any", b"a=1"),
    form("/any", b"a=1&a=2"),
    form("/any", b"a="),
    post("/any", {"a": 1}),
    multipart("/any", ("a", "n", b"123")),
    openapi=False,
)
def odd_declarations():
    app = FastAPI()

    @app.post("/")
    async def read(a: Annotated[int, Form()], b: Annotated[int, Body()]):
        return [a, b]

    @app.post("/any")
    async def read_any(a: Annotated[Any, Form()]):
        return repr(a)

    return app


@case(
    form("/", b"a=x"),
    form("/", b""),
    multipart("/", ("a", None, b"x")),
    multipart("/", ("a", "f", b"x")),
    post("/", {"a": 1}),
    openapi=False,
)
def what_handlers_of_errors_see(log):
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse

    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def handle(request: Request, exc):
        log(type(exc.body).__name__, repr(exc.body))
        log(repr(await request.form()))
        return JSONResponse({"n": len(exc.errors())}, 422)

    @app.post("/")
    async def read(a: Annotated[int, Form()]):
        return a

    return app


@case(form("/", b"a=1&a=2&b=3"), form("/", b"a=1"), form("/"))
def overridden_dependencies():
    app = FastAPI()

    def real(a: Annotated[int, Form()]):
        return a

    def other(b: Annotated[int, Form()], a: Annotated[list[int], Form()]):
        return [a, b]

    @app.post("/")
    async def read(d: Annotated[Any, Depends(real)], b: Annotated[int, Form()] = 0):
        return [d, b]

    app.dependency_overrides[real] = other
    return app
