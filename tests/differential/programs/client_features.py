# mypy: ignore-errors
"""What the TestClient can do, on apps that use every feature."""

import contextlib
from contextlib import asynccontextmanager
from typing import Annotated

import anyio
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from differential.cases import case


def tell(log, response) -> None:
    log(response.request.method, str(response.request.url), response.status_code, response.text)
    log(sorted(response.headers.items()), dict(response.cookies), [each.status_code for each in response.history])


def serving(log, **options) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        log("starts")
        yield {"items": ["one"]}
        log("stops")

    app = FastAPI(lifespan=lifespan, **options)

    @app.get("/items")
    async def items(request: Request):
        return getattr(request.state, "items", None)

    @app.post("/items", status_code=201)
    def add(item: str, request: Request, tasks: BackgroundTasks):
        request.state.items.append(item)
        tasks.add_task(log, "added", item)
        return request.state.items

    @app.post("/echo")
    async def echo(request: Request):
        chunks = [chunk async for chunk in request.stream()]
        return [b"".join(chunks).decode(), request.headers.get("content-type"), request.headers.get("content-length")]

    @app.get("/boom")
    async def boom():
        raise KeyError("boom")

    @app.get("/teapot")
    def teapot():
        raise HTTPException(418, "tea")

    @app.get("/go/{n}")
    def go(n: int, response: Response):
        if n == 0:
            return "there"
        return RedirectResponse(f"{n - 1}", 302, headers={"set-cookie": f"n{n}=1"})

    @app.get("/cookies")
    def cookies(request: Request):
        return sorted(request.cookies.items())

    @app.get("/logout")
    def logout(response: Response):
        response.delete_cookie("n2")

    @app.get("/scope")
    async def scope(request: Request):
        return [
            *(request.scope[name] for name in ("root_path", "path", "scheme", "server", "client", "http_version")),
            request.scope["raw_path"].decode(),
            request.scope["query_string"].decode(),
            sorted(request.headers.items()),
            sorted(request.scope["extensions"]),
            str(request.url),
        ]

    @app.get("/count")
    async def count():
        async def numbers():
            for number in range(3):
                yield f"{number}\n"

        return StreamingResponse(numbers(), media_type="text/plain")

    @app.websocket("/ws")
    async def ws(websocket: WebSocket, name: str = "nobody"):
        await websocket.accept(websocket.headers.get("sec-websocket-protocol"))
        async for word in websocket.iter_text():
            if word == "boom":
                raise KeyError("boom")
            if word == "bytes":
                await websocket.send_bytes(b"bytes")
            elif word == "close":
                await websocket.close(3001, "because")
                return
            else:
                await websocket.send_json({"name": name, "word": word})

    @app.websocket("/json/{mode}")
    async def json(websocket: WebSocket, mode: str):
        await websocket.accept()
        got = await websocket.receive_json(mode=mode)
        await websocket.send_json([got], mode=mode)
        await websocket.close()

    return app


@case()
def bodies_of_every_kind(log) -> None:
    client = TestClient(serving(log))

    def chunks():
        yield b"one "
        yield b"two"

    async def later():
        yield b"one "

    tell(log, client.post("/echo", content=b"bytes"))
    tell(log, client.post("/echo", content="täxt"))
    tell(log, client.post("/echo", content=chunks()))
    tell(log, client.post("/echo", json={"a": [1, None, "ä"]}))
    tell(log, client.post("/echo", data={"a": "1", "b": ["2", "3"]}))
    tell(log, client.post("/echo"))
    tell(log, client.request("POST", "/echo", content=b"x", headers={"content-type": "text/plain"}))
    try:
        tell(log, client.post("/echo", content=later()))
    except Exception as exc:
        log(type(exc).__name__)


@case()
def answers_in_pieces(log) -> None:
    client = TestClient(serving(log))
    with client.stream("GET", "/count") as response:
        log("status", response.status_code)
        for line in response.iter_lines():
            log("got", line)
    with client.stream("GET", "/count") as response:
        log(response.read())
    with client.stream("GET", "/count") as response:
        log(next(response.iter_raw()))
    tell(log, client.get("/count"))
    with client.stream("HEAD", "/count") as response:
        log(response.status_code, response.read())
    with client.stream("POST", "/echo", content=b"streamed") as response:
        log(response.status_code, response.read())


@case()
def lifespans_and_state(log) -> None:
    app = serving(log)
    tell(log, TestClient(app).get("/items"))
    with TestClient(app) as client:
        log(client.app_state)
        tell(log, client.post("/items", params={"item": "two"}))
        tell(log, client.get("/items"))
    with client:
        tell(log, client.get("/items"))
    with TestClient(app) as one, TestClient(app) as two:
        one.post("/items?item=one more")
        tell(log, two.get("/items"))


@case()
def lifespans_that_fail(log) -> None:
    def failing(when):
        @asynccontextmanager
        async def lifespan(app):
            if when == "start":
                raise ValueError("at the start")
            yield
            raise ValueError("at the end")

        return lifespan

    for when in ("start", "end"):
        try:
            with TestClient(FastAPI(lifespan=failing(when))) as client:
                log(client.get("/none").status_code)
        except Exception as exc:
            log(type(exc).__name__, str(exc))


