# mypy: ignore-errors
"""Security schemes: what they read, how they refuse, and what the document shows of them."""

from base64 import b64encode
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Security, WebSocket
from fastapi.exceptions import HTTPException as OurHTTPException
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlowImplicit, OAuthFlows
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    OpenIdConnect,
    SecurityScopes,
)
from fastapi.security.api_key import APIKeyBase
from fastapi.security.base import SecurityBase
from fastapi.security.http import HTTPBase
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel

from differential.cases import case, connect, get, post


def basic(text: str | bytes) -> str:
    return b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def auth(value: str) -> dict[str, str]:
    return {"authorization": value}


AUTHORIZATIONS = [
    "",
    " ",
    "Bearer",
    "Bearer ",
    "bearer tok",
    "Bearer  tok ",
    "BEARER tok en",
    "Bearer\ttok",
    "  Bearer tok",
    "Bearer\xa0tok",
    "Bearer \xa0tok\xa0",
    "Bearer é",
    "\x00 \x01",
    "Bearer \x00",
    "Basic",
    f"Basic {basic('user:pass')}",
    f"basic  {basic('user:pass')}  ",
    f"Basic {basic('user')}",
    f"Basic {basic('user:pa:ss')}",
    f"Basic {basic(':')}",
    f"Basic {basic('é:€')}",
    f"Basic {basic(bytes([255, 58, 254]))}",
    f"Basic {basic('u' + chr(0) + ':p' + chr(10))}",
    "Basic !!!!",
    "Basic dTp",
    "Basic dTpw=",
    "Basic dTpw dTpw",
    "Basic dT-_",
    "Basic éé",
    "Digest username=x",
    "digest  x y ",
    "Other thing",
    "x" * 70_000,
    f"Basic {basic('u:' + 'p' * 70_000)}",
    "Bearer " + "t" * 70_000,
]
EVERY_KIND = [
    get("/"),
    *[get("/", auth(each)) for each in AUTHORIZATIONS],
    get("/", [("authorization", "Bearer one"), ("authorization", "Bearer two")]),
    get("/", {"AUTHORIZATION": "Bearer tok"}),
]


def app_with(scheme, *, body=False) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(given: Annotated[object, Security(scheme)]):
        return {"given": given, "type": type(given).__name__}

    @app.get("/sync")
    def read_sync(given=Depends(scheme)):
        return {"given": given}

    return app


@case(*EVERY_KIND)
def http_basic() -> FastAPI:
    return app_with(HTTPBasic())


@case(*EVERY_KIND)
def http_basic_with_realm_and_no_error() -> FastAPI:
    return app_with(HTTPBasic(realm="a realm", scheme_name="Named", description="Basic it is", auto_error=False))


@case(*EVERY_KIND[:3])
def http_basic_with_quote_in_realm() -> FastAPI:
    return app_with(HTTPBasic(realm='a "realm"'))


@case(*EVERY_KIND)
def http_bearer() -> FastAPI:
    return app_with(HTTPBearer(bearerFormat="JWT", description="A token"))


@case(*EVERY_KIND)
def http_bearer_with_no_error() -> FastAPI:
    return app_with(HTTPBearer(auto_error=False))


@case(*EVERY_KIND)
def http_digest() -> FastAPI:
    return app_with(HTTPDigest(scheme_name="D", description="d"))


@case(*EVERY_KIND)
def http_digest_with_no_error() -> FastAPI:
    return app_with(HTTPDigest(auto_error=False))


@case(*EVERY_KIND)
def http_base() -> FastAPI:
    return app_with(HTTPBase(scheme="oTHER kind"))


@case(*EVERY_KIND)
def http_base_with_no_error() -> FastAPI:
    return app_with(HTTPBase(scheme="Other", scheme_name="o", description="d", auto_error=False))


@case(*EVERY_KIND)
def oauth2() -> FastAPI:
    return app_with(OAuth2())


@case(*EVERY_KIND)
def oauth2_with_flows_and_no_error() -> FastAPI:
    flows = OAuthFlows(
        implicit=OAuthFlowImplicit(authorizationUrl="/a", scopes={"a": "A"}),
        clientCredentials=OAuthFlowClientCredentials(tokenUrl="/t", refreshUrl="/r"),
    )
    return app_with(OAuth2(flows=flows, scheme_name="flows", description="d", auto_error=False))


