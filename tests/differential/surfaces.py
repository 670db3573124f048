"""Writes programs beyond plain JSON: forms with files, streams, security schemes. Nothing here runs them."""

from __future__ import annotations

import textwrap

from hypothesis import strategies as st

__all__ = ["form_programs", "security_programs", "stream_programs"]

PRELUDE = """
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from typing import Annotated, Any, Literal
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from FRAMEWORK import Body, Depends, FastAPI, File, Form, Header, HTTPException, Query, Request, Response, Security
from FRAMEWORK import UploadFile
from FRAMEWORK.responses import StreamingResponse
from FRAMEWORK.security import APIKeyCookie, APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBearer, HTTPDigest
from FRAMEWORK.security import OAuth2, OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer, OAuth2PasswordRequestForm
from FRAMEWORK.security import OAuth2PasswordRequestFormStrict, OpenIdConnect, SecurityScopes

class Item(BaseModel):
    n: int
    s: str = "s"

class Login(BaseModel):
    a: str
    b: int = 3
    c: list[str] = []

class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int | None = None
    b: str = Field("x", alias="al")

class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    d: Annotated[list[int], Field(max_length=2)] = []

class Filled(BaseModel):
    model_config = ConfigDict(validate_default=True, populate_by_name=True)
    a: int = "4"
    e0: list[int] | None = Field(None, validation_alias=AliasChoices("e0", "al"))
    b: tuple[int, ...] = ()
    q: set[str] = Field(default_factory=set)

class Cat(BaseModel):
    a: Literal["1", "x"]
    b: int = 1

class Dog(BaseModel):
    a: Literal["xy", "true"]
    c: str

class WithFile(BaseModel):
    a: UploadFile
    b: list[UploadFile] = []
    c: bytes | None = None

class Text(StreamingResponse):
    media_type = "text/plain"

def shown(value):
    if isinstance(value, list):
        return [shown(item) for item in value]
    if hasattr(value, "filename"):
        return [value.filename, value.size, value.content_type, shown(value.file.read()), value.file.closed]
    return repr(value)
"""


def _program(parts: list[str]) -> str:
    body = textwrap.indent("\n".join(parts), "    ")
    return f"{PRELUDE}\ndef build(log):\n    app = FastAPI()\n{body}\n    return app\n"


# -- forms -------------------------------------------------------------------------------------------------------------

# Each declaration with the text of a default that fits it.
Declarations = dict[str, str | None]

FIELDS: Declarations = {
    "Annotated[str, Form()]": "'d'",
    "Annotated[int, Form()]": "7",
    "Annotated[int | None, Form()]": "None",
    "Annotated[bool, Form(alias='al')]": "False",
    "Annotated[list[int], Form()]": "[1]",
    "Annotated[set[str] | None, Form()]": "None",
    "Annotated[str, Form(min_length=2)]": "''",
    "Annotated[Literal['x', '1'], Form()]": "'x'",
    "Annotated[Any, Form()]": "None",
    "Annotated[int, Form(validate_default=True)]": "'5'",
    "Annotated[list[str], Form(alias='al', min_length=1)]": "[]",
    "Annotated[tuple[int, str] | None, Form()]": "None",
    "Annotated[str, Form(validation_alias=AliasChoices('al', 'a'))]": "'d'",
    "Annotated[list[int] | int, Form()]": "1",
    "Annotated[float, Form(title='T', description='D', gt=1)]": "2.5",
}
MODELS: Declarations = {
    "Annotated[Login, Form()]": "Login(a='d')",
    "Annotated[Login | None, Form()]": "None",
    "Annotated[Exact, Form()]": "Exact()",
    "Annotated[Open, Form()]": "Open()",
    "Annotated[Open | None, Form()]": "None",
    "Annotated[Filled, Form()]": "Filled()",
    "Annotated[Cat | Dog, Form()]": "Dog(a='xy', c='d')",
    "Annotated[Cat | Dog | None, Form()]": "None",
    "Annotated[Cat | Dog, Form(discriminator='a')]": None,
    "Annotated[Cat | Dog | None, Form(discriminator='a')]": "None",
    "Annotated[Open | Login, Form()]": "Login(a='1')",
    "Annotated[WithFile, Form()]": None,
    "Annotated[OAuth2PasswordRequestForm, Depends()]": None,
}
FILES: Declarations = {
    "UploadFile": None,
    "UploadFile | None": "None",
    "list[UploadFile]": None,
    "Annotated[bytes, File()]": "b'd'",
    "Annotated[bytes | None, File()]": "None",
    "Annotated[list[bytes], File()]": "[]",
    "Annotated[UploadFile, File(alias='al')]": None,
    "Annotated[list[UploadFile] | None, File()]": "None",
}
LIMITS = ("", "", "", ", form_limits={'max_fields': 2}", ", form_limits={'max_part_size': 4}", ", max_body_size=60")


