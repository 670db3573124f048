# mypy: ignore-errors
"""Handlers that yield: JSON lines, server-sent events and pieces of a body, with everything around them."""

import functools
import math
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Query, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import EventSourceResponse, PlainTextResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel, Field

from differential.cases import case, get, post, send


class Item(BaseModel):
    a: int
    b: float | None = None


class Secretive(Item):
    secret: str = "s"


class Aliased(BaseModel):
    x: int = Field(1, alias="xX")
    n: float = 1.0


class WithConstants(BaseModel):
    model_config = {"ser_json_inf_nan": "constants"}
    f: float


@dataclass
class Point:
    a: int
    f: float


ODD_VALUES = [
    *(Aliased(n=math.nan), Point(1, math.inf), {math.nan: 1}, {1: 2, None: 3, True: 4}, WithConstants(f=math.nan)),
    *([Aliased()], {"_sa_x": 1, "b": 2}, (1, 2), {1}, math.inf, "x\n\u2028é\x7f\U0001f600", b"bytes", None, 1.5, ""),
    *({"x": math.nan, "y": [math.inf, -math.inf, [math.nan]]}, "\ud800"),
]


def paths(app):
    return [route.path for route in app.routes if isinstance(route, APIRoute)]


def add(app, **options):
    return lambda handler: app.get(f"/{handler.__name__.replace('_', '-')}", **options)(handler)


LINES = "plain typed typed-bad typed-bad-first sync-typed delegating status any-type union annotated-item pair-of-types"
LINES += " wrong-kind-of-iterable no-items no-sync-items failing failing-late refusing refusing-late unserialisable"
LINES += " a-response options unset none included by-name options-without-type model-given list-type whole-type"
LINES += " response-type lone-surrogate nothing-finite"


@case(*[get(f"/{name}") for name in LINES.split()], post("/posted", json={"a": 1}), post("/posted", json={"a": "x"}))
def json_lines() -> FastAPI:
    app = FastAPI()

    @add(app)
    async def plain():
        for value in ODD_VALUES:
            yield value

    @add(app)
    async def typed() -> AsyncIterable[Item]:
        yield Item(a=1)
        yield Secretive(a=2)
        yield {"a": 3, "b": math.nan}

    @add(app)
    async def typed_bad() -> AsyncIterable[Item]:
        yield Item(a=1)
        yield {"a": "x"}

    @add(app)
    async def typed_bad_first() -> AsyncIterable[Item]:
        yield {"a": "x"}

    @add(app)
    def sync_typed() -> Iterable[Item]:
        yield Item(a=1)
        yield {"a": 2}

    @add(app)
    def delegating() -> Generator[Item, None, None]:
        yield Item(a=1)
        yield from [{"a": 2}, Item(a=3)]

    @add(app, status_code=201)
    async def status() -> AsyncIterator[int]:
        yield 1

    @add(app)
    async def any_type() -> AsyncIterable[Any]:
        for value in ODD_VALUES[:-1]:
            yield value

    @add(app)
    async def union() -> AsyncIterable[int | str]:
        yield 3
        yield "x"

    @add(app)
    async def annotated_item() -> AsyncIterable[Annotated[int, Field(ge=3)]]:
        yield 4
        yield 1

    @add(app)
    async def pair_of_types() -> AsyncGenerator[Aliased, None]:
        yield Aliased(n=math.nan)

    @add(app)
    async def wrong_kind_of_iterable() -> Iterable[int]:
        yield "3"

    @add(app)
    async def no_items():
        for _ in ():
            yield

    @add(app)
    def no_sync_items():
        yield from ()

    @add(app)
    async def failing():
        raise ValueError("early")
        yield 1

    @add(app)
    async def failing_late():
        yield 1
        raise ValueError("late")

    @add(app)
    async def refusing():
        raise HTTPException(418, "tea")
        yield 1

    @add(app)
    def refusing_late():
        yield 1
        raise HTTPException(418, "tea")

    @add(app)
    async def unserialisable():
        yield object()

    @add(app)
    async def a_response():
        yield PlainTextResponse("hi")

    @add(app, response_model_by_alias=False, response_model_exclude={"n"})
    async def options() -> AsyncIterable[Aliased]:
        yield Aliased(n=2)

    @add(app, response_model_exclude_unset=True)
    async def unset() -> AsyncIterable[Item]:
        yield Item(a=1)

    @add(app, response_model_exclude_none=True)
    async def none() -> AsyncIterable[Item]:
        yield Item(a=1)

    @add(app, response_model_include={"b"})
    async def included() -> AsyncIterable[Item]:
        yield Item(a=1)

    @add(app)
    async def by_name() -> "AsyncIterable[Item]":
        yield Item(a=1)

    @add(app, response_model_exclude={"b"})
    async def options_without_type():
        yield Item(a=1)

    @add(app, response_model=Item)
    async def model_given():
        yield {"a": "1"}

    @add(app)
    async def list_type() -> list[Item]:
        yield {"a": "1"}

    @add(app)
    async def whole_type() -> int:
        yield "3"

    @add(app)
    async def response_type() -> StreamingResponse:
        yield "3"

    @add(app)
    async def lone_surrogate() -> AsyncIterable[str]:
        yield "\ud800"

    @add(app)
    async def nothing_finite() -> AsyncIterable[WithConstants]:
        yield {"f": math.inf}

    @app.post("/posted")
    async def posted(item: Item) -> AsyncIterable[Item]:
        yield item

    return app


