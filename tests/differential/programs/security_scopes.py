# mypy: ignore-errors
"""OAuth2 scopes: what `SecurityScopes` sees, what is shared within a request, and what the document says."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, Header, HTTPException, Security, WebSocket
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer, SecurityScopes

from differential.cases import case, connect, get, post

oauth2 = OAuth2PasswordBearer("token", scopes={"me": "Me", "items": "Items"})
ME = get("/me", {"authorization": "Bearer t"})


@case(ME, get("/me"), get("/items", {"authorization": "Bearer t"}), get("/none", {"authorization": "Bearer t"}))
def scopes_accumulate() -> FastAPI:
    app = FastAPI()

    async def current(scopes: SecurityScopes, token: Annotated[str, Depends(oauth2)]):
        return [token, scopes.scopes, scopes.scope_str]

    async def active(user: Annotated[list, Security(current, scopes=["me"])], scopes: SecurityScopes):
        return [*user, scopes.scopes]

    @app.get("/me")
    async def me(user: Annotated[list, Security(active, scopes=["read", "me"])]):
        return user

    @app.get("/items")
    async def items(user=Security(active, scopes=["items"]), scopes: SecurityScopes = None):
        return user

    @app.get("/none")
    async def none(user=Depends(current)):
        return user

    return app


@case(ME)
def one_dependency_with_several_scopes(log) -> FastAPI:
    app = FastAPI()

    def scoped(scopes: SecurityScopes):
        log("scoped", scopes.scopes)
        return scopes.scope_str

    def indirect(value: Annotated[str, Depends(scoped)]):
        log("indirect", value)
        return value

    def unscoped():
        log("unscoped")
        return 1

    @app.get("/me")
    def me(
        a=Security(scoped, scopes=["a", "b"]),
        b=Security(scoped, scopes=["b", "a"]),
        c=Security(scoped, scopes=["c"]),
        d=Security(indirect, scopes=["a", "b"]),
        e=Security(indirect, scopes=["d"]),
        f=Security(unscoped, scopes=["a"]),
        g=Security(unscoped, scopes=["b"]),
        h=Depends(unscoped),
        i=Security(scoped),
        j=Security(scoped, scopes=["a", "a", "b"], use_cache=False),
        k=Security(scoped, scopes=[]),
    ):
        return [a, b, c, d, e, f, g, h, i, j, k]

    return app


@case(ME, get("/me", {"authorization": "Bearer u"}))
def a_scheme_below_several_scopes(log) -> FastAPI:
    app = FastAPI()

    class Counting(OAuth2PasswordBearer):
        async def __call__(self, request):
            log("asked")
            return await super().__call__(request)

    class CountingError(HTTPBearer):
        def make_not_authenticated_error(self):
            log("refused")
            return super().make_not_authenticated_error()

    bearer = CountingError()

    def token(value=Depends(bearer)):
        log("token")
        return value.credentials

    @app.get("/me", dependencies=[Security(token, scopes=["x"]), Security(bearer, scopes=["y"])])
    def me(a=Security(token, scopes=["a"]), b=Security(token, scopes=["b"]), c=Depends(token), d=Depends(bearer)):
        return [a, b, c, d]

    return app


@case(ME, get("/outer/me", {"authorization": "Bearer t"}), get("/me", {"authorization": "Bearer t", "x": "1"}))
def scopes_from_every_level(log) -> FastAPI:
    def check(scopes: SecurityScopes, token=Depends(oauth2)):
        log("check", scopes.scopes)
        return scopes.scopes

    app = FastAPI(dependencies=[Security(check, scopes=["app"])])
    router = APIRouter(dependencies=[Security(check, scopes=["router"])])

    @router.get("/me", dependencies=[Security(check, scopes=["route", "app"]), Depends(check)])
    def me(user=Security(check, scopes=["own"])):
        return user

    app.include_router(router)
    app.include_router(router, prefix="/outer", dependencies=[Security(check, scopes=["included"])])
    return app


@case(ME, get("/plain"))
def overrides_keep_the_scopes(log) -> FastAPI:
    app = FastAPI()

    def user(scopes: SecurityScopes, token=Depends(oauth2)):
        return ["user", scopes.scopes]

    def other(scopes: SecurityScopes, x: Annotated[str, Header()] = "none"):
        log("other", scopes.scopes)
        return ["other", scopes.scopes, x]

    def outer(value=Security(user, scopes=["inner"])):
        return value

    @app.get("/me")
    def me(a=Security(outer, scopes=["outer"]), b=Security(user, scopes=["b"]), c=Security(user, scopes=["b"])):
        return [a, b, c]

    @app.get("/plain")
    def plain(a=Depends(user)):
        return a

    app.dependency_overrides[user] = other
    return app


@case(ME)
def no_cache_runs_again(log) -> FastAPI:
    app = FastAPI()
    count = iter(range(100))

    def scoped(scopes: SecurityScopes, token=Security(oauth2, use_cache=False)):
        return [next(count), *scopes.scopes]

    @app.get("/me")
    async def me(
        a=Security(scoped, scopes=["a"]),
        b=Security(scoped, scopes=["a"], use_cache=False),
        c=Security(scoped, scopes=["a"]),
        d=Security(scoped, scopes=["b"], use_cache=False),
        e=Security(scoped, scopes=["b"]),
    ):
        return [a, b, c, d, e]

    return app


@case(ME)
def scopes_objects_are_fresh() -> FastAPI:
    app = FastAPI()

    def first(scopes: SecurityScopes):
        scopes.scopes.append("mine")
        return scopes.scopes

    def second(scopes: SecurityScopes, value=Security(first, scopes=["f"])):
        return [value, scopes.scopes]

    @app.get("/me")
    def me(scopes: SecurityScopes, a=Security(second, scopes=["s"]), b=Security(second, scopes=["t"])):
        return [a, b, scopes.scopes, scopes.scope_str]

    return app


@case(ME)
def several_schemes_in_the_document() -> FastAPI:
    app = FastAPI()
    first, second = HTTPBearer(scheme_name="same"), HTTPBearer(scheme_name="same", description="the second")
    key = APIKeyHeader(name="key", auto_error=False)

    def both(a=Security(oauth2, scopes=["a"]), b=Depends(key)):
        return 1

    def more(a=Security(both, scopes=["b"]), b=Security(oauth2, scopes=["c"])):
        return 1

    @app.get("/me", dependencies=[Security(first, scopes=["x"]), Security(second, scopes=["y"])])
    def me(a=Security(more, scopes=["d"]), b=Security(oauth2, scopes=["a", "e"]), c=Depends(key)):
        return 1

    @app.get("/scopes-of-a-key")
    def keyed(a=Security(key, scopes=["k"])):
        return a

    @app.get("/hidden", include_in_schema=False)
    def hidden(a=Depends(OAuth2PasswordBearer("x", "hidden"))):
        return a

    return app


@case(ME, get("/me"))
def a_scope_that_is_missing_is_forbidden() -> FastAPI:
    app = FastAPI()

    async def user(scopes: SecurityScopes, token: Annotated[str, Depends(oauth2)]):
        if "admin" in scopes.scopes:
            raise HTTPException(401, "Not enough", {"WWW-Authenticate": f'Bearer scope="{scopes.scope_str}"'})
        return token

    @app.get("/me")
    async def me(user: Annotated[str, Security(user, scopes=["me", "admin"])]):
        return user

    return app


@case(connect("/talk", headers={"authorization": "Bearer t"}), connect("/talk"))
def scopes_on_a_websocket(log) -> FastAPI:
    app = FastAPI(dependencies=[Security(oauth2, scopes=["app"])])

    async def user(scopes: SecurityScopes, token: Annotated[str, Depends(oauth2)]):
        log("user", scopes.scopes)
        return [token, *scopes.scopes]

    @app.websocket("/talk")
    async def talk(
        websocket: WebSocket,
        a=Security(user, scopes=["a"]),
        b=Security(user, scopes=["b"]),
        c=Security(user, scopes=["a"]),
    ):
        await websocket.accept()
        await websocket.send_json([a, b, c])
        await websocket.close()

    return app


@case(get("/"), get("/openapi.json"))
def scopes_asked_for_more_than_once(log) -> FastAPI:
    app = FastAPI()

    def lowest(scopes: SecurityScopes):
        log("lowest", scopes.scopes, scopes.scope_str)

    def lower(scopes: SecurityScopes, value=Security(lowest, scopes=["z", "a", "z"])):
        log("lower", scopes.scopes)

    def upper(scopes: SecurityScopes, value=Security(lower, scopes=["one", "a", "b", "b"])):
        log("upper", scopes.scopes)

    @app.get("/", dependencies=[Security(lower, scopes=["two", "two"])])
    def read(value=Security(upper, scopes=["one", "one"]), plain=Depends(upper)):
        return None

    return app


@case(get("/openapi.json"))
def several_schemes_of_one_name() -> FastAPI:
    app = FastAPI()
    first, second = (APIKeyHeader(name=name, scheme_name="Key", auto_error=False) for name in "ab")

    def both(a=Depends(first), b=Depends(second)):
        return None

    def again(b=Depends(second), both=Depends(both)):
        return None

    @app.get("/")
    def read(again=Depends(again), b=Depends(second)):
        return None

    return app


@case(get("/alone"), get("/beside?a=1"), get("/beside?a=x"), get("/yielded"), post("/body", 3))
def handlers_are_told_of_no_scopes() -> FastAPI:
    app = FastAPI()

    @app.get("/alone")
    def alone(scopes: SecurityScopes):
        return [scopes.scopes, scopes.scope_str]

    @app.get("/beside")
    async def beside(scopes: SecurityScopes, a: int):
        return [scopes.scopes, a]

    @app.get("/yielded")
    async def yielded(scopes: SecurityScopes):
        yield scopes.scopes

    @app.post("/body")
    async def body(scopes: SecurityScopes, a: Annotated[int, Body()]):
        return [scopes.scopes, a]

    return app
