"""Forms as bodies: another source beside `body.py`, with the same two ways.

The exact path lets Starlette parse whatever form it is. The compiled path parses plain urlencoded bodies that arrive in
one piece, and hands all others over before anything of them is lost. Files are closed when all is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import unquote_plus

import anyio
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from vivace._endpoint.body import unreadable_body
from vivace._endpoint.fetch import list_key, model_key
from vivace._endpoint.plan import BodyPlan
from vivace._form_limits import MAX_FIELDS, MAX_PART_BYTES
from vivace._params.field import ModelField
from vivace._params.forms import form_model
from vivace._params.models import request_keys, takes_others
from vivace._params.read import model_keys, values_by_name
from vivace.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "FILES_STACK",
    "FORM_LIMITS",
    "OPEN_FILES",
    "close_files",
    "closing_files",
    "fetch_form_of",
    "form_keys",
    "given_back",
    "is_urlencoded",
    "keep_form",
    "limits_of",
    "parse_urlencoded",
    "parse_whole",
    "read_form_of",
]

# The exit stack that files are closed by, under the name by which other packages know it.
FILES_STACK = "fastapi_middleware_astack"
# The files of a request that failed: whoever answers closes them, as handlers of errors may still read.
OPEN_FILES = "vivace.open_files"
# What apps and routers around have said about forms.
FORM_LIMITS = "vivace.form_limits"

Pairs = list[tuple[str, str]]
FetchForm = Callable[[Pairs], Mapping[Any, Any]]


def limits_of(scope: Scope, plan: BodyPlan) -> Mapping[str, int]:
    """Return the limits of a form: the route's over those around it."""
    around: Mapping[str, int] | None = scope.get(FORM_LIMITS)
    return plan.form_limits if around is None else {**around, **plan.form_limits}


async def read_form_of(request: Request, plan: BodyPlan) -> FormData:
    """Read the form of a `Request`, which keeps it for the handler.

    Raises:
        HTTPException: 400, the form cannot be received or parsed, or is over a limit.
    """
    try:
        form = await request.form(**limits_of(request.scope, plan))
    except HTTPException:
        raise
    except Exception as exc:
        raise unreadable_body() from exc
    if any(isinstance(value, UploadFile) for _, value in form.multi_items()):
        stack: AsyncExitStack | None = request.scope.get(FILES_STACK)
        if stack is not None:
            stack.push_async_callback(_close, form)
    return form


def closing_files(endpoint: ASGIApp) -> ASGIApp:
    """Return an endpoint whose files are closed after it, unless somebody around it does that already."""

    async def closing(scope: Scope, receive: Receive, send: Send) -> None:
        if FILES_STACK in scope:
            return await endpoint(scope, receive, send)
        files = scope[FILES_STACK] = AsyncExitStack()
        is_left_open = False
        try:
            await endpoint(scope, receive, send)
        except Exception:
            is_left_open = True
            scope[OPEN_FILES] = files  # handlers of errors may still read them
            raise
        finally:
            del scope[FILES_STACK]
            if not is_left_open:
                await files.aclose()

    return closing


async def close_files(scope: Scope) -> None:
    """Close the files of a request that failed."""
    files: AsyncExitStack | None = scope.pop(OPEN_FILES, None)
    if files is not None:
        await files.aclose()


async def _close(form: FormData) -> None:
    for _, value in form.multi_items():
        if not isinstance(value, UploadFile):
            continue
        if getattr(value.file, "_rolled", True):
            with anyio.CancelScope(shield=True):  # closing a file on disk takes a thread
                await value.close()
        else:
            value.file.close()


