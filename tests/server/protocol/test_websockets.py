"""Our websocket protocol says and tells what Uvicorn's does, and bounds what Uvicorn's does not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server.protocol.fakes import Connect, Connection, FakeLoop, make_request
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vivace.server.config import ServerConfig
from vivace.server.inbox import READ_AHEAD
from vivace.server.websocket import WebSocketProtocol
from vivace.types import Message, Receive, Scope, Send

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x12\x34\x56\x78"
TEXT, BINARY, CONT, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
DATE = re.compile(rb"(?i)date: [^\r]+\r\n")

Script = list[bytes]


def handshake(**fields: str) -> bytes:
    given = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec_websocket_key": KEY,
        "sec_websocket_version": "13",
        **fields,
    }
    return make_request("GET", "/chat?a=b", None, **{name: value for name, value in given.items() if value})


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    length = len(payload)
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += bytes([mask_bit | 126]) + length.to_bytes(2)
    else:
        head += bytes([mask_bit | 127]) + length.to_bytes(8)
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


class Recorder:
    """An app that does what its steps say, and writes down what it receives and what is raised."""

    def __init__(self, *steps: Any) -> None:
        self.steps = steps
        self.told: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.told.append({name: value for name, value in scope.items() if name not in ("state", "asgi")})
        for step in self.steps or ({"type": "websocket.accept"}, "echo"):
            try:
                await self.take(step, receive, send)
            except Exception as exc:
                self.told.append(f"{type(exc).__name__}: {exc}")
        self.told.append("returned")

    async def take(self, step: Any, receive: Receive, send: Send) -> None:
        if step == "receive":
            self.told.append(shown(await receive()))
        elif step in ("echo", "listen"):
            while (message := await receive())["type"] != "websocket.disconnect":
                self.told.append(message)
                if step == "echo" and message["type"] == "websocket.receive":
                    await send({**message, "type": "websocket.send"})
            self.told.append(shown(message))
        else:
            await send(step)


def shown(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "reason" or value}


def play(loop: FakeLoop, protocol: type[Any], app: Recorder, script: Script, **options: Any) -> list[Any]:
    connection = Connection(loop, app, ws=protocol, **{"ws_ping_interval": None, **options})
    for data in script:
        if not connection.is_closed:
            connection.receive(data)
    sent = DATE.sub(b"", connection.sent)
    is_closed = connection.transport.is_closing()
    if not is_closed:
        connection.lose()
    return [sent, is_closed, app.told, len(connection.server_state.tasks), len(connection.server_state.connections)]


def compare(loop: FakeLoop, make_app: Callable[[], Recorder], script: Script, **options: Any) -> list[Any]:
    ours = play(loop, WebSocketProtocol, make_app(), script, **options)
    theirs = play(loop, WebSocketsSansIOProtocol, make_app(), script, **options)
    assert ours == theirs
    return ours


ACCEPT = {"type": "websocket.accept"}
LONG = b"x" * 70_000
SCRIPTS: dict[str, Script] = {
    "text": [frame(TEXT, b"hello"), frame(TEXT, "é€".encode())],
    "bytes": [frame(BINARY, b"\x00\xff"), frame(BINARY)],
    "empty text": [frame(TEXT)],
    "several in one read": [frame(TEXT, b"a") + frame(BINARY, b"b") + frame(TEXT, b"c")],
    "every length of length": [frame(TEXT, LONG[:125]), frame(TEXT, LONG[:126]), frame(BINARY, LONG)],
    "byte by byte": [bytes([byte]) for byte in frame(TEXT, b"hello") + frame(BINARY, LONG[:200])],
    "in two halves": [frame(BINARY, LONG)[:33_000], frame(BINARY, LONG)[33_000:] + frame(TEXT, b"x")],
    "a ping between": [frame(TEXT, b"a"), frame(PING, b"p"), frame(TEXT, b"b"), frame(PONG, b"unasked")],
    "in parts": [frame(TEXT, b"a", fin=False), frame(CONT, b"b", fin=False), frame(PING, b"p"), frame(CONT, b"c")],
    "a whole one after parts": [frame(BINARY, b"a", fin=False), frame(CONT, b"b"), frame(TEXT, b"c")],
    "a close": [frame(TEXT, b"a"), frame(CLOSE, b"\x0f\xa0because")],
    "an empty close": [frame(CLOSE)],
    "a message behind a close": [frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"a")],
    "not masked": [frame(TEXT, b"a", masked=False)],
    "a reserved bit": [frame(TEXT, b"a", rsv=0x40)],
    "an unknown opcode": [frame(3, b"a")],
    "a long ping": [frame(PING, LONG[:126])],
    "a ping in parts": [frame(PING, b"a", fin=False)],
    "a part of nothing": [frame(CONT, b"a")],
    "a text within parts": [frame(TEXT, b"a", fin=False), frame(TEXT, b"b")],
    "a wrong close code": [frame(CLOSE, b"\x00\x01")],
    "a close of one byte": [frame(CLOSE, b"\x03")],
    "a close that is no UTF-8": [frame(CLOSE, b"\x03\xe8\xff")],
    "too long": [frame(TEXT, b"a" * 200)],
    "too long in parts": [frame(TEXT, b"a" * 60, fin=False), frame(CONT, b"a" * 60)],
    "a length of 63 bits": [b"\x81\xff" + b"\x7f" + b"\xff" * 7 + MASK],
    "a length of 64 bits": [b"\x81\xff" + b"\xff" * 8 + MASK],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_frames_are_answered_and_told_as_by_uvicorn(loop: FakeLoop, name: str) -> None:
    limits = {"ws_max_size": 100} if name.startswith("too long") else {}

    compare(loop, Recorder, [handshake(), *SCRIPTS[name]], **limits)


def test_text_that_is_no_utf_8_closes_the_connection(connect: Connect) -> None:
    app = Recorder()
    connection = connect(app, ws=WebSocketProtocol)
    connection.receive(handshake())

    answer = connection.receive(frame(TEXT, b"\xff\xfe"))

    assert answer == b"\x88\x02" + (1007).to_bytes(2)
    assert connection.transport.is_closing()
    assert app.told[-2:] == [{"type": "websocket.disconnect", "code": 1007}, "returned"]


HANDSHAKES = {
    "plain": handshake(),
    "subprotocols": handshake(sec_websocket_protocol="chat, other"),
    "header beyond ASCII": handshake(x_name="é\xff"),
    "no key": handshake(sec_websocket_key=""),
    "wrong version": handshake(sec_websocket_version="12"),
    "wrong key": handshake(sec_websocket_key="short"),
    "compression": handshake(sec_websocket_extensions="permessage-deflate; client_max_window_bits"),
    "unknown extension": handshake(sec_websocket_extensions="x-unknown"),
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_handshake_is_answered_as_by_uvicorn(loop: FakeLoop, name: str) -> None:
    compare(loop, Recorder, [HANDSHAKES[name], frame(TEXT, b"hello")], root_path="/api")


DENIAL = {"type": "websocket.http.response.start", "status": 418, "headers": [(b"x-a", b"b")]}
BODY = {"type": "websocket.http.response.body", "body": b"no"}
APPS: dict[str, tuple[Any, ...]] = {
    "accepts with a subprotocol": ({**ACCEPT, "subprotocol": "chat", "headers": [(b"X-A", b"b")]}, "echo"),
    "refuses": ({"type": "websocket.close"}, "receive"),
    "refuses after receiving": ("receive", {"type": "websocket.close", "code": 4000}, "receive"),
    "denies": (DENIAL, BODY, "receive"),
    "denies in parts": (DENIAL, {**BODY, "more_body": True}, BODY),
    "denies with an unknown status": ({**DENIAL, "status": 599, "headers": []}, BODY),
    "closes": (ACCEPT, {"type": "websocket.close", "code": 4001, "reason": "why"}, "receive", "receive"),
    "closes without a code": (ACCEPT, {"type": "websocket.close"}),
    "closes twice": (ACCEPT, {"type": "websocket.close"}, {"type": "websocket.close"}),
    "sends after closing": (ACCEPT, {"type": "websocket.close"}, {"type": "websocket.send", "text": "x"}),
    "sends before accepting": ({"type": "websocket.send", "text": "x"}, ACCEPT),
    "accepts twice": (ACCEPT, ACCEPT, {"type": "websocket.send", "bytes": b"x"}),
    "sends nothing": (ACCEPT, {"type": "websocket.send"}, {"type": "websocket.send", "text": "", "bytes": None}),
    "sends much": (ACCEPT, {"type": "websocket.send", "bytes": LONG}, {"type": "websocket.send", "text": "é" * 50_000}),
    "returns after accepting": (ACCEPT, "receive"),
    "sends after the end": (ACCEPT, "echo", {"type": "websocket.send", "text": "x"}, {"type": "websocket.close"}),
}


@pytest.mark.parametrize("name", APPS)
def test_an_app_is_served_as_by_uvicorn(loop: FakeLoop, name: str) -> None:
    script = [handshake(), frame(TEXT, b"hello"), frame(CLOSE, b"\x03\xe8")]

    compare(loop, lambda: Recorder(*APPS[name]), script, headers=[("x-server", "s")])


def test_compressed_messages_are_read_and_sent(loop: FakeLoop) -> None:
    import zlib

    deflate = zlib.compressobj(wbits=-12)
    data = deflate.compress(b"hello" * 100) + deflate.flush(zlib.Z_SYNC_FLUSH)
    script = [
        handshake(sec_websocket_extensions="permessage-deflate"),
        frame(TEXT, data[:-4], rsv=0x40),
        frame(TEXT, b"plain"),
    ]

    _, _, told, *_ = compare(loop, Recorder, script)

    assert [message["text"] for message in told if "text" in message] == ["hello" * 100, "plain"]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_frames_of_every_kind_cut_anywhere_are_told_as_by_uvicorn_one_by_one(
    loop: FakeLoop, data: st.DataObject
) -> None:
    frames = st.builds(
        frame,
        st.sampled_from([TEXT, BINARY, BINARY, CONT, PING, PONG, CLOSE, 3]),
        st.binary(max_size=8).map(lambda payload: payload.hex().encode()) | st.just(LONG[:126]),
        fin=st.sampled_from([True, True, True, False]),
        rsv=st.sampled_from([0, 0, 0, 0, 0x40]),
        masked=st.sampled_from([True] * 9 + [False]),
    )
    drawn = data.draw(st.lists(frames, max_size=8))
    sent = b"".join(drawn)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=6)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]

    ours = play(loop, WebSocketProtocol, Recorder(ACCEPT, "listen"), [handshake(), *filter(None, pieces)])
    # Uvicorn forgets what came in the same read as something wrong.
    assert ours == play(loop, WebSocketsSansIOProtocol, Recorder(ACCEPT, "listen"), [handshake(), *drawn])


def test_it_is_what_our_server_chooses_and_another_can_be_chosen() -> None:
    for chosen, expected in (("auto", WebSocketProtocol), ("websockets-sansio", WebSocketsSansIOProtocol)):
        config = ServerConfig(Recorder(), ws=chosen, log_config=None)
        config.load()
        assert config.ws_protocol_class is expected


# Where ours does better


def open_one(connect: Connect, app: Any, **options: Any) -> Connection:
    connection = connect(app, ws=WebSocketProtocol, **options)
    connection.receive(handshake())
    return connection


def test_reading_pauses_when_the_app_does_not_receive(connect: Connect) -> None:
    connection = open_one(connect, Recorder(ACCEPT, "receive", *["receive"] * READ_AHEAD, "echo"))
    paused = open_one(connect, Waiting())

    many = frame(TEXT, b"x") * 10 * READ_AHEAD
    connection.receive(many, turns=200)
    paused.receive(many)

    assert not connection.transport.is_reading_paused
    assert connection.sent.count(b"\x81\x01x") == 10 * READ_AHEAD - READ_AHEAD
    assert paused.transport.is_reading_paused
    protocol: Any = paused.transport.protocol
    assert len(protocol._inbox._messages) == READ_AHEAD
    connection.lose()
    paused.lose()


class Waiting:
    """An app that accepts and then does not receive."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        import asyncio

        await receive()
        await send(ACCEPT)
        await asyncio.Event().wait()


