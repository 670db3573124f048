"""Nearest airports against a search through all of them; distances against known ones."""

import airportsdata
import httpx2
import pytest

from airports.geography import Position, distance_km

World = dict[str, airportsdata.Airport]

PLACES = {
    "zurich": (47.38, 8.54),
    "west_of_the_antimeridian_in_fiji": (-16.8, 179.99),
    "east_of_the_antimeridian_in_fiji": (-16.8, -179.99),
    "on_the_antimeridian": (52.0, 180.0),
    "on_the_antimeridian_from_the_other_side": (52.0, -180.0),
    "north_pole": (90.0, 0.0),
    "south_pole": (-90.0, 123.0),
    "point_nemo_far_from_any_land": (-48.8767, -123.3933),
    "zero": (0.0, 0.0),
}


def by_hand(world: World, latitude: float, longitude: float) -> list[tuple[float, str]]:
    center = Position(latitude=latitude, longitude=longitude)
    return sorted(
        (distance_km(center, Position(latitude=airport["lat"], longitude=airport["lon"])), code)
        for code, airport in world.items()
    )


@pytest.mark.parametrize("place", PLACES)
def test_the_nearest_airports_are_those_that_a_look_at_all_finds(
    client: httpx2.Client, world: World, place: str
) -> None:
    latitude, longitude = PLACES[place]
    response = client.get("/airports/nearest", params={"latitude": latitude, "longitude": longitude, "limit": 25})
    found = [(airport["distance_km"], airport["icao"]) for airport in response.json()]
    expected = [(round(distance, 3), code) for distance, code in by_hand(world, latitude, longitude)[:25]]
    assert found == expected


def test_the_nearest_airports_lie_within_the_distance_asked_for(client: httpx2.Client, world: World) -> None:
    position = {"latitude": 46.2, "longitude": 7.4}
    found = client.get("/airports/nearest", params={**position, "within_km": 30, "limit": 100}).json()
    expected = [code for distance, code in by_hand(world, **position) if distance <= 30]
    assert [airport["icao"] for airport in found] == expected
    assert 0 < len(expected) < 100


def test_only_airports_with_an_iata_code_on_demand(client: httpx2.Client, world: World) -> None:
    position = {"latitude": 47.38, "longitude": 8.54}
    found = client.get("/airports/nearest", params={**position, "with_iata": "yes", "limit": 5}).json()
    expected = [code for _, code in by_hand(world, **position) if world[code]["iata"]][:5]
    assert [airport["icao"] for airport in found] == expected


def test_an_empty_circle_has_no_airports(client: httpx2.Client) -> None:
    position = {"latitude": -48.8767, "longitude": -123.3933, "within_km": 500}
    assert client.get("/airports/nearest", params=position).json() == []


def test_the_bearing_points_from_the_position_to_the_airport(client: httpx2.Client) -> None:
    position = {"latitude": 47.0, "longitude": 8.54917, "limit": 100}  # due south of Zurich airport
    airports = client.get("/airports/nearest", params=position).json()
    (zurich,) = (airport for airport in airports if airport["icao"] == "LSZH")
    assert zurich["bearing_deg"] == 0
    assert zurich["distance_km"] == pytest.approx(51.67, abs=0.01)


@pytest.mark.parametrize(
    ("parameters", "errors"),
    [
        ({}, [("latitude", "missing"), ("longitude", "missing")]),
        (
            {"latitude": "91", "longitude": "-181"},
            [("latitude", "less_than_equal"), ("longitude", "greater_than_equal")],
        ),
        ({"latitude": "nan", "longitude": "inf"}, [("latitude", "finite_number"), ("longitude", "finite_number")]),
        ({"latitude": "1", "longitude": "north"}, [("longitude", "float_parsing")]),
        ({"latitude": "1", "longitude": "1", "within_km": "0"}, [("within_km", "greater_than")]),
        ({"latitude": "1", "longitude": "1", "within_km": "1e999"}, [("within_km", "finite_number")]),
        ({"latitude": "1", "longitude": "1", "with_iata": "perhaps"}, [("with_iata", "bool_parsing")]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_position_that_is_none_is_refused_with_every_error(
    client: httpx2.Client, parameters: dict[str, str], errors: list[tuple[str, str]]
) -> None:
    response = client.get("/airports/nearest", params=parameters)
    assert response.status_code == 422
    assert [(error["loc"][1], error["type"]) for error in response.json()["detail"]] == errors


def test_the_distance_between_two_airports(client: httpx2.Client) -> None:
    distance = client.get("/distances/ZRH/kjfk").json()
    assert (distance["origin"]["icao"], distance["destination"]["icao"]) == ("LSZH", "KJFK")
    assert distance["kilometres"] == pytest.approx(6309.455, abs=0.001)
    assert distance["nautical_miles"] == pytest.approx(3406.833, abs=0.001)
    assert distance["initial_bearing_deg"] == 295.9


def test_the_distance_over_the_antimeridian_is_the_short_way(client: httpx2.Client) -> None:
    distance = client.get("/distances/NAN/APW").json()  # Fiji to Samoa
    assert distance["kilometres"] == pytest.approx(1210, abs=1)
    assert 0 < distance["initial_bearing_deg"] < 180


def test_an_airport_is_nowhere_from_itself(client: httpx2.Client) -> None:
    assert client.get("/distances/ZRH/LSZH").json()["kilometres"] == 0


def test_a_distance_to_an_unknown_airport_names_it(client: httpx2.Client) -> None:
    response = client.get("/distances/ZRH/QQQ")
    assert response.status_code == 404
    assert response.json() == {"code": "airport_not_found", "message": "No airport has the code 'QQQ'."}


def test_the_codes_of_a_distance_are_checked_both(client: httpx2.Client) -> None:
    response = client.get("/distances/Z/toolong")
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["detail"]] == [["path", "origin"], ["path", "destination"]]
