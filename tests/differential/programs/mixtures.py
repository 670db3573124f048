# mypy: ignore-errors
"""Parts of the surface together: forms with other bodies, streams with tasks and limits, schemes in every position."""

import asyncio
from collections.abc import AsyncIterable, Iterable
from typing import Annotated, Any, Literal

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
    WebSocket,
)
from fastapi.responses import EventSourceResponse, JSONResponse, StreamingResponse
from fastapi.security import (
    APIKeyHeader,
    HTTPBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    SecurityScopes,
)
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from differential.cases import case, connect, form, get, multipart, post, send, without_length


class Item(BaseModel):
    n: int
    s: str = "s"


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    some_name: int = Field(1, alias="someName")
    secret: str = Field("x", exclude=True)
    none: int | None = None


MIXED = ("/item", "/any", "/value", "/both", "/file", "/dependency", "/default", "/embed")


@case(
    *[form(path, body) for path in MIXED for body in (b"a=1&item=x&n=3", b'item={"n":1}&a=2', b"")],
    *[post(path, {"a": 1, "item": {"n": 2}, "n": 3}) for path in MIXED],
    *[multipart(path, ("a", None, b"1"), ("item", "f", b'{"n": 1}'), ("f", "f", b"1")) for path in MIXED],
)
def forms_and_bodies():
    app = FastAPI()

    def body_in_dependency(item: Item):
        return item

    @app.post("/item")
    async def item_(a: Annotated[int, Form()], item: Item):
        return [a, item]

    @app.post("/any")
    async def any_(a: Annotated[int, Form()], item: Annotated[Any, Body()]):
        return [a, repr(item)]

    @app.post("/value")
    def value(item: Annotated[str, Body()], a: Annotated[int, Form()]):
        return [a, item]

    @app.post("/both")
    async def both(item: Annotated[Item, Form()], a: Annotated[dict[str, Any], Body()]):
        return [a, item]

    @app.post("/file")
    async def file(f: UploadFile, item: Item | None = None):
        return [f.filename, item]

    @app.post("/dependency")
    async def dependency(a: Annotated[int, Form()], item: Annotated[Item, Depends(body_in_dependency)]):
        return [a, item]

    @app.post("/default")
    async def default(item: Annotated[Item, Body()] = Item(n=9), a: Annotated[int, Form()] = 8):
        return [a, item]

    @app.post("/embed")
    async def embed(item: Annotated[Item, Body(embed=True)], a: Annotated[int | None, Form()] = None):
        return [a, item]

    return app


@case(
    *[form(path, b"a=1&b=2") for path in ("/form", "/model", "/two", "/body", "/bodies")],
    *[post(path, {"a": 1, "b": 2}) for path in ("/form", "/model", "/two", "/body", "/bodies")],
    *[
        post(path, content=b'{"a": 1, "b": 2}', content_type="application/vnd.x+json")
        for path in ("/form", "/model", "/two", "/body", "/bodies")
    ],
    post("/raw", content=b"raw", content_type="text/plain"),
    post("/raw", content=b'"x"', content_type="application/json"),
    multipart("/file", ("f", "f", b"1")),
)
def media_types():
    app = FastAPI()

    @app.post("/form")
    async def form_(a: Annotated[int, Form(media_type="application/x-own")]):
        return a

    @app.post("/model")
    async def model(a: Annotated[Item | None, Form(media_type="multipart/form-data")] = None):
        return a

    @app.post("/two")
    async def two(
        a: Annotated[int, Form(media_type="multipart/form-data")], b: Annotated[int, Form(media_type="application/x-b")]
    ):
        return [a, b]

    @app.post("/body")
    async def body(a: Annotated[Any, Body(media_type="application/vnd.x+json")]):
        return a

    @app.post("/bodies")
    async def bodies(
        a: Annotated[Any, Body(media_type="application/x-a")], b: Annotated[Any, Body(media_type="application/x-b")]
    ):
        return [a, b]

    @app.post("/raw")
    async def raw(a: Annotated[bytes, Body(media_type="text/plain")]):
        return a.decode()

    @app.post("/file")
    async def file(f: Annotated[UploadFile, File(media_type="image/png")]):
        return f.filename

    @app.post("/files")
    async def files(f: Annotated[list[bytes], File(media_type="image/png")], a: Annotated[str, Form()] = "d"):
        return [f, a]

    return app


