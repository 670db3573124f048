"""Distances and bearings on the globe, as pure functions. Degrees in, kilometres out; nothing here knows airports.

The earth is taken as a sphere, which is wrong by at most 0.6%.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, isclose, pi, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius of WGS 84
FARTHEST_KM = pi * EARTH_RADIUS_KM  # half a great circle: no two places are farther apart
KM_PER_NAUTICAL_MILE = 1.852

_MARGIN_DEG = 1e-6  # 11 cm: covers the rounding of a box's edges


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place on the globe, in degrees: latitude from -90 to 90, longitude from -180 to 180."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of the globe between two parallels and two meridians, in degrees. Never crosses the antimeridian."""

    south: float
    north: float
    west: float
    east: float


def distance_km(origin: Position, destination: Position) -> float:
    """Measure the great-circle distance with the haversine formula."""
    latitude_1, latitude_2 = radians(origin.latitude), radians(destination.latitude)
    half_latitude = (latitude_2 - latitude_1) / 2
    half_longitude = radians(destination.longitude - origin.longitude) / 2
    haversine = sin(half_latitude) ** 2 + cos(latitude_1) * cos(latitude_2) * sin(half_longitude) ** 2
    # Rounding can push antipodes above 1, where asin is undefined.
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, haversine)))


def initial_bearing_deg(origin: Position, destination: Position) -> float:
    """Give the bearing at departure, clockwise from north, from 0 up to but not including 360."""
    latitude_1, latitude_2 = radians(origin.latitude), radians(destination.latitude)
    longitude = radians(destination.longitude - origin.longitude)
    east = sin(longitude) * cos(latitude_2)
    north = cos(latitude_1) * sin(latitude_2) - sin(latitude_1) * cos(latitude_2) * cos(longitude)
    bearing = degrees(atan2(east, north)) % 360
    return 0.0 if isclose(bearing, 360) else bearing  # a tiny negative angle rounds up to 360


def boxes_around(center: Position, radius_km: float) -> Iterable[Box]:
    """Cover a circle with one or two boxes: a cheap first filter, which a database index can answer.

    Every place within the circle is in one of the boxes. The circle may contain a pole (then every longitude counts)
    or cross the antimeridian (then there are two boxes).
    """
    angle = radius_km / EARTH_RADIUS_KM
    south = center.latitude - degrees(angle) - _MARGIN_DEG
    north = center.latitude + degrees(angle) + _MARGIN_DEG
    if south <= -90 or north >= 90:
        return [Box(south=max(south, -90), north=min(north, 90), west=-180, east=180)]

    # No pole is inside, so the angle is below a quarter circle and the quotient below 1.
    # Source: J. P. Matuschek, "Finding Points Within a Distance of a Latitude/Longitude Using Bounding Coordinates".
    reach = degrees(asin(min(1.0, sin(angle) / cos(radians(center.latitude))))) + _MARGIN_DEG
    west, east = center.longitude - reach, center.longitude + reach
    if west < -180:
        spans = [(-180.0, east), (west + 360, 180.0)]
    elif east > 180:
        spans = [(west, 180.0), (-180.0, east - 360)]
    else:
        spans = [(west, east)]
    return [Box(south=south, north=north, west=west, east=east) for west, east in spans]
