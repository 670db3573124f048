"""What type checkers must accept and infer: the options of routes, fields, apps and routers. Checked, never run."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, assert_type

from pydantic import BaseModel

from vivace import APIRouter, Body, Cookie, Depends, Header, Path, Query, Request, Response, Vivace
from vivace.responses import JSONResponse, PlainTextResponse


class Item(BaseModel):
    name: str


async def check() -> None: ...


def name_operation(route: Any) -> str:
    return f"{route.name}"


app = Vivace(
    title="Items",
    version="1.0.0",
    description="All kinds of items.",
    debug=False,
    docs_url=None,
    openapi_tags=[{"name": "items"}],
    servers=[{"url": "/v1"}],
    dependencies=[Depends(check)],
    default_response_class=JSONResponse,
    responses={404: {"description": "Not there"}},
    redirect_slashes=False,
)

router = APIRouter(
    prefix="/items", tags=["items"], dependencies=[Depends(check)], deprecated=True, default_response_class=JSONResponse
)


@router.get(
    "/{item_id}",
    response_model=Item,
    status_code=200,
    tags=["read"],
    dependencies=[Depends(check)],
    summary="Read",
    description="Read an item.",
    response_description="The item",
    responses={404: {"description": "Not there"}},
    deprecated=False,
    operation_id="read_item",
    response_model_include={"name"},
    response_model_exclude={"name": True},
    response_model_by_alias=True,
    response_model_exclude_unset=True,
    response_model_exclude_defaults=True,
    response_model_exclude_none=True,
    include_in_schema=True,
    response_class=JSONResponse,
    name="read",
    callbacks=[],
    openapi_extra={"x-internal": True},
    generate_unique_id_function=name_operation,
)
async def read_item(
    item_id: Annotated[int, Path(ge=1, le=10**6)],
    request: Request,
    response: Response,
    search: Annotated[str | None, Query(min_length=2, max_length=9, pattern="^a", alias="q", deprecated=True)] = None,
    token: Annotated[str | None, Header(convert_underscores=False, include_in_schema=False)] = None,
    session: Annotated[str | None, Cookie(title="Session", examples=["abc"])] = None,
    page: int = Query(default=1, gt=0, description="From 1."),
    checked: None = Depends(check, use_cache=False, scope="function", max_concurrency=2),
) -> dict[str, str]:
    return {"name": "a"}


@router.put("/{item_id}")
@router.patch("/{item_id}", response_class=PlainTextResponse)
def write_item(item_id: int, item: Annotated[Item, Body(embed=True)]) -> str:
    return item.name


# A decorated function keeps its type: it can be called and tested as what it was.
assert_type(write_item(1, Item(name="a")), str)


@app.api_route(
    "/both",
    methods=["GET", "POST"],
    status_code=201,
    max_body_size=1_000_000,
    form_limits={"max_files": 1},
)
async def both() -> None: ...


assert_type(both, Callable[[], Coroutine[Any, Any, None]])


@app.exception_handler(LookupError)
async def answer_lookup_error(request: Request, exc: LookupError) -> Response:
    return Response(status_code=404)


@app.middleware("http")
async def pass_on(request: Request, call_next: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    return await call_next(request)


app.add_api_route("/added", both, methods=["PUT"], strict_content_type=False)
app.include_router(router, prefix="/v1", tags=["v1"], include_in_schema=False, deprecated=None)
app.dependency_overrides[check] = both