@case(
    multipart("/task", ("f", "f", b"12345")),
    multipart("/stream", ("f", "f", b"12345")),
    multipart("/events", ("f", "f", b"12345")),
    multipart("/lines", ("f", "f", b"12345"), ("g", "g", b"1"), ("g", "h", b"2")),
    multipart("/fails", ("f", "f", b"12345")),
    multipart("/lines", ("f", "f", b"12345")),
)
def uploads_are_read_later(log):
    app = FastAPI()

    async def tell(file: UploadFile):
        log("read", await file.read(), file.file.closed)

    @app.post("/task")
    async def task(f: UploadFile, background: BackgroundTasks):
        background.add_task(tell, f)
        return "done"

    @app.post("/stream")
    async def stream(f: UploadFile):
        async def pieces():
            while piece := await f.read(2):
                yield piece

        return StreamingResponse(pieces())

    @app.post("/events", response_class=EventSourceResponse)
    async def events(f: UploadFile):
        while piece := await f.read(2):
            yield piece.decode()

    @app.post("/lines")
    def lines(f: UploadFile, g: list[UploadFile]) -> Iterable[str]:
        yield f.file.read().decode()
        for each in g:
            yield each.filename
            yield each.file.read().decode()

    @app.post("/fails")
    async def fails(f: UploadFile, request: Request):
        request.state.file = f
        raise HTTPException(418)

    @app.exception_handler(418)
    async def handle(request: Request, exc: Exception):
        log("handler", await request.state.file.read())
        return JSONResponse("handled", 418)

    return app


class Form1(BaseModel):
    model_config = ConfigDict(validate_default=True)
    a: int = "3"
    b: list[list[int]] = [[1]]
    c: dict[str, int] = {}
    d: Item | None = None
    e: tuple[int, str] | None = None
    f: Literal["x", "y"] = "x"


FIELDS = (b"", b"a=1&b=2", b"c=1", b"d=1", b"e=1&e=2", b"e=1", b"f=z", b"b=[1]&b=[2]", b"e=1&e=x&e=3", b"a=&f=")


@case(*[form(path, body) for path in ("/model", "/fields") for body in FIELDS])
def nested_fields_of_forms():
    app = FastAPI()

    @app.post("/model")
    async def model(data: Annotated[Form1, Form()]):
        return [data, data.model_fields_set]

    @app.post("/fields")
    async def fields(
        a: Annotated[int, Form(validate_default=True)] = "3",
        e: Annotated[tuple[int, str] | None, Form()] = None,
        f: Annotated[Literal["x", "y"], Form(validate_default=True)] = "z",
        b: Annotated[frozenset[int] | str, Form()] = "",
    ):
        return [a, e, f, b]

    return app


STREAMS = ("/lines", "/aliased", "/excluded", "/events", "/raw", "/limited", "/model", "/none", "/by-name")


