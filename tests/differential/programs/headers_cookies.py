# mypy: ignore-errors
"""Header and cookie parameters: underscores, repetition, case, aliases, bytes that are no text."""

from enum import Enum
from typing import Annotated

from fastapi import Cookie, FastAPI, Header, Response
from pydantic import AliasChoices

from differential.cases import case, get


class Mode(str, Enum):
    ON = "on"


@case(
    get("/", {"x-token": "a", "user-agent": "u"}),
    get("/", {"X-Token": "a"}),
    get("/", {"x_token": "a"}),
    get("/"),
    get("/", [("x-token", "a"), ("x-token", "b")]),
    get("/", {"x-token": ""}),
    get("/", {"x-token": "  spaced "}),
)
def underscores_become_hyphens() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(x_token: Annotated[str, Header()], user_agent: str | None = Header(None)):
        return [x_token, user_agent]

    return app


@case(get("/", {"x_token": "a"}), get("/", {"x-token": "a"}), get("/", {"X_TOKEN": "a"}))
def underscores_are_kept_on_request() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(x_token: Annotated[str | None, Header(convert_underscores=False)] = None):
        return x_token

    return app


@case(
    get("/", [("x-list", "a"), ("x-list", "b"), ("x-int", "1"), ("x-int", "2")]),
    get("/", [("x-list", "a, b"), ("x-int", "1,2")]),
    get("/", [("x-int", "x")]),
    get("/"),
)
def repeated_headers_make_a_list() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        x_list: Annotated[list[str] | None, Header()] = None,
        x_int: Annotated[list[int], Header()] = [],
        x_set: Annotated[set[str], Header(alias="x-list")] = frozenset(),
    ):
        return [x_list, x_int, sorted(x_set)]

    return app


@case(
    get("/", {"Strange-Name": "1", "x-choice": "2", "val_alias": "3", "x-mode": "on"}),
    get("/", {"strange_name": "1", "first": "2", "val-alias": "3", "x-mode": "off"}),
    get("/", {"x-choice": "two"}),
    get("/"),
)
def aliases() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[int, Header(alias="Strange-Name")],
        b: Annotated[int, Header(validation_alias=AliasChoices("first", "x-choice"))],
        c: Annotated[int, Header(validation_alias="val_alias")],
        x_mode: Annotated[Mode, Header()] = Mode.ON,
    ):
        return [a, b, c, x_mode]

    return app


@case(get("/", {"x-n": "5", "x-s": "abc"}), get("/", {"x-n": "0", "x-s": "a"}), get("/", {"x-n": "x"}))
def constraints_and_documentation() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        x_n: Annotated[int, Header(gt=0, description="N", title="My N", examples=[1])],
        x_s: str = Header("abc", min_length=2, deprecated=True),
        x_hidden: str | None = Header(None, include_in_schema=False),
    ):
        return [x_n, x_s, x_hidden]

    return app


@case(
    get("/", [(b"x-text", b"caf\xe9"), (b"x-n", b"\xff")]),
    get("/", [(b"x-text", "café".encode()), (b"x-n", b"1")]),
    get("/", [(b"X-TEXT", b"\x80\x00\x7f")]),
)
def bytes_that_are_no_utf_8() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(x_text: Annotated[str, Header()] = "", x_n: Annotated[int | None, Header()] = None):
        return [x_text, x_n]

    return app


@case(
    get("/", {"cookie": "a=1; b=two"}),
    get("/", {"cookie": "a=x"}),
    get("/"),
    get("/", {"cookie": "a=1; a=2"}),
    get("/", {"cookie": 'a=1; b="quoted; no"; c'}),
    get("/", {"cookie": "a=1;b=%20;;=x; d e=f"}),
    get("/", [("cookie", "a=1"), ("cookie", "b=2")]),
    get("/", [(b"cookie", b"a=1; b=\xe9\xff")]),
    get("/", {"cookie": r'a=1; b="\101\"x"'}),
)
def cookies() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: Annotated[int, Cookie()], b: str | None = Cookie(None)):
        return [a, b]

    return app


@case(
    get("/", {"cookie": "my-cookie=1; second=2; list=x; user_id=7"}),
    get("/", {"cookie": "first=x; user-id=7; n=0"}),
    get("/"),
)
def cookie_aliases_lists_and_constraints() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[str | None, Cookie(alias="my-cookie")] = None,
        b: Annotated[int | None, Cookie(validation_alias=AliasChoices("first", "second"))] = None,
        user_id: Annotated[int | None, Cookie(title="U", description="d")] = None,
        n: Annotated[int, Cookie(gt=0)] = 1,
    ):
        return [a, b, user_id, n]

    return app


@case(get("/", {"cookie": "l=1"}), get("/"), get("/", {"cookie": "l=x"}))
def a_list_from_a_cookie() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(l: Annotated[list[int], Cookie()] = []):  # noqa: E741
        return l

    return app


@case(
    get("/", {"accept": "text/plain", "host": "example.com:8000", "authorization": "Bearer x", "content-type": "a/b"})
)
def standard_headers() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        accept: Annotated[str, Header()],
        host: Annotated[str, Header()],
        authorization: Annotated[str, Header()],
        content_type: Annotated[str, Header()],
    ):
        return [accept, host, authorization, content_type]

    return app


@case(get("/"))
def cookies_are_set_and_deleted() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(response: Response):
        response.set_cookie("a", "1", max_age=5, httponly=True, samesite="strict")
        response.set_cookie("b", "2", path="/x", secure=True)
        response.delete_cookie("c")
        response.headers["X-One"] = "1"
        response.headers.append("X-One", "2")
        return {}

    return app


@case(get("/", {"x": "1", "cookie": "y=2"}), get("/"))
def a_mapping_is_never_a_valid_header_or_cookie() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(x: dict[str, int] = Header(), y: dict[str, int] = Cookie()):
        return [x, y]

    return app
