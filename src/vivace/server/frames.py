"""Plain websocket frames, without a parser: whole messages in one frame, neither compressed nor in parts.

The one rule: whatever is not plain, wrong frames above all, is left to `websockets`, frame by frame. So what is taken
here needs no checks beyond its first bytes.

Source: RFC 6455 5.2.
"""

from __future__ import annotations

from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover  built without its extension in C
    from websockets.utils import apply_mask

__all__ = ["BINARY", "TEXT", "FrameReader", "frame_head"]

TEXT: Final = 0x81  # the first byte of a frame: that it is the last of its message, and what it holds
BINARY: Final = 0x82
_IS_LAST = 0x80
_IS_CONTROL = 0x08
_KIND = 0x0F
_IS_MASKED = 0x80
_LENGTH = 0x7F
_LENGTH_OF_2_BYTES = 126
_LENGTH_OF_8_BYTES = 127
_MASK_BYTES = 4

PlainOrOther = tuple[int, bytes]
"""The first byte and the payload of a plain frame; 0 and all bytes of another."""


class FrameReader:
    """What has arrived of a connection, taken frame by frame.

    Args:
        max_bytes: The longest frame that is waited for. What is longer is left to the parser at once, which refuses it.
    """

    __slots__ = ("_data", "_is_in_parts", "_max_bytes", "_needed")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data: bytes | bytearray = b""
        self._needed = 0  # bytes of a frame whose head has come
        self._is_in_parts = False

    def __len__(self) -> int:
        """Return how many bytes wait."""
        return len(self._data)

    def keep(self, data: bytes) -> None:
        """Take what has arrived, for `read` to go on with."""
        if not self._data:
            self._data = data
            return
        if not isinstance(self._data, bytearray):
            self._data = bytearray(self._data)
        self._data += data  # the pieces of a long frame are not copied again and again

    def read(self, data: bytes, limit: int) -> list[PlainOrOther]:
        """Return the frames that are complete with this data, at most `limit` of them."""
        if self._data:
            self.keep(data)
            if len(self._data) < self._needed:
                return []
            data = bytes(self._data)
            self._needed = 0
        frames: list[PlainOrOther] = []
        at, size = 0, len(data)
        while size - at > 1 and len(frames) < limit:
            first, second = data[at], data[at + 1]
            length, mask_at = second & _LENGTH, at + 2
            if length >= _LENGTH_OF_2_BYTES:
                mask_at += 2 if length == _LENGTH_OF_2_BYTES else 8
                if size < mask_at:
                    break
                length = int.from_bytes(data[at + 2 : mask_at])
            payload_at = mask_at + _MASK_BYTES
            end = payload_at + length
            if second < _IS_MASKED or length > self._max_bytes:
                frames.append((0, data[at:]))
                at = size
            elif size < end:
                self._needed = end - at
                break
            else:
                if (first == TEXT or first == BINARY) and not self._is_in_parts:
                    frames.append((first, apply_mask(data[payload_at:end], data[mask_at:payload_at])))
                else:
                    frames.append((0, data[at:end]))
                    if not first & _IS_CONTROL:
                        self._is_in_parts = not first & _IS_LAST
                at = end
        self._data = data[at:]
        return frames


_SHORT_HEADS = {first: [bytes((first, length)) for length in range(_LENGTH_OF_2_BYTES)] for first in (TEXT, BINARY)}


def frame_head(first: int, length: int) -> bytes:
    """Return the head of a frame from a server, which masks nothing."""
    if length < _LENGTH_OF_2_BYTES:
        return _SHORT_HEADS[first][length]
    if length < 1 << 16:
        return bytes((first, _LENGTH_OF_2_BYTES)) + length.to_bytes(2)
    return bytes((first, _LENGTH_OF_8_BYTES)) + length.to_bytes(8)
