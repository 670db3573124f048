"""Programs that nobody wrote, beyond plain JSON: forms, streams and security schemes behave on both alike."""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from differential.cases import Exchange, get, post, send
from differential.generator import bounded
from differential.surfaces import form_programs, security_programs, stream_programs
from differential.test_generated_programs import observe_both

NAMES = st.sampled_from(["a", "b", "c", "d", "al", "e0", "e1", "e2", "d0", "d1", "q"])
TEXTS = st.sampled_from(["1", "x", "", "xy", "true", "1.5", "é", "a b&c=d", "x" * 10])
FORMS = st.lists(st.tuples(NAMES, TEXTS), max_size=5)
FILENAMES = st.sampled_from([None, None, "f.txt", "", "é.csv"])
RAW_FORMS = st.sampled_from(
    [b"", b"a", b"a=1&a=2", b"a=%zz&b", b"&&a=1", b"a=1;b=2", b"=1", b"a=+%2B", b"a=\xff", b"%61=1", b"a=1&b=%", b"{}"]
)
BOUNDARY = "boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
BROKEN_MULTIPART = st.sampled_from(
    [
        (MULTIPART, b""),
        (MULTIPART, b"--boundary"),
        (MULTIPART, b"--boundary\r\n\r\n"),
        (MULTIPART, b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'),
        (MULTIPART, b"--boundary\r\nContent-Disposition: form-data\r\n\r\n1\r\n--boundary--\r\n"),
        ("multipart/form-data", b"--boundary--\r\n"),
        ("application/json", b'{"a": 1}'),
        ("text/plain", b"a=1"),
    ]
)


def multipart(parts: list[tuple[str, str, str | None]]) -> bytes:
    """Write a multipart body of name, text and file name."""
    body = bytearray()
    for name, text, filename in parts:
        file = "" if filename is None else f'; filename="{filename}"\r\nContent-Type: text/csv'
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{text}\r\n'.encode()
    return bytes(body) + f"--{BOUNDARY}--\r\n".encode()


@st.composite
def form_requests(draw: st.DrawFn) -> Exchange:
    """Draw a request that may fit a generated form."""
    match draw(st.integers(0, 6)):
        case 0 | 1 | 2:
            content_type, body = "application/x-www-form-urlencoded", urlencode(draw(FORMS)).encode()
        case 3 | 4:
            parts = draw(st.lists(st.tuples(NAMES, TEXTS, FILENAMES), max_size=4))
            content_type, body = MULTIPART, multipart(parts)
        case 5:
            content_type, body = "application/x-www-form-urlencoded; charset=utf-8", draw(RAW_FORMS)
        case _:
            content_type, body = draw(BROKEN_MULTIPART)
    cut = draw(st.integers(0, len(body)))
    return post("/x", content=[body[:cut], body[cut:]], content_type=content_type)


CREDENTIALS = st.sampled_from(
    [
        *("", "Bearer", "Bearer t", "bearer  t ", "Basic", "Basic dTpw", "Basic dQ==", "Basic !", "Basic dTpwOng="),
        *("Digest d", "Token t", "Bearer t t", "Basic w6k6w6k=", "Basic /zo=", "Bearer é", "\t", "Bearer\tt"),
    ]
)


@st.composite
def security_requests(draw: st.DrawFn) -> Exchange:
    """Draw a request with some credentials."""
    if draw(st.integers(0, 4)) == 0:
        names = st.sampled_from(["grant_type", "username", "password", "scope", "client_id", "client_secret"])
        texts = st.sampled_from(["password", "u", "", "one two", " one  one", "é"])
        form = draw(st.lists(st.tuples(names, texts), min_size=2, max_size=6))
        return post("/token", content=urlencode(form).encode(), content_type="application/x-www-form-urlencoded")
    headers: list[tuple[str | bytes, str | bytes]] = []
    for name, values in (("authorization", CREDENTIALS), ("x-key", TEXTS), ("cookie", st.just("key=c"))):
        if draw(st.booleans()):
            headers.append((name, draw(values).encode()))
    return get(draw(st.sampled_from(["/x", "/y", "/x?key=k", "/y?key="])), headers)


@bounded(share=0.3)
@given(text=form_programs(), asked=st.lists(form_requests(), min_size=6, max_size=12))
def test_generated_forms_behave_alike(text: str, asked: list[Exchange]) -> None:
    expected, seen = observe_both(text, asked)
    assert list(seen.lines) == list(expected.lines), text


@bounded(share=0.3)
@given(text=stream_programs(), asked=st.lists(st.sampled_from(["", "?n=1", "?n=x"]), min_size=1, max_size=3))
def test_generated_streams_behave_alike(text: str, asked: list[str]) -> None:
    requests = [send(method, f"/x{query}") for query in asked for method in ("GET", "POST")]
    expected, seen = observe_both(text, requests)
    # Whether the head of an event stream, or of one behind function middleware, leaves before the generator begins is
    # up to chance.
    order = sorted if "response_class=EventSourceResponse" in text or '@app.middleware("http")' in text else list
    assert order(seen.lines) == order(expected.lines), text


@bounded(share=0.3)
@given(text=security_programs(), asked=st.lists(security_requests(), min_size=4, max_size=10))
def test_generated_security_behaves_alike(text: str, asked: list[Exchange]) -> None:
    expected, seen = observe_both(text, asked)
    assert list(seen.lines) == list(expected.lines), text
