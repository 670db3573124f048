# mypy: ignore-errors
"""`max_body_size` and `form_limits`: who is limited, which limit holds, how a request over it is answered."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, Form, HTTPException, Request, UploadFile
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Route

from differential.cases import case, form, get, multipart, post, send, without_length

SIZES = (0, 4, 8, 15, 25, 45, 70)


def bodies(*paths, sizes=SIZES):
    """Send bodies of growing size, with the length declared and without."""
    sent = [post(path, content=b"x" * size) for path in paths for size in sizes]
    return [each for one in sent for each in (one, without_length(one))]


async def read(request: Request):
    return (await request.body()).decode()


async def stream(request: Request):
    return [len(chunk) async for chunk in request.stream()]


async def unread():
    return "unread"


async def caught(request: Request):
    try:
        return (await request.body()).decode()
    except Exception as exc:
        return repr(exc)


async def number(a: Annotated[int, Body(embed=True)]):
    return a


async def field(a: Annotated[str, Form()]):
    return a


def thread(a: Annotated[str, Form()]):
    return a


HANDLERS = {f.__name__: f for f in (read, stream, unread, caught, number, field, thread)}


def declared(where):
    for name, handler in HANDLERS.items():
        where.post(f"/{name}")(handler)
    return where


OVER = [
    *bodies(*(f"/{name}" for name in HANDLERS), sizes=(20, 21)),
    post("/number", {"a": 1}),
    post("/number", {"a": 1, "b": "x" * 20}),
    without_length(post("/number", {"a": 1, "b": "x" * 20})),
    without_length(
        post("/number", content=[b'{"a": 1', b"          ", b"         }"], content_type="application/json")
    ),
    form("/field", b"a=1"),
    form("/field", b"a=1" + b"1" * 20),
    without_length(form("/field", b"a=1" + b"1" * 20)),
    without_length(form("/field", [b"a=1", b"1" * 20])),
    without_length(form("/thread", [b"a=1", b"1" * 20])),
    multipart("/field", ("a", None, b"1")),
    without_length(multipart("/field", ("a", None, b"1"))),
    *bodies("/nowhere", "/read/", sizes=(20, 21)),
    send("PUT", "/read", content=b"x" * 21),
    get("/nowhere"),
    get("/openapi.json", compares_body=False),
    send("POST", "/read", [("content-length", "nonsense")]),
    send("POST", "/read", [("content-length", "-5")]),
    send("POST", "/read", [("content-length", "99999999999999999999999")]),
    send("POST", "/read", [("content-length", "9" * 5000)]),
]


@case(*OVER)
def an_app_with_a_limit():
    return declared(FastAPI(max_body_size=20))


@case(*OVER)
def a_router_with_a_limit():
    app = FastAPI()
    app.include_router(declared(APIRouter(max_body_size=20)))
    return app


@case(*OVER[: len(HANDLERS) * 4])
def handlers_of_errors():
    app = declared(FastAPI(max_body_size=20))

    @app.exception_handler(413)
    async def too_large(request, exc):
        return PlainTextResponse("mine", 413, headers={"x-mine": "1"})

    return app


@case(*OVER[: len(HANDLERS) * 4])
def handlers_of_errors_of_limited_routes(log):
    app = FastAPI()
    app.include_router(declared(APIRouter(max_body_size=20)))

    @app.exception_handler(StarletteHTTPException)
    async def failed(request, exc):
        log("handler", exc.status_code)
        return PlainTextResponse("mine", exc.status_code, headers={"x-mine": "1"})

    return app


@case(*OVER[: len(HANDLERS) * 4])
def middleware_outside(log):
    app = declared(FastAPI(max_body_size=20))
    del app.router.routes[-4]  # what `caught` catches is wrapped by the reference's middleware

    @app.middleware("http")
    async def around(request, call_next):
        response = await call_next(request)
        log("seen", response.status_code)
        response.headers["x-around"] = "1"
        return response

    return app


@case(*OVER[: len(HANDLERS) * 4])
def middleware_that_reads(log):
    app = FastAPI(max_body_size=30)
    app.include_router(declared(APIRouter(max_body_size=20)))

    @app.middleware("http")
    async def around(request, call_next):
        log("read", len(await request.body()))
        response = await call_next(request)
        response.headers["x-around"] = "1"
        return response

    return app


@case(*OVER[: len(HANDLERS) * 4])
def middleware_around_limited_routes():
    app = FastAPI()
    app.include_router(declared(APIRouter(max_body_size=20)))

    @app.middleware("http")
    async def around(request, call_next):
        response = await call_next(request)
        response.headers["x-around"] = "1"
        return response

    return app


@case(*bodies("/raised", "/converted", "/before", "/crash", "/streamed", sizes=(4, 30)))
def dependencies(log):
    app = FastAPI()
    limited = APIRouter(max_body_size=20)

    async def seeing():
        try:
            yield
        except BaseException as exc:
            log("seen", repr(exc))
            raise
        log("ends")

    async def converting():
        try:
            yield
        except Exception as exc:
            raise HTTPException(418) from exc

    async def refusing():
        raise HTTPException(403)

    limited.post("/raised", dependencies=[Depends(seeing)])(read)
    limited.post("/converted", dependencies=[Depends(converting)])(read)
    limited.post("/before", dependencies=[Depends(seeing), Depends(refusing)])(read)

    @limited.post("/crash")
    async def crash():
        raise ZeroDivisionError

    @limited.post("/streamed", dependencies=[Depends(seeing)])
    async def streamed():
        return StreamingResponse(iter([b"a", b"b"]))

    app.include_router(limited)
    return app


NEAREST = ("/small", "/large", "/none", "/zero", "/r", "/rs", "/i/r", "/i/rs", "/j/r2", "/unread", "/k/r2")


@case(*bodies(*NEAREST))
def the_nearest_limit_holds():
    app = FastAPI(max_body_size=20)
    app.post("/small", max_body_size=5)(read)
    app.post("/large", max_body_size=60)(read)
    app.post("/none", max_body_size=None)(read)
    app.post("/zero", max_body_size=0)(read)
    app.add_api_route("/unread", unread, methods=["POST"], max_body_size=60)
    router = APIRouter(max_body_size=30)
    router.post("/r")(read)
    router.api_route("/rs", methods=["POST"], max_body_size=3)(read)
    plain = APIRouter()
    plain.post("/r2")(read)
    outer = APIRouter(max_body_size=10)
    outer.include_router(plain)
    app.include_router(router)
    app.include_router(router, prefix="/i", max_body_size=12)
    app.include_router(plain, prefix="/j", max_body_size=50)
    app.include_router(outer, prefix="/k", max_body_size=50)
    return app


async def starlette_read(request):
    return PlainTextResponse(await request.body())


OTHERS = (
    "/inc/api",
    "/inc/plain",
    "/inc/sub/read",
    "/mnt/api",
    "/mnt/plain",
    "/mnt/sub/read",
    "/app/read",
    "/one/read",
)


def with_other_routes(app):
    router = APIRouter(max_body_size=5)
    router.post("/api")(read)
    router.add_route("/plain", starlette_read, methods=["POST"])
    router.mount("/sub", Starlette(routes=[Route("/read", starlette_read, methods=["POST"])]))
    app.include_router(router, prefix="/inc")
    app.mount("/mnt", router)
    app.mount("/app", declared(FastAPI(max_body_size=30)))
    app.mount("/one", declared(FastAPI()))
    return app


@case(*bodies(*OTHERS))
def other_routes_and_apps_in_a_limited_app():
    return with_other_routes(FastAPI(max_body_size=20))


@case(*bodies(*OTHERS))
def other_routes_and_apps_in_an_app_without():
    return with_other_routes(FastAPI())


async def several(a: Annotated[str, Form()] = "d", f: list[UploadFile] | None = None):
    return [len(a), f and len(f)]


async def own(request: Request):
    return len((await request.form()).multi_items())


async def both(request: Request, a: Annotated[str, Form()] = "d"):
    return len((await request.form(max_fields=1)).multi_items())


def counted(path):
    return [
        *(form(path, b"&".join([b"a=1"] * count)) for count in (3, 4, 6)),
        form(path, b"a=" + b"x" * 2046),
        form(path, b"a=" + b"x" * 2047),
        form(path, b"a=%78" + b"x" * 2045),
        *(multipart(path, *[("a", None, b"1")] * count) for count in (3, 4)),
        *(multipart(path, *[("f", "n", b"1")] * count) for count in (1, 2, 3)),
        multipart(path, ("a", None, b"x" * 2048)),
        multipart(path, ("a", None, b"x" * 2049)),
        multipart(path, ("f", "n", b"x" * 2049)),
    ]


@case(
    *[each for path in ("/form", "/own", "/both", "/five") for each in counted(path)],
    *[each for prefix in ("/r", "/q") for path in ("/form", "/five") for each in counted(prefix + path)],
    openapi=False,
)
def forms_with_limits():
    app = FastAPI(form_limits={"max_fields": 3, "max_part_size": 2048})
    router = APIRouter(form_limits={"max_files": 1})
    for where in (app, router):
        where.post("/form")(several)
        where.post("/own")(own)
        where.post("/both")(both)
        where.post("/five", form_limits={"max_fields": 5})(several)
    app.include_router(router, prefix="/r")
    app.include_router(router, prefix="/q", form_limits={"max_part_size": 4, "max_files": 2})
    return app


@case(
    *[
        form(f"/{name}/f", b"&".join([b"a=1"] * count))
        for name in ("a", "b", "c", "r", "s", "i")
        for count in (1, 2, 4)
    ],
    openapi=False,
)
def form_limits_of_apps_around():
    app = FastAPI(form_limits={"max_fields": 1})
    router, limited = APIRouter(), APIRouter(form_limits={"max_fields": 3})
    apps = (FastAPI(), FastAPI(form_limits={"max_fields": 3}), FastAPI(form_limits={"max_files": 3}))
    for path, where in zip("abcrs", (*apps, router, limited), strict=True):
        where.post("/f")(several)
        app.mount(f"/{path}", where)
    app.include_router(limited, prefix="/i")
    return app


WRONG_SIZE = "max_body_size must be a non-negative integer or None"


@case(error_text=WRONG_SIZE)
def a_negative_size():
    return FastAPI(max_body_size=-1)


@case(error_text=WRONG_SIZE)
def a_size_in_words():
    return APIRouter(max_body_size="1MB")


@case(error_text=WRONG_SIZE)
def a_size_that_is_true():
    FastAPI().post("/", max_body_size=True)(unread)


@case(error_text=WRONG_SIZE)
def a_size_that_is_a_fraction():
    FastAPI().include_router(APIRouter(), max_body_size=1.5)


@case(error_text="1 validation error for _FormLimits\nmax_field\n  Extra inputs are not permitted")
def a_form_limit_that_does_not_exist():
    return FastAPI(form_limits={"max_field": 1})


@case(error_text="1 validation error for _FormLimits\nmax_fields\n  Input should be a valid integer [type=int_type")
def a_form_limit_in_words():
    return APIRouter(form_limits={"max_fields": "1"})


@case(error_text="1 validation error for _FormLimits\nmax_files\n  Input should be greater than or equal to 0")
def a_negative_form_limit():
    FastAPI().post("/", form_limits={"max_files": -1})(unread)


@case(error_text="1 validation error for _FormLimits\n  Input should be a valid dictionary")
def form_limits_that_are_a_list():
    FastAPI().include_router(APIRouter(), form_limits=[])