def test_what_comes_before_the_app_accepts_is_kept_in_order_and_bounded(connect: Connect) -> None:
    class Late(Waiting):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            import asyncio

            await asyncio.Event().wait()

    connection = open_one(connect, Late())
    for _ in range(4):
        connection.receive(frame(BINARY, LONG[:30_000]))

    assert connection.transport.is_reading_paused
    connection.lose()


def test_a_client_that_does_not_answer_pings_is_cut(connect: Connect) -> None:
    app = Recorder()
    connection = open_one(connect, app, ws_ping_interval=5, ws_ping_timeout=3)

    connection.pass_time(5)
    ping = connection.sent[-6:]
    assert ping[:2] == b"\x89\x04"
    connection.receive(frame(PONG, ping[2:]))
    connection.pass_time(5)
    assert connection.sent[-6:-4] == b"\x89\x04" and connection.sent[-6:] != ping
    connection.receive(frame(PONG, ping[2:]))  # an answer to the first
    connection.pass_time(3)

    assert connection.sent.endswith(b"\x88\x18" + (1011).to_bytes(2) + b"keepalive ping timeout")
    assert connection.transport.is_closing()
    assert app.told[-2:] == [{"type": "websocket.disconnect", "code": 1005}, "returned"]


def test_a_client_is_not_cut_for_a_pong_that_the_app_keeps_from_being_read(connect: Connect) -> None:
    connection = open_one(connect, Waiting(), ws_ping_interval=5, ws_ping_timeout=3)
    connection.receive(frame(TEXT, b"x") * READ_AHEAD)

    for _ in range(5):
        connection.pass_time(5)

    assert not connection.transport.is_closing()
    connection.lose()


