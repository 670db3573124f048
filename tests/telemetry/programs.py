# mypy: ignore-errors
"""Programs whose telemetry is compared: each is a function of the framework and a recorder, and returns an app.

`PROGRAMS` has them with what is sent to them.
"""

import asyncio
import functools
import importlib
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router
from telemetry.driving import JSON, get, leaving, post, socket

PROGRAMS = {}

PARENT = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")


def program(*sendings):
    def decorate(build):
        PROGRAMS[build.__name__] = (build, sendings)
        return build

    return decorate


class Item(BaseModel):
    n: int


def no_operation():
    pass


class Failing(Exception):
    pass


@program(
    get("/items/3?q=1"),
    get("/plain"),
    get("/sync"),
    get("/own-response"),
    get("/no-content"),
    get("/class"),
    get("/partial"),
    get("/wrapped"),
    get("/lambda"),
    post("/items", b'{"n": 3}'),
)
def plain_answers(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())

    async def dependency():
        return 1

    @app.get("/items/{item_id}")
    async def read(item_id: int, q: int, d=framework.Depends(dependency)) -> Item:
        return Item(n=item_id)

    @app.post("/items")
    async def create(item: Item):
        return item

    @app.get("/plain")
    async def plain():
        return {}

    @app.get("/sync")
    def sync() -> Item:
        return Item(n=1)

    @app.get("/own-response")
    async def own_response():
        return PlainTextResponse("x")

    @app.get("/no-content", status_code=204)
    async def no_content() -> None:
        pass

    class Callable:
        async def __call__(self):
            return 1

    @functools.wraps(plain)
    async def wrapped():
        return 1

    app.get("/class")(Callable())
    app.get("/partial")(functools.partial(plain))
    app.get("/wrapped")(wrapped)
    app.get("/lambda")(lambda: 1)
    return app


@program(
    get("/items/x?q=y"),
    get("/items/1?q=1"),
    post("/items/1", b'{"n": "x"}'),
    post("/items/x?q=z", b'{"n":'),
    post("/items/1", b'\xff{"n":'),
    post("/items/1", b"1", ()),
    get("/by-hand"),
    get("/by-dependency"),
)
def refused_requests(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())
    refusal = framework.exceptions.RequestValidationError([{"type": "x", "loc": ("a",), "msg": "m"}])

    def dependency(q: int = 1):
        return q

    def refusing():
        raise refusal

    @app.get("/items/{item_id}")
    async def read(item_id: int, d=framework.Depends(dependency)):
        return item_id

    @app.post("/items/{item_id}")
    def create(item_id: int, item: Item, q: int = 1):
        return item

    @app.get("/by-hand")
    async def by_hand():
        raise refusal

    @app.get("/by-dependency", dependencies=[framework.Depends(refusing)])
    async def by_dependency():
        return 1

    return app


@program(
    get("/http/404"),
    get("/http/500"),
    get("/starlette"),
    get("/unhandled"),
    get("/handled"),
    get("/handler-fails"),
    get("/group"),
    get("/bad-result"),
    get("/dependency"),
    get("/dependency-http"),
    get("/exit"),
    get("/exit-before"),
    get("/converted"),
    get("/swallowed"),
)
def errors(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())

    @app.exception_handler(Failing)
    async def answer(request, exc):
        return PlainTextResponse("x", 503)

    @app.exception_handler(LookupError)
    def fail(request, exc):
        raise OSError("in the handler")

    @app.get("/http/{code}")
    async def http(code: int):
        raise framework.HTTPException(code, "no")

    @app.get("/starlette")
    async def starlette():
        raise StarletteHTTPException(418)

    @app.get("/unhandled")
    async def unhandled():
        raise ValueError("boom")

    @app.get("/handled")
    def handled():
        raise Failing("x")

    @app.get("/handler-fails")
    def handler_fails():
        raise KeyError("x")

    @app.get("/group")
    async def group():
        raise ExceptionGroup("x", [framework.HTTPException(400)])

    @app.get("/bad-result")
    def bad_result() -> Item:
        return {"n": "x"}

    async def failing():
        raise ValueError("dependency")

    async def unauthorised():
        raise framework.HTTPException(401)

    @app.get("/dependency")
    async def dependency(d=framework.Depends(failing)):
        return 1

    @app.get("/dependency-http")
    async def dependency_http(d=framework.Depends(unauthorised)):
        return 1

    async def fails_at_exit():
        yield 1
        raise ValueError("exit")

    async def converts():
        try:
            yield
        except ValueError:
            raise framework.HTTPException(409) from None

    async def swallows():
        with suppress(ValueError):
            yield

    @app.get("/exit")
    async def exits(d=framework.Depends(fails_at_exit)):
        return 1

    @app.get("/exit-before")
    async def exits_before(d=framework.Depends(fails_at_exit, scope="function")):
        return 1

    @app.get("/converted")
    async def converted(d=framework.Depends(converts)):
        raise ValueError

    @app.get("/swallowed")
    async def swallowed(d=framework.Depends(swallows)):
        raise ValueError

    return app


