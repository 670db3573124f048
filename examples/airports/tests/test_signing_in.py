"""Signing in, tokens, and what they allow."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import airportsdata
import httpx2
import jwt
import pytest

from airports import accounts, settings
from airports.errors import InvalidGrantError
from airports.loading import open_loaded
from airports.settings import UnusableSettingError
from airports.tests.conftest import sign_in
from airports.tests.server import PASSWORD, SECRET


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the path of a database that is made quickly: without airports."""
    monkeypatch.setattr(airportsdata, "load", dict)
    return tmp_path / "airports.sqlite3"


def ask_for_token(client: httpx2.Client, **form: str) -> httpx2.Response:
    return client.post("/token", data=form)


def make_token(secret: str = SECRET, algorithm: str = "HS256", **claims: object) -> str:
    exp = datetime.now(UTC) + timedelta(minutes=5)
    return jwt.encode({"sub": "editor", "scope": "airports:write", "exp": exp} | claims, secret, algorithm=algorithm)


def with_token(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_name_and_a_password_give_a_token_for_an_hour(client: httpx2.Client) -> None:
    response = ask_for_token(client, username="editor", password=PASSWORD)
    token = response.json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert set(token) == {"access_token", "token_type", "expires_in", "scope"}
    assert (token["token_type"], token["scope"]) == ("bearer", "airports:read airports:write")
    assert 3590 <= token["expires_in"] <= 3600


def test_a_token_says_who_one_is(client: httpx2.Client) -> None:
    account = client.get("/account", headers=sign_in(client, "viewer")).json()
    assert (account["name"], account["scopes"]) == ("viewer", ["airports:read"])


@pytest.mark.parametrize(
    ("name", "asked", "granted"),
    [
        ("editor", "airports:read", "airports:read"),
        ("viewer", "airports:read airports:write", "airports:read"),
        ("editor", "airports:write whatever", "airports:write"),
    ],
)
def test_a_token_allows_what_was_asked_for_and_may_be_had(
    client: httpx2.Client, name: str, asked: str, granted: str
) -> None:
    response = ask_for_token(client, username=name, password=PASSWORD, scope=asked)
    assert response.json()["scope"] == granted


@pytest.mark.parametrize(("name", "password"), [("editor", "guess"), ("nobody", "guess"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(client: httpx2.Client, name: str, password: str) -> None:
    response = ask_for_token(client, username=name, password=password)
    assert response.status_code == 400
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json() == {
        "error": "invalid_grant",
        "error_description": "No account has this name and password.",
    }


@pytest.mark.slow
def test_an_unknown_name_takes_as_long_as_a_wrong_password(path: Path) -> None:
    def take_s(connection: sqlite3.Connection, name: str) -> float:
        start = perf_counter()
        with pytest.raises(InvalidGrantError):
            accounts.authenticate(connection, name, "guess", [])
        return perf_counter() - start

    with closing(open_loaded(path, PASSWORD)) as connection:
        known = median(take_s(connection, "editor") for _ in range(5))
        unknown = median(take_s(connection, "nobody") for _ in range(5))
    # Without the hash an unknown name would take a thousandth.
    assert 1 / 3 < unknown / known < 3


def test_asking_only_for_scopes_that_one_may_not_have_is_refused(client: httpx2.Client) -> None:
    response = ask_for_token(client, username="viewer", password=PASSWORD, scope="airports:write")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "username"),
        ({"username": "editor"}, "password"),
        ({"username": "editor", "password": "x", "grant_type": "code"}, "grant_type"),
    ],
)
def test_a_sign_in_without_its_fields_is_refused(client: httpx2.Client, form: dict[str, str], field: str) -> None:
    response = client.post("/token", data=form)
    assert response.status_code == 422
    assert ["body", field] in [error["loc"] for error in response.json()["detail"]]


def test_a_huge_sign_in_is_refused(client: httpx2.Client) -> None:
    assert ask_for_token(client, username="editor", password="x" * 20_000).status_code == 413


def test_without_a_token_one_is_asked_for(client: httpx2.Client) -> None:
    response = client.get("/account")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json()["code"] == "not_signed_in"


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "a.b.c",
        "\xff\xfe",
        make_token("another secret that is long enough to sign"),
        make_token(exp=datetime.now(UTC) - timedelta(seconds=1)),
        make_token(sub="nobody"),
        make_token(sub=["editor"]),
        make_token(scope=None),
        make_token(exp=2**80),
        make_token(exp="soon"),
        make_token("", algorithm="none"),
        make_token("", algorithm="none").rsplit(".", 1)[0] + "." + make_token().rsplit(".", 1)[1],
        jwt.encode({"sub": "editor", "scope": "airports:write"}, SECRET, algorithm="HS256"),
        make_token() + "x",
        "x" * 5_000,
    ],
    ids=lambda token: ascii(token[:20]),
)
def test_a_bad_token_is_refused(client: httpx2.Client, token: str) -> None:
    header = f"Bearer {token}".encode("latin-1")  # bytes are sent as they are
    response = client.get("/account", headers=[(b"Authorization", header)])
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert response.json()["code"] == "invalid_token"


