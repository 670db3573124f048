"""Airports read from CSV, row by row. Pure: text in, rows and errors out; nothing here knows tables or HTTP.

A file is read in pieces, each from where the last one ended, so reading can stop and go on at any row.
"""

import csv
import re
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from airports.errors import UnusableFileError
from airports.models import CountryCode, IataCode, IcaoCode, Latitude, Longitude

MAX_FILE_BYTES = 4 * 1024 * 1024  # all airports that we know make 2.6 MB
MAX_ROWS = 50_000
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # the last one may have no end
MAX_FIELD_CHARACTERS = 120  # the longest name of an airport has 83


def _refuse_control_characters(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has characters that can't be seen")
    return text


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_FIELD_CHARACTERS), AfterValidator(_refuse_control_characters)
]
TimeZone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}$")]


class AirportRow(BaseModel):
    """One row, with the columns of a file as its fields. What may be empty may also be left out as a column."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")

    icao: IcaoCode
    iata: IataCode | None = None
    name: Text
    city: Text | None = None
    subdivision: Text | None = None
    country: CountryCode
    elevation_ft: int = Field(ge=-1_500, le=30_000)
    latitude: Latitude
    longitude: Longitude
    time_zone: TimeZone


COLUMNS = tuple(AirportRow.model_fields)
NEEDED_COLUMNS = tuple(name for name, column in AirportRow.model_fields.items() if column.is_required())


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """What is wrong with a row; `column` is None where it is the row as a whole."""

    line: int
    column: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some rows of a file, and where the next ones begin.

    Attributes:
        rows: The good ones, by line.
        errors: Of the others.
        rejected: How many the others are; one of them can have several errors.
        position: How many characters of the file have been read.
        line: How many lines.
    """

    rows: dict[int, AirportRow] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    rejected: int = 0
    position: int
    line: int


def read_text(content: bytes) -> str:
    """Decode a file and check its first line.

    Raises:
        UnusableFileError: Nothing of it could be imported.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise UnusableFileError(f"line {line} isn't UTF-8") from exc
    lines = len(text.splitlines()) - 1
    if lines > MAX_ROWS:
        raise UnusableFileError(f"it has {lines} lines, and {MAX_ROWS} are allowed")
    _Header.read(text)
    return text


def read_piece(text: str, *, position: int, line: int, limit: int) -> Piece:
    """Read the next rows, at most `limit`, counting empty ones."""
    header = _Header.read(text)
    lines = _Lines(text, position or header.length, line or header.lines)
    reader = csv.reader(lines, strict=True)
    rows, errors, rejected = dict[int, AirportRow](), list[RowError](), 0
    for _ in range(limit):
        first_line = lines.line + 1
        try:
            cells = next(reader)
            if cells:
                rows[first_line] = AirportRow.model_validate(header.name(cells))
        except StopIteration:
            break
        except csv.Error as exc:
            rejected += 1
            errors.append(RowError(line=first_line, column=None, message=f"Not CSV: {exc}"))
        except ValidationError as exc:
            rejected += 1
            errors += _describe(first_line, exc)
        except _WrongCellCount as exc:
            rejected += 1
            errors.append(RowError(line=first_line, column=None, message=str(exc)))
    return Piece(rows=rows, errors=errors, rejected=rejected, position=lines.position, line=lines.line)


class _WrongCellCount(Exception):
    pass


class _Lines:
    """The lines of a text from a position on, with their ends, and a count of what has been taken."""

    def __init__(self, text: str, position: int, line: int) -> None:
        self.position = position
        self.line = line
        # Neither the text nor what is left of it is copied: this is made for every piece.
        self._found = LINE.finditer(text, position)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        match = next(self._found)
        self.position = match.end()
        self.line += 1
        return match[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    columns: list[str]
    length: int
    lines: int

    @classmethod
    def read(cls, text: str) -> "_Header":
        lines = _Lines(text, 0, 0)
        try:
            columns = [cell.strip().lower() for cell in next(csv.reader(lines, strict=True))]
        except (StopIteration, csv.Error):
            raise UnusableFileError("its first line doesn't name the columns") from None
        if missing := [name for name in NEEDED_COLUMNS if name not in columns]:
            raise UnusableFileError(f"its first line doesn't name {_listed(missing)}")
        if unknown := [name for name in columns if name not in COLUMNS]:
            raise UnusableFileError(f"it has the column {_listed(unknown)}, and those known are {_listed(COLUMNS)}")
        if len(columns) != len(set(columns)):
            raise UnusableFileError("its first line names a column twice")
        return cls(columns=columns, length=lines.position, lines=lines.line)

    def name(self, cells: list[str]) -> dict[str, str]:
        """Give each cell its column's name; empty ones are left out."""
        if len(cells) != len(self.columns):
            raise _WrongCellCount(f"It has {len(cells)} cells, and the first line names {len(self.columns)}.")
        return {name: cell for name, cell in zip(self.columns, cells, strict=True) if cell.strip()}


def _listed(names: tuple[str, ...] | list[str]) -> str:
    shown = [name if name in COLUMNS else repr(name[:40]) for name in names[: len(COLUMNS)]]
    return ", ".join(shown)


def _describe(line: int, exc: ValidationError) -> list[RowError]:
    return [
        RowError(line=line, column=str(error["loc"][0]), message=error["msg"].removeprefix("Value error, "))
        for error in exc.errors(include_url=False, include_context=False, include_input=False)
    ]