@program(get("/handled"), get("/unhandled"), get("/answered"), get("/copied/1"), get("/function/1"))
def middleware(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())

    class Answering:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            try:
                await self.app(dict(scope), receive, send)
            except ValueError:
                await PlainTextResponse("x", 500)(scope, receive, send)

    @app.middleware("http")
    async def function(request, call_next):
        with recorder.tracer.start_as_current_span("in a function"):
            return await call_next(request)

    app.add_middleware(Answering)

    @app.get("/answered")
    async def answered():
        raise ValueError

    @app.get("/unhandled")
    async def unhandled():
        raise KeyError("k")

    @app.get("/handled")
    async def handled():
        raise framework.HTTPException(404)

    @app.get("/copied/{n}")
    async def copied(n: int):
        return n

    @app.get("/function/{n}")
    def read(n: int):
        return n

    return app


@program(get("/injected"), get("/by-hand"), get("/both"), get("/failing"))
def background_tasks(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())

    def in_thread():
        with recorder.tracer.start_as_current_span("in a task"):
            pass

    async def awaited(tasks=None):
        if tasks is not None:
            tasks.add_task(in_thread)

    def failing():
        raise ValueError("background")

    @app.get("/injected")
    async def injected(tasks: framework.BackgroundTasks):
        tasks.add_task(in_thread)
        tasks.add_task(awaited, tasks)
        tasks.add_task(functools.partial(no_operation))
        return 1

    @app.get("/by-hand")
    def by_hand():
        tasks = framework.BackgroundTasks()
        tasks.add_task(in_thread)
        return PlainTextResponse("x", background=tasks)

    @app.get("/both")
    async def both(tasks: framework.BackgroundTasks):
        tasks.add_task(in_thread)
        return PlainTextResponse("x", background=BackgroundTask(no_operation))

    @app.get("/failing")
    async def fails(tasks: framework.BackgroundTasks):
        tasks.add_task(failing)
        tasks.add_task(no_operation)
        return 1

    return app


@program(
    get("/yields"),
    get("/stream"),
    get("/stream-fails"),
    get("/file"),
    get("/file", extensions={"http.response.pathsend": {}}),
    get("/nothing"),
    get("/start-alone"),
    leaving("/endless"),
    get("/endless", cancelled_by="http.response.start"),
)
def where_spans_end(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())
    tracer = recorder.tracer

    async def yields():
        with tracer.start_as_current_span("enter"):
            pass
        yield 1
        with tracer.start_as_current_span("exit"):
            pass

    def yields_in_thread():
        with tracer.start_as_current_span("enter in a thread"):
            pass
        yield 1
        with tracer.start_as_current_span("exit in a thread"):
            pass

    @app.get("/yields")
    def handle(
        a=framework.Depends(yields),
        b=framework.Depends(yields_in_thread),
        c=framework.Depends(yields, use_cache=False, scope="function"),
    ):
        with tracer.start_as_current_span("in the handler"):
            return 1

    async def pieces():
        yield b"a"
        with tracer.start_as_current_span("in the stream"):
            pass
        yield b"b"

    def done():
        with tracer.start_as_current_span("after the stream"):
            pass

    @app.get("/stream")
    async def stream():
        return StreamingResponse(pieces(), background=BackgroundTask(done))

    async def breaking():
        yield b"a"
        raise ValueError("late")

    @app.get("/stream-fails")
    async def stream_fails():
        return StreamingResponse(breaking())

    @app.get("/file")
    async def file():
        return FileResponse(__file__)

    class Nothing(Response):
        async def __call__(self, scope, receive, send):
            pass

    class StartAlone(Response):
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})

    app.get("/nothing")(lambda: Nothing())
    app.get("/start-alone")(lambda: StartAlone())

    async def endless():
        yield b"a"
        await asyncio.Event().wait()

    @app.get("/endless")
    async def never_ends():
        return StreamingResponse(endless())

    return app


