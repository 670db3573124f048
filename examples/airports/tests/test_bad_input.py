"""What no client of good will sends. The service refuses it and goes on; it never has a fault of its own."""

import socket

import httpx2
import pytest

from airports.tests.server import Server

BODIES = {
    "nothing": b"",
    "no_json": b"{",
    "not_a_number_where_it_is_refused": b'{"name": NaN}',
    "a_lone_surrogate": b'{"name": "\\ud800"}',
    "a_lone_surrogate_among_the_codes": b'{"name": "x", "airports": ["\\udfff"]}',
    "invalid_utf8": b'{"name": "\xff"}',
    "nested_100000_deep": b"[" * 100_000,
    "nested_100000_deep_in_a_field": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "an_integer_of_5000_digits": b'{"name": ' + b"9" * 5_000 + b"}",
    "utf16": '{"name": "x", "airports": 1}'.encode("utf-16"),
    "null": b"null",
    "a_list": b"[]",
    "a_string": b'"name"',
}

PATHS = [
    "/airports/%ff%fe",
    "/airports/%00%00%00",
    "/airports/..%2f..%2fetc",
    "/airports/%",
    "/airports/%ED%A0%80x",
    "/airports?name=%ff%fe%fd",
    "/airports?name=%00%00",
    "/airports?name=%ED%A0%80%ED",
    "/airports?%ff=1",
    "/airports?limit=" + "9" * 5_000,
    "/airports?limit=1e3",
    "/airports?" + "&".join(["name=aa"] * 500),
    "/airports?cursor=%F0%9F%9B%AB",
    "/airports/nearest?latitude=1e400&longitude=--1",
    "/airports/nearest?latitude=" + "1" * 4_000 + "&longitude=1",
    "/watchlists/1",
    "/watchlists/%ff",
    "/watchlists/00000000-0000-0000-0000-00000000000g",
    "//airports",
    "/airports//",
    "/distances/ZRH",
    "/" + "a/" * 2_000,
]


@pytest.mark.parametrize("body", BODIES)
def test_a_bad_body_is_the_clients_fault(client: httpx2.Client, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/watchlists", content=BODIES[body], headers=headers)
    assert 400 <= response.status_code < 500, response.text
    assert set(response.json()) in ({"detail"}, {"code", "message"})


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json; charset=nonsense", "", "multipart/form-data"]
)
def test_a_strange_content_type_is_no_fault_of_the_server(client: httpx2.Client, content_type: str) -> None:
    response = client.post("/watchlists", content=b'{"name": "x"}', headers={"Content-Type": content_type})
    assert response.status_code in (201, 422)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_a_bad_address_is_no_fault_of_the_server(server: Server, path: str) -> None:
    assert status_of(server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()) < 500


@pytest.mark.parametrize(
    "header",
    [b"X-Edit-Token: \xff\xfe", b"X-Edit-Token:", b"Host: [", b"Cookie: \xff=;;=", b"Content-Type: \xff"],
)
def test_a_bad_header_is_no_fault_of_the_server(server: Server, header: bytes) -> None:
    path = b"/watchlists/00000000-0000-0000-0000-000000000000"
    for method, content in ((b"DELETE", b""), (b"PATCH", b"{}"), (b"GET", b"")):
        length = b"Content-Length: %d" % len(content)
        lines = [method + b" " + path + b" HTTP/1.1", header, b"Connection: close", length, b"", content]
        assert 400 <= status_of(server, b"\r\n".join(lines)) < 500


def test_a_method_that_a_path_does_not_know_is_answered_with_those_it_does(client: httpx2.Client) -> None:
    response = client.delete("/airports")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    assert response.json() == {"code": "method_not_allowed", "message": "Method Not Allowed"}


def status_of(server: Server, request: bytes) -> int:
    """Send bytes as they are, and read the status of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as answer:
            protocol, status, *_ = answer.readline().split(b" ", 2)
    assert protocol == b"HTTP/1.1"
    return int(status)