def test_a_token_of_ours_is_taken(client: httpx2.Client) -> None:
    assert client.get("/account", headers=with_token(make_token())).json()["scopes"] == ["airports:write"]


def test_a_token_allows_no_more_than_its_account_may(client: httpx2.Client) -> None:
    token = make_token(sub="viewer", scope="airports:read airports:write everything")
    assert client.get("/account", headers=with_token(token)).json()["scopes"] == ["airports:read"]


@pytest.mark.parametrize("scheme", ["Basic", "bearer", "BEARER"])
def test_only_bearer_tokens_are_tokens_in_any_case(client: httpx2.Client, scheme: str) -> None:
    response = client.get("/account", headers={"Authorization": f"{scheme} {make_token()}"})
    assert response.status_code == (401 if scheme == "Basic" else 200)


def test_a_scope_that_is_missing_is_named(client: httpx2.Client) -> None:
    files: Any = {"file": ("a.csv", b"")}
    response = client.post("/imports", files=files, headers=sign_in(client, "viewer"))
    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="airports:write"'
    assert response.json() == {
        "code": "insufficient_scope",
        "message": "This needs a token with the scope airports:write.",
    }


def test_reading_airports_needs_no_token_and_a_bad_one_is_no_harm(client: httpx2.Client) -> None:
    assert client.get("/airports/ZRH", headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_a_first_start_without_a_password_tells_one_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_loaded(path).close()
    told = {str(record.args[0]): str(record.args[1]) for record in caplog.records if isinstance(record.args, tuple)}
    assert set(told) == {"editor", "viewer"}

    caplog.clear()
    with closing(open_loaded(path)) as connection:
        assert caplog.records == []
        assert accounts.authenticate(connection, "viewer", told["viewer"], []).scopes == {"airports:read"}


def test_the_password_of_the_environment_is_set_at_each_start(path: Path) -> None:
    open_loaded(path, "old").close()
    with closing(open_loaded(path, "new")) as connection:
        assert accounts.authenticate(connection, "editor", "new", []).name == "editor"
        with pytest.raises(InvalidGrantError):
            accounts.authenticate(connection, "editor", "old", [])


def test_passwords_are_stored_as_argon2_hashes(path: Path) -> None:
    with closing(open_loaded(path, PASSWORD)) as connection:
        hashes = [row["password_hash"] for row in connection.execute("SELECT password_hash FROM accounts")]
    assert [text.split("$")[1] for text in hashes] == ["argon2id", "argon2id"]


def test_a_short_secret_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRPORTS_SECRET", "short")
    with pytest.raises(UnusableSettingError, match="AIRPORTS_SECRET has 5 bytes, and a safe one at least 32"):
        settings.read_settings.__wrapped__()


def test_secrets_are_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRPORTS_SECRET", SECRET)
    monkeypatch.setenv("AIRPORTS_PASSWORD", PASSWORD)
    shown = repr(settings.read_settings.__wrapped__())
    assert SECRET not in shown and PASSWORD not in shown