EVENTS = "plain typed typed-event typed-events-as-data event-or-number kind-of-event sync-typed no-items options"
EVENTS += " model-given list-type sync-list lone-surrogate of-all-kinds subclass-of-response"


@case(*[get(f"/{name}") for name in EVENTS.split()], post("/posted"), get("/header-from-dependency"))
def events() -> FastAPI:
    app = FastAPI(default_response_class=EventSourceResponse)

    @add(app)
    async def plain():
        for value in ODD_VALUES:
            yield value

    @add(app)
    async def of_all_kinds():
        for value in ODD_VALUES:
            yield ServerSentEvent(data=value)
        yield ServerSentEvent()
        yield ServerSentEvent(comment="one\r\ntwo\rthree\nfour\n")
        yield ServerSentEvent(raw_data="one\r\ntwo\rthree\nfour\u2028\x0b\x85\n", event="e", id="", retry=0, comment="")
        yield ServerSentEvent(raw_data="", id="7")
        yield ServerSentEvent(event="")

    @add(app)
    async def typed() -> AsyncIterable[Item]:
        yield Item(a=1)
        yield Secretive(a=2)
        yield {"a": 3, "b": math.nan}
        yield ServerSentEvent(data={"not": "an item"})
        yield ServerSentEvent(data=Secretive(a=4))

    @add(app)
    async def typed_event() -> AsyncIterable[ServerSentEvent]:
        yield ServerSentEvent(data=1)

    @add(app)
    async def typed_events_as_data() -> AsyncIterable[ServerSentEvent]:
        yield {"data": 1}
        yield 5

    @add(app)
    async def event_or_number() -> AsyncIterable[int | float]:
        yield 5
        yield ServerSentEvent(data=1)

    class KindOfEvent(ServerSentEvent):
        pass

    @add(app)
    async def kind_of_event() -> AsyncIterable[KindOfEvent]:
        yield KindOfEvent(data="x")

    @add(app)
    def sync_typed() -> Iterable[Item]:
        yield Item(a=1)
        yield {"a": 2}

    @add(app)
    async def no_items():
        for _ in ():
            yield

    @add(app, response_model_exclude={"b"}, response_model_by_alias=False)
    async def options() -> AsyncIterable[Item]:
        yield Item(a=1)
        yield ServerSentEvent(data=Item(a=2))

    @add(app, response_model=Item)
    async def model_given() -> AsyncIterable[Item]:
        yield {"a": "1"}

    @add(app)
    async def list_type() -> list[Item]:
        yield Item(a=1)

    @add(app)
    def sync_list() -> list[str]:
        return ["a", "b"]

    @add(app)
    async def lone_surrogate():
        yield "\ud800"

    class Subclass(EventSourceResponse):
        media_type = "text/x"

    @add(app, response_class=Subclass)
    async def subclass_of_response():
        yield 1

    @app.post("/posted", status_code=201)
    async def posted():
        yield 1

    def set_headers(response: Response) -> None:
        response.headers["x-a"] = "b"
        response.headers["cache-control"] = "max-age=1"
        response.status_code = 202

    @add(app, dependencies=[Depends(set_headers)])
    async def header_from_dependency():
        yield 1

    return app