@program(
    get("/a/b/c/items/1"),
    post("/a/b/c/items/1", b""),
    get("/a/b/c/items/1/"),
    get("/a/b/c/items/1", root_path="/root"),
    get("/root/a/b/c/items/1", root_path="/root"),
    get("/a/b/c/items/1", root_path="/root/"),
    get("/convertor/7/x/y"),
    get("/unknown"),
    get("/a/b/c/items/1", method="BREW"),
    get("/a/b/c/items/1", method="get"),
    get("/a/b/c/items/1", method="HEAD"),
    get("/starlette/1"),
    get("/mounted/5/in/6"),
    get("/mounted/5/unknown"),
    get("/mounted"),
    get("/sub/q/1"),
    get("/sub/fails"),
    get("/sub/unknown"),
    get("/raw/x"),
    get("/outer/inner/items/1"),
    get("/router/items/1"),
    get("/router/items/x"),
    get("/openapi.json"),
    socket("/sub/ws/3"),
)
def routes(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())
    inner = framework.APIRouter(prefix="/c")

    @inner.get("/items/{item_id}")
    async def read(item_id: int):
        return item_id

    outer = framework.APIRouter(prefix="/b")
    outer.include_router(inner)
    app.include_router(outer, prefix="/a")

    @app.get("/convertor/{n:int}/{rest:path}")
    async def convert(n: int, rest: str):
        return rest

    async def plain(request):
        return PlainTextResponse("x")

    async def raw(scope, receive, send):
        await PlainTextResponse("raw")(scope, receive, send)

    sub = framework.FastAPI(telemetry={"exclude": lambda scope: True})

    @sub.get("/q/{w}")
    async def q(w: int):
        return w

    @sub.get("/fails")
    async def fails():
        raise ValueError("sub")

    @sub.websocket("/ws/{y}")
    async def ws(websocket: framework.WebSocket, y: int):
        await websocket.close()

    router = framework.APIRouter()
    router.get("/items/{item_id}")(read)
    app.add_route("/starlette/{x}", plain)
    app.mount("/mounted/{z}", Starlette(routes=[Route("/in/{y}", plain)]))
    app.mount("/sub", sub)
    app.mount("/raw", raw)
    app.mount("/router", router)
    app.mount("/outer", Router([Mount("/inner", router)]))
    return app


@program(get("/sub/1/fails/2"), get("/sub/1/items/x"))
def an_app_inside_one_that_is_not_watched(framework, recorder):
    app = framework.FastAPI(telemetry={"exclude": None})
    sub = framework.FastAPI(telemetry=recorder.config())

    @sub.get("/fails/{x}")
    async def fails(x):
        raise ValueError("x")

    @sub.get("/items/{x}")
    async def items(x: int):
        return x

    app.mount("/sub/{t}", sub)
    return app


WS_ANSWER = {"extensions": {"websocket.http.response": {}}}


