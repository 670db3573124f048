"""The data that requests carry: uploads, headers, addresses, and the mark of an option left unset.

The one rule: what Starlette has is re-exported as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, TypeVar, cast

from pydantic import GetJsonSchemaHandler
from pydantic_core import core_schema
from starlette.datastructures import URL, Address, FormData, Headers, QueryParams, State
from starlette.datastructures import UploadFile as StarletteUploadFile

__all__ = [
    "URL",
    "Address",
    "Default",
    "DefaultPlaceholder",
    "DefaultType",
    "FormData",
    "Headers",
    "QueryParams",
    "State",
    "UploadFile",
]


class UploadFile(StarletteUploadFile):
    """A file that a client uploads, held in memory up to a limit and on disk beyond it.

    Attributes:
        file: The file object, for code that wants to read without ``await``.
        filename: The name that the client gave, not to be trusted as a path.
        size: The size in bytes.
        headers: The headers of this part of the form.
        content_type: The media type that the client gave.
    """

    file: BinaryIO
    filename: str | None
    size: int | None
    headers: Headers
    content_type: str | None

    async def read(self, size: int = -1) -> bytes:
        """Read ``size`` bytes, or all that is left. Runs in a thread if the file is on disk."""
        return await super().read(size)

    async def write(self, data: bytes) -> None:
        """Write bytes at the current position."""
        await super().write(data)

    async def seek(self, offset: int) -> None:
        """Move to a position, counted in bytes from the start."""
        await super().seek(offset)

    async def close(self) -> None:
        """Close the file; one on disk is deleted."""
        await super().close()

    @classmethod
    def _validate(cls, value: Any, _info: Any) -> StarletteUploadFile:
        # A form holds Starlette's own uploads; they pass as they are.
        if not isinstance(value, StarletteUploadFile):
            raise ValueError(f"Expected UploadFile, received: {type(value)}")
        return value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: Any) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Mapping[str, Any], handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "contentMediaType": "application/octet-stream"}


class DefaultPlaceholder:
    """A default that nobody set: equal in use to its ``value``, yet told apart from the same value given on purpose."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefaultPlaceholder) and bool(other.value == self.value)

    __hash__ = None  # type: ignore[assignment]  # equal by a value that may itself have no hash


DefaultType = TypeVar("DefaultType")


def Default(value: DefaultType) -> DefaultType:  # the reference's name
    """Mark a value as a default that was not set by the user."""
    return cast(DefaultType, DefaultPlaceholder(value))