RAW = "text sync-text chunks numbers subclass latin ints model-given"


@case(*[get(f"/{name}") for name in RAW.split()])
def pieces() -> FastAPI:
    app = FastAPI()
    raw = functools.partial(add, app, response_class=StreamingResponse)

    @raw()
    async def text() -> AsyncIterable[str]:
        yield "é"
        yield ""

    @raw(status_code=201)
    def sync_text(response: Response):
        response.headers["x-late"] = "1"
        yield "a"
        yield b"b"

    @raw()
    async def chunks():
        yield b"a"
        yield bytearray(b"b")

    @raw()
    async def numbers() -> AsyncIterable[int]:
        yield 1

    class Image(StreamingResponse):
        media_type = "image/png"

    @add(app, response_class=Image)
    async def subclass():
        yield b"a"

    class Latin(StreamingResponse):
        media_type = "text/plain"
        charset = "latin-1"

    @add(app, response_class=Latin)
    def latin():
        yield "é"

    @raw()
    async def ints() -> int:
        yield "1"

    @raw(response_model=Item)
    async def model_given() -> AsyncIterable[int]:
        yield "1"

    return app


@case(*[get(f"/{kind}-{name}") for kind in ("lines", "raw") for name in ("fine", "failing", "refusing", "late")])
def order_of_exits(log) -> FastAPI:
    app = FastAPI()

    def opened(name, **options):
        async def open_it():
            log("enter", name)
            try:
                yield name
            except BaseException as exc:
                log("saw", name, type(exc).__name__)
                raise
            finally:
                log("exit", name)

        return Depends(open_it, **options)

    def handler(fails):
        async def items(
            tasks: BackgroundTasks,
            request=opened("request"),
            function=opened("function", scope="function"),
            second=opened("second"),
        ):
            tasks.add_task(log, "task")
            log("start", request, function, second)
            try:
                if fails == "failing":
                    raise ValueError("early")
                if fails == "refusing":
                    raise HTTPException(418)
                yield "1"
                if fails == "late":
                    raise ValueError("late")
                yield "2"
            finally:
                log("end")

        return items

    for fails in ("fine", "failing", "refusing", "late"):
        app.get(f"/lines-{fails}")(handler(fails))
        app.get(f"/raw-{fails}", response_class=StreamingResponse)(handler(fails))
    return app


@case(*[get(f"/{kind}-{name}") for kind in ("lines", "events", "raw") for name in ("fine", "failing", "late")])
def order_of_exits_around_threads(log) -> FastAPI:
    app = FastAPI()

    def opened():
        log("enter")
        try:
            yield
        except BaseException as exc:
            log("saw", type(exc).__name__, *getattr(exc, "exceptions", ()))
            raise
        finally:
            log("exit")

    def handler(fails):
        def items(tasks: BackgroundTasks):
            tasks.add_task(log, "task")
            yield "1"
            yield "2"

        return items

    for kind, options in (
        ("lines", {}),
        ("events", {"response_class": EventSourceResponse}),
        ("raw", {"response_class": StreamingResponse}),
    ):
        app.get(f"/{kind}-fine", dependencies=[Depends(opened)], **options)(handler("fine"))
    return app


