"""The markers as functions: what `Query()` in a signature gives, typed as any value so that it can be a default.

The options are those of `vivace._params.markers.FieldOptions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from pydantic_core import PydanticUndefined
from typing_extensions import Unpack

from vivace._deps import markers as deps
from vivace._params import markers as params
from vivace._params.markers import OWN_OPTIONS, FieldOptions
from vivace._signatures import shows_options

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security"]

# The type of an argument stands in the signature: only the classes take it as an option.
_shows_options: Final = shows_options(FieldOptions, OWN_OPTIONS, but=("annotation",))


@_shows_options
def Path(default: Any = ..., **options: Unpack[FieldOptions]) -> Any:
    """Declare a value in the path. It is always required."""
    return params.Path(default, **options)


@_shows_options
def Query(default: Any = PydanticUndefined, **options: Unpack[FieldOptions]) -> Any:
    """Declare a value in the query string; a Pydantic model spreads over several of them."""
    return params.Query(default, **options)


@_shows_options
def Header(
    default: Any = PydanticUndefined, *, convert_underscores: bool = True, **options: Unpack[FieldOptions]
) -> Any:
    """Declare a request header. `convert_underscores` makes the header `x-token` of the argument `x_token`."""
    return params.Header(default, convert_underscores=convert_underscores, **options)


@_shows_options
def Cookie(default: Any = PydanticUndefined, **options: Unpack[FieldOptions]) -> Any:
    """Declare a cookie."""
    return params.Cookie(default, **options)


@_shows_options
def Body(
    default: Any = PydanticUndefined,
    *,
    embed: bool | None = None,
    media_type: str = "application/json",
    **options: Unpack[FieldOptions],
) -> Any:
    """Declare the request body, or with `embed` (or beside other bodies) one key of it."""
    return params.Body(default, embed=embed, media_type=media_type, **options)


@_shows_options
def Form(
    default: Any = PydanticUndefined,
    *,
    media_type: str = "application/x-www-form-urlencoded",
    **options: Unpack[FieldOptions],
) -> Any:
    """Declare a field of a form."""
    return params.Form(default, media_type=media_type, **options)


@_shows_options
def File(
    default: Any = PydanticUndefined, *, media_type: str = "multipart/form-data", **options: Unpack[FieldOptions]
) -> Any:
    """Declare an uploaded file."""
    return params.File(default, media_type=media_type, **options)


def Depends(
    dependency: Callable[..., Any] | None = None,
    *,
    use_cache: bool = True,
    scope: Literal["function", "request"] | None = None,
    max_concurrency: int | None = None,
) -> Any:
    """Declare that an argument is what `dependency` returns or yields.

    Args:
        dependency: What to call. Default: the type of the argument.
        use_cache: Call it once per request, whoever asks. False: once for each who asks.
        scope: When the code after a `yield` runs: "request" (the default) after the response, "function" before it.
        max_concurrency: How many calls of this declaration may run at once. Default: any number.
    """
    return deps.Depends(dependency, use_cache=use_cache, scope=scope, max_concurrency=max_concurrency)


def Security(
    dependency: Callable[..., Any] | None = None, *, scopes: Sequence[str] | None = None, use_cache: bool = True
) -> Any:
    """Declare a dependency that asks for OAuth2 scopes.

    Args:
        dependency: What to call.
        scopes: The scopes to add to those of whoever depends on this.
        use_cache: Call it once per request and set of scopes.
    """
    return deps.Security(dependency, scopes=scopes, use_cache=use_cache)
