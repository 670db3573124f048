# mypy: ignore-errors
"""When uploaded files are closed: after the response, its background tasks and streams, and after every failure."""

from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, File, Form, HTTPException, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse

from differential.cases import case, multipart

UPLOAD = [("f", "a", b"123"), ("g", "b", b"4567"), ("n", None, b"1")]
BIG = b"0123456789abcdef" * 65537


def seen(log, files):
    """Log which of the files are closed."""
    log("closed", [file.file.closed for file in files])


@case(
    *[multipart(path, *UPLOAD) for path in ("/", "/thread", "/background", "/stream", "/own", "/dependency")],
    *[multipart(path, ("f", "a", BIG), ("g", "b", b"1"), ("n", None, b"1")) for path in ("/", "/background")],
    openapi=False,
)
def after_success(log):
    app = FastAPI()
    kept = []

    @app.middleware("http")
    async def around(request: Request, call_next):
        kept.clear()
        response = await call_next(request)
        seen(log, kept)
        return response

    @app.post("/")
    async def read(f: UploadFile, g: UploadFile):
        kept.extend([f, g])
        return len(await f.read())

    @app.post("/thread")
    def thread(f: UploadFile, g: UploadFile):
        kept.extend([f, g])
        return len(f.file.read())

    @app.post("/background")
    async def background(f: UploadFile, g: UploadFile, tasks: BackgroundTasks):
        kept.extend([f, g])
        tasks.add_task(seen, log, kept)
        return 1

    @app.post("/stream")
    async def stream(f: UploadFile, g: UploadFile):
        kept.extend([f, g])

        async def chunks():
            for _ in range(3):
                yield await f.read(1)
                seen(log, kept)

        return StreamingResponse(chunks())

    @app.post("/own")
    async def own(request: Request, n: Annotated[int, Form()]):
        found = await request.form()
        kept.extend([found["f"], found["g"]])
        return n

    async def files(f: UploadFile, g: UploadFile):
        kept.extend([f, g])
        yield
        seen(log, kept)

    @app.post("/dependency", dependencies=[Depends(files)])
    async def dependency():
        return 1

    return app


@case(
    *[multipart(path, *UPLOAD) for path in ("/invalid", "/http", "/crash", "/converted", "/unhandled", "/result")],
    *[multipart("/invalid", ("f", "a", b"1"), ("n", None, b"x"))],
    openapi=False,
)
def after_failures(log):
    app = FastAPI()
    kept = []

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc):
        kept.append(exc.body["f"])
        seen(log, [exc.body["f"], (await request.form())["f"]])
        return JSONResponse({"n": len(exc.errors())}, 422)

    @app.exception_handler(418)
    async def teapot(request: Request, exc):
        seen(log, [(await request.form())["f"]])
        return JSONResponse("teapot", 418)

    @app.exception_handler(KeyError)
    async def missing(request: Request, exc):
        seen(log, kept)
        return JSONResponse("missing", 404)

    @app.middleware("http")
    async def around(request: Request, call_next):
        kept.clear()
        try:
            return await call_next(request)
        finally:
            seen(log, kept)

    @app.post("/invalid")
    async def read(f: UploadFile, n: Annotated[list[int], Form(min_length=2)]):
        return n

    @app.post("/http")
    async def http(f: UploadFile):
        kept.append(f)
        raise HTTPException(418)

    @app.post("/crash")
    async def crash(f: UploadFile):
        kept.append(f)
        raise KeyError("f")

    @app.post("/unhandled")
    async def unhandled(f: UploadFile):
        kept.append(f)
        raise ZeroDivisionError

    async def converting(f: UploadFile):
        kept.append(f)
        try:
            yield
        except ZeroDivisionError as exc:
            seen(log, kept)
            raise HTTPException(418) from exc

    @app.post("/converted", dependencies=[Depends(converting)])
    async def converted():
        raise ZeroDivisionError

    @app.post("/result", response_model=int)
    async def result(f: UploadFile):
        kept.append(f)
        return "x"

    return app


@case(
    multipart("/", *UPLOAD, disconnects=True), multipart("/", ("f", "a", BIG), end=b"", disconnects=True), openapi=False
)
def when_the_client_leaves(log):
    app = FastAPI()

    @app.post("/")
    async def read(f: UploadFile):
        log("called")
        return 1

    return app


@case(multipart("/", ("a", None, b"1")), multipart("/raw", ("a", "f", b"1")), openapi=False)
def stacks_in_the_scope():
    app = FastAPI()

    async def told(request: Request):
        return [type(request.scope[name]).__name__ for name in sorted(request.scope) if name.endswith("_astack")]

    @app.post("/")
    async def read(request: Request, a: Annotated[int, Form()]):
        return await told(request)

    @app.post("/raw")
    async def raw(request: Request, a: Annotated[bytes, File()]):
        return await told(request)

    return app
