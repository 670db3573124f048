"""The limits of bodies and forms: how large a body, how many fields and files, how large a part. Here they are checked.

Knows no request. The name of the class is part of the errors that programs see.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

__all__ = ["MAX_FIELDS", "MAX_PART_BYTES", "checked_body_size", "checked_form_limits"]

# What holds where nothing else is said: Starlette's own.
MAX_FIELDS = 1000
MAX_PART_BYTES = 1024 * 1024

_Limit = Annotated[int, Field(ge=0)]


@with_config(ConfigDict(extra="forbid", strict=True))
class _FormLimits(TypedDict, total=False):
    max_fields: _Limit
    """How many fields that are no files. Default: 1000."""
    max_files: _Limit
    """How many files. Default: 1000."""
    max_part_size: _Limit
    """The size of a field that is no file, in bytes; of an urlencoded one, with its name. Default: 1 MiB."""


@functools.cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(_FormLimits)  # PERF: most programs set no limits (benchmark: startup)


def checked_body_size(limit_bytes: int | None) -> int | None:
    """Return a limit of the body that is well formed.

    Raises:
        ValueError: it is not a whole number from 0 on.
    """
    if limit_bytes is not None and (type(limit_bytes) is not int or limit_bytes < 0):
        error = ValueError("max_body_size must be a non-negative integer or None")
        error.add_note(f"It is {limit_bytes!r}: give the number of bytes, such as 1024 * 1024.")
        raise error
    return limit_bytes


def checked_form_limits(limits: Mapping[str, int] | _FormLimits) -> dict[str, int]:
    """Return a copy of limits that are well formed.

    Raises:
        ValidationError: a key does not exist, or a value is not a whole number from 0 on.
    """
    try:
        return dict(_adapter().validate_python(limits))
    except ValidationError as exc:
        exc.add_note(f"form_limits takes {', '.join(_FormLimits.__annotations__)}, each a whole number from 0 on.")
        raise
