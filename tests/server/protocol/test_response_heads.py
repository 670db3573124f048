"""Status lines and header fields on their way out: what is written, and what never leaves."""

from typing import Any

import pytest
from server.protocol.fakes import GET, Connect, reply, split_responses, stream


@pytest.mark.parametrize(
    ("status", "line"), [(200, b"HTTP/1.1 200 OK"), (418, b"HTTP/1.1 418 I'm a Teapot"), (599, b"HTTP/1.1 599 ")]
)
def test_a_status_has_its_phrase_if_it_has_one(connect: Connect, status: int, line: bytes) -> None:
    [(found, _, _)] = split_responses(connect(reply(status=status)).receive(GET))

    assert found.lower() == line.lower()


def test_names_of_fields_leave_in_lower_case_and_in_order(connect: Connect) -> None:
    fields = [(b"X-B", b"1"), (b"Set-Cookie", b"a=1"), (b"x-a", b"\xe2\x82\xac"), (b"Set-Cookie", b"b=2")]

    response = connect(reply(b"", headers=fields)).receive(GET)

    assert response == (
        b"HTTP/1.1 200 OK\r\nx-b: 1\r\nset-cookie: a=1\r\nx-a: \xe2\x82\xac\r\nset-cookie: b=2\r\n"
        b"content-length: 0\r\n\r\n"
    )


def test_fields_may_be_lists_and_come_from_an_iterator(connect: Connect) -> None:
    connection = connect(stream(headers=iter([[b"x-a", b"1"], [b"content-length", b"0"]])))

    assert connection.receive(GET) == b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "field",
    [
        (b"bad name", b"x"),
        (b"bad\r\nname", b"x"),
        (b"bad:name", b"x"),
        (b"", b"x"),
        (b"b\xc3\xa4d", b"x"),
        (b"x-bad", b"a\r\nset-cookie: b=c"),
        (b"x-bad", b"a\nb"),
        (b"x-bad", b"a\rb"),
        (b"x-bad", b"a\x00b"),
        (b"x-bad", b"a\x7fb"),
        (b"content-length", b"-1"),
        (b"content-length", b"+1"),
        (b"content-length", b"1_0"),
        (b"content-length", b""),
    ],
    ids=repr,
)
def test_a_field_that_must_not_leave_ends_the_connection_without_an_answer(
    connect: Connect, field: tuple[bytes, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(stream(headers=[(b"x-good", b"1"), field]))

    assert connection.receive(GET) == b""
    assert connection.is_closed
    assert "Exception in ASGI application" in caplog.text


def test_a_length_that_contradicts_another_never_leaves(connect: Connect) -> None:
    connection = connect(stream(b"hello", headers=[(b"content-length", b"5"), (b"content-length", b"6")]))

    assert connection.receive(GET) == b""
    assert connection.is_closed


@pytest.mark.parametrize("status", [0, 99, 1000, "200 OK\r\nx: y"], ids=repr)
def test_a_status_that_http_does_not_know_never_leaves(connect: Connect, status: Any) -> None:
    connection = connect(reply(status=status))

    assert connection.receive(GET) == b""
    assert connection.is_closed
