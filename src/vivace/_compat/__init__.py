"""Names that programs and tests import from the reference's module of this name. Nothing of ours uses them."""

from pydantic.version import VERSION
from pydantic_core import PydanticUndefined as Undefined

__all__ = ["PYDANTIC_VERSION_MINOR_TUPLE", "Undefined"]

PYDANTIC_VERSION_MINOR_TUPLE: tuple[int, int] = (int(VERSION.split(".")[0]), int(VERSION.split(".")[1]))