@case(*[get(path) for path in STREAMS], *[get(f"{path}?n=x") for path in STREAMS])
def streams_with_everything(log):
    app = FastAPI()
    limit = Depends(lambda: log("limited"), max_concurrency=1)

    def note(background: BackgroundTasks, response: Response, n: int = 1):
        background.add_task(log, "task")
        response.headers["x-from"] = "dependency"
        response.set_cookie("a", "b")
        response.status_code = 203
        return n

    @app.get("/lines", dependencies=[Depends(note)])
    async def lines() -> AsyncIterable[Item]:
        yield {"n": "1", "more": 2}

    @app.get("/aliased", dependencies=[Depends(note)])
    async def aliased() -> AsyncIterable[Aliased]:
        yield Aliased(some_name=2)
        yield {"someName": 3}
        yield {"some_name": 3}

    @app.get("/by-name", response_model_by_alias=False)
    def by_name() -> Iterable[Aliased]:
        yield Aliased(some_name=2)

    @app.get("/excluded", response_model_exclude_none=True, response_model_exclude={"secret"})
    async def excluded(n: Annotated[int, Depends(note)]) -> AsyncIterable[Aliased]:
        yield Aliased(some_name=n)

    @app.get("/events", response_class=EventSourceResponse, response_model_exclude_none=True)
    async def events(n: Annotated[int, Depends(note)]) -> AsyncIterable[Aliased]:
        yield Aliased(some_name=n)
        yield ServerSentEvent(data=Aliased(some_name=n), id="é", event="x y")

    @app.get("/raw", response_class=StreamingResponse, dependencies=[Depends(note)])
    def raw() -> Iterable[str]:
        yield "é"

    @app.get("/limited", dependencies=[limit])
    async def limited(n: Annotated[int, Depends(note, scope="function")]) -> AsyncIterable[int]:
        yield n

    @app.get("/model", response_model=list[Item], dependencies=[Depends(note)])
    async def model():
        yield {"n": 1}

    @app.get("/none", response_model=None, dependencies=[Depends(note)])
    async def none() -> AsyncIterable[Item]:
        yield {"n": "x"}

    return app


LIMITED = ("/lines", "/events", "/raw")


@case(
    *[
        post(path, content=b'"%s"' % (b"x" * size), content_type="application/json")
        for path in LIMITED
        for size in (2, 3)
    ],
    *[
        without_length(post(path, content=[b'"', b"x" * size, b'"'], content_type="application/json"))
        for path in LIMITED
        for size in (2, 3)
    ],
    *[without_length(multipart("/form", ("f", "f", b"1" * size))) for size in (1, 99)],
    *[multipart("/form", ("f", "f", b"1" * size)) for size in (1, 99)],
)
def limits_of_streams():
    app = FastAPI()

    @app.post("/lines", max_body_size=4)
    async def lines(text: Annotated[str, Body()]):
        yield text

    @app.post("/events", max_body_size=4, response_class=EventSourceResponse)
    async def events(text: Annotated[str, Body()]):
        yield text

    @app.post("/raw", max_body_size=4, response_class=StreamingResponse)
    def raw(text: Annotated[str, Body()]):
        yield text

    @app.post("/form", max_body_size=120)
    async def form_(f: UploadFile):
        yield f.filename

    return app


class Own(HTTPBearer):
    async def __call__(self, request: Request):
        found = await super().__call__(request)
        return found and found.credentials.upper()


class OwnError(HTTPBearer):
    def make_not_authenticated_error(self):
        return HTTPException(418, {"who": self.scheme_name}, headers={"x-own": "1"})


class OwnSync(APIKeyHeader):
    def __call__(self, request: Request):
        return request.headers.get(self.model.name, "none")


@case(
    *[get(path, headers) for path in ("/own", "/error", "/sync") for headers in ({}, {"authorization": "Bearer t"})],
    get("/sync", {"x-key": "k"}),
    get("/own", {"authorization": "Basic t"}),
)
def subclasses_of_schemes():
    app = FastAPI()

    @app.get("/own")
    async def own(user: Annotated[str, Security(Own(auto_error=False, description="d"))]):
        return user

    @app.get("/error")
    async def error(user: Annotated[Any, Depends(OwnError(scheme_name="Named"))]):
        return user.credentials

    @app.get("/sync")
    async def sync(key: Annotated[str, Depends(OwnSync(name="x-key"))]):
        return key

    return app


