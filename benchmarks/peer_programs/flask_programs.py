"""Flask, Pydantic by hand."""

import time
from collections.abc import Iterator

from flask import Flask, Response, request
from pydantic import ValidationError

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn, Params
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected


def answer_invalid(exc: ValidationError) -> Response:
    return Response(exc.json(), 422, mimetype="application/json")


def plain_json() -> Flask:
    app = Flask("peer")

    @app.get("/")
    def read_root() -> dict[str, str]:
        return {"hello": "world"}

    return app


def idle() -> Flask:
    return plain_json()


def typed_parameters() -> Flask:
    app = Flask("peer")
    app.register_error_handler(ValidationError, answer_invalid)

    @app.get("/items/<int:item_id>")
    def read_item(item_id: int) -> dict[str, object]:
        params = Params.model_validate(request.args.to_dict())
        return {"item_id": item_id, **params.model_dump()}

    return app


def model_in_out() -> Flask:
    app = Flask("peer")
    app.register_error_handler(ValidationError, answer_invalid)

    @app.post("/items")
    def create_item() -> Response:
        item = ItemIn.model_validate_json(request.get_data())
        return Response(item.model_dump_json(exclude=HIDDEN), mimetype="application/json")

    return app


def model_list() -> Flask:
    app = Flask("peer")

    @app.get("/items")
    def list_items() -> Response:
        return Response(ITEM_LIST.dump_json(ITEMS), mimetype="application/json")

    return app


def sync_handler() -> Flask:
    app = Flask("peer")

    @app.get("/sync")
    def read_sync() -> dict[str, str]:
        return {"hello": "world"}

    return app


def function_middleware() -> Flask:
    app = plain_json()

    @app.after_request
    def add_header(response: Response) -> Response:
        response.headers["x-middleware"] = "seen"
        return response

    return app


def many_routes() -> Flask:
    app = Flask("peer")

    def declare(number: int) -> None:
        @app.get(f"/resource-{number}/<int:item_id>", endpoint=f"read_{number}")
        def read_item(item_id: int) -> dict[str, int]:
            return {"resource": number, "item_id": item_id}

    for number in range(ROUTES):
        declare(number)
    return app


def waiting() -> Flask:
    app = Flask("peer")

    @app.get("/wait")
    def wait() -> dict[str, bool]:
        time.sleep(0.05)
        return {"waited": True}

    return app


def upload() -> Flask:
    app = Flask("peer")

    @app.post("/upload")
    def take() -> dict[str, int]:
        size = 0
        while chunk := request.stream.read(len(CHUNK)):
            size += len(chunk)
        return {"size": size}

    return app


def download() -> Flask:
    app = Flask("peer")

    def make_chunks() -> Iterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @app.get("/download")
    def give() -> Response:
        return Response(make_chunks(), mimetype="application/octet-stream")

    return app


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
    idle,
)
