"""Starlette: routes by hand, Pydantic by hand."""

import asyncio
from collections.abc import AsyncIterator

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn, Params
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


async def answer_invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, ValidationError)
    return Response(exc.json(), 422, media_type="application/json")


async def read_root(request: Request) -> Response:
    return JSONResponse({"hello": "world"})


def plain_json() -> Starlette:
    return Starlette(routes=[Route("/", read_root)])


def idle() -> Starlette:
    return plain_json()


def typed_parameters() -> Starlette:
    async def read_item(request: Request) -> Response:
        params = Params.model_validate(dict(request.query_params))
        return JSONResponse({"item_id": request.path_params["item_id"], **params.model_dump()})

    return Starlette(
        routes=[Route("/items/{item_id:int}", read_item)], exception_handlers={ValidationError: answer_invalid}
    )


def model_in_out() -> Starlette:
    async def create_item(request: Request) -> Response:
        item = ItemIn.model_validate_json(await request.body())
        return Response(item.model_dump_json(exclude=HIDDEN), media_type="application/json")

    return Starlette(
        routes=[Route("/items", create_item, methods=["POST"])], exception_handlers={ValidationError: answer_invalid}
    )


def model_list() -> Starlette:
    async def list_items(request: Request) -> Response:
        return Response(ITEM_LIST.dump_json(ITEMS), media_type="application/json")

    return Starlette(routes=[Route("/items", list_items)])


def sync_handler() -> Starlette:
    def read_sync(request: Request) -> Response:
        return JSONResponse({"hello": "world"})

    return Starlette(routes=[Route("/sync", read_sync)])


def function_middleware() -> Starlette:
    async def add_header(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-middleware"] = "seen"
        return response

    return Starlette(routes=[Route("/", read_root)], middleware=[Middleware(BaseHTTPMiddleware, dispatch=add_header)])


def many_routes() -> Starlette:
    def declare(number: int) -> Route:
        async def read_item(request: Request) -> Response:
            return JSONResponse({"resource": number, "item_id": request.path_params["item_id"]})

        return Route(f"/resource-{number}/{{item_id:int}}", read_item)

    return Starlette(routes=[declare(number) for number in range(ROUTES)])


def waiting() -> Starlette:
    async def wait(request: Request) -> Response:
        await asyncio.sleep(0.05)
        return JSONResponse({"waited": True})

    return Starlette(routes=[Route("/wait", wait)])


def upload() -> Starlette:
    async def take(request: Request) -> Response:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return JSONResponse({"size": size})

    return Starlette(routes=[Route("/upload", take, methods=["POST"])])


def download() -> Starlette:
    async def make_chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    async def give(request: Request) -> Response:
        return StreamingResponse(make_chunks(), media_type="application/octet-stream")

    return Starlette(routes=[Route("/download", give)])


def websocket() -> Starlette:
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    return Starlette(routes=[WebSocketRoute("/echo", echo)])


app = selected(
    plain_json,
    typed_parameters,
    model_in_out,
    model_list,
    sync_handler,
    function_middleware,
    many_routes,
    waiting,
    upload,
    download,
    websocket,
    idle,
)
