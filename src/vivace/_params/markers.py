"""The markers that say where an argument comes from: `Query()`, `Path()`, `Header()`, `Cookie()`, `Body()`...

A marker is a Pydantic `FieldInfo` with a source. It holds what was declared and does nothing else.
"""

from __future__ import annotations

import enum
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final, Literal, TypedDict

from pydantic import AliasChoices, AliasPath
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typing_extensions import Unpack

from vivace._params.refusals import refused
from vivace._signatures import shows_options
from vivace.exceptions import FastAPIDeprecationWarning
from vivace.options import check_option_names

__all__ = [
    "OWN_OPTIONS",
    "Body",
    "Cookie",
    "FieldOptions",
    "File",
    "Form",
    "Header",
    "Param",
    "ParamTypes",
    "Path",
    "Query",
]


class ParamTypes(enum.Enum):
    """Where a parameter is read from; the value is the first item of its error locations."""

    query = "query"
    header = "header"
    path = "path"
    cookie = "cookie"


class FieldOptions(TypedDict, total=False):
    """The options that every marker takes. An absent key means not set."""

    default_factory: Callable[[], Any] | Callable[[dict[str, Any]], Any] | None
    """Called for the default of each request, instead of a fixed default."""
    annotation: Any
    """The type of the argument; set by Vivace from the signature."""
    alias: str | None
    """The name in the request, when it is not the name of the argument."""
    alias_priority: int | None
    """How the alias ranks against an alias generator (Pydantic)."""
    validation_alias: str | AliasPath | AliasChoices | None
    """The name to read; the first present of several with `AliasChoices`."""
    serialization_alias: str | None
    """The name in answers (Pydantic)."""
    title: str | None
    """The title in the OpenAPI document; by default made of the name."""
    description: str | None
    """The description in the OpenAPI document."""
    gt: float | None
    """Greater than."""
    ge: float | None
    """Greater than or equal to."""
    lt: float | None
    """Less than."""
    le: float | None
    """Less than or equal to."""
    min_length: int | None
    """Fewest characters or items."""
    max_length: int | None
    """Most characters or items."""
    pattern: str | re.Pattern[str] | None
    """Regular expression that a string must match."""
    regex: str | None
    """Deprecated name of `pattern`."""
    discriminator: str | None
    """The field that tells the members of a union apart."""
    strict: bool | None
    """Whether values must have the exact type, without conversion."""
    validate_default: bool | None
    """Whether the default is validated like a value from the request."""
    union_mode: Literal["smart", "left_to_right"] | None
    """How the member of a union is chosen."""
    fail_fast: bool | None
    """Whether validation of a sequence stops at its first error."""
    multiple_of: float | None
    """A number that the value must be a multiple of."""
    allow_inf_nan: bool | None
    """Whether `inf`, `-inf` and `nan` are numbers here."""
    max_digits: int | None
    """Most digits of a decimal."""
    decimal_places: int | None
    """Most digits after the point."""
    examples: list[Any] | None
    """Example values, in the JSON Schema of the parameter."""
    example: Any
    """Deprecated form of `examples`."""
    openapi_examples: dict[str, Any] | None
    """Named OpenAPI example objects, shown by the docs page."""
    deprecated: Any
    """Whether the parameter is deprecated in the OpenAPI document."""
    include_in_schema: bool
    """Whether the OpenAPI document shows the parameter. Default: True."""
    json_schema_extra: Any
    """More keys for the JSON Schema."""


# Options of ours: Pydantic's FieldInfo does not know them. The value is what an absent option means.
OWN_OPTIONS: Final[dict[str, Any]] = {"example": PydanticUndefined, "include_in_schema": True, "openapi_examples": None}


_shows_options: Final = shows_options(FieldOptions, OWN_OPTIONS)

# Pydantic marks the class final. Markers have to be FieldInfos all the same: Pydantic reads them out of `Annotated`.
_FieldInfo: Any = FieldInfo


