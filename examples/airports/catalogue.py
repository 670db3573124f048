"""Questions about airports, asked in SQL. Knows the tables and the models, and nothing of HTTP."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator

from airports import cursors
from airports.cursors import Cursor
from airports.errors import AirportNotFoundError
from airports.geography import FARTHEST_KM, Position, boxes_around, distance_km, initial_bearing_deg
from airports.loading import fold
from airports.models import Airport, AirportPage, AirportSearch, NearbyAirport, NearestSearch

FIRST_RADIUS_KM = 50.0  # holds some ten airports in Europe
RADIUS_GROWTH = 4.0  # few steps over empty oceans, and never more than 16 times the area needed

IN_BOX = """
    SELECT icao, latitude, longitude FROM airports
    WHERE latitude BETWEEN :south AND :north AND longitude BETWEEN :west AND :east
        AND (iata IS NOT NULL OR NOT :with_iata)
"""


def count(connection: sqlite3.Connection) -> tuple[int, str]:
    """Count the airports, and name the release of the data."""
    (airports, release) = connection.execute(
        "SELECT (SELECT count(*) FROM airports), release FROM catalogue"
    ).fetchone()
    return airports, release


def find(connection: sqlite3.Connection, code: str) -> Airport:
    """Find the airport with an IATA or ICAO code.

    Raises:
        AirportNotFoundError: There is none.
    """
    row = connection.execute("SELECT * FROM airports WHERE icao = :code OR iata = :code", {"code": code}).fetchone()
    if row is None:
        raise AirportNotFoundError(code)
    return Airport(**row)


def search(connection: sqlite3.Connection, wanted: AirportSearch) -> AirportPage:
    """Find the next page of airports, by name.

    Raises:
        InvalidCursorError: The cursor is not one of this search.
    """
    fingerprint = cursors.fingerprint(wanted)
    conditions, values = ["TRUE"], dict[str, object]()
    if wanted.iata is not None:
        conditions.append("iata = :iata")
        values["iata"] = wanted.iata
    if wanted.icao is not None:
        conditions.append("icao = :icao")
        values["icao"] = wanted.icao
    if wanted.name is not None:
        conditions.append("instr(search_name, :name)")
        values["name"] = fold(wanted.name)
    if wanted.country is not None:
        conditions.append("country = :country")
        values["country"] = wanted.country
    if wanted.cursor is not None:
        last = cursors.decode(wanted.cursor, search=fingerprint)
        conditions.append("(search_name, icao) > (:last_name, :last_icao)")
        values |= {"last_name": last.name, "last_icao": last.icao}

    rows = connection.execute(
        f"SELECT * FROM airports WHERE {' AND '.join(conditions)} ORDER BY search_name, icao LIMIT :limit",
        {**values, "limit": wanted.limit + 1},  # one more than asked for tells whether there is a next page
    ).fetchall()
    page, rest = rows[: wanted.limit], rows[wanted.limit :]
    next_cursor = None
    if rest:
        cursor = Cursor(name=page[-1]["search_name"], icao=page[-1]["icao"], search=fingerprint)
        next_cursor = cursors.encode(cursor)
    return AirportPage(items=[Airport(**row) for row in page], next_cursor=next_cursor)


def nearest(connection: sqlite3.Connection, wanted: NearestSearch) -> list[NearbyAirport]:
    """Find the airports nearest to a position, nearest first.

    Looks into a small circle and widens it until enough airports are inside: an index answers the boxes around the
    circle, and the exact distance decides within them.
    """
    center = Position(latitude=wanted.latitude, longitude=wanted.longitude)
    radius_km = min(FIRST_RADIUS_KM, wanted.within_km)
    found = _within(connection, center, radius_km, with_iata=wanted.with_iata)
    while len(found) < wanted.limit and radius_km < wanted.within_km:
        radius_km = min(radius_km * RADIUS_GROWTH, wanted.within_km)
        found = _within(connection, center, radius_km, with_iata=wanted.with_iata)
    return [_seen_from(center, find(connection, icao)) for _, icao in heapq.nsmallest(wanted.limit, found)]


def _within(
    connection: sqlite3.Connection, center: Position, radius_km: float, *, with_iata: bool
) -> list[tuple[float, str]]:
    return [
        (distance, icao)
        for icao, position in _in_boxes(connection, center, radius_km, with_iata=with_iata)
        # At the largest radius rounding must not cut off the antipode.
        if (distance := distance_km(center, position)) <= radius_km or radius_km >= FARTHEST_KM
    ]


def _in_boxes(
    connection: sqlite3.Connection, center: Position, radius_km: float, *, with_iata: bool
) -> Iterator[tuple[str, Position]]:
    for box in boxes_around(center, radius_km):
        edges = {"south": box.south, "north": box.north, "west": box.west, "east": box.east}
        for icao, latitude, longitude in connection.execute(IN_BOX, {**edges, "with_iata": with_iata}):
            yield icao, Position(latitude=latitude, longitude=longitude)


def _seen_from(center: Position, airport: Airport) -> NearbyAirport:
    position = position_of(airport)
    return NearbyAirport(
        **airport.model_dump(),
        distance_km=round(distance_km(center, position), 3),
        bearing_deg=rounded_bearing(center, position),
    )


def position_of(airport: Airport) -> Position:
    """Give the place of an airport."""
    return Position(latitude=airport.latitude, longitude=airport.longitude)


def rounded_bearing(origin: Position, destination: Position) -> float:
    """Round the bearing for people, so that 359.96 becomes north and not 360."""
    return round(initial_bearing_deg(origin, destination), 1) % 360


def resolve(connection: sqlite3.Connection, codes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Turn IATA and ICAO codes into ICAO codes, each once and in order; give the unknown ones apart."""
    known: dict[str, None] = {}
    unknown: list[str] = []
    for code in codes:
        try:
            known[find(connection, code).icao] = None
        except AirportNotFoundError:
            unknown.append(code)
    return list(known), unknown