@case(*EVERY_KIND)
def oauth2_password_bearer() -> FastAPI:
    return app_with(OAuth2PasswordBearer("token", scopes={"me": "Me", "items": "Items"}, refreshUrl="refresh"))


@case(*EVERY_KIND)
def oauth2_password_bearer_with_no_error() -> FastAPI:
    return app_with(OAuth2PasswordBearer("token", "name", None, "description", False))


@case(*EVERY_KIND)
def oauth2_authorization_code_bearer() -> FastAPI:
    return app_with(OAuth2AuthorizationCodeBearer("authorize", "token", "refresh", "name", {"a": "A"}, "d"))


@case(*EVERY_KIND)
def oauth2_authorization_code_bearer_with_no_error() -> FastAPI:
    return app_with(OAuth2AuthorizationCodeBearer(authorizationUrl="authorize", tokenUrl="token", auto_error=False))


@case(*EVERY_KIND)
def open_id_connect() -> FastAPI:
    return app_with(OpenIdConnect(openIdConnectUrl="/openid", description="d"))


@case(*EVERY_KIND)
def open_id_connect_with_no_error() -> FastAPI:
    return app_with(OpenIdConnect(openIdConnectUrl="/openid", auto_error=False))


KEYS = [
    get("/"),
    get("/", {"x-key": "v"}),
    get("/", {"X-KEY": " v "}),
    get("/", {"x-key": ""}),
    get("/", {"x-key": b"\xff\x00"}),
    get("/", [("x-key", "a"), ("x-key", "b")]),
    get("/?X-Key=v"),
    get("/?x-key=v"),
    get("/?X-Key="),
    get("/?X-Key=%ff"),
    get("/?X-Key=a&X-Key=b"),
    get("/?X-Key=a+b%20c"),
    get("/", {"cookie": "X-Key=v"}),
    get("/", {"cookie": "X-Key="}),
    get("/", {"cookie": "X-Key"}),
    get("/", {"cookie": 'X-Key="a b"; X-Key=c'}),
    get("/", [("cookie", "X-Key=a"), ("cookie", "X-Key=b")]),
    get("/", {"cookie": b"\xff=\xff; X-Key=\xe9"}),
]


@case(*KEYS)
def api_key_in_header() -> FastAPI:
    return app_with(APIKeyHeader(name="X-Key"))


@case(*KEYS)
def api_key_in_header_with_no_error() -> FastAPI:
    return app_with(APIKeyHeader(name="X-Key", scheme_name="n", description="d", auto_error=False))


@case(*KEYS)
def api_key_in_query() -> FastAPI:
    return app_with(APIKeyQuery(name="X-Key"))


@case(*KEYS)
def api_key_in_query_with_no_error() -> FastAPI:
    return app_with(APIKeyQuery(name="X-Key", scheme_name="n", description="d", auto_error=False))


@case(*KEYS)
def api_key_in_cookie() -> FastAPI:
    return app_with(APIKeyCookie(name="X-Key"))


@case(*KEYS)
def api_key_in_cookie_with_no_error() -> FastAPI:
    return app_with(APIKeyCookie(name="X-Key", scheme_name="n", description="d", auto_error=False))


class Item(BaseModel):
    name: str
    price: float


@case(
    post("/items", {"name": "n", "price": 1}, auth("Bearer t")),
    post("/items", {"name": "n", "price": 1}),
    post("/items", {"name": "n", "price": "x"}, auth("Bearer t")),
    post("/items", {"name": "n", "price": "x"}),
    post("/items", headers=auth("Bearer t"), content=b"{", content_type="application/json"),
    post("/items", headers=auth("Bearer t"), content=b"{}"),
    post("/items?limit=x", {"name": 1}, auth("Bearer t")),
)
def a_body_beside_a_scheme() -> FastAPI:
    app = FastAPI()

    async def user(token: Annotated[str, Depends(OAuth2PasswordBearer("token"))], limit: int = 1):
        return [token, limit]

    @app.post("/items")
    async def create(item: Item, user: Annotated[list, Depends(user)]) -> dict:
        return {"item": item, "user": user}

    return app


@case(get("/", auth("Bearer t")), get("/"), get("/?q=x"), get("/?q=1", auth("Bearer t")))
def a_refusal_comes_in_its_turn(log) -> FastAPI:
    app = FastAPI(dependencies=[Depends(lambda: log("app"))])
    scheme = HTTPBearer()

    async def before():
        log("before")
        try:
            yield
        except HTTPException as exc:
            log("saw", exc.status_code, exc.headers)
            raise
        finally:
            log("closed")

    @app.get("/", dependencies=[Depends(before), Security(scheme), Depends(lambda: log("after"))])
    async def read(q: int = 0):
        return q

    return app


