"""The pure functions, against known figures and against each other."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airports.geography import (
    FARTHEST_KM,
    Box,
    Position,
    boxes_around,
    distance_km,
    initial_bearing_deg,
)

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
positions = st.builds(Position, latitude=latitudes, longitude=longitudes)

ZURICH = Position(latitude=47.4647, longitude=8.54917)
NEW_YORK = Position(latitude=40.639928, longitude=-73.778692)
NORTH_POLE = Position(latitude=90, longitude=0)
SOUTH_POLE = Position(latitude=-90, longitude=0)


def is_inside(box: Box, position: Position) -> bool:
    return box.south <= position.latitude <= box.north and box.west <= position.longitude <= box.east


def test_zurich_and_new_york_are_6309_km_apart() -> None:
    assert distance_km(ZURICH, NEW_YORK) == pytest.approx(6309.5, abs=0.1)


def test_the_poles_are_half_a_great_circle_apart() -> None:
    assert distance_km(NORTH_POLE, SOUTH_POLE) == pytest.approx(FARTHEST_KM)


def test_the_antimeridian_has_no_width() -> None:
    west, east = Position(latitude=10, longitude=-180), Position(latitude=10, longitude=180)
    assert distance_km(west, east) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("destination", "bearing"),
    [
        (Position(latitude=1, longitude=0), 0),
        (Position(latitude=0, longitude=1), 90),
        (Position(latitude=-1, longitude=0), 180),
        (Position(latitude=0, longitude=-1), 270),
    ],
    ids=["north", "east", "south", "west"],
)
def test_a_bearing_counts_clockwise_from_north(destination: Position, bearing: float) -> None:
    assert initial_bearing_deg(Position(latitude=0, longitude=0), destination) == pytest.approx(bearing)


@given(positions, positions)
def test_a_distance_is_the_same_both_ways_and_within_bounds(one: Position, other: Position) -> None:
    assert distance_km(one, other) == pytest.approx(distance_km(other, one), abs=1e-6)
    assert 0 <= distance_km(one, other) <= FARTHEST_KM


@given(positions, positions)
def test_a_bearing_is_in_its_range(one: Position, other: Position) -> None:
    assert 0 <= initial_bearing_deg(one, other) < 360


@given(positions, positions, st.floats(0, FARTHEST_KM))
@example(Position(latitude=0, longitude=179.9), Position(latitude=0, longitude=-179.9), 30.0)
@example(Position(latitude=89.9, longitude=0), Position(latitude=89.9, longitude=180), 30.0)
@example(Position(latitude=-90, longitude=0), Position(latitude=-89.9, longitude=-120), 30.0)
@example(ZURICH, ZURICH, 0.0)
def test_every_place_within_a_circle_is_in_its_boxes(center: Position, place: Position, radius_km: float) -> None:
    if distance_km(center, place) <= radius_km:
        assert any(is_inside(box, place) for box in boxes_around(center, radius_km))


@given(positions, st.floats(0, FARTHEST_KM))
def test_a_box_never_crosses_the_edges_of_the_map(center: Position, radius_km: float) -> None:
    for box in boxes_around(center, radius_km):
        assert -90 <= box.south <= box.north <= 90
        assert -180 <= box.west <= box.east <= 180


def test_a_small_circle_has_a_small_box() -> None:
    (box,) = boxes_around(ZURICH, 11.12)
    assert box.north - box.south == pytest.approx(0.2, abs=0.001)
