# mypy: ignore-errors
"""What a test that uses the TestClient sees."""

from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, Cookie, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel

from differential.cases import case


class Item(BaseModel):
    name: str
    price: float = 1.5


def items_app(log) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        log("starts")
        yield {"db": "open"}
        log("stops")

    app = FastAPI(lifespan=lifespan)
    stored: dict[int, Item] = {}

    def find(item_id: int) -> Item:
        if item_id not in stored:
            raise HTTPException(404, f"no item {item_id}", headers={"x-missing": str(item_id)})
        return stored[item_id]

    @app.post("/items", status_code=201)
    def create(item: Item, response: Response, tasks: BackgroundTasks) -> Item:
        stored[len(stored) + 1] = item
        response.headers["location"] = f"/items/{len(stored)}"
        tasks.add_task(log, "stored", item.name)
        return item

    @app.get("/items")
    def every(limit: int = 10, x_token: Annotated[str | None, Header()] = None) -> dict[int, Item]:
        return dict(list(stored.items())[:limit])

    @app.get("/items/{item_id}")
    def one(item: Annotated[Item, Depends(find)]) -> Item:
        return item

    @app.delete("/items/{item_id}", status_code=204)
    def remove(item_id: int, item: Annotated[Item, Depends(find)]) -> None:
        del stored[item_id]

    @app.get("/login")
    def login(response: Response):
        response.set_cookie("session", "abc")
        return {"ok": True}

    @app.get("/me")
    def me(session: Annotated[str | None, Cookie()] = None):
        return {"session": session}

    @app.get("/old")
    def old():
        return RedirectResponse("/me")

    @app.get("/boom")
    def boom():
        raise RuntimeError("boom")

    @app.get("/stream")
    def stream():
        return StreamingResponse((f"{number}\n" for number in range(3)), media_type="text/plain")

    @app.get("/state")
    async def state(request: Request):
        return [
            getattr(request.state, "db", None),
            request.client.host,
            request.headers["user-agent"],
            request.url.hostname,
        ]

    return app


def tell(log, response) -> None:
    log(response.request.method, str(response.request.url), response.status_code, response.text, len(response.history))
    log(sorted(response.headers.items()))


@case()
def a_session_of_requests(log) -> None:
    app = items_app(log)
    with TestClient(app) as client:
        tell(log, client.get("/items"))
        tell(log, client.post("/items", json={"name": "a"}))
        tell(log, client.post("/items", json={"name": "b", "price": 3}))
        tell(log, client.post("/items", json={"price": "x"}))
        tell(log, client.post("/items", content=b"{"))
        tell(log, client.get("/items", params={"limit": 1}, headers={"X-Token": "t"}))
        tell(log, client.get("/items/2"))
        tell(log, client.get("/items/9"))
        tell(log, client.get("/items/x"))
        tell(log, client.delete("/items/2"))
        tell(log, client.delete("/items/2"))
        tell(log, client.request("PATCH", "/items/1"))
        tell(log, client.head("/items"))
        tell(log, client.options("/items"))
        tell(log, client.get("/state"))


@case()
def without_a_lifespan(log) -> None:
    client = TestClient(items_app(log))
    tell(log, client.get("/state"))
    tell(log, client.get("/docs/oauth2-redirect/none"))


@case()
def cookies_and_redirects(log) -> None:
    client = TestClient(items_app(log))
    tell(log, client.get("/me"))
    tell(log, client.get("/login"))
    tell(log, client.get("/me"))
    tell(log, client.get("/old"))
    tell(log, client.get("/old", follow_redirects=False))
    tell(log, client.get("/items/"))
    tell(log, client.get("/me", cookies={"session": "mine"}))
    log(dict(client.cookies))


@case()
def server_errors(log) -> None:
    app = items_app(log)
    try:
        TestClient(app).get("/boom")
    except RuntimeError as exc:
        log("raised", str(exc))
    tell(log, TestClient(app, raise_server_exceptions=False).get("/boom"))


@case()
def options_of_the_client(log) -> None:
    app = items_app(log)
    client = TestClient(
        app, base_url="https://example.org:8443/", root_path="/api", headers={"user-agent": "mine"}, client=("host", 1)
    )
    tell(log, client.get("/state"))
    tell(log, client.get("/items/"))


@case()
def streams(log) -> None:
    client = TestClient(items_app(log))
    with client.stream("GET", "/stream") as response:
        log(response.status_code, "".join(response.iter_text()))


@case()
def overrides_and_two_clients(log) -> None:
    app = FastAPI()

    def settings():
        return "real"

    @app.get("/")
    def read(value: Annotated[str, Depends(settings)]):
        return value

    with TestClient(app) as one, TestClient(app) as two:
        log(one.get("/").json())
        app.dependency_overrides[settings] = lambda: "fake"
        log(two.get("/").json())
        app.dependency_overrides = {}
        log(one.get("/").json())


@case()
def the_other_event_loop(log) -> None:
    with TestClient(items_app(log), backend="trio") as client:
        tell(log, client.post("/items", json={"name": "a"}))
        tell(log, client.get("/items/1"))
        tell(log, client.get("/items/x"))
        tell(log, client.get("/state"))
        tell(log, client.get("/stream"))