@st.composite
def form_programs(draw: st.DrawFn) -> str:
    """Draw a program whose endpoint, and perhaps a dependency of it, read a form."""
    parts: list[str] = []
    declared = draw(_form_arguments("e"))
    if draw(st.integers(0, 2)) == 0:
        inner = draw(_form_arguments("d"))
        keyword = draw(st.sampled_from(["def", "async def"]))
        names = ", ".join(name for name, _ in inner)
        parts.append(f"{keyword} dep({_signature(inner)}):\n    log('dep')\n    return [shown(v) for v in [{names}]]\n")
        declared.append(("dep", "dep: Annotated[Any, Depends(dep)]"))
    declared = _ordered(dict(declared))
    keyword = draw(st.sampled_from(["def", "async def"]))
    limits = draw(st.sampled_from(LIMITS))
    names = ", ".join(name for name, _ in declared)
    lines = [f"@app.post('/x'{limits})", f"{keyword} endpoint({_signature(declared)}):", "    log('endpoint')"]
    if draw(st.integers(0, 9)) == 0:
        lines.append("    raise HTTPException(418)")
    lines.append(f"    return [shown(v) for v in [{names}]]")
    parts.append("\n".join(lines) + "\n")
    return _program(parts)


@st.composite
def _form_arguments(draw: st.DrawFn, prefix: str) -> list[tuple[str, str]]:
    kinds = draw(st.lists(st.sampled_from([FIELDS, FIELDS, MODELS, FILES]), min_size=1, max_size=3))
    declared: dict[str, str] = {}
    for number, kind in enumerate(kinds):
        type_ = draw(st.sampled_from(sorted(kind)))
        name = draw(st.sampled_from(["a", "b", "c", "d", f"{prefix}{number}"]))
        default = kind[type_] if draw(st.booleans()) else None
        declared[name] = f"{name}: {type_}" + (f" = {default}" if default is not None else "")
    if draw(st.integers(0, 4)) == 0:
        declared["q"] = "q: int = 5"
    return _ordered(declared)