@case(
    get("/app"),
    get("/router/plain"),
    get("/router/scoped", {"authorization": "Bearer t", "x-key": "k"}),
    get("/router/plain", {"authorization": "Bearer t", "x-key": "k", "x-include": "i"}),
    get("/app", {"authorization": "Bearer t", "x-key": "k"}),
    connect("/router/socket"),
    connect("/router/socket", headers={"authorization": "Bearer t", "x-key": "k", "x-include": "i"}),
)
def schemes_in_every_position(log):
    bearer = OAuth2PasswordBearer("token", scopes={"a": "A", "b": "B"})
    key = APIKeyHeader(name="x-key", scheme_name="Key")
    include = APIKeyHeader(name="x-include", scheme_name="Include", auto_error=False)
    app = FastAPI(dependencies=[Depends(key)])
    router = APIRouter(prefix="/router", dependencies=[Security(bearer, scopes=["a"])])
    callbacks = APIRouter(dependencies=[Security(bearer, scopes=["callback"])])

    def user(token: Annotated[str, Security(bearer, scopes=["b"])], scopes: SecurityScopes):
        log(scopes.scope_str)
        return token

    @callbacks.post("{$callback_url}", dependencies=[Depends(include)])
    def called(item: Item):
        pass

    @app.get("/app")
    async def on_app():
        return 1

    @router.get("/plain", callbacks=callbacks.routes)
    async def plain():
        return 1

    @router.get("/scoped", dependencies=[Security(user, scopes=["c", "a"])], openapi_extra={"security": []})
    async def scoped(me: Annotated[str, Security(user, scopes=["d"])], again: Annotated[str, Depends(user)]):
        return [me, again]

    @router.websocket("/socket")
    async def socket(websocket: WebSocket, me: Annotated[str, Security(user, scopes=["w"])]):
        await websocket.accept()
        await websocket.send_text(me)
        await websocket.close()

    @app.webhooks.post("hook", dependencies=[Security(bearer, scopes=["hook"])])
    def hook(item: Item):
        pass

    app.include_router(router, dependencies=[Depends(include)])
    app.include_router(router, prefix="/again", dependencies=[Security(user, scopes=["included"])])
    return app


@case(
    form("/x", b"username=u&password=p&scope=a+b&more=1"),
    form("/x", b"username=u&password=p&grant_type=other"),
    form("/x", b"more=1"),
    multipart("/x", ("username", None, b"u"), ("password", None, b"p"), ("file", "f", b"1")),
    form("/model", b"username=u&password=p&n=1"),
    form("/model", b"n=x"),
)
def the_password_form_beside_others():
    app = FastAPI()

    @app.post("/x")
    async def x(
        data: Annotated[OAuth2PasswordRequestForm, Depends()],
        more: Annotated[int | None, Form()] = None,
        file: UploadFile | None = None,
    ):
        return [data.username, data.scopes, data.grant_type, more, file and file.filename]

    @app.post("/model")
    async def model(data: Annotated[OAuth2PasswordRequestForm, Depends()], item: Annotated[Item, Form()]):
        return [data.password, item]

    return app


@case(
    *[
        multipart(path, ("f", "b.txt", b"1"), ("g", None, b"t"), ("f", "a.txt", b"2"), ("f", "b.txt", b"3"))
        for path in ("/files", "/bytes", "/optional", "/mixed", "/request", "/dependency")
    ],
    *[
        multipart(path, ("f", "", b""), ("f", "x", b""), ("f", None, b"text"))
        for path in ("/files", "/bytes", "/optional", "/mixed", "/request", "/dependency")
    ],
    *[multipart(path) for path in ("/files", "/bytes", "/optional", "/mixed", "/request", "/dependency")],
    *[form(path, b"f=1&g=2") for path in ("/files", "/bytes", "/optional", "/mixed", "/request", "/dependency")],
)
def lists_of_files(log):
    app = FastAPI()

    def both(f: Annotated[list[bytes] | None, File()] = None, g: Annotated[str, Form()] = "d"):
        return [f and [each.decode() for each in f], g]

    @app.post("/files")
    async def files(f: list[UploadFile]):
        return [[each.filename, (await each.read()).decode()] for each in f]

    @app.post("/bytes")
    def bytes_(f: Annotated[list[bytes], File()]):
        return [each.decode() for each in f]

    @app.post("/optional")
    async def optional(f: list[UploadFile] | None = None):
        return f and [each.filename for each in f]

    @app.post("/mixed")
    async def mixed(f: list[UploadFile | str] = File(), g: str = Form("d")):
        return [[getattr(each, "filename", each) for each in f], g]

    @app.post("/request")
    async def request_(request: Request, f: Annotated[Any, Form()] = None):
        again = await request.form(max_files=1)
        return [[name, getattr(value, "filename", value)] for name, value in again.multi_items()]

    @app.post("/dependency")
    async def dependency(found: Annotated[Any, Depends(both)], g: Annotated[str | None, Form()] = None):
        return [found, g]

    return app


