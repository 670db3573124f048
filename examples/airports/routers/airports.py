"""Airports: search, the nearest ones, and one by its code."""

from typing import Annotated

from airports import catalogue
from airports.database import Reader
from airports.errors import AirportNotFoundError, InvalidCursorError, document
from airports.models import Airport, AirportCode, AirportPage, AirportSearch, NearbyAirport, NearestSearch
from vivace import APIRouter, Path, Query

router = APIRouter(prefix="/airports", tags=["airports"])


@router.get("", summary="Search airports", responses=document(InvalidCursorError))
def search_airports(connection: Reader, search: Annotated[AirportSearch, Query()]) -> AirportPage:
    """Search by code, name and country. Pages are by name; `next_cursor` of one page leads to the next."""
    return catalogue.search(connection, search)


# Above "/{code}", which would take "nearest" for a code: the first route that matches answers.
@router.get("/nearest", summary="Find the nearest airports")
def find_nearest_airports(connection: Reader, search: Annotated[NearestSearch, Query()]) -> list[NearbyAirport]:
    """Find the airports nearest to a position, nearest first. Poles and the antimeridian are no borders."""
    return catalogue.nearest(connection, search)


@router.get("/{code}", summary="Read an airport", responses=document(AirportNotFoundError))
def read_airport(connection: Reader, code: Annotated[AirportCode, Path()]) -> Airport:
    """Read one airport by its IATA or ICAO code."""
    return catalogue.find(connection, code)