class _Marker(_FieldInfo):  # type: ignore[misc]  # Any as a base
    """What parameters and bodies have in common: options split between Pydantic and the OpenAPI document."""

    example: Any
    include_in_schema: bool
    openapi_examples: dict[str, Any] | None

    @_shows_options
    def __init__(self, default: Any = PydanticUndefined, **options: Unpack[FieldOptions]) -> None:
        check_option_names(options, FieldOptions.__annotations__, type(self).__name__)
        given: dict[str, Any] = dict(options)
        for name, absent in OWN_OPTIONS.items():
            setattr(self, name, given.pop(name, absent))
        if self.example is not PydanticUndefined:
            _warn_deprecated("example", "examples")
        if (regex := given.pop("regex", None)) is not None:
            _warn_deprecated("regex", "pattern")
            if given.get("pattern") is None:
                given["pattern"] = regex
        if given.get("validation_alias") is None:
            given.pop("validation_alias", None)
        if "alias" in given:
            given.setdefault("validation_alias", given["alias"])
            if isinstance(given["alias"], str) and given.get("serialization_alias") is None:
                given["serialization_alias"] = given["alias"]
        # A None that was given is an option as any other: it takes back what a `Field()` before the marker has set.
        super().__init__(default=default, **given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default})"


def _warn_deprecated(name: str, successor: str) -> None:
    warnings.warn(
        f"`{name}` has been deprecated, please use `{successor}` instead",
        category=FastAPIDeprecationWarning,
        stacklevel=_levels_to_the_program(),
    )


def _levels_to_the_program() -> int:
    """Return how far above the warning the program stands: a marker is made by one class, by two, or by a function."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals["__name__"] in (__name__, "vivace.param_functions"):
        level, frame = level + 1, frame.f_back
    return level


class Param(_Marker):
    """A parameter: a value in the path, the query string, a header or a cookie."""

    in_: ParamTypes = ParamTypes.query


class Path(Param):
    """A value in the path. It is always required."""

    in_ = ParamTypes.path

    @_shows_options
    def __init__(self, default: Any = ..., **options: Unpack[FieldOptions]) -> None:
        if default is not ...:
            raise refused("Path parameters cannot have a default value", "use `Path()` without one, or a `Query()`.")
        super().__init__(PydanticUndefined, **options)


class Query(Param):
    """A value in the query string; a Pydantic model spreads over several of them."""

    in_ = ParamTypes.query


class Header(Param):
    """A request header. `convert_underscores` makes the header `x-token` of the argument `x_token`."""

    in_ = ParamTypes.header

    @_shows_options
    def __init__(
        self, default: Any = PydanticUndefined, *, convert_underscores: bool = True, **options: Unpack[FieldOptions]
    ) -> None:
        self.convert_underscores = convert_underscores
        super().__init__(default, **options)


class Cookie(Param):
    """A cookie."""

    in_ = ParamTypes.cookie


class Body(_Marker):
    """The request body, or with `embed` (or beside other bodies) one key of it."""

    @_shows_options
    def __init__(
        self,
        default: Any = PydanticUndefined,
        *,
        embed: bool | None = None,
        media_type: str = "application/json",
        **options: Unpack[FieldOptions],
    ) -> None:
        self.embed = embed
        self.media_type = media_type
        super().__init__(default, **options)


class Form(Body):
    """A field of a form."""

    @_shows_options
    def __init__(
        self,
        default: Any = PydanticUndefined,
        *,
        media_type: str = "application/x-www-form-urlencoded",
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(default, media_type=media_type, **options)


class File(Form):
    """An uploaded file."""

    @_shows_options
    def __init__(
        self,
        default: Any = PydanticUndefined,
        *,
        media_type: str = "multipart/form-data",
        **options: Unpack[FieldOptions],
    ) -> None:
        super().__init__(default, media_type=media_type, **options)
