# mypy: ignore-errors
"""What one request changes in place must not be seen by the next, unless it is so on the reference."""

from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field
from starlette.datastructures import MutableHeaders

from differential.cases import case, get, post


class Item(BaseModel):
    name: str = "n"
    tags: list[str] = Field(default_factory=list)


class Appends:
    """Changes the list of headers that the app sent, in place."""

    def __init__(self, app, how):
        self.app, self.how = app, how

    async def __call__(self, scope, receive, send):
        async def sender(message):
            if message["type"] == "http.response.start":
                if self.how == "append":
                    message["headers"].append((b"x-added", b"1"))
                elif self.how == "mutable":
                    MutableHeaders(scope=message)["x-added"] = "1"
                elif self.how == "clear":
                    message["headers"].clear()
                else:
                    kept = [item for item in message["headers"] if item[0] != b"content-type"]
                    message["headers"][:] = kept
                    message["status"] = 299
            await send(message)

        await self.app(scope, receive, sender)


PATHS = [get(path) for path in ("/dict", "/model", "/text", "/none", "/http", "/missing", "/bad?n=x", "/raw")] * 2


def answers(app: FastAPI) -> FastAPI:
    raw = JSONResponse({"raw": 1})

    @app.get("/dict")
    async def of_dict():
        return {}

    @app.get("/model")
    async def model() -> Item:
        return Item()

    @app.get("/text", response_class=PlainTextResponse)
    def text():
        return "text"

    @app.get("/none", status_code=204)
    def none() -> None:
        return None

    @app.get("/http")
    def http():
        raise HTTPException(400, "x")

    @app.get("/bad")
    def bad(n: int):
        return n

    @app.get("/raw")
    def same_object():
        return raw

    return app


@case(*PATHS)
def headers_appended_in_place() -> FastAPI:
    app = answers(FastAPI())
    app.add_middleware(Appends, how="append")
    return app


@case(*PATHS)
def headers_changed_by_mutable_headers() -> FastAPI:
    app = answers(FastAPI())
    app.add_middleware(Appends, how="mutable")
    return app


@case(*PATHS)
def headers_cleared_in_place() -> FastAPI:
    app = answers(FastAPI())
    app.add_middleware(Appends, how="clear")
    return app


@case(*PATHS)
def headers_replaced_in_place_and_status_changed() -> FastAPI:
    app = answers(FastAPI())
    app.add_middleware(Appends, how="replace")
    return app


# Not the one Response object: Starlette gives its own list of headers to the function, and they add up.
@case(*[asked for asked in PATHS if asked.target != "/raw"])
def headers_changed_by_a_function() -> FastAPI:
    app = answers(FastAPI())

    @app.middleware("http")
    async def around(request, call_next):
        response = await call_next(request)
        response.headers.append("x-added", "1")
        response.raw_headers.append((b"x-raw", b"2"))
        if "content-type" in response.headers:
            del response.headers["content-type"]
        response.status_code += 1
        return response

    return app


@case(*[get("/")] * 3, *[get("/tasks")] * 3, *[get("/changed")] * 2)
def one_response_object_returned_again_and_again(log) -> FastAPI:
    app = FastAPI()
    plain, with_tasks, changed = PlainTextResponse("p"), PlainTextResponse("t"), PlainTextResponse("c")
    count = iter(range(10))

    @app.get("/")
    def read():
        return plain

    @app.get("/tasks")
    def tasks(tasks: BackgroundTasks):
        tasks.add_task(log, "task", next(count))
        return with_tasks

    @app.get("/changed")
    def change():
        changed.headers["x-count"] = str(next(count))
        return changed

    return app


DEFAULTS = [get("/d?q=1"), get("/l"), post("/b"), get("/m"), get("/h"), get("/nested")]


@case(*DEFAULTS, *DEFAULTS)
def defaults_changed_by_handlers() -> FastAPI:
    app = FastAPI()

    @app.get("/d")
    def of_dependency(value: Annotated[list, Depends(lambda: [])], q: int):
        value.append(q)
        return value

    @app.get("/l")
    def of_list(l: Annotated[list[int], Query()] = [1]):  # noqa: E741
        l.append(2)
        return l

    @app.post("/b")
    def of_body(item: Item = Item(tags=["default"])):
        item.tags.append("changed")
        item.name += "!"
        return item

    @app.get("/m")
    def of_model(item: Annotated[Item, Query()]):
        item.tags.append("x")
        return item

    @app.get("/h")
    def of_header(h: Annotated[set[str], Header()] = {"a"}):
        h.add("b")
        return sorted(h)

    @app.get("/nested")
    def nested(value: Any = {"a": [1]}):
        value["a"].append(2)
        return value

    return app


@case(*[get("/x/1?a=1")] * 2)
def the_scope_changed_by_a_handler() -> FastAPI:
    app = FastAPI()

    @app.get("/x/{n}")
    def read(request: Request, n: int, a: int = 0):
        seen = [dict(request.path_params), sorted(request.state._state), "mine" in request.scope]
        request.path_params["n"] = 99
        request.scope["path_params"]["more"] = 1
        request.scope["mine"] = True
        request.state.x = 1
        return [n, a, seen]

    return app


@case(*[get("/http")] * 2, *[get("/?n=x")] * 2)
def exceptions_changed_by_their_handlers() -> FastAPI:
    app = FastAPI()
    known = HTTPException(400, {"count": 0}, headers={"x-a": "1"})

    @app.exception_handler(HTTPException)
    async def http(request, exc):
        exc.headers["x-a"] += "1"
        exc.detail["count"] += 1
        return JSONResponse(exc.detail, exc.status_code, exc.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, exc):
        errors = exc.errors()
        errors[0]["msg"] = "changed"
        errors.append({"more": len(errors)})
        return JSONResponse({"errors": [{"msg": error.get("msg")} for error in errors], "body": exc.body}, 422)

    @app.get("/http")
    def raises():
        raise known

    @app.get("/")
    def read(n: int):
        return n

    return app


@case(get("/a"), get("/b"), get("/a"), get("/headers"), get("/headers"))
def the_injected_response_returned() -> FastAPI:
    app = FastAPI()

    def dependency(response: Response):
        response.headers["x-dep"] = "1"
        return response

    @app.get("/a")
    def same(response: Response, d=Depends(dependency)):
        response.status_code = 202
        response.body = b"body"
        return response

    @app.get("/b", status_code=201)
    def of_dependency(d: Annotated[Any, Depends(dependency)]):
        return d

    @app.get("/headers")
    def headers(response: JSONResponse):
        return [type(response).__name__, response.headers.items(), response.status_code, response.body.decode()]

    return app


@case(post("/", {"tags": ["a"]}), post("/", {"tags": ["a"]}), get("/stored"), get("/stored"))
def models_kept_between_requests() -> FastAPI:
    app = FastAPI()
    stored: list[Item] = []

    @app.post("/")
    def create(item: Item) -> Item:
        stored.append(item)
        return item

    @app.get("/stored", response_model=list[Item], response_model_exclude_unset=True)
    def read():
        for item in stored:
            item.tags.append("read")
        return stored

    return app
