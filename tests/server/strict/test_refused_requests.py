"""Requests that two readers could read in two ways are refused, as raw bytes over a real socket."""

from typing import Any

import pytest
from server.strict.live import Live

HOST = b"Host: example.org\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
FOLLOWING = b"GET /following HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(190))


def end(*fields: bytes) -> bytes:
    return b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def cases(expected: int, requests: dict[str, bytes]) -> list[Any]:
    return [pytest.param(expected, request, id=name) for name, request in requests.items()]


HOSTS = {
    "no_host": b"GET / HTTP/1.1\r\n\r\n",
    "no_host_but_an_absolute_target": b"GET http://example.org/ HTTP/1.1\r\n\r\n",
    "two_equal_hosts": GET + end(b"Host: example.org"),
    "two_different_hosts": GET + end(b"host: example.com"),
    "two_hosts_over_http_1_0": b"GET / HTTP/1.0\r\n" + HOST + end(b"Host: example.com"),
    "two_names": b"GET / HTTP/1.1\r\nHost: example.org,example.com\r\n\r\n",
    "two_words": b"GET / HTTP/1.1\r\nHost: example.org example.com\r\n\r\n",
    "a_user": b"GET / HTTP/1.1\r\nHost: user@example.org\r\n\r\n",
    "a_path": b"GET / HTTP/1.1\r\nHost: example.org/a\r\n\r\n",
    "a_port_that_is_a_word": b"GET / HTTP/1.1\r\nHost: example.org:http\r\n\r\n",
    "a_byte_beyond_ascii": b"GET / HTTP/1.1\r\nHost: ex\xe4mple.org\r\n\r\n",
    "an_open_bracket": b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
}
LENGTHS = {
    "length_and_chunked": POST + end(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunked_and_length": POST + end(b"Transfer-Encoding: chunked", b"Content-Length: 5") + b"0\r\n\r\n",
    "an_empty_coding_and_length": POST + end(b"Transfer-Encoding:", b"Content-Length: 3") + b"abc",
    "two_different_lengths": POST + end(b"Content-Length: 3", b"Content-Length: 4") + b"abcd",
    "two_equal_lengths": POST + end(b"Content-Length: 3", b"Content-Length: 3") + b"abc",
    "nothing_and_a_length": POST + end(b"Content-Length: 0", b"Content-Length: 3") + b"abc",
    "a_list_of_lengths": POST + end(b"Content-Length: 3, 3") + b"abc",
    "a_plus": POST + end(b"Content-Length: +3") + b"abc",
    "a_minus": POST + end(b"Content-Length: -3") + b"abc",
    "hexadecimal": POST + end(b"Content-Length: 0x3") + b"abc",
    "an_underscore": POST + end(b"Content-Length: 0_3") + b"abc",
    "two_numbers": POST + end(b"Content-Length: 3 3") + b"abc",
    "an_empty_length": POST + end(b"Content-Length:") + b"abc",
    "a_length_of_spaces": POST + end(b"Content-Length:  ") + b"abc",
    "a_length_above_64_bits": POST + end(b"Content-Length: 18446744073709551619") + b"abc",
    "a_length_of_5000_digits": POST + end(b"Content-Length: " + b"0" * 5000 + b"3") + b"abc",
    "digits_beyond_ascii": POST + end(b"Content-Length: \xb3") + b"abc",
}
CODINGS = {
    "chunked_twice_in_a_list": POST + end(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    "chunked_twice_in_two_fields": POST + end(*[b"Transfer-Encoding: chunked"] * 2) + b"0\r\n\r\n",
    "a_coding_behind_chunked": POST + end(b"Transfer-Encoding: chunked, gzip") + b"0\r\n\r\n",
    "a_coding_behind_chunked_in_two_fields": POST
    + end(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip")
    + b"0\r\n\r\n",
    "an_empty_coding": POST + end(b"Transfer-Encoding:") + b"0\r\n\r\n",
    "a_coding_over_http_1_0": b"POST / HTTP/1.0\r\n" + HOST + end(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a_vertical_tab": POST + end(b"Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n",
}
UNKNOWN_CODINGS = {
    "gzip": POST + end(b"Transfer-Encoding: gzip") + b"0\r\n\r\n",
    "identity": POST + end(b"Transfer-Encoding: identity") + b"0\r\n\r\n",
    "gzip_and_chunked": POST + end(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "gzip_and_chunked_in_two_fields": POST
    + end(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    "almost_chunked": POST + end(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "chunked_in_quotes": POST + end(b'Transfer-Encoding: "chunked"') + b"0\r\n\r\n",
    "chunked_with_a_parameter": POST + end(b"Transfer-Encoding: chunked;q=1") + b"0\r\n\r\n",
    "a_proxy_is_asked_for": b"CONNECT example.org:80 HTTP/1.1\r\n" + HOST + b"\r\n",
}
CHUNKS = {
    "a_size_that_is_a_word": CHUNKED + b"x\r\na\r\n0\r\n\r\n",
    "a_size_with_a_minus": CHUNKED + b"-1\r\na\r\n0\r\n\r\n",
    "a_size_with_a_plus": CHUNKED + b"+1\r\na\r\n0\r\n\r\n",
    "a_size_with_0x": CHUNKED + b"0x1\r\na\r\n0\r\n\r\n",
    "no_size": CHUNKED + b"\r\na\r\n0\r\n\r\n",
    "a_space_before_a_size": CHUNKED + b" 1\r\na\r\n0\r\n\r\n",
    "a_space_behind_a_size": CHUNKED + b"1 \r\na\r\n0\r\n\r\n",
    "a_size_above_64_bits": CHUNKED + b"10000000000000001\r\na\r\n0\r\n\r\n",
    "a_bare_lf_behind_a_size": CHUNKED + b"1\na\r\n0\r\n\r\n",
    "a_bare_cr_behind_a_size": CHUNKED + b"1\ra\r\n0\r\n\r\n",
    "a_bare_lf_behind_a_chunk": CHUNKED + b"1\r\na\n0\r\n\r\n",
    "nothing_behind_a_chunk": CHUNKED + b"1\r\na0\r\n\r\n",
    "a_chunk_longer_than_its_size": CHUNKED + b"1\r\nabc\r\n0\r\n\r\n",
    "a_bare_lf_at_the_end": CHUNKED + b"1\r\na\r\n0\r\n\n",
    "garbage_at_the_end": CHUNKED + b"1\r\na\r\n0\r\nXX",
    "a_control_byte_in_an_extension": CHUNKED + b"1;a=\x01\r\na\r\n0\r\n\r\n",
    "a_bare_lf_in_an_extension": CHUNKED + b"1;a\nb\r\na\r\n0\r\n\r\n",
    "a_bare_cr_in_an_extension": CHUNKED + b"1;a\rb\r\na\r\n0\r\n\r\n",
    "a_trailer_without_a_colon": CHUNKED + b"0\r\nX\r\n\r\n",
    "a_trailer_with_a_nul": CHUNKED + b"0\r\nX: \0\r\n\r\n",
    "a_folded_trailer": CHUNKED + b"0\r\nX: a\r\n b\r\n\r\n",
    "a_length_as_a_trailer": CHUNKED + b"0\r\nContent-Length: 9\r\n\r\n",
    "a_coding_as_a_trailer": CHUNKED + b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
}
FIELDS = {
    "a_space_before_the_colon": GET + end(b"X : a"),
    "a_tab_before_the_colon": GET + end(b"X\t: a"),
    "a_space_before_the_colon_of_host": b"GET / HTTP/1.1\r\nHost : example.org\r\n\r\n",
    "a_space_before_the_first_field": b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n",
    "a_value_folded_with_a_space": GET + b"X: a\r\n b\r\n\r\n",
    "a_value_folded_with_a_tab": GET + b"X: a\r\n\tb\r\n\r\n",
    "a_value_folded_to_nothing": GET + b"X: a\r\n \r\n\r\n",
    "an_empty_value_folded": GET + b"X:\r\n b\r\n\r\n",
    "a_folded_length": POST + b"Content-Length:\r\n 3\r\n\r\nabc",
    "no_colon": GET + end(b"abc"),
    "no_name": GET + end(b": a"),
    "a_space_in_a_name": GET + end(b"a b: c"),
    "a_bracket_in_a_name": GET + end(b"a(b: c"),
    "a_nul_in_a_name": GET + end(b"a\0b: c"),
    "a_byte_beyond_ascii_in_a_name": GET + end(b"\xe4: c"),
    "a_nul_in_a_value": GET + end(b"X: a\0b"),
    "a_bell_in_a_value": GET + end(b"X: a\x07b"),
    "an_escape_in_a_value": GET + end(b"X: a\x1bb"),
    "a_delete_in_a_value": GET + end(b"X: a\x7fb"),
    "a_bare_cr_in_a_value": GET + end(b"X: a\rb"),
    "a_bare_cr_before_a_field": b"GET / HTTP/1.1\r\nHost: example.org\rX: a\r\n\r\n",
    "two_crs": b"GET / HTTP/1.1\r\nHost: example.org\r\r\n\r\n",
    "a_bare_lf_behind_the_line": b"GET / HTTP/1.1\nHost: example.org\r\n\r\n",
    "a_bare_lf_behind_a_field": b"GET / HTTP/1.1\r\nHost: example.org\n\r\n",
    "a_bare_lf_at_the_end": GET + b"\n",
    "bare_lfs_only": b"GET / HTTP/1.1\nHost: example.org\n\n",
}
LINES = {
    "two_spaces_before_the_target": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "two_spaces_behind_the_target": b"GET /  HTTP/1.1\r\n" + HOST + b"\r\n",
    "two_spaces_and_a_good_line_in_a_field": b"GET  / HTTP/1.1\r\n" + HOST + end(b"X: GET / HTTP/1.1"),
    "a_space_at_the_end": b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
    "a_space_at_the_start": b" GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_bare_cr_behind_the_line": b"GET / HTTP/1.1\rHost: example.org\r\n\r\n",
    "a_tab_before_the_target": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_tab_behind_the_target": b"GET /\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "a_method_in_lower_case": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_method_in_mixed_case": b"Get / HTTP/1.1\r\n" + HOST + b"\r\n",
    "an_unknown_method": b"FETCH / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_method_of_another_protocol": b"DESCRIBE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no_target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_fragment": b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_fragment_in_a_query": b"GET /a?b#c HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_target_without_a_slash": b"GET a HTTP/1.1\r\n" + HOST + b"\r\n",
    "only_a_query": b"GET ?a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_star_for_get": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_star_and_more": b"OPTIONS *a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_scheme_that_is_not_http": b"GET ftp://example.org/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_scheme_alone": b"GET http:// HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_scheme_and_a_path": b"GET http:///a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_scheme_and_a_query": b"GET http://?a HTTP/1.1\r\n" + HOST + b"\r\n",
    "an_authority_with_a_user": b"GET http://user@example.org/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "an_authority_with_a_bad_port": b"GET http://example.org:a/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "an_authority_that_is_not_the_host": b"GET http://example.com/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_nul_in_a_target": b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_control_byte_in_a_target": b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_form_feed_in_a_target": b"GET /\x0c HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_delete_in_a_target": b"GET /\x7f HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_byte_beyond_ascii_in_a_target": b"GET /\xe4 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a_response": b"HTTP/1.1 200 OK\r\n" + HOST + b"\r\n",
    "http_in_lower_case": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "a_version_with_two_digits": b"GET / HTTP/1.10\r\n" + HOST + b"\r\n",
    "a_version_with_a_zero": b"GET / HTTP/01.1\r\n" + HOST + b"\r\n",
    "half_a_version": b"GET / HTTP/1.\r\n" + HOST + b"\r\n",
    "a_version_without_a_dot": b"GET / HTTP/2\r\n" + HOST + b"\r\n",
    "http_0_9": b"GET /\r\n",
    "http_0_9_with_a_space": b"GET / \r\n\r\n",
    "http_2_with_prior_knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "rtsp": b"OPTIONS / RTSP/1.0\r\n" + HOST + b"\r\n",
    "icecast": b"SOURCE / ICE/1.0\r\n" + HOST + b"\r\n",
    "get_over_icecast": b"GET / ICE/1.1\r\n" + HOST + b"\r\n",
    "tls": TLS_HELLO,
    "nothing_but_nuls": b"\0" * 64,
}
VERSIONS = {
    "no_version": b"GET /\r\n" + HOST + b"\r\n",
    "http_0_9_in_words": b"GET / HTTP/0.9\r\n" + HOST + b"\r\n",
    "http_1_2": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "http_2": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "http_3": b"GET / HTTP/3.0\r\n" + HOST + b"\r\n",
}
REFUSED = [
    *cases(400, HOSTS | LENGTHS | CODINGS | CHUNKS | FIELDS | LINES),
    *cases(501, UNKNOWN_CODINGS),
    *cases(505, VERSIONS),
]


@pytest.mark.parametrize(("status", "request_bytes"), REFUSED)
def test_a_faulty_request_is_refused_and_the_connection_closed(live: Live, status: int, request_bytes: bytes) -> None:
    answers = live.ask(request_bytes + FOLLOWING)

    assert [answer.status for answer in answers] == [status]
    assert answers[0]["connection"] == "close"
    assert all(body == b"<disconnect>" for _, _, body in live.requests)  # heads may be good and bodies faulty


@pytest.mark.parametrize(("status", "request_bytes"), REFUSED)
def test_a_faulty_request_behind_a_good_one_is_refused_in_its_turn(
    live: Live, status: int, request_bytes: bytes
) -> None:
    answers = live.ask(GET + b"\r\n" + request_bytes + FOLLOWING)

    assert [answer.status for answer in answers] == [200, status]
    assert all(path == "/" for _, path, _ in live.requests)


WITHOUT_BODY = {
    "an_empty_host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "an_ipv6_host": b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
    "a_value_beyond_ascii": GET + end(b"X: \xe4"),
    "an_empty_value": GET + end(b"X:"),
    "spaces_and_tabs_around_a_value": GET + end(b"X: \t a b \t "),
    "an_upgrade_among_the_trailers": CHUNKED + b"0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "empty_lines_before": b"\r\n\r\n" + GET + b"\r\n",
    "half_an_empty_line_before": b"\n" + GET + b"\r\n",
    "an_absolute_target": b"GET http://EXAMPLE.org/?a HTTP/1.1\r\n" + HOST + b"\r\n",
    "the_server_itself": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
}
WITH_ABC = {
    "leading_zeros_in_a_length": POST + end(b"Content-Length: 003") + b"abc",
    "spaces_behind_a_length": POST + end(b"Content-Length: 3 \t") + b"abc",
    "a_body_for_get": GET + end(b"Content-Length: 3") + b"abc",
    "a_coding_in_upper_case": POST + end(b"Transfer-Encoding: CHUNKED") + b"3\r\nabc\r\n0\r\n\r\n",
    "extensions_and_trailers": CHUNKED + b'2;a=b;c="d"\r\nab\r\n1\r\nc\r\n0;e\r\nX: y\r\nZ:\r\n\r\n',
    "zeros_in_chunk_sizes": CHUNKED + b"003\r\nabc\r\n000\r\n\r\n",
    "an_unknown_upgrade_with_a_body": POST + end(b"Connection: upgrade", b"Upgrade: x", b"Content-Length: 3") + b"abc",
    "an_unknown_upgrade_with_chunks": POST
    + end(b"Connection: upgrade", b"Upgrade: h2c", b"Transfer-Encoding: chunked")
    + b"3\r\nabc\r\n0\r\n\r\n",
    "an_unknown_expectation": POST + end(b"Expect: nothing", b"Content-Length: 3") + b"abc",
}
ACCEPTED = [*cases(0, WITHOUT_BODY), *cases(3, WITH_ABC)]


@pytest.mark.parametrize(("body_size", "request_bytes"), ACCEPTED)
def test_an_unusual_request_is_served_and_so_is_the_one_behind_it(
    live: Live, body_size: int, request_bytes: bytes
) -> None:
    answers = live.ask(request_bytes + FOLLOWING)

    assert [answer.status for answer in answers] == [200, 200]
    assert live.requests[0][2] == b"abc"[:body_size]
    assert live.requests[1] == ("GET", "/following", b"")


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
def test_an_http_1_0_client_cannot_upgrade(live: Live, upgrade: bytes) -> None:
    request = b"GET / HTTP/1.0\r\n" + HOST + end(b"Connection: upgrade", b"Upgrade: " + upgrade)

    answers = live.ask(request + FOLLOWING)

    assert [answer.status for answer in answers] == [200]
    assert live.requests == [("GET", "/", b"")]


def test_an_http_1_0_client_is_not_told_to_continue(live: Live) -> None:
    request = b"POST / HTTP/1.0\r\n" + HOST + end(b"Expect: 100-continue", b"Content-Length: 3")

    assert [answer.status for answer in live.ask(request + b"abc")] == [200]


@pytest.mark.parametrize("request_bytes", [b"GET / HTTP/1.0\r\n\r\n", GET + b"Connection: close\r\n\r\n"])
def test_nothing_behind_the_last_request_is_run(live: Live, request_bytes: bytes) -> None:
    assert len(live.ask(request_bytes + FOLLOWING + b"garbage\0\r\n\r\n" + FOLLOWING)) == 1
    assert live.requests == [("GET", "/", b"")]


@pytest.mark.parametrize("byte", [pytest.param(byte, id=f"{byte:02x}") for byte in [*range(32), 127]])
@pytest.mark.parametrize(
    "place", [b"GE%bT", b"/a%bb", b"HT%bTP", b"Ho%bst", b"exam%bple", b"X-Na%bme", b"val%bue", b"\r\n%bX-Name"]
)
def test_a_control_byte_anywhere_in_a_head_is_refused(live: Live, byte: int, place: bytes) -> None:
    if byte == 9 and place == b"val%bue":
        return  # RFC 9110 5.5: a tab is the one that may stand within a value.
    head = b"GET /ab HTTP/1.1\r\nHost: example\r\nX-Name: value\r\n\r\n"
    before = place.replace(b"%b", b"")
    assert before in head

    answers = live.ask(head.replace(before, place % bytes([byte]), 1) + FOLLOWING)

    assert [answer.status for answer in answers] == [400]
    assert live.requests == []
