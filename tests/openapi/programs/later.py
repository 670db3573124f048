"""Programs about forms, files, security and streams, whose documents are made of the reference's own routes."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

from collections.abc import AsyncIterator
from typing import Annotated, Any

from pydantic import BaseModel


class Item(BaseModel):
    a: int
    b: str = "x"


def forms_and_files(fw: Any) -> Any:
    app = fw.FastAPI()

    @app.post("/a")
    def form(a: int = fw.Form(), b: str = fw.Form("x", description="dd")): ...

    @app.post("/b")
    def files(a: fw.UploadFile, b: list[fw.UploadFile], c: bytes = fw.File(), d: fw.UploadFile | None = None): ...

    @app.post("/c")
    def both(a: fw.UploadFile, b: str = fw.Form(media_type="x/y")): ...

    @app.post("/d")
    def model(a: Annotated[Item, fw.Form()]): ...

    return app


def security(fw: Any) -> Any:
    from fastapi import security as kinds

    oauth2 = kinds.OAuth2PasswordBearer(tokenUrl="t", scopes={"a": "A", "b": "B"})
    same_name = kinds.OAuth2PasswordBearer(tokenUrl="t", scopes={"q": "Q"})
    other = kinds.OAuth2PasswordBearer(tokenUrl="t2", scheme_name="other", description="dd")
    header, query = kinds.APIKeyHeader(name="x"), kinds.APIKeyQuery(name="x")
    bearer = kinds.HTTPBearer(bearerFormat="JWT", scheme_name="second")

    class Nested(kinds.HTTPBearer):
        async def __call__(self, request: fw.Request, key=fw.Security(header, scopes=["k"])): ...

    def scoped(token=fw.Security(oauth2, scopes=["a"])): ...

    def unscoped(token=fw.Security(oauth2)): ...

    def deeper(token=fw.Security(unscoped, scopes=["c", "a"])): ...

    def with_parameter(a: int, token=fw.Depends(header)): ...

    app = fw.FastAPI(dependencies=[fw.Security(unscoped, scopes=["app"])])

    @app.get("/a")
    def a(t=fw.Security(scoped, scopes=["b"])): ...

    @app.get("/b")
    def b(t=fw.Security(deeper, scopes=["z"]), u=fw.Depends(scoped)): ...

    @app.get("/c")
    def c(t=fw.Depends(header), u=fw.Depends(query), v=fw.Depends(kinds.HTTPBearer()), w=fw.Depends(bearer)): ...

    @app.get("/d", dependencies=[fw.Depends(header)])
    def d(t=fw.Depends(other), u=fw.Depends(with_parameter), v=fw.Security(header, scopes=["s"])): ...

    @app.get("/e")
    def e(t=fw.Security(oauth2, scopes=["x", "a"]), b=fw.Security(same_name, scopes=["b", "a"])): ...

    @app.get("/f")
    def f(
        a=fw.Depends(kinds.OpenIdConnect(openIdConnectUrl="http://x")),
        b=fw.Depends(kinds.HTTPBasic(realm="r", description="de")),
        c=fw.Depends(kinds.HTTPDigest()),
        d=fw.Depends(kinds.APIKeyCookie(name="x", description="c")),
        e=fw.Depends(kinds.OAuth2AuthorizationCodeBearer("au", "tu", "ru", scopes={"f": "g"})),
        g=fw.Depends(kinds.OAuth2(flows={"implicit": {"authorizationUrl": "z", "x-n": None}})),
    ): ...

    @app.get("/g")
    def g(t=fw.Security(Nested(), scopes=["n"])): ...

    return app


def streams(fw: Any) -> Any:
    from fastapi.sse import EventSourceResponse

    app = fw.FastAPI()

    @app.get("/a")
    async def scalars() -> AsyncIterator[int]:
        yield 1

    @app.get("/b")
    async def models() -> AsyncIterator[Item]:
        yield Item(a=1)

    @app.get("/c", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[Item]:
        yield Item(a=1)

    @app.get("/d", response_class=EventSourceResponse)
    async def untyped_events():
        yield 1

    @app.get("/e")
    async def untyped():
        yield 1

    content = {"text/event-stream": {"example": "x"}}

    @app.post("/f", response_class=EventSourceResponse, status_code=201, responses={200: {"content": content}})
    async def with_status(item: Item) -> AsyncIterator[Item]:
        yield item

    return app