class CookieBearer(OAuth2PasswordBearer):
    async def __call__(self, request: Request):
        token = request.cookies.get("token")
        return ["cookie", token] if token else await super().__call__(request)


class Forbidding(HTTPBearer):
    def make_not_authenticated_error(self):
        return HTTPException(status_code=403, detail="Go away", headers={"x-why": "no token"})


class ForbiddingKey(APIKeyHeader):
    def make_not_authenticated_error(self):
        return HTTPException(status_code=403, detail="No key")


class HeadersOnly(HTTPBasic):
    def make_authenticate_headers(self):
        return {"WWW-Authenticate": "Mine"}


class CheckedKey(APIKeyQuery):
    def check_api_key(self, api_key):
        return f"checked {super().check_api_key(api_key)}"


class Wrapped(HTTPBearer):
    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        given = await super().__call__(request)
        request.state.given = given.credentials
        return given


@case(
    *[get(f"/{name}") for name in "abcdef"],
    get("/a", {"cookie": "token=c"}),
    *[get(f"/{name}?k=1", [("authorization", "Bearer t"), ("x-k", "key")]) for name in "abcdef"],
    get("/d", auth(f"Basic {basic('user:pass')}")),
)
def classes_of_the_program() -> FastAPI:
    app = FastAPI()
    schemes = [
        CookieBearer("token"),
        Forbidding(),
        ForbiddingKey(name="x-k"),
        HeadersOnly(),
        CheckedKey(name="k"),
        Wrapped(),
    ]
    for name, scheme in zip("abcdef", schemes, strict=True):

        def add(name, scheme):
            @app.get(f"/{name}")
            async def read(request: Request, given=Security(scheme)):
                return [given, getattr(request.state, "given", None)]

        add(name, scheme)
    return app


class Plain:
    """Not derived from anything, and yet in the document."""

    scheme_name = "Plain"
    model = {"type": "http", "scheme": "plain"}

    def __call__(self, request: Request):
        return request.headers.get("authorization")


class Derived(SecurityBase):
    def __init__(self):
        self.model = APIKeyHeader(name="x").model
        self.scheme_name = "Derived"

    async def __call__(self, connection: HTTPConnection):
        return connection.headers.get("x")


@case(get("/plain", auth("t")), get("/derived", {"x": "y"}))
def callables_with_a_model_and_a_name() -> FastAPI:
    app = FastAPI()

    @app.get("/plain")
    async def plain(given=Depends(Plain())):
        return given

    @app.get("/derived")
    async def derived(given=Depends(Derived())):
        return given

    return app


@case(get("/key"), get("/bearer"), get("/open"))
def which_exception_handlers_see() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(OurHTTPException)
    async def ours(request, exc):
        return JSONResponse({"ours": exc.detail, "headers": exc.headers}, status_code=exc.status_code)

    for path, scheme in {
        "key": APIKeyCookie(name="k"),
        "bearer": HTTPBearer(),
        "open": OpenIdConnect(openIdConnectUrl="x"),
    }.items():
        app.get(f"/{path}", dependencies=[Depends(scheme)])(lambda: None)
    return app


@case(get("/"), get("/", auth("Bearer t")))
def an_override_of_a_scheme() -> FastAPI:
    scheme = OAuth2PasswordBearer("token")
    app = app_with(scheme)
    app.dependency_overrides[scheme] = lambda: "someone"
    return app


@case(get("/", auth("Bearer t")), get("/", auth("Bearer x")), get("/", auth("Bearer t")))
def an_override_installed_before_a_scheme_is_asked(log) -> FastAPI:
    app = FastAPI()
    scheme = OAuth2PasswordBearer("token")

    async def install(request: Request):
        if request.headers["authorization"].endswith("x"):
            app.dependency_overrides[scheme] = lambda: "override"
        return 1

    @app.get("/")
    async def read(a: Annotated[int, Depends(install)], token: Annotated[str, Depends(scheme)]):
        return token

    return app


