"""The websocket protocol for Uvicorn: one connection, from its handshake to its end.

`uvicorn --ws vivace.server.websocket:WebSocketProtocol` serves any ASGI app with it. `websockets` has all rules of the
protocol: the handshake, compression, control frames, messages in parts, and every refusal. Only whole and plain frames
pass it by (`vivace.server.frames`), which nearly all are.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.utils import (
    ClientDisconnected,
    get_client_addr,
    get_local_addr,
    get_path_with_query_string,
    get_remote_addr,
    is_ssl,
)
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from vivace.server.frames import BINARY, TEXT, FrameReader, frame_head
from vivace.server.inbox import READ_AHEAD, READ_AHEAD_BYTES, Inbox
from vivace.server.pinging import Pinging
from vivace.server.websocket_handshake import denial, extensions_of, scope_of
from vivace.types import Message, Scope

__all__ = ["WebSocketProtocol"]

CLOSE_LIMIT_S = 10.0  # for a client to answer that it has heard the close, and to take what was sent before the end
JOINED_BYTES = 65_536  # a longer payload is not copied behind its head
LOST_BEFORE_ACCEPT, LOST = 1006, 1005  # as Uvicorn tells them


class _Phase(Enum):
    """How far a connection has come."""

    CONNECTING = auto()  # until the app has accepted or refused
    DENYING = auto()  # the app is sending an HTTP response instead
    OPEN = auto()
    CLOSED = auto()  # the app has closed or refused
    ENDED = auto()  # the client or the server has


class WebSocketProtocol(asyncio.Protocol):
    """A websocket.

    Args:
        config: Uvicorn's configuration.
        server_state: What the connections of the process share.
        app_state: The state that the app's lifespan has made.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.config = config
        self.loop = _loop or asyncio.get_event_loop()
        self.logger = logging.getLogger("uvicorn.error")
        self._server_state = server_state
        self._connections: set[Any] = server_state.connections  # Uvicorn's type names its own protocols
        self._app_state = app_state
        self._phase = _Phase.CONNECTING
        self._inbox = Inbox(self, self.loop)
        self.receive = self._inbox.get
        self._frames = FrameReader(config.ws_max_size)
        self._parser = ServerProtocol(extensions=extensions_of(config), max_size=config.ws_max_size, logger=self.logger)
        self._pinging: Pinging | None = None  # while the websocket is open
        self._is_plain = False  # whether frames are sent as they are: nothing was agreed upon that changes them
        self._is_lost = False
        self._is_reading_paused = False
        self._parts: list[bytes] = []
        self._are_parts_text = False
        self._writable: asyncio.Event | None = None  # while writing is paused
        self._close_timer: asyncio.TimerHandle | None = None
        self._abort_timer: asyncio.TimerHandle | None = None  # once everything has been written that will be
        self._response: Response | None = None
        self._denial: tuple[int, list[tuple[bytes, bytes]], bytearray] | None = None
        self.scope: Scope = {}

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._stop_pinging()
        self._cancel_close_timer()
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        was_connecting = self._phase in (_Phase.CONNECTING, _Phase.DENYING)
        self._disconnect(LOST_BEFORE_ACCEPT if was_connecting else LOST)
        self._inbox.release()
        self._is_lost = True
        self._phase = _Phase.ENDED
        self.resume_writing()  # nothing will be written, and nobody is to wait for it
        if exc is None:
            self.transport.close()

    def eof_received(self) -> None:
        pass

    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def data_received(self, data: bytes) -> None:
        if not self.scope:
            head, end, data = data.partition(b"\r\n\r\n")
            self._parse(head + end)
        if self._phase is not _Phase.CONNECTING and self._phase is not _Phase.DENYING:
            return self._read_frames(data)
        self._frames.keep(data)
        if len(self._frames) > READ_AHEAD_BYTES:
            self.pause_reading()  # a client that does not wait for the app to accept

    def shutdown(self) -> None:
        """End, because the server does."""
        self._stop_pinging()
        if self._phase is _Phase.OPEN:
            self._disconnect(1012)
            self._phase = _Phase.ENDED
            self._parser.send_close(1012)
            self._flush()
        elif self.scope:
            self._refuse(500, "Internal Server Error")
        self._cancel_close_timer()
        self._close()

    # Reading

    def _read_frames(self, data: bytes = b"") -> None:
        while True:
            if self._is_reading_paused:
                return self._frames.keep(data)
            # One read may hold thousands of small messages: they are not all taken out of it at once.
            frames = self._frames.read(data, READ_AHEAD)
            for first, payload in frames:
                if first:
                    self._take(payload, is_text=first == TEXT)
                else:
                    self._parse(payload)
            if len(frames) < READ_AHEAD:
                return
            data = b""

    def _take(self, payload: bytes, *, is_text: bool) -> None:
        """Give a message to the app. Once it has closed, what comes until the client answers is not for it."""
        if self._phase is not _Phase.OPEN:
            return
        if not is_text:
            self._inbox.put({"type": "websocket.receive", "bytes": payload}, len(payload))
            return
        try:
            self._inbox.put({"type": "websocket.receive", "text": payload.decode()}, len(payload))
        except UnicodeDecodeError:
            self.logger.warning("Invalid UTF-8 sequence received from client.")
            self._parser.fail(1007)
            self._on_parser_failure()

    def pause_reading(self) -> None:
        if not self._is_reading_paused:
            self._is_reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._is_reading_paused:
            self._is_reading_paused = False
            if not self._is_lost:
                self.transport.resume_reading()
                self._read_frames()

    def _parse(self, data: bytes) -> None:
        """Let `websockets` read."""
        self._parser.receive_data(data)
        if self._parser.parser_exc is not None:
            return self._on_parser_failure()
        for event in self._parser.events_received():
            if isinstance(event, Request):
                self._on_request(event)
            elif isinstance(event, Frame):
                self._on_frame(event)
        if self._parser.handshake_exc is not None and not self.scope:
            self._flush()
            self._close()

    def _on_frame(self, frame: Frame) -> None:
        data = bytes(frame.data)
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY | Opcode.CONT:
                self._on_part(frame.opcode, data, is_last=frame.fin)
            case Opcode.PING:
                self._flush()  # the answer
            case Opcode.PONG:
                if self._pinging is not None:
                    self._pinging.on_pong(data)
            case Opcode.CLOSE:
                self._on_close()

    def _on_part(self, opcode: Opcode, data: bytes, *, is_last: bool) -> None:
        if opcode is not Opcode.CONT:
            self._parts = []
            self._are_parts_text = opcode is Opcode.TEXT
        self._parts.append(data)
        if not is_last:
            return
        whole, self._parts = b"".join(self._parts), []
        self._take(whole, is_text=self._are_parts_text)

    def _on_close(self) -> None:
        if self._phase is _Phase.CLOSED:  # the answer to ours
            self._cancel_close_timer()
            self._close()
            return
        close = self._parser.close_rcvd
        assert close is not None
        self._end(close.code, close.reason)

    def _on_parser_failure(self) -> None:
        close = self._parser.close_sent
        self._end(*(1006, "") if close is None else (close.code, close.reason))

    def _end(self, code: int, reason: str) -> None:
        """Tell the app that it is over, send what `websockets` has to say, and close."""
        if self._phase is _Phase.OPEN:
            self._disconnect(code, reason)
            self._phase = _Phase.ENDED
        self._stop_pinging()
        self._flush()
        self._close()

    def _disconnect(self, code: int, reason: str = "") -> None:
        self._inbox.put({"type": "websocket.disconnect", "code": code, "reason": reason})

    def _flush(self) -> None:
        output = b"".join(self._parser.data_to_send())
        if output and not self.transport.is_closing():
            self.transport.write(output)

    # The handshake

    def _on_request(self, request: Request) -> None:
        self._response = self._parser.accept(request)
        if self._response.status_code != 101:
            self._respond(self._response)
            return
        self.scope = scope_of(request, self.config, self._app_state)
        self.scope["scheme"] = "wss" if is_ssl(self.transport) else "ws"
        self.scope["server"] = get_local_addr(self.transport)
        self.scope["client"] = get_remote_addr(self.transport)
        self._inbox.put({"type": "websocket.connect"})
        task = self.loop.create_task(self._run())
        task.add_done_callback(self._server_state.tasks.discard)
        self._server_state.tasks.add(task)

    async def _run(self) -> None:
        app = cast(Any, self.config.loaded_app)  # ASGI's own contract
        try:
            result = await app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except BaseException:
            self.logger.exception("Exception in ASGI application\n")
            self._refuse(500, "Internal Server Error")
        else:
            if self._phase in (_Phase.CONNECTING, _Phase.DENYING):
                self.logger.error("ASGI callable returned without completing handshake.")
                self._refuse(500, "Internal Server Error")
            elif result is not None:
                self.logger.error("ASGI callable should return None, but returned '%s'.", result)
        if self._close_timer is None:
            self._close()

    def _refuse(self, status: int, text: str) -> None:
        if self._phase in (_Phase.CONNECTING, _Phase.DENYING):
            self._respond(self._parser.reject(status, text))

    def _respond(self, response: Response) -> None:
        self._phase = _Phase.CLOSED
        self._parser.send_response(response)
        self._flush()
        self._close()

    def _log_answer(self, answer: object) -> None:
        self.logger.info(
            '%s - "WebSocket %s" %s',
            get_client_addr(cast(Any, self.scope)),  # Uvicorn's type of a scope
            get_path_with_query_string(cast(Any, self.scope)),
            answer,
        )

    # The app's calls

    async def send(self, message: Message) -> None:
        if self._writable is not None:
            await self._writable.wait()
        if self._is_lost:
            raise ClientDisconnected()
        if self._phase is _Phase.OPEN and message["type"] == "websocket.send":
            self._send_data(message)
        else:
            self._SENDERS[self._phase](self, message)

    def _send_data(self, message: Message) -> None:
        data = message.get("bytes")
        first = BINARY
        if data is None:
            text = message.get("text")
            if text is None:
                return
            first, data = TEXT, text.encode()
        if not self._is_plain:
            (self._parser.send_text if first == TEXT else self._parser.send_binary)(data)
            self._flush()
        elif len(data) <= JOINED_BYTES:
            self.transport.write(b"".join((frame_head(first, len(data)), data)))
        else:
            self.transport.write(frame_head(first, len(data)))
            self.transport.write(data)

    def _send_when_connecting(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                self._accept(message)
            case "websocket.close":
                self._disconnect(1006)
                self._log_answer(403)
                self._refuse(403, "")
            case "websocket.http.response.start":
                status = message["status"]
                if not 100 <= status < 600:
                    raise RuntimeError(f"Invalid HTTP status code '{status}' in response.")
                self._log_answer(status)
                self._denial = (status, list(message.get("headers", ())), bytearray())
                self._phase = _Phase.DENYING
            case other:
                raise RuntimeError(
                    "Expected ASGI message 'websocket.accept', 'websocket.close' or 'websocket.http.response.start' "
                    f"but got '{other}'."
                )

    def _accept(self, message: Message) -> None:
        assert self._response is not None
        self._log_answer("[accepted]")
        headers = self._response.headers
        del headers["Date"]
        for name, value in [*self._server_state.default_headers, *message.get("headers", ())]:
            headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        if message.get("subprotocol"):
            headers["Sec-WebSocket-Protocol"] = message["subprotocol"]
        if self.transport.is_closing():
            return
        self._parser.send_response(self._response)
        self._flush()
        self._response = None
        self._phase = _Phase.OPEN
        self._is_plain = not self._parser.extensions
        self._pinging = Pinging(
            self.config.ws_ping_interval, self.config.ws_ping_timeout, self._ping, self._on_no_pong, self.loop
        )
        self._pinging.start()
        self.resume_reading()
        self._read_frames()  # what came before

    def _send_when_denying(self, message: Message) -> None:
        if message["type"] != "websocket.http.response.body":
            raise RuntimeError(f"Expected ASGI message 'websocket.http.response.body' but got '{message['type']}'.")
        assert self._denial is not None
        status, headers, body = self._denial
        body += message.get("body", b"")
        if not message.get("more_body", False):
            self._disconnect(1006)
            self._respond(denial(status, headers, bytes(body)))

    def _send_when_open(self, message: Message) -> None:
        if message["type"] != "websocket.close":
            raise RuntimeError(
                f"Expected ASGI message 'websocket.send' or 'websocket.close', but got '{message['type']}'."
            )
        if self.transport.is_closing():
            return
        code, reason = message.get("code", 1000), message.get("reason") or ""
        try:
            self._parser.send_close(code, reason)
        except InvalidState:
            raise ClientDisconnected() from None
        self._disconnect(code, reason)
        self._phase = _Phase.CLOSED
        self._stop_pinging()
        self._flush()
        self._close_timer = self.loop.call_later(CLOSE_LIMIT_S, self._close)
        self.resume_reading()  # for the client's answer

    def _send_when_closed(self, message: Message) -> None:
        raise RuntimeError(f"Unexpected ASGI message '{message['type']}', after sending 'websocket.close'.")

    def _send_when_ended(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            raise ClientDisconnected()
        if message["type"] != "websocket.close":
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}', after the websocket has ended.")

    _SENDERS = {
        _Phase.CONNECTING: _send_when_connecting,
        _Phase.DENYING: _send_when_denying,
        _Phase.OPEN: _send_when_open,
        _Phase.CLOSED: _send_when_closed,
        _Phase.ENDED: _send_when_ended,
    }

    # Time

    def _close(self) -> None:
        """Close once everything was written, or after a while: a client that reads nothing keeps nothing open."""
        self.transport.close()
        if self._abort_timer is None and not self._is_lost:
            self._abort_timer = self.loop.call_later(CLOSE_LIMIT_S, self.transport.abort)

    def _ping(self, payload: bytes) -> bool:
        """Send a ping, unless it is too late or the client cannot be heard now."""
        if self._phase is not _Phase.OPEN or self.transport.is_closing():
            return False
        if self._is_reading_paused:
            return True  # the app is slow: the answer would wait behind what it has not received
        self._parser.send_ping(payload)
        self._flush()
        return True

    def _on_no_pong(self) -> bool:
        """End the connection, unless it was the app that could not hear the answer."""
        if self._is_reading_paused:
            return True
        if self._phase is _Phase.OPEN and not self.transport.is_closing():
            self._parser.fail(1011, "keepalive ping timeout")
            self._phase = _Phase.ENDED
            self._flush()
            self._close()
        return False

    def _stop_pinging(self) -> None:
        if self._pinging is not None:
            self._pinging.stop()
            self._pinging = None

    def _cancel_close_timer(self) -> None:
        if self._close_timer is not None:
            self._close_timer.cancel()
            self._close_timer = None
