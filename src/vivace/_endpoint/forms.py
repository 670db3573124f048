"""Forms as bodies: another source beside `body.py`, with the same two ways.

The exact path lets Starlette parse whatever form it is. The compiled path parses plain urlencoded bodies that arrive in
one piece, and hands all others over before anything of them is lost. Files are closed when all is done with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from urllib.parse import unquote_plus

import anyio
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from vivace._endpoint.body import unreadable_body
from vivace._endpoint.plan import BodyPlan
from vivace._form_limits import MAX_FIELDS, MAX_PART_BYTES
from vivace.types import Message, Receive, Scope

__all__ = [
    "FILES_STACK",
    "FORM_LIMITS",
    "OPEN_FILES",
    "close_files",
    "given_back",
    "is_urlencoded",
    "keep_form",
    "limits_of",
    "parse_urlencoded",
    "read_form_of",
]

# The exit stack that files are closed by, under the name by which other packages know it.
FILES_STACK = "fastapi_middleware_astack"
# The files of a request that failed: whoever answers closes them, as handlers of errors may still read.
OPEN_FILES = "vivace.open_files"
# What apps and routers around have said about forms.
FORM_LIMITS = "vivace.form_limits"

Pairs = list[tuple[str, str]]


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


async def close_files(scope: Scope) -> None:
    """Close the files of a request that failed."""
    files: AsyncExitStack | None = scope.pop(OPEN_FILES, None)
    if files is not None:
        await files.aclose()


async def _close(form: FormData) -> None:
    with anyio.CancelScope(shield=True):  # closing a file on disk takes a thread
        await form.close()


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