@program(
    socket("/ws/1?x=1", "hi"),
    socket("/ws/x"),
    socket("/ws/x", **WS_ANSWER),
    socket("/unknown"),
    socket("/ws/1", "fails"),
    socket("/ws/1", "policy"),
    socket("/ws/1", "http"),
    socket("/ws/1", "more", close_code=1000),
    socket("/ws/1", "more", close_code=1001),
    socket("/ws/1", "more", close_code=1006),
    socket("/early"),
    socket("/deny", **WS_ANSWER),
    socket("/nothing"),
    socket("/dependency"),
    socket("/nothing", scope={"scheme": "wss", "headers": []}),
)
def websockets(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())

    async def dependency():
        return 1

    @app.websocket("/ws/{n}")
    async def session(websocket: framework.WebSocket, n: int, d=framework.Depends(dependency)):
        await websocket.accept()
        with recorder.tracer.start_as_current_span("in the session"):
            text = await websocket.receive_text()
        if text == "fails":
            raise ValueError("session")
        if text == "policy":
            raise framework.WebSocketException(1008, "no")
        if text == "http":
            raise framework.HTTPException(403)
        if text == "more":
            await websocket.receive_text()
        await websocket.close()

    @app.websocket("/early")
    async def early(websocket: framework.WebSocket):
        raise ValueError("early")

    @app.websocket("/deny")
    async def deny(websocket: framework.WebSocket):
        await websocket.send_denial_response(PlainTextResponse("x", status_code=503))

    @app.websocket("/nothing")
    async def nothing(websocket: framework.WebSocket):
        pass

    async def refuses():
        raise framework.WebSocketException(1008)

    @app.websocket("/dependency")
    async def refused(websocket: framework.WebSocket, d=framework.Depends(refuses)):
        pass

    return app


ASKED = (
    get("/fails", [PARENT]),
    get("/items/x"),
    get("/items/1"),
    get("/excluded"),
    socket("/ws", "x"),
    socket("/ws/excluded"),
)


def switches(name, **config):
    @program(*ASKED)
    def switched(framework, recorder):
        app = framework.FastAPI(telemetry=recorder.config(**config))

        @app.get("/fails")
        async def fails():
            raise ValueError("x")

        @app.get("/items/{n}")
        async def items(n: int, tasks: framework.BackgroundTasks):
            tasks.add_task(no_operation)
            return n

        @app.get("/excluded")
        async def excluded():
            raise ValueError("x")

        @app.websocket("/ws")
        async def ws(websocket: framework.WebSocket):
            raise ValueError("x")

        return app

    PROGRAMS[name] = PROGRAMS.pop("switched")


switches("without_spans", tracing=False)
switches("without_metrics", metrics=False)
switches("without_logs", logs=False)
switches("without_spans_of_operations", operation_spans=False)
switches("without_anything", tracing=False, metrics=False, logs=False)
switches("with_some_excluded", exclude=lambda scope: "excluded" in scope["path"])
switches("with_no_provider_of_spans", tracer_provider=None)
switches("with_no_provider_of_metrics", meter_provider=None)
switches("with_no_provider_of_logs", logger_provider=None)


@program(
    get("/", [PARENT, (b"baggage", b"user=me")]),
    get("/", [PARENT, (b"tracestate", b"a=1"), (b"tracestate", b"b=2")]),
    get("/", [(b"traceparent", b"nonsense")]),
    get("/", [(b"traceparent", b"\xff\x00")]),
)
def where_a_trace_comes_from(framework, recorder):
    from opentelemetry import baggage, trace

    app = framework.FastAPI(telemetry=recorder.config())

    @app.get("/")
    def read():
        span = trace.get_current_span()
        with recorder.tracer.start_as_current_span("in a thread") as inner:
            inner.set_attribute("baggage", str(baggage.get_all()))
            inner.set_attribute("trace state", str(span.get_span_context().trace_state))
            inner.set_attribute("current", span.name)
        return 1

    return app


FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)


@program(
    post("/form", b"n=1", FORM),
    post("/form", b"n=x", FORM),
    post("/form", b"", FORM),
    post("/limited", b'{"n": 1}'),
    post("/limited", b'{"n": 1' + b" " * 100 + b"}"),
    post("/limited", b'{"n": 1' + b" " * 100 + b"}", (JSON, (b"content-length", b"108"))),
    post("/app-limit", b'{"n": 1' + b" " * 1000 + b"}"),
    post("/app-limit", b'{"n": 1' + b" " * 1000 + b"}", (JSON, (b"content-length", b"1008"))),
)
def forms_and_limits(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config(), max_body_size=1000)

    @app.post("/form")
    async def form(n: Annotated[int, framework.Form()]):
        return n

    @app.post("/limited", max_body_size=50)
    async def limited(item: Item):
        return item

    @app.post("/app-limit")
    async def app_limit(item: Item):
        return item

    return app


