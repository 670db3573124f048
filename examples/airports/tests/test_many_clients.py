"""Two hundred clients at once, each with a connection and a watch-list of its own. Every answer must be its own."""

import asyncio
import ssl
from dataclasses import dataclass

import airportsdata
import httpx2
import pytest

from airports.geography import Position, distance_km
from airports.tests.server import Server

CLIENTS = 200
TIMEOUT_S = 60.0

World = dict[str, airportsdata.Airport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One client, and the two airports that are his."""

    number: int
    home: airportsdata.Airport
    away: airportsdata.Airport
    client: httpx2.AsyncClient

    @property
    def kilometres(self) -> float:
        home = Position(latitude=self.home["lat"], longitude=self.home["lon"])
        away = Position(latitude=self.away["lat"], longitude=self.away["lon"])
        return round(distance_km(home, away), 3)


async def visit(visitor: Visitor, all_connected: asyncio.Barrier) -> None:
    """Use every part of the service, and check each answer."""
    client, home, away = visitor.client, visitor.home, visitor.away
    home_read = await client.get(f"/airports/{home['icao']}")
    assert home_read.json()["name"] == home["name"]
    # From here on two hundred connections are open.
    await all_connected.wait()

    distance = await client.get(f"/distances/{home['icao']}/{away['icao']}")
    assert distance.json()["kilometres"] == visitor.kilometres

    nearest = await client.get("/airports/nearest", params={"latitude": home["lat"], "longitude": home["lon"]})
    assert nearest.json()[0]["distance_km"] == 0

    found = await client.get("/airports", params={"icao": away["icao"], "country": away["country"]})
    assert [airport["icao"] for airport in found.json()["items"]] == [away["icao"]]

    draft = {"name": f"List {visitor.number}", "airports": [home["icao"]]}
    created = await client.post("/watchlists", json=draft)
    assert created.status_code == 201, created.text
    address, token = created.headers["Location"], {"X-Edit-Token": created.json()["edit_token"]}

    # What one request has stored, the next one sees.
    read = await client.get(address)
    assert (read.json()["name"], read.json()["airports"]) == (draft["name"], [home_read.json()])

    changed = await client.patch(address, json={"airports": [home["icao"], away["icao"]]}, headers=token)
    assert [airport["icao"] for airport in changed.json()["airports"]] == [home["icao"], away["icao"]]
    assert (await client.get(address)).json() == changed.json()

    assert (await client.delete(address, headers=token)).status_code == 204
    assert (await client.get(address)).status_code == 404


async def visit_all(url: str, world: World) -> None:
    airports = sorted(world.values(), key=lambda airport: airport["icao"])[:: len(world) // (2 * CLIENTS)]
    all_connected = asyncio.Barrier(CLIENTS)
    context = ssl.create_default_context()  # made once: it costs more than everything else of a client

    async def one(number: int) -> None:
        async with httpx2.AsyncClient(base_url=url, timeout=TIMEOUT_S, verify=context) as client:
            home, away = airports[2 * number : 2 * number + 2]
            await visit(Visitor(number=number, home=home, away=away, client=client), all_connected)

    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as visitors:
        for number in range(CLIENTS):
            visitors.create_task(one(number))


@pytest.mark.slow
def test_two_hundred_clients_at_once_get_each_their_own_answers(server: Server, world: World) -> None:
    asyncio.run(visit_all(server.url, world))
