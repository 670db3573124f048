"""The same program exports the same telemetry on the reference and on Vivace."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from telemetry.driving import get, serve
from telemetry.programs import PROGRAMS
from telemetry.recording import Recorder

REFERENCE = "fastapi"


def observe(name: str, framework: str) -> list[str]:
    """Run a program on a framework, and tell how its requests ended and what it exported."""
    build, sendings = PROGRAMS[name]
    module = importlib.import_module(framework)
    importlib.import_module(f"{framework}.exceptions")
    recorder = Recorder()

    async def run() -> list[str]:
        app = build(module, recorder)
        return [line for sending in sendings for line in await serve(app, sending)]

    return asyncio.run(run()) + recorder.lines()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_exports_what_it_exports_on_the_reference(name: str) -> None:
    assert observe(name, "vivace") == observe(name, REFERENCE)


class Watched:
    """An app without routes, and the one span that a request to it makes."""

    def __init__(self, framework: str) -> None:
        self.recorder = Recorder()
        self.app = importlib.import_module(framework).FastAPI(telemetry=self.recorder.config())

    async def span_of(self, **scope: Any) -> ReadableSpan:
        self.recorder.span_exporter.clear()
        await serve(self.app, get("/", scope=scope))
        (span,) = self.recorder.spans
        return span


@pytest.fixture(scope="module")
def apps() -> tuple[Watched, Watched]:
    return Watched("vivace"), Watched(REFERENCE)


HOST_TEXT = st.text(st.sampled_from("aZ.1:[]@/ ?#%-\xfc\t\\"), max_size=12).map(lambda text: text.encode("latin-1"))
QUERY = st.one_of(
    st.binary(max_size=12),
    st.lists(
        st.tuples(st.sampled_from(["sig", "Sig", "X-Amz-Signature", "a", "%73ig", ""]), st.sampled_from("=&;x%+")),
        max_size=4,
    ).map(lambda pairs: "&".join(f"{key}={value}" for key, value in pairs).encode()),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(host=b"example.com:8443", query=b"a", scheme="https", version="2")
@example(host=b"[::1]:8000", query=b"", scheme="http", version="1.0")
@example(host=b"a:99999", query=b"sig=1&a=%20", scheme="http", version="")
@example(host=b"a:0", query=b"a;b=1", scheme="other", version="3")
@example(host=b"[::1", query=b"%e4", scheme="http", version="1.1")
@given(
    host=st.none() | HOST_TEXT,
    query=QUERY,
    scheme=st.sampled_from(["http", "https", "other"]),
    version=st.sampled_from(["1.1", "2", ""]),
)
def test_any_host_and_any_query_give_the_attributes_of_the_reference(
    apps: tuple[Watched, Watched], host: bytes | None, query: bytes, scheme: str, version: str
) -> None:
    headers = [] if host is None else [(b"host", host)]
    scope = {"headers": headers, "query_string": query, "scheme": scheme, "http_version": version}

    ours, theirs = (asyncio.run(app.span_of(**scope)) for app in apps)

    assert dict(ours.attributes or {}) == dict(theirs.attributes or {})