@case(get("/failing"), get("/refusing"))
def failing_events() -> FastAPI:
    app = FastAPI()

    @add(app, response_class=EventSourceResponse)
    async def failing():
        raise ValueError("early")
        yield 1

    @add(app, response_class=EventSourceResponse)
    async def refusing():
        raise HTTPException(418)
        yield 1

    return app


@case(*[get(f"/{name}") for name in ("instance", "sync-instance", "partial", "wrapped", "wrapped-plainly", "method")])
def callables_that_yield() -> FastAPI:
    app = FastAPI()

    class Instance:
        async def __call__(self, q: int = 1) -> AsyncIterable[int]:
            yield str(q)

        def method(self, q: int = 2) -> Iterator[int]:
            yield str(q)

    class SyncInstance:
        def __call__(self, q: int = 1):
            yield q

    async def base(x: int, q: int = 1) -> AsyncIterable[int]:
        yield x
        yield q

    def wrapping(handler):
        @functools.wraps(handler)
        async def wrapped(*args, **kwargs):
            async for item in handler(*args, **kwargs):
                yield item

        return wrapped

    def wrapping_plainly(handler):
        @functools.wraps(handler)
        def wrapped(*args, **kwargs):
            return handler(*args, **kwargs)

        return wrapped

    @wrapping
    async def wrapped(q: int = 3) -> AsyncIterable[int]:
        yield q

    @wrapping_plainly
    def wrapped_plainly(q: int = 4) -> Iterable[int]:
        yield q

    app.get("/instance", name="a")(Instance())
    app.get("/sync-instance", name="b")(SyncInstance())
    app.get("/partial", name="c")(functools.partial(base, 5))
    app.get("/wrapped")(wrapped)
    app.get("/wrapped-plainly")(wrapped_plainly)
    app.get("/method")(Instance().method)
    return app


@case(*[get(f"/{name}") for name in ("own", "inner/own", "of-router/own", "of-inclusion/own", "raw/own", "inner/json")])
def classes_of_routers() -> FastAPI:
    app = FastAPI()
    inner, of_router = APIRouter(), APIRouter(default_response_class=EventSourceResponse)

    async def own() -> AsyncIterable[str]:
        yield "x"

    inner.get("/own")(own)
    of_router.get("/own")(own)
    app.get("/own")(own)

    @inner.get("/json", response_class=EventSourceResponse)
    async def json() -> AsyncIterable[Item]:
        yield Item(a=1)

    app.include_router(inner, prefix="/inner")
    app.include_router(of_router, prefix="/of-router")
    app.include_router(inner, prefix="/of-inclusion", default_response_class=EventSourceResponse)
    app.include_router(inner, prefix="/raw", default_response_class=StreamingResponse)
    return app


@case(*[get(f"/{name}") for name in ("lines", "events", "raw", "lines/changed", "events/changed", "raw/changed")])
def custom_route_handlers() -> FastAPI:
    class Changing(APIRoute):
        def get_route_handler(self):
            handler = super().get_route_handler()

            async def handle(request):
                response = await handler(request)
                response.headers["x-media-type"] = str(response.media_type)
                if "changed" in request.url.path:
                    original = response.body_iterator

                    async def changed():
                        async for piece in original:
                            yield b">" + (piece if isinstance(piece, bytes) else piece.encode())

                    response.body_iterator = changed()
                return response

            return handle

    app = FastAPI()
    app.router.route_class = Changing

    def items() -> Iterable[str]:
        yield "a"
        yield "b"

    for path, options in (
        ("lines", {}),
        ("events", {"response_class": EventSourceResponse}),
        ("raw", {"response_class": StreamingResponse}),
    ):
        app.get(f"/{path}", **options)(items)
        app.get(f"/{path}/changed", **options)(items)
    return app


@case(*[get(f"/{name}", {"accept-encoding": "gzip"}) for name in ("lines", "events", "raw")])
def streams_behind_middleware(log) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def around(request, call_next):
        response = await call_next(request)
        log("status", response.status_code)
        response.headers["x-around"] = "1"
        return response

    app.add_middleware(GZipMiddleware, minimum_size=1)

    async def items():
        yield "a" * 10
        yield "b" * 10

    app.get("/lines")(items)
    app.get("/events", response_class=EventSourceResponse)(items)
    app.get("/raw", response_class=StreamingResponse)(items)
    return app


