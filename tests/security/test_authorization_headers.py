"""Whatever a client puts into its Authorization header: credentials or 401, on both paths, and as on the reference."""

import asyncio
import importlib
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivace import FastAPI, Security
from vivace._deps.scope_readers import scope_reader_of
from vivace.requests import HTTPConnection
from vivace.types import Message

SCHEMES = {
    "basic": lambda kinds, auto_error: kinds.HTTPBasic(realm="r", auto_error=auto_error),
    "bearer": lambda kinds, auto_error: kinds.HTTPBearer(auto_error=auto_error),
    "digest": lambda kinds, auto_error: kinds.HTTPDigest(auto_error=auto_error),
    "oauth2": lambda kinds, auto_error: kinds.OAuth2(auto_error=auto_error),
    "password": lambda kinds, auto_error: kinds.OAuth2PasswordBearer("token", auto_error=auto_error),
    "code": lambda kinds, auto_error: kinds.OAuth2AuthorizationCodeBearer("a", "t", auto_error=auto_error),
    "openid": lambda kinds, auto_error: kinds.OpenIdConnect(openIdConnectUrl="o", auto_error=auto_error),
    "key": lambda kinds, auto_error: kinds.APIKeyHeader(name="Authorization", auto_error=auto_error),
    "query key": lambda kinds, auto_error: kinds.APIKeyQuery(name="k", auto_error=auto_error),
    "cookie": lambda kinds, auto_error: kinds.APIKeyCookie(name="k", auto_error=auto_error),
}
REFERENCE = importlib.import_module("fastapi.security")
CANDIDATE = importlib.import_module("vivace.security")

WORDS = st.sampled_from([b"Basic", b"basic", b"Bearer", b"BEARER", b"Digest", b"", b" ", b"\t", b"\xa0", b":", b"\x00"])
CREDENTIALS = st.binary(max_size=30) | st.binary(max_size=30).map(b64encode) | WORDS
HEADERS = st.binary(max_size=40) | st.lists(WORDS | CREDENTIALS, max_size=4).map(b" ".join)


def scope_of(authorization: list[bytes], query: bytes = b"", cookie: bytes = b"") -> dict[str, Any]:
    headers = [(b"host", b"h"), *[(b"authorization", each) for each in authorization], (b"cookie", cookie)]
    return {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": query}


def told(value: Any) -> tuple[str, ...]:
    return type(value).__name__, str(value), str(getattr(value, "headers", None))


def call(scheme: Any, scope: dict[str, Any]) -> tuple[str, ...]:
    try:
        return told(asyncio.run(scheme(HTTPConnection(scope))))
    except Exception as exc:
        return told(exc)


def read(scheme: Any, scope: dict[str, Any]) -> tuple[str, ...]:
    reader = scope_reader_of(scheme)
    assert reader is not None
    try:
        return told(reader(scope))
    except Exception as exc:
        return told(exc)


@pytest.mark.slow
@pytest.mark.parametrize("auto_error", [True, False], ids=["auto_error", "None"])
@pytest.mark.parametrize("name", SCHEMES)
@settings(max_examples=60, deadline=None)
@given(authorization=st.lists(HEADERS, max_size=2), query=st.binary(max_size=12), cookie=st.binary(max_size=12))
def test_a_scheme_gives_or_refuses_what_the_reference_does(
    name: str, auto_error: bool, authorization: list[bytes], query: bytes, cookie: bytes
) -> None:
    scope = scope_of(authorization, b"k=" + query, b"k=" + cookie)
    expected = call(SCHEMES[name](REFERENCE, auto_error), scope)
    scheme = SCHEMES[name](CANDIDATE, auto_error)

    assert call(scheme, scope) == expected
    assert read(scheme, scope) == expected


async def answer(app: FastAPI, scope: dict[str, Any]) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
@settings(max_examples=40, deadline=None)
@given(authorization=HEADERS)
def test_no_header_makes_a_server_error(name: str, authorization: bytes) -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def read_credentials(given: Any = Security(SCHEMES[name](CANDIDATE, True))) -> Any:
        return given

    assert asyncio.run(answer(app, scope_of([authorization], b"k=v", b"k=v"))) in (200, 401)
