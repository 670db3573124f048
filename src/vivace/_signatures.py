"""What `inspect.signature()` and `help()` show of functions that take `**options`: every option by its name.

Programs ask for the names of options, to pass on those that are known. Nothing here is used when a function is called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from typing import Any, Final, TypeVar

from starlette.responses import JSONResponse

from vivace.datastructures import Default
from vivace.options import RouteConfig

__all__ = ["APP_DEFAULTS", "ROUTER_DEFAULTS", "ROUTE_DEFAULTS", "shows_options"]

Function = TypeVar("Function", bound=Callable[..., Any])

# What an absent option means, as far as it is not None. A default that must not pass for a given value is marked.
ROUTE_DEFAULTS: Final[Mapping[str, Any]] = {
    each.name: Default(each.default) if each.metadata.get("marked") else each.default
    for each in fields(RouteConfig)
    if each.default is not MISSING
}
ROUTER_DEFAULTS: Final[Mapping[str, Any]] = {
    **ROUTE_DEFAULTS,
    "prefix": "",
    "default_response_class": Default(JSONResponse),
    "redirect_slashes": True,
}
APP_DEFAULTS: Final[Mapping[str, Any]] = {**ROUTER_DEFAULTS, "debug": False, "strict_content_type": True}


def shows_options(
    options: type, defaults: Mapping[str, Any], *, but: Collection[str] = ()
) -> Callable[[Function], Function]:
    """Let the signature of a function name the options that it takes as `**options`.

    Args:
        options: The TypedDict of the options.
        defaults: What an absent option means. None for those that are not there.
        but: Options that are not for those who read signatures.
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        named = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=defaults.get(name),
                annotation=getattr(annotation, "__forward_arg__", annotation),
            )
            for name, annotation in options.__annotations__.items()
            if name not in but
        ]
        function.__signature__ = signature.replace(parameters=[*own, *named])  # type: ignore[attr-defined]  # read there
        return function

    return decorate
