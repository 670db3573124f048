"""What a run of the field showed, as a table."""

import json

import pytest
from benchmarks.documents import sample_document
from report import absence_list, field_tables, make_markdown, number, rate_table, ratio_of, server_table, summary_table


def test_a_ratio_is_the_median_of_the_rounds_with_their_range() -> None:
    workload = sample_document()["workloads"][0]

    ratio = ratio_of(workload, "fastapi", "vivace")

    assert ratio is not None
    assert (ratio.low, ratio.middle, ratio.high) == (6.0, 6.5, 7.0)


def test_there_is_no_ratio_to_a_peer_that_was_not_measured() -> None:
    assert ratio_of(sample_document()["workloads"][1], "fastapi", "vivace") is None


def test_the_summary_names_the_target_and_the_best_other_peer() -> None:
    lines = summary_table(sample_document()).splitlines()

    assert lines[2] == (
        "| plain JSON GET | 22.5 µs | 6.50 (6.00 to 7.00) | 7.00 | 6.5: pass | Robyn | 4.50 (4.00 to 5.00) | 1 of 3 |"
    )


def test_thousands_of_microseconds_are_written_as_milliseconds() -> None:
    lines = summary_table(sample_document()).splitlines()

    assert lines[3] == "| upload of 10 MiB | 12.0 ms |  |  |  | none |  | 1 of 1 |"


def test_servers_are_compared_with_ours_and_with_the_floor() -> None:
    table = server_table(sample_document())

    assert (
        "bare ASGI on Uvicorn | 30.0 µs | bare ASGI on Vivace's server | 20.0 µs | 1.50 (1.50 to 1.50) | 1.45 |"
        in table
    )
    assert "Vivace | 22.5 µs | C, epoll, a constant answer | 8.00 µs | 2.81 (2.50 to 3.12) | at most 3.3 |" in table


def test_the_field_shows_costs_failures_and_gaps() -> None:
    table = field_tables(sample_document())

    assert "| Robyn | 100 µs (×4.50) | – |" in table
    assert "| Sanic | failed | – |" in table


def test_the_fastest_stands_first_where_rates_are_shown() -> None:
    rows = rate_table(sample_document()).splitlines()[2:]

    assert rows[0] == "| plain JSON GET | C, epoll, a constant answer | 125000 | 2.0 | 40 |"


def test_what_was_not_measured_is_listed_with_its_reason() -> None:
    lines = absence_list(sample_document()).splitlines()

    assert lines[0] == "- Flask on Gunicorn threads: not installed. flask cannot be installed: no network"
    assert lines[1] == "- Sanic, plain JSON GET: failed. The server ended with code 1."
    assert "- C, epoll, a constant answer: it has one constant answer (upload of 10 MiB)." in lines


def test_a_report_can_be_made_again_from_the_file_of_a_run() -> None:
    document = sample_document()

    assert make_markdown(json.loads(json.dumps(document))) == make_markdown(document)


@pytest.mark.parametrize(("value", "text"), [(6.449, "6.45"), (12.34, "12.3"), (123.4, "123")])
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    assert number(value) == text