def _ordered(declared: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(declared.items(), key=lambda item: " = " in item[1])


def _signature(declared: list[tuple[str, str]]) -> str:
    return ", ".join(text for _, text in declared)


# -- streams -----------------------------------------------------------------------------------------------------------

EVENT_STREAMS = "from FRAMEWORK.sse import EventSourceResponse, ServerSentEvent\n"
ITEMS = (
    "1",
    "'text'",
    "Item(n=1)",
    "{'n': 2, 's': 'x', 'more': 1}",
    "{'n': 'wrong'}",
    "None",
    "[1, 2]",
    "float('nan')",
    "'two\\nlines'",
)
# None of them fails: how much of an event stream leaves before a failure is up to chance.
EVENTS = (
    *(item for item in ITEMS if "wrong" not in item),
    "ServerSentEvent(data='d')",
    "ServerSentEvent(data={'n': 1}, event='e', id='1', retry=5)",
    "ServerSentEvent(raw_data='a\\nb')",
    "ServerSentEvent(comment='c')",
    "ServerSentEvent(data=Item(n=3), comment='two\\nlines')",
    "ServerSentEvent(event='only')",
    "ServerSentEvent(data=None)",
)
CHUNKS = ("'text'", "b'bytes'", "''", "b'\\xff'")
ITEM_TYPES = ("Item", "int", "Any", "int | str", "dict[str, Any]", "list[int]", "float")


@st.composite
def stream_programs(draw: st.DrawFn) -> str:
    """Draw a program whose endpoint yields."""
    is_async = draw(st.booleans())
    kind = draw(st.sampled_from(["lines", "lines", "events", "events", "raw"]))
    options = {"lines": "", "events": ", response_class=EventSourceResponse", "raw": ", response_class=Text"}[kind]
    options += draw(st.sampled_from(["", "", ", status_code=202", ", response_model_exclude_unset=True"]))
    item_types = ("Any", "ServerSentEvent") if kind == "events" else ITEM_TYPES
    pool = {"lines": ITEMS, "events": EVENTS, "raw": CHUNKS}[kind]
    items = draw(st.lists(st.sampled_from(pool), max_size=4))
    parts: list[str] = []
    arguments: list[str] = []
    for scope in draw(st.lists(st.sampled_from(["request", "function"]), max_size=2, unique=True)):
        keyword = draw(st.sampled_from(["def", "async def"]))
        parts.append(
            f"{keyword} dep_{scope}():\n    log('{scope} begins')\n    try:\n        yield '{scope}'\n"
            f"    except BaseException as exc:\n        log('{scope} saw', type(exc).__name__)\n        raise\n"
            f"    finally:\n        log('{scope} ends')\n"
        )
        arguments.append(f"{scope}: Annotated[str, Depends(dep_{scope}, scope='{scope}')]")
    if draw(st.booleans()):
        arguments.append("response: Response")
    if draw(st.booleans()):
        arguments.append("n: int = 0")
    keyword = "async def" if is_async else "def"
    lines = [
        f"@app.{draw(st.sampled_from(['get', 'post']))}('/x'{options})",
        f"{keyword} endpoint({', '.join(arguments)}){draw(_annotations(is_async, item_types))}:",
        "    log('begins')",
    ]
    if "response: Response" in arguments:
        lines.append("    response.headers['x-from'] = 'endpoint'")
    failure = draw(st.integers(-6, len(items))) if kind != "events" else -1
    for number, item in enumerate(items):
        if number == failure:
            lines.append("    raise HTTPException(418)" if draw(st.booleans()) else "    raise ValueError('e')")
        lines.append(f"    yield {item}")
    if not items:
        lines.append("    if False:\n        yield 0")
    lines.append("    log('complete')")
    parts.append("\n".join(lines) + "\n")
    if draw(st.integers(0, 4)) == 0:
        parts.append(MIDDLEWARE)
    return EVENT_STREAMS + _program(parts)


MIDDLEWARE = """
@app.middleware("http")
async def around(request, call_next):
    response = await call_next(request)
    response.headers["x-around"] = "1"
    return response
"""


@st.composite
def _annotations(draw: st.DrawFn, is_async: bool, item_types: tuple[str, ...]) -> str:
    if draw(st.integers(0, 3)) == 0:
        return ""
    item = draw(st.sampled_from(item_types))
    shapes = ["AsyncIterable[{}]", "AsyncIterator[{}]", "AsyncGenerator[{}, None]"]
    if not is_async:
        shapes = ["Iterable[{}]", "Iterator[{}]", "Generator[{}, None, None]"]
    return f" -> {draw(st.sampled_from(shapes)).format(item)}"


# -- security ----------------------------------------------------------------------------------------------------------

SCHEMES = (
    "APIKeyCookie(name='key'{})",
    "APIKeyHeader(name='x-key'{})",
    "APIKeyQuery(name='key'{})",
    "HTTPBasic({})",
    "HTTPBasic(realm='r'{})",
    "HTTPBearer({})",
    "HTTPBearer(bearerFormat='JWT'{})",
    "HTTPDigest({})",
    "OAuth2PasswordBearer('token'{})",
    "OAuth2PasswordBearer('token', scopes={{'one': 'One', 'two': 'Two'}}{})",
    "OAuth2AuthorizationCodeBearer('authorize', 'token'{})",
    "OAuth2(flows={{'password': {{'tokenUrl': 't', 'scopes': {{'one': 'One'}}}}}}{})",
    "OpenIdConnect(openIdConnectUrl='/openid'{})",
)
SCHEME_OPTIONS = ("auto_error=False", "scheme_name='Named'", "description='Described'")
FORMS = ("OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict")


@st.composite
def security_programs(draw: st.DrawFn) -> str:
    """Draw a program with security schemes, and dependencies with scopes on them."""
    parts: list[str] = []
    names: list[str] = []
    for number in range(draw(st.integers(1, 2))):
        chosen = draw(st.lists(st.sampled_from(SCHEME_OPTIONS), max_size=2, unique=True))
        scheme = draw(st.sampled_from(SCHEMES))
        separator = "" if scheme.endswith("({})") else ", "
        text = scheme.format(separator + ", ".join(chosen) if chosen else "")
        parts.append(f"scheme{number} = {text}")
        names.append(f"scheme{number}")
    for number in range(draw(st.integers(0, 3))):
        needs = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        arguments = [f"{need}: Annotated[Any, {draw(_markers(need))}]" for need in needs]
        values = [f"shown({need})" for need in needs]
        if draw(st.booleans()):
            arguments.append("scopes: SecurityScopes")
            values.append("[scopes.scopes, scopes.scope_str]")
        keyword = draw(st.sampled_from(["def", "async def"]))
        parts.append(
            f"{keyword} user{number}({', '.join(arguments)}):\n"
            f"    log('user{number}')\n    return [{', '.join(values)}]\n"
        )
        names.append(f"user{number}")
    for path in ("/x", "/y"):
        need = draw(st.sampled_from(names))
        options = ""
        if draw(st.integers(0, 3)) == 0:
            options = f", dependencies=[{draw(_markers(draw(st.sampled_from(names))))}]"
        parts.append(
            f"@app.get('{path}'{options})\n"
            f"async def read_{path[1:]}(user: Annotated[Any, {draw(_markers(need))}]):\n    return shown(user)\n"
        )
    form = draw(st.sampled_from(FORMS))
    parts.append(
        f"@app.post('/token')\ndef token(form: Annotated[{form}, Depends()]):\n"
        "    return [form.grant_type, form.username, form.password, form.scopes, form.client_id, form.client_secret]\n"
    )
    return _program(parts)


@st.composite
def _markers(draw: st.DrawFn, need: str) -> str:
    if draw(st.booleans()):
        return f"Depends({need})"
    scopes = draw(st.lists(st.sampled_from(["one", "two", "three"]), max_size=2))
    options = draw(st.sampled_from(["", "", ", use_cache=False"]))
    return f"Security({need}, scopes={scopes!r}{options})"
