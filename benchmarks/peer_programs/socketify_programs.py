"""socketify (uWebSockets), Pydantic by hand. Handlers that need not wait are `def` functions, its fastest way."""

import asyncio
import json
import os
from typing import Any

from pydantic import ValidationError
from socketify import App, AppListenOptions, OpCode

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn, Params
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


def read_root(res: Any, req: Any) -> None:
    res.cork_end({"hello": "world"})


def refuse(res: Any, exc: ValidationError) -> None:
    def answer(res: Any) -> None:
        res.write_status(422).write_header("content-type", "application/json").end(exc.json())

    res.cork(answer)


def answer_json(res: Any, data: bytes | str) -> None:
    res.cork(lambda res: res.write_header("content-type", "application/json").end(data))


def plain_json() -> App:
    app = App()
    app.get("/", read_root)
    return app


def idle() -> App:
    return plain_json()


def typed_parameters() -> App:
    def read_item(res: Any, req: Any) -> None:
        item_id = int(req.get_parameter(0))
        try:
            params = Params.model_validate({name: values[0] for name, values in req.get_queries().items()})
        except ValidationError as exc:
            refuse(res, exc)
        else:
            res.cork_end({"item_id": item_id, **params.model_dump()})

    app = App()
    app.get("/items/:item_id", read_item)
    return app


def model_in_out() -> App:
    def create_item(res: Any, req: Any) -> None:
        received = bytearray()

        # `await res.get_data()` would read better, but loses connections under load.
        def take(res: Any, chunk: bytes | None, is_end: bool) -> None:
            received.extend(chunk or b"")
            if not is_end:
                return
            try:
                item = ItemIn.model_validate_json(bytes(received))
            except ValidationError as exc:
                refuse(res, exc)
            else:
                answer_json(res, item.model_dump_json(exclude=HIDDEN))

        res.on_data(take)

    app = App()
    app.post("/items", create_item)
    return app


def model_list() -> App:
    def list_items(res: Any, req: Any) -> None:
        answer_json(res, ITEM_LIST.dump_json(ITEMS))

    app = App()
    app.get("/items", list_items)
    return app


def many_routes() -> App:
    app = App()

    def declare(number: int) -> None:
        def read_item(res: Any, req: Any) -> None:
            res.cork_end({"resource": number, "item_id": int(req.get_parameter(0))})

        app.get(f"/resource-{number}/:item_id", read_item)

    for number in range(ROUTES):
        declare(number)
    app.any("/*", lambda res, req: res.write_status(404).end("Not Found"))
    return app


def waiting() -> App:
    async def wait(res: Any, req: Any) -> None:
        await asyncio.sleep(0.05)
        res.cork_end({"waited": True})

    app = App()
    app.get("/wait", wait)
    return app


def upload() -> App:
    held: set[Any] = set()  # nothing else keeps a response alive until its body has come: without it the server crashes

    def take(res: Any, req: Any) -> None:
        size = 0
        held.add(res)

        def count(res: Any, chunk: bytes | None, is_end: bool) -> None:
            nonlocal size
            size += len(chunk or b"")
            if is_end:
                held.discard(res)
                res.cork_end({"size": size})

        res.on_data(count)

    app = App()
    app.post("/upload", take)
    return app


def download() -> App:
    held: set[Any] = set()  # as for uploads

    async def give(res: Any, req: Any) -> None:
        total = CHUNKS * len(CHUNK)
        held.add(res)
        res.write_header("content-type", "application/octet-stream")
        for _ in range(CHUNKS):
            is_sent, is_done = await res.send_chunk(CHUNK, total)
            if not is_sent or is_done:
                break
        held.discard(res)

    app = App()
    app.get("/download", give)
    return app


def websocket() -> App:
    def echo(ws: Any, message: Any, opcode: Any) -> None:
        ws.send(message, OpCode.TEXT)

    app = App()
    app.ws("/echo", {"message": echo})
    return app


if __name__ == "__main__":
    app = selected(
        plain_json,
        typed_parameters,
        model_in_out,
        model_list,
        many_routes,
        waiting,
        upload,
        download,
        websocket,
        idle,
    )
    app.json_serializer(json)
    app.listen(AppListenOptions(port=int(os.environ["PORT"]), host="127.0.0.1"), lambda config: None)
    app.run()
