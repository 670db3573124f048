"""Sanic on its own server, with Sanic Extensions for validation and injection."""

import asyncio
from dataclasses import dataclass

from pydantic import ValidationError
from sanic import HTTPResponse, Request, Sanic, Websocket, json, raw
from sanic_ext import Extend

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn, Params
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


def make() -> Sanic:
    app = Sanic("peer")
    app.config.ACCESS_LOG = False
    app.config.KEEP_ALIVE_TIMEOUT = 120
    app.config.AUTO_EXTEND = False  # its documents of 1,000 routes alone take the server a minute
    return app


def plain_json() -> Sanic:
    app = make()

    @app.get("/")
    async def read_root(request: Request) -> HTTPResponse:
        return json({"hello": "world"})

    return app


def idle() -> Sanic:
    return plain_json()


def typed_parameters() -> Sanic:
    app = make()

    @app.get("/items/<item_id:int>")
    async def read_item(request: Request, item_id: int) -> HTTPResponse:
        try:
            params = Params.model_validate({name: values[0] for name, values in request.args.items()})
        except ValidationError as exc:
            return raw(exc.json(), 422, content_type="application/json")
        return json({"item_id": item_id, **params.model_dump()})

    return app


def model_in_out() -> Sanic:
    app = make()

    @app.post("/items")
    async def create_item(request: Request) -> HTTPResponse:
        try:
            item = ItemIn.model_validate_json(request.body)
        except ValidationError as exc:
            return raw(exc.json(), 422, content_type="application/json")
        return raw(item.model_dump_json(exclude=HIDDEN), content_type="application/json")

    return app


def model_list() -> Sanic:
    app = make()

    @app.get("/items")
    async def list_items(request: Request) -> HTTPResponse:
        return raw(ITEM_LIST.dump_json(ITEMS), content_type="application/json")

    return app


def dependency_chain() -> Sanic:
    app = make()
    app.config.OAS = False
    Extend(app)

    @dataclass
    class First:
        value: int

    @dataclass
    class Second:
        value: int

    @dataclass
    class Third:
        value: int

    @dataclass
    class Fourth:
        value: int

    @dataclass
    class Fifth:
        value: int

    async def first(request: Request) -> First:
        return First(int(request.args.get("start", 0)) + 1)

    async def second(request: Request, needed: First) -> Second:
        return Second(needed.value + 1)

    async def third(request: Request, needed: Second) -> Third:
        return Third(needed.value + 1)

    async def fourth(request: Request, needed: Third) -> Fourth:
        return Fourth(needed.value + 1)

    async def fifth(request: Request, needed: Fourth) -> Fifth:
        return Fifth(needed.value + 1)

    for kind, function in ((First, first), (Second, second), (Third, third), (Fourth, fourth), (Fifth, fifth)):
        app.ext.add_dependency(kind, function)

    @app.get("/chain")
    async def read_chain(request: Request, last: Fifth) -> HTTPResponse:
        return json({"value": last.value})

    return app


def function_middleware() -> Sanic:
    app = plain_json()

    @app.on_response
    async def add_header(request: Request, response: HTTPResponse) -> None:
        response.headers["x-middleware"] = "seen"

    return app


def many_routes() -> Sanic:
    app = make()

    def declare(number: int) -> None:
        @app.get(f"/resource-{number}/<item_id:int>", name=f"read_{number}")
        async def read_item(request: Request, item_id: int) -> HTTPResponse:
            return json({"resource": number, "item_id": item_id})

    for number in range(ROUTES):
        declare(number)
    return app


def waiting() -> Sanic:
    app = make()

    @app.get("/wait")
    async def wait(request: Request) -> HTTPResponse:
        await asyncio.sleep(0.05)
        return json({"waited": True})

    return app


def upload() -> Sanic:
    app = make()

    @app.post("/upload", stream=True)
    async def take(request: Request) -> HTTPResponse:
        size = 0
        while (chunk := await request.stream.read()) is not None:
            size += len(chunk)
        return json({"size": size})

    return app


def download() -> Sanic:
    app = make()

    @app.get("/download")
    async def give(request: Request) -> None:
        response = await request.respond(content_type="application/octet-stream")
        for _ in range(CHUNKS):
            await response.send(CHUNK)
        await response.eof()

    return app


def websocket() -> Sanic:
    app = make()

    @app.websocket("/echo")
    async def echo(request: Request, ws: Websocket) -> None:
        async for text in ws:
            await ws.send(text)

    return app


app = selected(
    plain_json,
    typed_parameters,
    model_in_out,
    model_list,
    dependency_chain,
    function_middleware,
    many_routes,
    waiting,
    upload,
    download,
    websocket,
    idle,
)
