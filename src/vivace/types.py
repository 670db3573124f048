"""Names for the shapes that pass between the rooms. This module imports nothing of ours."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic.main import IncEx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "ASGIApp",
    "DecoratedCallable",
    "DependencyCacheKey",
    "Handler",
    "IncEx",
    "Message",
    "ModelNameMap",
    "Receive",
    "Scope",
    "Send",
    "UnionType",
]

# A handler or dependency may take and return anything: its signature is read at start-up.
Handler = Callable[..., Any]
DecoratedCallable = TypeVar("DecoratedCallable", bound=Handler)

UnionType = types.UnionType
ModelNameMap = dict[type[BaseModel] | type[Any], str]
DependencyCacheKey = tuple[Handler | None, tuple[str, ...], str]
