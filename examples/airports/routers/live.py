"""What changes, live: a websocket, and a page that shows it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import anyio
from pydantic import BaseModel, ConfigDict, Field

from airports import accounts
from airports.accounts import READ
from airports.database import read_once
from airports.errors import AirportsError
from airports.feed import Feed
from airports.settings import Settings, SettingsNeeded
from vivace import APIRouter, Request, Response, WebSocket, WebSocketDisconnect, status
from vivace.staticfiles import StaticFiles
from vivace.templating import Jinja2Templates

HELLO_DEADLINE_S = 10.0
SEND_DEADLINE_S = 30.0  # for a client that doesn't read; by then its buffers are long full
CLOSE_DEADLINE_S = 5.0
MAX_HELLO_CHARACTERS = 4_000
CHANGES_AT_ONCE = 100

PAGE = Path(__file__).parents[1] / "page"
# Only what comes from here, and nothing written into the page: text that slips in as markup can't do anything.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

router = APIRouter()
static = StaticFiles(directory=PAGE / "static")
templates = Jinja2Templates(directory=PAGE / "templates")


@router.get("/live", include_in_schema=False)
async def show_page(request: Request) -> Response:
    """Show the page on which people sign in, import airports, and see what changes."""
    context = {"base": request.scope.get("root_path", "")}
    return templates.TemplateResponse(request, "live.html", context, headers=PAGE_HEADERS)


class Hello(BaseModel):
    """The first message of a follower.

    Attributes:
        token: Sent here because browsers can set no header on a websocket, and an address, with what is in it, is
            written into logs.
        after: The number of the last change that the client has seen, when it comes again.
    """

    model_config = ConfigDict(extra="forbid")

    token: str
    after: int | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why the service ends a connection."""

    code: int
    reason: str


@router.websocket("/feed")
async def follow_changes(websocket: WebSocket, settings: SettingsNeeded) -> None:
    """Send every change: of airports, and of imports on their way.

    The client begins with a `Hello` and says nothing more. The first answer is `{"type": "ready", "number": N}`, where
    N is the last change before; then the changes come in order, each with its `type` and the next `number`. Where some
    were forgotten before the client could read them, `{"type": "gap", "missed": M}` comes in their place.
    """
    await websocket.accept()
    ending = await _serve(websocket, websocket.state.feed, settings)
    if ending:
        # Who doesn't read may not even make room for the goodbye.
        with anyio.move_on_after(CLOSE_DEADLINE_S):
            await websocket.close(ending.code, ending.reason)


async def _serve(websocket: WebSocket, feed: Feed, settings: Settings) -> Ending | None:
    hello = await _read_hello(websocket)
    if not isinstance(hello, Hello):
        return hello
    try:
        account = await read_once(settings, accounts.identify, hello.token, settings.secret, [READ])
    except AirportsError as exc:
        return Ending(code=status.WS_1008_POLICY_VIOLATION, reason=str(exc))
    # A number beyond the latest is one of another database.
    after = feed.last if hello.after is None or hello.after > feed.last else hello.after
    ending: Ending | None = Ending(code=status.WS_1008_POLICY_VIOLATION, reason="The token has expired. Sign in again.")
    try:
        with anyio.move_on_after((account.expires_at - datetime.now(UTC)).total_seconds()):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_tell, websocket, feed, after)
                ending = await _listen(websocket)
                tasks.cancel_scope.cancel()
    except* TimeoutError:
        ending = Ending(code=status.WS_1013_TRY_AGAIN_LATER, reason="You read too slowly.")
    return ending


async def _read_hello(websocket: WebSocket) -> Hello | Ending | None:
    """Wait for the first message; None where the client leaves instead."""
    try:
        with anyio.fail_after(HELLO_DEADLINE_S):
            message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text") or ""
        if len(text) <= MAX_HELLO_CHARACTERS:
            return Hello.model_validate_json(text)
    except (TimeoutError, ValueError):  # Pydantic's errors are ValueErrors
        pass
    expected = 'Begin with {"token": "..."}, and perhaps "after": the last number that you have seen.'
    return Ending(code=status.WS_1008_POLICY_VIOLATION, reason=expected)


async def _listen(websocket: WebSocket) -> Ending | None:
    """Wait until the client leaves."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    return Ending(code=status.WS_1008_POLICY_VIOLATION, reason="After the first message there is nothing to say.")


async def _tell(websocket: WebSocket, feed: Feed, after: int) -> None:
    """Send changes as they come, at the client's own pace: `send` waits for a client that is behind.

    Raises:
        TimeoutError: It doesn't read at all.
    """
    try:
        await websocket.send_text(json.dumps({"type": "ready", "number": after}))
        while True:
            await feed.wait_beyond(after)
            changes, missed = feed.after(after, limit=CHANGES_AT_ONCE)
            with anyio.fail_after(SEND_DEADLINE_S):
                if missed:
                    await websocket.send_text(json.dumps({"type": "gap", "missed": missed}))
                for change in changes:
                    await websocket.send_text(change.text)
            after = changes[-1].number
    except WebSocketDisconnect:
        pass  # which whoever listens is told, too