@case(
    *[get(path, headers) for path in ("/", "/all") for headers in ({}, {"x-a": "1"}, {"x_a": "1"}, {"cookie": "c=1"})],
    connect("/ws", headers={"x-a": "1", "cookie": "c=1; c=2"}),
    connect("/ws?n=1&n=2"),
    connect("/ws?n=x", headers={"x-a": "y"}),
)
def everything_annotated():
    app = FastAPI()
    Number = Annotated[int | None, Query(ge=0, alias="n")]
    Head = Annotated[int | None, Header()]
    Crumb = Annotated[str | None, Cookie()]

    class Commons:
        def __init__(self, number: Number = None, x_a: Head = None, c: Crumb = None):
            self.shown = [number, x_a, c]

    @app.get("/")
    async def root(commons: Annotated[Commons, Depends()]):
        return commons.shown

    @app.get("/all")
    async def all_(commons: Annotated[Any, Depends(Commons)], number: Number = None, x_a: Head = 3):
        return [commons.shown, number, x_a]

    @app.websocket("/ws")
    async def ws(websocket: WebSocket, commons: Annotated[Commons, Depends()]):
        await websocket.accept()
        await websocket.send_json(commons.shown)
        await websocket.close(3001, "reason")

    return app


@case(
    *[post(f"/{name}", content=b"x" * 6) for name in ("app", "router", "included", "route", "none", "sub/x")],
    *[send(method, "/app", content=b"x" * 6) for method in ("GET", "HEAD", "DELETE", "OPTIONS")],
    *[send(method, "/app", content=b"x" * 3) for method in ("GET", "HEAD", "DELETE", "OPTIONS")],
    post("/zero"),
    post("/zero", content=b"x"),
    without_length(post("/zero", content=[b"", b"x"])),
    post("/app", content=b"xxxxx", headers={"content-length": "4"}),
    post("/app", content=b"xxxxx", headers={"content-length": "x"}),
    post("/app", content=b"xxxxx", headers={"content-length": "-1"}),
    openapi=False,  # the order of several methods is up to chance
)
def limits_at_every_level(log):
    app = FastAPI(max_body_size=5)
    router, included = APIRouter(max_body_size=6), APIRouter()
    sub = FastAPI(max_body_size=6)

    async def read(request: Request):
        return len(await request.body())

    app.api_route("/app", methods=["GET", "HEAD", "DELETE", "OPTIONS", "POST"])(read)
    app.post("/route", max_body_size=6)(read)
    app.post("/none", max_body_size=None)(read)
    app.post("/zero", max_body_size=0)(read)
    router.post("/router")(read)
    included.post("/included")(read)
    sub.post("/x")(read)
    app.include_router(router)
    app.include_router(included, max_body_size=6)
    app.mount("/sub", sub)

    @app.exception_handler(413)
    async def too_large(request: Request, exc: HTTPException):
        log("handled", exc.detail)
        return JSONResponse("too large", 413)

    return app


@case(*[get(path) for path in ("/lines", "/events", "/sync", "/held")], concurrent=False, openapi=False)
def limited_dependencies_of_streams(log):
    app = FastAPI()
    running = []

    async def held():
        running.append(1)
        log("held", len(running))
        yield
        running.pop()

    one = Depends(held, max_concurrency=1)

    @app.get("/lines", dependencies=[one])
    async def lines():
        yield len(running)
        await asyncio.sleep(0)
        yield len(running)

    @app.get("/events", dependencies=[one], response_class=EventSourceResponse)
    async def events():
        yield len(running)

    @app.get("/sync", dependencies=[Depends(held, max_concurrency=1, scope="function")])
    def sync():
        yield len(running)

    @app.get("/held", dependencies=[one, one])
    async def twice():
        return len(running)

    return app