@case(connect("/"), connect("/", headers=auth("Bearer t")), connect("/?k=v", headers={"x-k": "h", "cookie": "k=c"}))
def every_scheme_on_a_websocket() -> FastAPI:
    app = FastAPI()

    @app.websocket("/")
    async def talk(
        websocket: WebSocket,
        bearer=Depends(HTTPBearer(auto_error=False)),
        oauth2=Depends(OAuth2PasswordBearer("token", auto_error=False)),
        query=Depends(APIKeyQuery(name="k", auto_error=False)),
        header=Depends(APIKeyHeader(name="x-k", auto_error=False)),
        cookie=Depends(APIKeyCookie(name="k", auto_error=False)),
        basic=Depends(HTTPBasic(auto_error=False)),
        digest=Depends(HTTPDigest(auto_error=False)),
        openid=Depends(OpenIdConnect(openIdConnectUrl="x", auto_error=False)),
    ):
        await websocket.accept()
        token = None if bearer is None else bearer.credentials
        await websocket.send_json([token, oauth2, query, header, cookie, basic, digest, openid])
        await websocket.close()

    return app


@case(*[connect(f"/{number}") for number in range(8)], *[get(f"/{number}") for number in range(8)])
def every_refusal_on_a_websocket() -> FastAPI:
    app = FastAPI()
    schemes = [
        HTTPBearer(),
        OAuth2PasswordBearer("t"),
        APIKeyQuery(name="k"),
        APIKeyHeader(name="k"),
        APIKeyCookie(name="k"),
        HTTPBasic(realm="r"),
        HTTPDigest(),
        OpenIdConnect(openIdConnectUrl="x"),
    ]
    for number, scheme in enumerate(schemes):
        app.websocket(f"/{number}", dependencies=[Security(scheme)])(lambda websocket: None)
    return app


@case(error_text="openIdConnectUrl")
def open_id_connect_without_a_url() -> FastAPI:
    return OpenIdConnect()


@case(error_text="takes 1 positional argument")
def an_api_key_with_a_positional_name() -> FastAPI:
    return APIKeyHeader("x")


@case(error_text="flows.password.tokenUrl")
def oauth2_with_a_flow_that_lacks_its_url() -> FastAPI:
    return OAuth2(flows={"password": {"scopes": {}}})


@case(error_text="unexpected keyword argument")
def security_has_no_scope() -> FastAPI:
    return Security(HTTPBearer(), scope="function")


@case(error_text="unexpected keyword argument")
def security_has_no_max_concurrency() -> FastAPI:
    return Security(HTTPBearer(), max_concurrency=1)


@case()
def the_parts_that_programs_use(log) -> None:
    for value in (None, *AUTHORIZATIONS[:32]):
        log(get_authorization_scheme_param(value))
    log(SecurityScopes().scopes, SecurityScopes().scope_str, SecurityScopes(["a", "b"]).scope_str)
    log(HTTPBasicCredentials(username="u", password="p"), HTTPAuthorizationCredentials(scheme="s", credentials="c"))
    for scheme in (APIKeyQuery(name="k"), HTTPBasic(realm="r"), HTTPDigest(), OAuth2PasswordBearer("t")):
        error = scheme.make_not_authenticated_error()
        log(type(error).__name__, error, error.headers, scheme.model, scheme.scheme_name, scheme.auto_error)
        log([each.__name__ for each in type(scheme).__mro__ if not each.__name__.startswith("_")])
    log(isinstance(HTTPBearer(), HTTPBase), isinstance(APIKeyCookie(name="k"), APIKeyBase))


FORMS = [
    b"",
    b"username=u&password=p",
    b"username=u&password=p&grant_type=password&scope=a+b++c",
    b"username=u&password=p&grant_type=passwordx",
    b"username=&password=&grant_type=",
    b"username=u&password=p&grant_type=password&client_id=&client_secret=s",
    b"username=u&username=v&password=p&scope=%ff%00",
]


@case(
    *[
        post(path, content=form, content_type="application/x-www-form-urlencoded")
        for path in "/a /b".split()
        for form in FORMS
    ],
    post("/a", {"username": "u", "password": "p"}),
    post("/a", content=FORMS[1], content_type="text/plain"),
)
def the_forms_of_the_password_flow() -> FastAPI:
    app = FastAPI()

    @app.post("/a")
    def lenient(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
        return vars(form)

    @app.post("/b")
    async def strict(form: OAuth2PasswordRequestFormStrict = Depends()):
        return vars(form)

    return app
