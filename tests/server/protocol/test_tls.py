"""Connections over TLS, on both event loops."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.certificates import make_certificate
from server.protocol.fakes import GET, collect_body, make_request, reply, split_responses
from server.protocol.serving import RunningServer, read_all, read_until, serve

from vivace.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    body = await collect_body(receive)
    await reply(b"%b %d" % (scope["scheme"].encode(), len(body)))(scope, receive, send)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file with a key and a certificate for localhost."""
    directory = tmp_path_factory.mktemp("tls")
    make_certificate(directory, "DNS:localhost")
    return directory


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request: pytest.FixtureRequest, certificate: Path) -> Iterator[RunningServer]:
    context = ssl.create_default_context(cafile=certificate / "certificate.pem")
    files = {"ssl_keyfile": certificate / "key.pem", "ssl_certfile": certificate / "certificate.pem"}
    with serve(app, loop=request.param, tls=context, **files) as running:
        yield running


def test_requests_over_tls_are_answered_and_know_it(server: RunningServer) -> None:
    with server.open() as client:
        for _ in range(3):
            client.sendall(GET)
            assert read_until(client, b"https 0").startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_large_body_passes_through_tls(server: RunningServer) -> None:
    with server.open() as client:
        client.sendall(make_request("POST", "/", b"x" * 1_000_000, connection="close"))
        [(_, _, body)] = split_responses(read_all(client))

    assert body == b"https 1000000"


def test_a_refused_request_over_tls_is_told_why(server: RunningServer) -> None:
    with server.open() as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert read_until(client, b"Host header.").startswith(b"HTTP/1.1 400 Bad Request\r\n")
