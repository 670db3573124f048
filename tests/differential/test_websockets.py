"""Websockets with dependencies: one program on both frameworks, and all that client and program see compared."""

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from differential.loader import REFERENCE
from differential.test_programs import CANDIDATE

reference: ModuleType = importlib.import_module(REFERENCE)
candidate: ModuleType = importlib.import_module(CANDIDATE)


def build(framework: ModuleType, events: list[str]) -> Any:
    def note(text: str) -> Any:
        return framework.Depends(lambda: events.append(text))

    def connection() -> Iterator[str]:
        events.append("open")
        try:
            yield "connection"
        finally:
            events.append("close")

    app = framework.FastAPI(dependencies=[note("app")])
    router = framework.APIRouter(prefix="/router", dependencies=[note("router")])

    async def talk(
        websocket: WebSocket,
        number: int,
        q: Annotated[int | None, framework.Query()] = None,
        x_token: Annotated[str, framework.Header()] = "none",
        value: str = framework.Depends(connection),
    ) -> None:
        await websocket.accept()
        await websocket.send_json([number, q, x_token, value])
        word = await websocket.receive_text()
        if word == "policy":
            raise framework.WebSocketException(1011, "because")
        if word == "value":
            raise ValueError(word)
        if word == "http":
            raise framework.HTTPException(400, "refused")
        await websocket.send_text(word)
        await websocket.close()

    async def refuse(websocket: WebSocket) -> None:
        raise framework.WebSocketException(1008, "not today")

    async def close_4000(websocket: WebSocket, exc: ValueError) -> None:
        events.append("handled")
        await websocket.send_text("sorry")
        await websocket.close(4000)

    router.websocket("/talk/{number}", name="talk", dependencies=[note("route")])(talk)
    app.include_router(router, prefix="/included", dependencies=[note("include")])
    app.websocket("/refuse")(refuse)
    app.add_api_websocket_route("/added/{number}", talk, "added")
    app.exception_handler(ValueError)(close_4000)
    return app


def converse(framework: ModuleType, url: str, word: str) -> tuple[list[Any], list[str]]:
    """Return what the client got, and what the program did. The two run beside each other."""
    got: list[Any] = []
    events: list[str] = []
    app = build(framework, events)
    try:
        with TestClient(app).websocket_connect(url, headers={"x-token": "t"}) as session:
            got.append(session.receive_json())
            session.send_text(word)
            got.append(session.receive())
            while got[-1]["type"] == "websocket.send":
                got.append(session.receive())
    except WebSocketDisconnect as exc:
        got.append(("disconnected", exc.code, exc.reason))
    except Exception as exc:
        got.append((type(exc).__name__, str(exc)))
    return got, events


@pytest.mark.parametrize("word", ["hello", "policy", "value", "http"])
@pytest.mark.parametrize(
    "url", ["/included/router/talk/3?q=4", "/included/router/talk/x?q=y", "/added/5", "/refuse", "/nothing/here"]
)
def test_a_websocket_behaves_as_on_the_reference(url: str, word: str) -> None:
    assert converse(candidate, url, word) == converse(reference, url, word)


def test_the_path_of_a_websocket_is_found_by_name() -> None:
    paths = [build(framework, []).url_path_for("talk", number=3) for framework in (reference, candidate)]

    assert paths == ["/included/router/talk/3"] * 2