def is_urlencoded(scope: Scope) -> bool:
    """Tell whether the body says, in the plainest way, that it is an urlencoded form."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            return bool(value == b"application/x-www-form-urlencoded")
    return False


def parse_urlencoded(body: bytes, limits: Mapping[str, int]) -> Pairs | None:
    """Return the pairs of an urlencoded body, or None where it takes the full parser to say what they are.

    It means exactly what Starlette's parser means: bytes are characters of Latin-1, escapes are UTF-8.
    """
    if len(body) > limits.get("max_part_size", MAX_PART_BYTES) or b";" in body:
        return None  # some parsers take ";" for "&"
    text = body.decode("latin-1")
    pairs = [(name, value) for name, _, value in [item.partition("=") for item in text.split("&") if item]]
    if len(pairs) > limits.get("max_fields", MAX_FIELDS):
        return None
    if "%" in text or "+" in text:
        return [(unquote_plus(name), unquote_plus(value)) for name, value in pairs]
    return pairs


def parse_whole(message: Message, limits: Mapping[str, int]) -> Pairs | None:
    """Return the pairs of an urlencoded form that came in one message; None for what else may have come."""
    if message["type"] != "http.request" or message.get("more_body", False):
        return None
    return parse_urlencoded(message.get("body", b""), limits)


def given_back(message: Message, receive: Receive) -> Receive:
    """Return a `receive` that gives a message that was received already once more, then goes on with `receive`."""
    pending = [message]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again


def keep_form(request: Request | None, pairs: Pairs) -> None:
    """Give a request the form that was read for it, so that whoever has the request may ask for it too."""
    if request is not None:
        request._form = FormData([*pairs])
        request._stream_consumed = True


# -- from pairs to what is validated -----------------------------------------------------------------------------------


def form_keys(field: ModelField) -> list[str | int]:
    """Return where a field's value is found in what `fetch_form_of` fetches, in the order in which places are tried."""
    if form_model(field) is not None:
        return [model_key(field)]
    return [list_key(key.name) if key.is_list else key.name for key in request_keys(field)]


def fetch_form_of(fields: Sequence[ModelField]) -> FetchForm:
    """Return the function that picks what `fields` need from the pairs of a form. What was left empty is not there."""
    plain = [field for field in fields if form_model(field) is None]
    list_names = {key.name: list_key(key.name) for field in plain for key in request_keys(field) if key.is_list}
    collectors = [_collector_of(field) for field in fields if form_model(field) is not None]

    def fetch(pairs: Pairs) -> dict[Any, Any]:
        received = dict(pairs)  # of several values of a name, the last one
        filled = {name: value for name, value in received.items() if value} if "" in received.values() else received
        found: dict[Any, Any] = {**filled} if plain else {}
        for name, key in list_names.items():
            if values := [value for each, value in pairs if each == name]:
                found[key] = values
        for key, collect in collectors:
            data = collect(received, filled, pairs)
            if data is not None:
                found[key] = data
        return found

    return fetch


_Collect = Callable[[Mapping[str, str], Mapping[str, str], Pairs], dict[str, Any] | None]


def _collector_of(field: ModelField) -> tuple[int, _Collect]:
    """Return the key of a form model and the function that gathers its data, or None when it is left out."""
    model = form_model(field)
    assert model is not None
    keys_by_field = [[(key.name, key.is_list) for key in keys] for keys in model_keys(field, model)]
    own_names = frozenset(name for keys in keys_by_field for name, _ in keys)
    is_optional = field.field_info.annotation is not model
    with_others = takes_others(model)
    # PERF: most models have one name for each field and no lists (benchmark: form model).
    names = [keys[0][0] for keys in keys_by_field if len(keys) == 1 and not keys[0][1]]
    is_simple = len(names) == len(keys_by_field)

    def collect(received: Mapping[str, str], filled: Mapping[str, str], pairs: Pairs) -> dict[str, Any] | None:
        if is_optional and not (received if with_others else own_names.intersection(received)):
            return None
        tried: Set[str] = own_names
        if is_simple:
            data: dict[str, Any] = {name: filled[name] for name in names if name in filled}
        else:
            data, tried = _first_found(keys_by_field, filled, pairs)
        if not received.keys() <= tried:
            data.update(values_by_name(pairs, besides=tried))
        return data

    return model_key(field), collect


def _first_found(
    keys_by_field: Sequence[Sequence[tuple[str, bool]]], filled: Mapping[str, str], pairs: Pairs
) -> tuple[dict[str, Any], Set[str]]:
    """Return the values of the fields, and the names that were looked up for them."""
    data: dict[str, Any] = {}
    tried: set[str] = set()
    for keys in keys_by_field:
        for name, is_list in keys:
            tried.add(name)
            value = [value for each, value in pairs if each == name] if is_list else filled.get(name)
            if value:
                data[name] = value
                break
    return data, tried
