"""CSV, row by row: what is read, what is rejected, and where."""

import csv
import gc
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airports.errors import UnusableFileError
from airports.rows import MAX_ROWS, Piece, RowError, read_piece, read_text

HEADER = "icao,name,country,elevation_ft,latitude,longitude,time_zone,iata,city"
GOOD = "XA01,One,CH,1400,47.5,8.5,Europe/Zurich,,Kloten"


def read(text: str, *, limit: int = 1_000) -> Piece:
    return read_piece(text, position=0, line=0, limit=limit)


def rejected(row: str, header: str = HEADER) -> list[tuple[str | None, str]]:
    piece = read(f"{header}\n{row}\n")
    assert piece.rows == {} and piece.rejected == 1
    return [(error.column, error.message) for error in piece.errors]


def test_a_good_row_is_read() -> None:
    (row,) = read(f"{HEADER}\n{GOOD}\n").rows.values()
    assert row.model_dump() == {
        "icao": "XA01",
        "iata": None,
        "name": "One",
        "city": "Kloten",
        "subdivision": None,
        "country": "CH",
        "elevation_ft": 1400,
        "latitude": 47.5,
        "longitude": 8.5,
        "time_zone": "Europe/Zurich",
    }


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "END"])
def test_any_line_end_will_do_and_the_last_one_may_be_missing(line_end: str, last: str) -> None:
    text = line_end.join([HEADER, GOOD, "", GOOD]) + last.replace("END", line_end)
    piece = read(text)
    assert (list(piece.rows), piece.errors, piece.position) == ([2, 4], [], len(text))


def test_spreadsheets_mark_their_files_as_unicode() -> None:
    assert read(read_text(b"\xef\xbb\xbf" + f"{HEADER}\n{GOOD}".encode())).rejected == 0


def test_columns_may_come_in_any_order_and_case() -> None:
    header = "Time_Zone, Longitude ,latitude,elevation_ft,country,name,ICAO"
    (row,) = read(f"{header}\nEtc/UTC,1,2,3,ch,Two,xa02").rows.values()
    assert (row.icao, row.country, row.latitude, row.longitude) == ("XA02", "CH", 2, 1)


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        (GOOD.replace("47.5", "91"), [("latitude", "Input should be less than or equal to 90")]),
        (GOOD.replace("47.5", "nan"), [("latitude", "Input should be a finite number")]),
        (GOOD.replace("47.5", ""), [("latitude", "Field required")]),
        (GOOD.replace("XA01", "X"), [("icao", "String should match pattern '^[A-Za-z0-9_]{4}$'")]),
        (GOOD.replace("One", "a\x00b"), [("name", "has characters that can't be seen")]),
        (GOOD.replace("One", "x" * 121), [("name", "String should have at most 120 characters")]),
        (GOOD.replace("Europe/Zurich", "../etc/passwd"), [("time_zone", None)]),
        (GOOD + ",more", [(None, "It has 10 cells, and the first line names 9.")]),
        ("one cell", [(None, "It has 1 cells, and the first line names 9.")]),
        (GOOD.replace("One", '"One" more'), [(None, "Not CSV: ',' expected after '\"'")]),
        (GOOD.replace("One", '"One'), [(None, "Not CSV: unexpected end of data")]),
        (GOOD.replace("1400", "high").replace("8.5", "east"), [("elevation_ft", None), ("longitude", None)]),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_bad_row_is_rejected_with_its_columns(row: str, errors: list[tuple[str | None, str | None]]) -> None:
    found = rejected(row)
    assert [column for column, _ in found] == [column for column, _ in errors]
    for (_, message), (_, expected) in zip(found, errors, strict=True):
        assert expected is None or message == expected


def test_a_bad_row_says_in_which_line_it_begins_and_the_next_ones_are_read() -> None:
    piece = read("\n".join([HEADER, GOOD.replace("One", '"Line\nafter\nline"'), GOOD, "x", GOOD]))
    assert [error.line for error in piece.errors] == [2, 6]
    assert list(piece.rows) == [5, 7]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "its first line doesn't name the columns"),
        (b"\n\n", "its first line doesn't name icao, name, country, elevation_ft, latitude, longitude, time_zone"),
        (b"icao,name\n", "its first line doesn't name country, elevation_ft, latitude, longitude, time_zone"),
        (f"{HEADER},runway\n".encode(), "it has the column 'runway', and those known are icao, iata, name, city"),
        (f"{HEADER},city\n".encode(), "its first line names a column twice"),
        (f"{HEADER}\n\n\xe9".encode("latin-1"), "line 3 isn't UTF-8"),
        (b"\x89PNG\r\n\x1a\n", "line 1 isn't UTF-8"),
        (b'"icao', "its first line doesn't name the columns"),
        ((HEADER + "\n" * (MAX_ROWS + 2)).encode(), "it has 50001 lines, and 50000 are allowed"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_file_of_which_nothing_could_be_read_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnusableFileError) as caught:
        read_text(content)
    assert str(caught.value).startswith(f"The file can't be imported: {reason}")


LINES = st.lists(
    st.one_of(
        st.just(GOOD),
        st.text(alphabet='ab",\n\r\x00\u2028é', max_size=12),
        st.lists(st.text(max_size=5), min_size=9, max_size=9).map(lambda cells: written(cells)),
    ),
    max_size=12,
)


def written(cells: list[str]) -> str:
    output = io.StringIO()
    csv.writer(output, lineterminator="").writerow(cells)
    return output.getvalue()


@given(lines=LINES, limit=st.integers(min_value=1, max_value=5))
def test_reading_in_pieces_reads_the_same_as_reading_at_once(lines: list[str], limit: int) -> None:
    text = "\n".join([HEADER, *lines])
    whole = read(text)
    rows, errors, count, piece = dict[int, object](), list[RowError](), 0, read(text, limit=0)
    while piece.position < len(text):
        before = piece.position
        piece = read_piece(text, position=piece.position, line=piece.line, limit=limit)
        rows |= piece.rows
        errors += piece.errors
        count += piece.rejected
        assert piece.position > before
    assert (rows, errors, count) == (whole.rows, whole.errors, whole.rejected)
    assert whole.position == len(text)


def test_reading_leaves_nothing_to_the_garbage_collector() -> None:
    # A piece holds the text of the whole file. In a cycle it would stay until the collector comes, which is seldom in
    # a process that serves; a hundred pieces later that were gigabytes.
    text = "\n".join([HEADER, *[GOOD, "x"] * 50])
    read(text)
    gc.collect()
    gc.disable()
    try:
        assert read(text).rejected == 50
        assert gc.collect() == 0
    finally:
        gc.enable()
