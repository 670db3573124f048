"""A route holds what was declared; what serves it is made of that when it is first needed."""

import inspect
from typing import Annotated, Any

import pytest
from endpoint.asgi import answer
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivace import APIRouter, Body, Depends, FastAPI, Form, Request
from vivace.datastructures import DefaultPlaceholder
from vivace.responses import HTMLResponse
from vivace.routing import APIRoute


class Item(BaseModel):
    n: int = 0


async def read_item(item_id: int) -> Item:
    """Read an item.

    All of it.
    \f
    Not for the document.
    """
    return Item(n=item_id)


def test_a_route_tells_what_was_declared() -> None:
    route = APIRoute("/items/{item_id:int}", read_item, tags=["t"], deprecated=True, responses={404: {"model": Item}})
    assert isinstance(route, Route)
    assert (route.path, route.path_format, route.name) == ("/items/{item_id:int}", "/items/{item_id}", "read_item")
    assert (route.methods, route.tags, route.deprecated) == ({"GET"}, ["t"], True)
    assert route.description == "Read an item.\n\nAll of it."
    assert route.response_model is Item
    assert route.unique_id == "read_item_items__item_id__get"
    assert route.response_fields[404].type_ is Item
    assert route.path_regex.match("/items/1")


def test_a_response_class_is_marked_when_nobody_chose_it() -> None:
    default = APIRoute("/", read_item).response_class
    assert isinstance(default, DefaultPlaceholder)
    assert default.value is JSONResponse
    assert APIRoute("/", read_item, response_class=HTMLResponse).response_class is HTMLResponse


@pytest.mark.parametrize(
    ("annotation", "options", "model"),
    [
        (Item, {}, Item),
        (Item, {"response_model": None}, None),
        (Item, {"response_model": list[Item]}, list[Item]),
        (Response, {}, None),
        (HTMLResponse, {}, None),
        (inspect.Signature.empty, {}, None),
    ],
)
def test_the_model_is_the_return_type_unless_it_is_given(annotation: Any, options: Any, model: Any) -> None:
    async def handler(): ...  # type: ignore[no-untyped-def]  # annotated below

    if annotation is not inspect.Signature.empty:
        handler.__annotations__["return"] = annotation
    assert APIRoute("/", handler, **options).response_model == model


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"status_code": 204, "response_model": Item}, "Status code 204 must not have a response body"),
        ({"responses": {204: {"model": Item}}}, "Status code 204 must not have a response body"),
        ({"responses": {404: "text"}}, "An additional response must be a dict"),
    ],
)
def test_a_wrong_declaration_of_answers_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(AssertionError, match=text):
        APIRoute("/", read_item, **options)


def test_an_endpoint_must_be_callable() -> None:
    with pytest.raises(AssertionError, match="An endpoint must be a callable"):
        APIRoute("/", "not callable")  # type: ignore[arg-type]  # what is tested


def test_the_error_of_a_declaration_names_route_and_handler() -> None:
    async def wrong(a: dict[str, int]) -> None: ...

    with pytest.raises(AssertionError) as caught:
        APIRoute("/{a}", wrong)
    text = "\n".join([str(caught.value), *caught.value.__notes__])
    assert "wrong() in " in text and "test_routes.py, line " in text and "'/{a}'" in text


def test_bodies_of_all_dependencies_are_one_field() -> None:
    def dependency(other: Item) -> None: ...

    def handler(item: Item, d: None = Depends(dependency)) -> None: ...

    field = APIRoute("/", handler, methods=["POST"]).body_field
    assert field is not None
    assert field.name == "body"
    assert set(field.type_.model_fields) == {"item", "other"}


def test_one_body_is_itself() -> None:
    def handler(item: Annotated[Item, Body()]) -> None: ...

    def form(a: Annotated[str, Form()]) -> None: ...

    def nothing() -> None: ...

    assert getattr(APIRoute("/", handler).body_field, "name", None) == "item"
    assert getattr(APIRoute("/", form).body_field, "name", None) == "body"
    assert APIRoute("/", nothing).body_field is None


def test_an_included_route_is_another_one_with_the_same_origin() -> None:
    app, router = FastAPI(), APIRouter(tags=["inner"])
    router.add_api_route("/{item_id}", read_item)
    app.include_router(router, prefix="/items", tags=["outer"])
    original, included = router.routes[-1], app.routes[-1]
    assert isinstance(included, APIRoute)
    assert (included.path, included.tags) == ("/items/{item_id}", ["outer", "inner"])
    assert included.original_route is original is not included


def test_names_in_a_prefix_turn_arguments_into_path_parameters() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/x")
    async def read(tenant: int, q: int = 0) -> list[int]:
        return [tenant, q]

    app.include_router(router)
    app.include_router(router, prefix="/{tenant}")
    assert [answer(app, target).json for target in ("/x?tenant=1", "/2/x?tenant=1&q=3")] == [[1, 0], [2, 3]]


def test_a_route_class_may_wrap_every_request() -> None:
    class Timed(APIRoute):
        def get_route_handler(self) -> Any:
            handle = super().get_route_handler()

            async def handle_timed(request: Request) -> Response:
                response: Response = await handle(request)
                response.headers["x-timed"] = request.url.path
                return response

            return handle_timed

    app, router = FastAPI(), APIRouter(route_class=Timed)
    router.add_api_route("/{item_id}", read_item)
    app.include_router(router, prefix="/items")
    got = answer(app, "/items/1")
    assert got.json == {"n": 1}
    assert ("x-timed", "/items/1") in got.headers
    assert answer(app, "/items/x").status == 422


def test_views_of_a_class_get_their_instance_from_a_signature_that_is_set_later() -> None:
    router = APIRouter()

    class Views:
        prefix = "of the instance"

        @router.get("/x")
        async def read(self, q: int = 0) -> list[Any]:
            return [self.prefix, q]

    signature = inspect.signature(Views.read)
    self_argument, *others = signature.parameters.values()
    Views.read.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what packages for views do
        parameters=[
            self_argument.replace(default=Depends(Views), kind=inspect.Parameter.KEYWORD_ONLY),
            *(other.replace(kind=inspect.Parameter.KEYWORD_ONLY) for other in others),
        ]
    )
    app = FastAPI()
    app.include_router(router)
    app.include_router(router, prefix="/again")
    assert answer(app, "/x?q=1").json == answer(app, "/again/x?q=1").json == ["of the instance", 1]
