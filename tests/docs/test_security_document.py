"""The programs of docs/security.md do what that page says."""

import re
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from docs.test_documents import ROOT

from vivace.testclient import TestClient
from vivace.websockets import WebSocketDisconnect

BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/security.md").read_text(), re.MULTILINE | re.DOTALL)


def run(program: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    module = ModuleType("program_of_security")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(program, "<docs/security.md>", "exec"), module.__dict__)
    return TestClient(module.app)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Give a client of the program with tokens; hashing its passwords takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        yield run(BLOCKS[0], patch)


def sign_in(client: TestClient, name: str, scope: str) -> dict[str, str]:
    form = {"username": name, "password": f"{name}'s password", "scope": scope}
    return {"authorization": f"Bearer {client.post('/token', data=form).json()['access_token']}"}


@pytest.mark.slow
def test_a_user_who_has_signed_in_reads_what_the_scopes_allow(client: TestClient) -> None:
    maria = sign_in(client, "maria", "me notes")
    ben = sign_in(client, "ben", "me notes")

    assert client.get("/notes", headers=maria).json() == ["A note of maria"]
    assert client.get("/me", headers=ben).json() == {"name": "ben", "scopes": ["me"]}
    refused = client.get("/notes", headers=ben)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (403, 'Bearer scope="me notes"')


@pytest.mark.slow
@pytest.mark.parametrize("name", ["maria", "nobody"])
def test_a_wrong_name_or_password_is_refused(name: str, client: TestClient) -> None:
    answer = client.post("/token", data={"username": name, "password": "guessed"})

    assert (answer.status_code, answer.json()) == (400, {"detail": "Wrong name or password"})


@pytest.mark.slow
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic x", "Bearer é"])
def test_a_token_that_is_none_is_refused(authorization: str, client: TestClient) -> None:
    answer = client.get("/me", headers={b"authorization": authorization.encode("latin-1")})

    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


def test_a_websocket_with_a_token_speaks_and_one_without_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    client = run(BLOCKS[1], monkeypatch)

    with client.websocket_connect("/feed", params={"token": "maria's token"}) as websocket:
        websocket.send_text("again")
        assert [websocket.receive_text(), websocket.receive_text()] == ["Hello maria", "again"]
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/feed"):
        pass
    assert (refused.value.code, refused.value.reason) == (1008, "Sign in first")
