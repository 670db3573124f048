"""A program about security schemes and scopes."""
# mypy: ignore-errors
# Programs as users write them: what they lack in types is part of what they test.

import importlib
from typing import Any


def schemes_and_scopes(fw: Any) -> Any:
    kinds = importlib.import_module(f"{fw.__name__}.security")

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