@case()
def errors_raised_or_answered(log) -> None:
    app = serving(log)
    for raises in (True, False):
        client = TestClient(app, raise_server_exceptions=raises)
        for path in ("/boom", "/teapot", "/none"):
            try:
                tell(log, client.get(path))
            except Exception as exc:
                log("raised", repr(exc))
        try:
            with client.websocket_connect("/ws") as session:
                session.send_text("boom")
                log(session.receive())
        except BaseException as exc:
            log("raised", type(exc).__name__)
    response = TestClient(app).get("/teapot")
    try:
        response.raise_for_status()
    except Exception as exc:
        log(type(exc).__name__)


@case()
def redirects_and_cookies(log) -> None:
    client = TestClient(serving(log))
    tell(log, client.get("/go/2"))
    tell(log, client.get("/cookies"))
    tell(log, client.get("/logout"))
    tell(log, client.get("/cookies"))
    tell(log, client.get("/go/1", follow_redirects=False))
    client = TestClient(serving(log), follow_redirects=False, cookies={"mine": "1"})
    tell(log, client.get("/go/2"))
    tell(log, client.get("/go/2", follow_redirects=True))
    tell(log, client.get("/cookies"))
    tell(log, client.get("/items/"))


@case()
def scopes(log) -> None:
    app = serving(log)
    tell(log, TestClient(app).get("/scope?a=b&c=%20"))
    tell(log, TestClient(app, root_path="/api").get("/scope"))
    tell(log, TestClient(app, root_path="/api").get("/api/scope"))
    tell(log, TestClient(app, base_url="https://example.org:444/base").get("scope"))
    tell(log, TestClient(app, base_url="https://example.org").get("http://other.example/scope"))
    tell(log, TestClient(app, client=("10.0.0.1", 5), headers={"user-agent": "mine", "x": "1"}).get("/scope"))
    with TestClient(app) as client:
        tell(log, client.get("/scope", headers={"x": "2"}, params={"q": ["1", "2"]}))


@case()
def websockets(log) -> None:
    client = TestClient(serving(log))
    with client.websocket_connect("/ws?name=ada", subprotocols=["chat"]) as session:
        log(session.accepted_subprotocol, session.extra_headers)
        session.send_text("hello")
        log(session.receive_json())
        session.send_text("bytes")
        log(session.receive_bytes())
        session.send_json({"a": 1})
        log(session.receive_text())
        session.send_text("close")
        try:
            session.receive_text()
        except WebSocketDisconnect as exc:
            log(exc.code, exc.reason)
    with client.websocket_connect("/ws") as session:
        session.close(1001)
    for mode in ("text", "binary"):
        with client.websocket_connect(f"/json/{mode}") as session:
            session.send_json({"a": "ä"}, mode=mode)
            log(session.receive_json(mode=mode))
    with client.websocket_connect("/ws") as one, client.websocket_connect("/ws?name=two") as two:
        two.send_text("b")
        one.send_text("a")
        log(one.receive_json(), two.receive_json())
    for path in ("/none", "/items"):
        try:
            with client.websocket_connect(path):
                log("connected")
        except WebSocketDisconnect as exc:
            log(exc.code, exc.reason)


@case()
def one_loop_for_all(log) -> None:
    """Inside `with`, requests and websockets share the loop of the lifespan, and may wait for each other."""
    app = FastAPI()
    told = {}

    @app.get("/wait")
    async def wait(request: Request):
        told.setdefault("event", anyio.Event())
        with anyio.fail_after(5):
            await told["event"].wait()
        return "told"

    @app.websocket("/tell")
    async def tell_it(websocket: WebSocket):
        await websocket.accept()
        await websocket.receive_text()
        told.setdefault("event", anyio.Event()).set()
        await websocket.send_text("done")
        await websocket.close()

    with TestClient(app) as client:
        with client.websocket_connect("/tell") as session:
            session.send_text("now")
            log(session.receive_text())
        log(client.get("/wait").json())
        log(client.portal is not None)


@case()
def overrides_and_yielding(log) -> None:
    def opened():
        log("open")
        yield "real"
        log("close")

    app = FastAPI()

    @app.get("/value")
    def value(it: Annotated[str, Depends(opened)]):
        return it

    @app.websocket("/value")
    async def value_ws(websocket: WebSocket, it: Annotated[str, Depends(opened)]):
        await websocket.accept()
        await websocket.send_text(it)
        await websocket.close()

    client = TestClient(app)
    for overrides in ({}, {opened: lambda: "fake"}):
        app.dependency_overrides = overrides
        log(client.get("/value").json())
        with client.websocket_connect("/value") as session:
            text = session.receive_text()
        log(text)


@case()
def a_client_used_from_threads(log) -> None:
    from concurrent.futures import ThreadPoolExecutor

    app = FastAPI()

    @app.get("/{n}")
    async def echo(n: int):
        await anyio.sleep(0)
        return n

    with TestClient(app) as client, ThreadPoolExecutor(4) as pool:
        log(sorted(pool.map(lambda n: client.get(f"/{n}").json(), range(20))))


@case()
def closed_clients(log) -> None:
    app = serving(log)
    client = TestClient(app)
    client.close()
    with contextlib.suppress(Exception):
        log(client.get("/cookies").status_code)
    log(client.is_closed)