def test_a_client_that_does_not_answer_a_close_is_cut(connect: Connect) -> None:
    connection = open_one(connect, Recorder(ACCEPT, {"type": "websocket.close"}))

    assert not connection.transport.is_closing()
    connection.pass_time(10)

    assert connection.transport.is_closing()


def test_a_client_that_does_not_read_does_not_keep_the_connection_open(connect: Connect) -> None:
    connection = open_one(connect, Recorder())
    connection.transport.is_stuck = True
    connection.call(connection.transport.protocol.shutdown)

    connection.pass_time(9)
    assert not connection.transport.is_aborted
    connection.pass_time(1)

    assert connection.transport.is_aborted
    assert not connection.server_state.connections


def test_the_end_of_the_server_closes_with_1012_or_refuses(connect: Connect) -> None:
    app = Recorder()
    connection = open_one(connect, app)
    waiting = open_one(connect, Recorder("receive", "receive"))

    for each in (connection, waiting):
        each.call(each.transport.protocol.shutdown)

    assert connection.sent.endswith(b"\x88\x02" + (1012).to_bytes(2))
    assert app.told[-2:] == [{"type": "websocket.disconnect", "code": 1012}, "returned"]
    assert waiting.sent.startswith(b"HTTP/1.1 500 ")
    assert connection.is_closed and waiting.is_closed


def test_sending_waits_while_the_client_does_not_read(connect: Connect) -> None:
    app = Recorder()
    connection = open_one(connect, app)
    connection.call(connection.transport.protocol.pause_writing)

    assert connection.receive(frame(TEXT, b"hello")) == b""
    written = len(connection.writes)
    connection.call(connection.transport.protocol.resume_writing)
    assert connection.writes[written:] == [b"\x81\x05hello"]

    connection.call(connection.transport.protocol.pause_writing)
    connection.receive(frame(TEXT, b"hello"))
    connection.lose()
    assert app.told[-2].startswith("ClientDisconnected")


def test_an_app_that_fails_is_logged_and_answered(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("on purpose")

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        return None

    for app in (failing, silent):
        assert open_one(connect, app).sent.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")

    assert "Exception in ASGI application\n" in caplog.messages
    assert "ASGI callable returned without completing handshake." in caplog.messages