@program(
    get("/page/programs.py"),
    get("/page/none.html"),
    post("/page/programs.py", b""),
    get("/router/page/programs.py"),
    get("/router/page/programs.py", root_path="/root"),
    get("/x.html"),
    get("/items/1"),
    get("/sub/page/programs.py"),
)
def frontends(framework, recorder):
    async def dependency():
        return 1

    app = framework.FastAPI(telemetry=recorder.config())
    app.frontend("/page", directory=Path(__file__).parent)
    app.frontend("/", directory=Path(__file__).parent)
    router = framework.APIRouter(prefix="/router", dependencies=[framework.Depends(dependency)])
    router.frontend("/page", directory=Path(__file__).parent)
    app.include_router(router)
    sub = framework.FastAPI()
    sub.frontend("/page", directory=Path(__file__).parent)
    app.mount("/sub", sub)

    @app.get("/items/{n}")
    async def read(n: int):
        return n

    return app


@program(get("/", **{"fastapi.telemetry": None}), get("/", **{"fastapi.telemetry": None}, method="PUT"))
def a_scope_that_says_no(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())

    @app.get("/")
    async def read(n: int):
        return 1

    return app


STREAMS = ("complete", "early", "refused", "typed", "untyped", "sync", "nothing", "query?n=x")


# Not in events: how much of an event stream leaves before the client or the generator ends it is up to chance.
@program(
    *[get(f"/{kind}/{name}") for kind in ("lines", "events", "raw") for name in STREAMS],
    *[get(f"/{kind}/complete", method="POST") for kind in ("lines", "events", "raw")],
    *[get(f"/{kind}/endless", cancelled_by="http.response.body") for kind in ("lines", "events", "raw")],
    *[get(f"/{kind}/{name}") for kind in ("lines", "raw") for name in ("late", "refused-late")],
    *[leaving(f"/{kind}/endless") for kind in ("lines", "raw")],
    get("/with-tasks"),
)
def streams(framework, recorder):
    app = framework.FastAPI(telemetry=recorder.config())
    responses = importlib.import_module(f"{framework.__name__}.responses")
    kinds = {"lines": {}, "events": {"response_class": responses.EventSourceResponse}}
    kinds["raw"] = {"response_class": responses.StreamingResponse}

    async def dependency():
        yield recorder.tracer.start_span("dependency").end()
        recorder.tracer.start_span("dependency ends").end()

    for kind, options in kinds.items():
        _add_streams(framework, recorder, app, kind, options, dependency)

    @app.get("/with-tasks")
    async def with_tasks(background: framework.BackgroundTasks):
        background.add_task(no_operation)
        yield 1

    return app


def _add_streams(framework, recorder, app, kind, options, dependency):
    def add(handler):
        name = handler.__name__.replace("_", "-")
        app.api_route(
            f"/{kind}/{name}", methods=["GET", "POST"], dependencies=[framework.Depends(dependency)], **options
        )(handler)

    @add
    async def complete():
        with recorder.tracer.start_as_current_span("inside"):
            yield "1"
            yield "2"

    @add
    async def early():
        raise Failing("early")
        yield "1"

    @add
    async def late():
        yield "1"
        raise Failing("late")

    @add
    async def refused():
        raise framework.HTTPException(418, "refused")
        yield "1"

    @add
    def refused_late():
        yield "1"
        raise framework.HTTPException(418, "refused")

    @add
    async def typed() -> AsyncIterator[str]:
        yield "1"

    @add
    async def untyped() -> AsyncIterator[int]:
        yield "1" if kind == "raw" else "x"

    @add
    def sync():
        yield from ("1", "2")

    @add
    async def nothing():
        for _ in ():
            yield "1"

    @add
    async def query(n: int):
        yield "1"

    @add
    async def endless():
        while True:
            yield "1"
            await asyncio.sleep(0)