@case(get("/"), get("/?count=x"), get("/?count=2"), post("/body", json=[1, 2]), post("/body", content=b"{"))
def values_before_items() -> FastAPI:
    app = FastAPI()

    async def doubled(count: Annotated[int, Query()]) -> int:
        return 2 * count

    @app.get("/")
    async def items(number: Annotated[int, Depends(doubled)], response: Response) -> AsyncIterable[int]:
        for each in range(number):
            yield each

    @app.post("/body", response_class=EventSourceResponse)
    def body(values: list[int]) -> Iterable[int]:
        yield from values

    return app


@case(get("/lines"), get("/events"), send("HEAD", "/lines"), send("HEAD", "/head"))
def further_responses() -> FastAPI:
    app = FastAPI()

    @app.get("/lines", responses={404: {"model": Item}, 200: {"content": {"application/jsonl": {"example": 1}}}})
    async def lines() -> AsyncIterable[Item]:
        yield Item(a=1)

    @app.get("/events", response_class=EventSourceResponse, responses={404: {"model": Item}, 200: {"model": Secretive}})
    async def events() -> AsyncIterable[Item]:
        yield Item(a=1)

    @app.get("/no-content", status_code=204)
    async def no_content() -> AsyncIterable[Item]:
        yield Item(a=1)

    @app.head("/head")
    async def of_head():
        yield 1

    @app.get("/png", response_class=StreamingResponse, responses={200: {"content": {"image/png": {}}}})
    async def png():
        yield b""

    return app


@case(get("/iterable"), get("/generator"))
def iterables_that_are_returned() -> FastAPI:
    app = FastAPI()

    @app.get("/iterable")
    def iterable() -> Iterable[int]:
        return [1, "2"]

    @app.get("/generator")
    def generator() -> Generator[int, None, None]:
        return (x for x in [1, "2"])

    return app


def declared(annotation, **options):
    def build() -> FastAPI:
        app = FastAPI()

        async def items():
            yield 1

        items.__annotations__["return"] = annotation
        app.get("/", **options)(items)
        return app

    return build


INVALID = "Invalid args for response field!"


@case(error_text=INVALID)
def items_of_an_iterable_without_type() -> FastAPI:
    return declared(AsyncIterable)()


@case(error_text=INVALID)
def items_that_are_none() -> FastAPI:
    return declared(AsyncIterable[None])()


@case(error_text=INVALID)
def a_model_that_is_an_iterable() -> FastAPI:
    return declared(int, response_model=AsyncIterable[int])()


@case(error_text=INVALID)
def pieces_without_type() -> FastAPI:
    return declared(AsyncIterable, response_class=StreamingResponse)()


@case(error_text="Status code 204 must not have a response body")
def a_model_without_body() -> FastAPI:
    return declared(Sequence[int], status_code=204)()


@case(*[get(f"/{number}{ending}") for number in range(7) for ending in ("", "/events")], get("/openapi.json"))
def item_types_that_say_little() -> FastAPI:
    """Nothing in brackets means anything, None is a type, and the data of an event may be anything."""
    app = FastAPI()
    bare = (typing.Iterator, typing.Iterable, typing.Generator)
    types = (*bare, *(kind[None] for kind in bare[:2]), Iterator[ServerSentEvent], Iterator[Any])

    def declare(number: int, kind: Any, items: list[Any]) -> None:
        def produce():
            yield from items

        produce.__annotations__["return"] = kind
        app.get(f"/{number}", name=f"lines {number}")(produce)
        app.get(f"/{number}/events", response_class=EventSourceResponse, name=f"events {number}")(produce)

    for number, kind in enumerate(types):
        declare(number, kind, [None, None] if kind in types[3:5] else [1, {"a": None}])
    return app
