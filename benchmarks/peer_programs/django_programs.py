"""Django on WSGI, which costs it less than ASGI, Pydantic by hand. Only what is needed is on; debug is off."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from pydantic import ValidationError

from peer_programs.models import HIDDEN, ITEM_LIST, ITEMS, ItemIn, Params
from peer_programs.selection import CHUNK, CHUNKS, ROUTES, selected

View = Callable[..., Any]
urlpatterns: list[Any] = []


class AddHeader(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["x-middleware"] = "seen"
        return response


def make(route: str, view: View, *, middleware: tuple[str, ...] = ()) -> Any:
    urlpatterns.append(path(route, view))
    return make_application(middleware)


def make_application(middleware: tuple[str, ...] = ()) -> Any:
    settings.configure(
        DEBUG=False,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=list(middleware),
        SECRET_KEY="for the benchmark only",
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
    django.setup(set_prefix=False)
    return get_wsgi_application()


def answer_json(data: bytes | str, status: int = 200) -> HttpResponse:
    return HttpResponse(data, content_type="application/json", status=status)


def read_root(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"hello": "world"})


def plain_json() -> Any:
    return make("", read_root)


def idle() -> Any:
    return plain_json()


def typed_parameters() -> Any:
    def read_item(request: HttpRequest, item_id: int) -> HttpResponse:
        try:
            params = Params.model_validate(request.GET.dict())
        except ValidationError as exc:
            return answer_json(exc.json(), 422)
        return JsonResponse({"item_id": item_id, **params.model_dump()})

    return make("items/<int:item_id>", read_item)


def model_in_out() -> Any:
    def create_item(request: HttpRequest) -> HttpResponse:
        try:
            item = ItemIn.model_validate_json(request.body)
        except ValidationError as exc:
            return answer_json(exc.json(), 422)
        return answer_json(item.model_dump_json(exclude=HIDDEN))

    return make("items", create_item)


def model_list() -> Any:
    def list_items(request: HttpRequest) -> HttpResponse:
        return answer_json(ITEM_LIST.dump_json(ITEMS))

    return make("items", list_items)


def sync_handler() -> Any:
    return make("sync", read_root)


def function_middleware() -> Any:
    return make("", read_root, middleware=(f"{__name__}.AddHeader",))


def many_routes() -> Any:
    def declare(number: int) -> None:
        def read_item(request: HttpRequest, item_id: int) -> HttpResponse:
            return JsonResponse({"resource": number, "item_id": item_id})

        urlpatterns.append(path(f"resource-{number}/<int:item_id>", read_item))

    for number in range(ROUTES):
        declare(number)
    return make_application()


def waiting() -> Any:
    def wait(request: HttpRequest) -> HttpResponse:
        time.sleep(0.05)
        return JsonResponse({"waited": True})

    return make("wait", wait)


def upload() -> Any:
    def take(request: HttpRequest) -> HttpResponse:
        size = 0
        while chunk := request.read(len(CHUNK)):
            size += len(chunk)
        return JsonResponse({"size": size})

    return make("upload", take)


def download() -> Any:
    def make_chunks() -> Iterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    def give(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(make_chunks(), content_type="application/octet-stream")

    return make("download", give)


app = selected(
    plain_json,
    typed_parameters,
    model_in_out,
    model_list,
    sync_handler,
    function_middleware,
    many_routes,
    waiting,
    upload,
    download,
    idle,
)
