"""Watch-lists: created, read, replaced, changed, deleted, and kept from strangers."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest


def create(client: httpx2.Client, **draft: object) -> dict[str, Any]:
    response = client.post("/watchlists", json={"name": "Ski trips", **draft})
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


def codes(watchlist: dict[str, Any]) -> list[str]:
    return [airport["icao"] for airport in watchlist["airports"]]


def token(watchlist: dict[str, Any]) -> dict[str, str]:
    return {"X-Edit-Token": watchlist["edit_token"]}


def test_a_new_watchlist_can_be_read_where_its_location_says(client: httpx2.Client) -> None:
    response = client.post("/watchlists", json={"name": "  Ski trips ", "note": "❄", "airports": ["gva", "INN"]})
    created = response.json()
    read = client.get(response.headers["Location"]).json()
    assert {**read, "edit_token": created["edit_token"]} == created
    assert (read["name"], read["note"], codes(read)) == ("Ski trips", "❄", ["LSGG", "LOWI"])


def test_the_edit_token_is_shown_once_and_its_digest_never(client: httpx2.Client) -> None:
    created = create(client)
    read = client.get(f"/watchlists/{created['id']}").json()
    changed = client.patch(f"/watchlists/{created['id']}", json={}, headers=token(created)).json()
    visible = {"id", "name", "note", "airports", "created_at", "updated_at"}
    assert set(created) == visible | {"edit_token"}
    assert set(read) == set(changed) == visible


def test_an_airport_named_twice_is_watched_once(client: httpx2.Client) -> None:
    assert codes(create(client, airports=["ZRH", "JFK", "LSZH"])) == ["LSZH", "KJFK"]


def test_putting_a_draft_replaces_everything(client: httpx2.Client) -> None:
    created = create(client, note="old", airports=["GVA", "INN"])
    response = client.put(f"/watchlists/{created['id']}", json={"name": "New"}, headers=token(created))
    assert response.status_code == 200
    replaced = response.json()
    assert (replaced["name"], replaced["note"], replaced["airports"]) == ("New", None, [])
    assert replaced["created_at"] == created["created_at"]
    assert replaced["updated_at"] > created["updated_at"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("Ski trips", "old", ["LSGG"])),
        ({"name": "New"}, ("New", "old", ["LSGG"])),
        ({"note": None}, ("Ski trips", None, ["LSGG"])),
        ({"airports": ["INN", "ZRH"]}, ("Ski trips", "old", ["LOWI", "LSZH"])),
        ({"airports": []}, ("Ski trips", "old", [])),
    ],
)
def test_a_change_touches_what_it_names(
    client: httpx2.Client, change: dict[str, object], expected: tuple[object, ...]
) -> None:
    created = create(client, note="old", airports=["GVA"])
    response = client.patch(f"/watchlists/{created['id']}", json=change, headers=token(created))
    assert response.status_code == 200
    for watchlist in (response.json(), client.get(f"/watchlists/{created['id']}").json()):
        assert (watchlist["name"], watchlist["note"], codes(watchlist)) == expected


def test_a_deleted_watchlist_is_gone(client: httpx2.Client) -> None:
    created = create(client, airports=["GVA"])
    response = client.delete(f"/watchlists/{created['id']}", headers=token(created))
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"/watchlists/{created['id']}").status_code == 404
    assert client.delete(f"/watchlists/{created['id']}", headers=token(created)).status_code == 404


def test_a_watchlist_that_never_was_is_not_found(client: httpx2.Client) -> None:
    unknown = uuid4()
    response = client.get(f"/watchlists/{unknown}")
    assert response.status_code == 404
    assert response.json() == {
        "code": "watchlist_not_found",
        "message": f"No watch-list has the id '{unknown}'.",
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_stranger_changes_nothing(client: httpx2.Client, method: str) -> None:
    created = create(client)
    content: dict[str, Any] = {} if method == "DELETE" else {"json": {"name": "Hacked"}}
    response = client.request(method, f"/watchlists/{created['id']}", headers={"X-Edit-Token": "guess"}, **content)
    assert response.status_code == 403
    assert response.json()["code"] == "wrong_edit_token"
    assert client.get(f"/watchlists/{created['id']}").json()["name"] == "Ski trips"


def test_a_change_without_a_token_is_refused(client: httpx2.Client) -> None:
    created = create(client)
    response = client.patch(f"/watchlists/{created['id']}", json={})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["header", "x-edit-token"]


def test_a_change_that_fails_half_way_leaves_everything_as_it_was(client: httpx2.Client) -> None:
    created = create(client, airports=["GVA"])
    change = {"name": "New", "airports": ["INN", "QQQ", "ZZZZ"]}
    response = client.patch(f"/watchlists/{created['id']}", json=change, headers=token(created))
    assert response.status_code == 400
    assert response.json() == {"code": "unknown_airports", "message": "No airport has the code 'QQQ' or 'ZZZZ'."}
    unchanged = client.get(f"/watchlists/{created['id']}").json()
    assert (unchanged["name"], codes(unchanged)) == ("Ski trips", ["LSGG"])


@pytest.mark.parametrize(
    ("draft", "location", "kind"),
    [
        ({}, ["body", "name"], "missing"),
        ({"name": "   "}, ["body", "name"], "string_too_short"),
        ({"name": "x" * 81}, ["body", "name"], "string_too_long"),
        ({"name": "x", "note": 5}, ["body", "note"], "string_type"),
        ({"name": "x", "airports": ["ZRH", "no code"]}, ["body", "airports", 1], "string_pattern_mismatch"),
        ({"name": "x", "airports": ["ZRH"] * 51}, ["body", "airports"], "too_long"),
        ({"name": "x", "edit_token_digest": "mine"}, ["body", "edit_token_digest"], "extra_forbidden"),
    ],
)
def test_a_draft_out_of_its_limits_is_refused(
    client: httpx2.Client, draft: dict[str, object], location: list[object], kind: str
) -> None:
    response = client.post("/watchlists", json=draft)
    assert response.status_code == 422
    (error,) = response.json()["detail"]
    assert (error["loc"], error["type"]) == (location, kind)


@pytest.mark.parametrize("field", ["name", "airports"])
def test_null_is_no_way_to_empty_a_field_that_must_be_there(client: httpx2.Client, field: str) -> None:
    created = create(client)
    response = client.patch(f"/watchlists/{created['id']}", json={field: None}, headers=token(created))
    assert response.status_code == 422
    assert response.json()["detail"][0]["msg"] == f"Value error, {field} can't be null; leave it out to keep it"
