"""Search, pages and single airports."""

import base64
import json

import airportsdata
import httpx2
import pytest

World = dict[str, airportsdata.Airport]


def every_page(client: httpx2.Client, **parameters: str | int) -> list[list[str]]:
    """Follow the cursors to the end; give the ICAO codes, page by page."""
    pages = []
    cursor: dict[str, str] = {}
    while True:
        response = client.get("/airports", params={**parameters, **cursor})
        assert response.status_code == 200, response.text
        page = response.json()
        pages.append([airport["icao"] for airport in page["items"]])
        if page["next_cursor"] is None:
            return pages
        cursor = {"cursor": page["next_cursor"]}


def test_the_service_knows_every_airport_of_its_source(client: httpx2.Client, world: World) -> None:
    assert client.get("/").json() == {
        "airports": len(world),
        "release": airportsdata.__version__,
        "docs": "/docs",
        "live": "/live",
    }


@pytest.mark.parametrize("code", ["ZRH", "LSZH", "zrh", "lSzH"])
def test_an_airport_is_read_by_either_code_in_any_case(client: httpx2.Client, code: str) -> None:
    assert client.get(f"/airports/{code}").json() == {
        "icao": "LSZH",
        "iata": "ZRH",
        "name": "Zurich Airport",
        "city": "Zurich",
        "subdivision": "Zurich",
        "country": "CH",
        "elevation_ft": 1416,
        "latitude": 47.4647,
        "longitude": 8.54917,
        "time_zone": "Europe/Zurich",
    }


def test_a_code_that_nobody_has_is_not_found(client: httpx2.Client) -> None:
    response = client.get("/airports/QQQQ")
    assert response.status_code == 404
    assert response.json() == {"code": "airport_not_found", "message": "No airport has the code 'QQQQ'."}


@pytest.mark.parametrize("parameters", [{"iata": "zrh"}, {"icao": "LSZH"}, {"name": "ZÜRICH", "country": "ch"}])
def test_a_search_finds_by_code_and_by_name_and_country(client: httpx2.Client, parameters: dict[str, str]) -> None:
    page = client.get("/airports", params=parameters).json()
    assert [airport["icao"] for airport in page["items"]] == ["LSZH"]
    assert page["next_cursor"] is None


def test_all_filters_must_hold(client: httpx2.Client) -> None:
    page = client.get("/airports", params={"name": "zurich", "country": "US"}).json()
    assert page == {"items": [], "next_cursor": None}


def test_signs_that_mean_something_to_sql_are_taken_literally(client: httpx2.Client) -> None:
    for name in ("%%", "__", "' OR 1=1 --"):
        assert client.get("/airports", params={"name": name}).json()["items"] == []


@pytest.mark.slow
@pytest.mark.parametrize("limit", [7, 50, 100])
def test_the_pages_of_a_search_hold_every_match_once_and_by_name(
    client: httpx2.Client, world: World, limit: int
) -> None:
    pages = every_page(client, country="CH", limit=limit)
    found = [code for page in pages for code in page]
    names = [world[code]["name"].casefold() for code in found]

    assert sorted(found) == sorted(code for code, airport in world.items() if airport["country"] == "CH")
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert names[0] < names[-1]


def test_airports_of_one_name_are_not_lost_between_pages(client: httpx2.Client, world: World) -> None:
    pages = every_page(client, name="Smith Airport", limit=1)
    found = [code for page in pages for code in page]
    assert sorted(found) == sorted(c for c, airport in world.items() if "smith airport" in airport["name"].lower())


def test_a_search_without_filters_gives_a_page_of_twenty(client: httpx2.Client) -> None:
    page = client.get("/airports").json()
    assert len(page["items"]) == 20
    assert page["next_cursor"]


def test_the_page_size_may_change_from_page_to_page(client: httpx2.Client) -> None:
    first = client.get("/airports", params={"country": "NZ", "limit": 5}).json()
    second = client.get("/airports", params={"country": "NZ", "limit": 3, "cursor": first["next_cursor"]}).json()
    both = client.get("/airports", params={"country": "NZ", "limit": 8}).json()
    assert first["items"] + second["items"] == both["items"]


def test_a_cursor_of_another_search_is_refused(client: httpx2.Client) -> None:
    cursor = client.get("/airports", params={"country": "NZ"}).json()["next_cursor"]
    response = client.get("/airports", params={"country": "AU", "cursor": cursor})
    assert response.status_code == 400
    assert response.json() == {
        "code": "invalid_cursor",
        "message": "The cursor belongs to another search. "
        "Take it unchanged from `next_cursor`, or leave it out to start again.",
    }


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "not base64!",
        "é",
        encoded(b"\xff\xfe"),
        encoded(b"[]"),
        encoded(b"{}"),
        encoded(b'{"name": "a", "icao": 1, "search": "x"}'),
        encoded(b'{"name": "\\ud800", "icao": "a", "search": "x"}'),
        encoded(b'{"name": NaN, "icao": "a", "search": "x"}'),
        encoded(b"[" * 400),
        encoded(json.dumps({"name": "a", "icao": "b", "search": "c", "more": 1}).encode()),
    ],
)
def test_a_cursor_that_was_made_up_is_refused(client: httpx2.Client, cursor: str) -> None:
    response = client.get("/airports", params={"cursor": cursor})
    assert response.status_code == 400
    assert response.json()["message"].startswith("The cursor was not issued by this service.")


@pytest.mark.parametrize(
    ("parameters", "location", "kind"),
    [
        ({"limit": "0"}, "limit", "greater_than_equal"),
        ({"limit": "101"}, "limit", "less_than_equal"),
        ({"limit": "9" * 30}, "limit", "less_than_equal"),
        ({"limit": "ten"}, "limit", "int_parsing"),
        ({"country": "CHE"}, "country", "string_pattern_mismatch"),
        ({"country": "ÅÅ"}, "country", "string_pattern_mismatch"),
        ({"iata": "ZRHX"}, "iata", "string_pattern_mismatch"),
        ({"icao": "LSZ\n"}, "icao", "string_pattern_mismatch"),
        ({"name": " z "}, "name", "string_too_short"),
        ({"cursor": "a" * 601}, "cursor", "string_too_long"),
        ({"contry": "CH"}, "contry", "extra_forbidden"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_parameter_out_of_its_limits_is_refused(
    client: httpx2.Client, parameters: dict[str, str], location: str, kind: str
) -> None:
    response = client.get("/airports", params=parameters)
    assert response.status_code == 422
    (error,) = response.json()["detail"]
    assert (error["loc"], error["type"]) == (["query", location], kind)
