"""Distances between two airports."""

from typing import Annotated

from airports import catalogue
from airports.catalogue import position_of, rounded_bearing
from airports.database import Reader
from airports.errors import AirportNotFoundError, document
from airports.geography import KM_PER_NAUTICAL_MILE, distance_km
from airports.models import AirportCode, Distance
from vivace import APIRouter, Path

router = APIRouter(prefix="/distances", tags=["distances"])


@router.get("/{origin}/{destination}", summary="Measure a distance", responses=document(AirportNotFoundError))
def measure_distance(
    connection: Reader, origin: Annotated[AirportCode, Path()], destination: Annotated[AirportCode, Path()]
) -> Distance:
    """Measure the great-circle distance between two airports, and the bearing at departure."""
    departure, arrival = catalogue.find(connection, origin), catalogue.find(connection, destination)
    kilometres = distance_km(position_of(departure), position_of(arrival))
    return Distance(
        origin=departure,
        destination=arrival,
        kilometres=round(kilometres, 3),
        nautical_miles=round(kilometres / KM_PER_NAUTICAL_MILE, 3),
        initial_bearing_deg=rounded_bearing(position_of(departure), position_of(arrival)),
    )
