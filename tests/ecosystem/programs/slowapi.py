"""slowapi: limits by decorator, shared limits, limits by user, an exempt route, its middleware and its headers."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIASGIMiddleware
from slowapi.util import get_remote_address


def get_user(request: Request) -> str:
    return request.headers.get("x-user", get_remote_address(request))


limiter = Limiter(key_func=get_remote_address, default_limits=["4/year"], headers_enabled=True)
app = FastAPI()
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)
app.add_middleware(SlowAPIASGIMiddleware)
router = APIRouter(prefix="/api")
shared = limiter.shared_limit("2/year", scope="reports")


@app.get("/default")
async def use_default(request: Request) -> dict[str, str]:
    return {"limited": "by default"}


@router.get("/items/{item_id}")
@limiter.limit("2/year")
async def read_item(request: Request, response: Response, item_id: int, q: str = "none") -> dict[str, object]:
    """Read an item."""
    return {"item_id": item_id, "q": q}


@router.post("/sync")
@limiter.limit("1/year", key_func=get_user, error_message="once a year and user")
def create_in_a_thread(request: Request, response: Response, user: str = Header(alias="x-user")) -> dict[str, str]:
    return {"user": user}


def count(request: Request) -> str:
    return "counted"


@router.get("/reports/a")
@shared
async def report_a(request: Request, response: Response, counted: str = Depends(count)):
    return {"report": "a", "was": counted}


@router.get("/reports/b")
@shared
async def report_b(request: Request, response: Response):
    return Response("b", media_type="text/plain")


@app.get("/free")
@limiter.exempt
async def free(request: Request):
    return {"free": True}


app.include_router(router)


def ask(session, method: str, url: str, status: int = 200, **options) -> None:
    """Ask; but when a limit ends is the time of day."""
    response = session.ask(method, url, status=status, quiet=("x-ratelimit-reset", "retry-after"), **options)
    session.tell(f"tells when: {sorted({'x-ratelimit-reset', 'retry-after'} & set(response.headers))}")


def drive(session) -> None:
    for status in (200, 200, 200, 200, 429):
        ask(session, "GET", "/default", status)
    for status in (200, 200, 429):
        ask(session, "GET", "/api/items/3?q=x", status)
    ask(session, "GET", "/api/items/x", 422)
    ask(session, "POST", "/api/sync", 422)
    ask(session, "POST", "/api/sync", headers={"x-user": "ann"})
    ask(session, "POST", "/api/sync", headers={"x-user": "bob"})
    ask(session, "POST", "/api/sync", 429, headers={"x-user": "ann"})
    ask(session, "GET", "/api/reports/a")
    ask(session, "GET", "/api/reports/b")
    ask(session, "GET", "/api/reports/a", 429)
    for _ in range(6):
        ask(session, "GET", "/free")
    ask(session, "GET", "/nothing", 404)
    ask(session, "GET", "/openapi.json")
