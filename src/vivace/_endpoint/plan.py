"""The plan of an endpoint: frozen data, made once per route, that everything else here is built from."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from vivace._deps.graph import Dependant
from vivace._inspection.callables import CallableKind, innermost, kind_of
from vivace._params.field import ModelField
from vivace.exceptions import EndpointContext
from vivace.types import IncEx, Scope

__all__ = ["BodyPlan", "EndpointPlan", "ReplyPlan", "StreamKind", "StreamPlan"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyPlan:
    """How the body is read."""

    embed: bool
    """Whether the declared bodies are keys of the received one."""
    is_form: bool
    """Whether the body is a form."""
    strict_content_type: bool
    """Whether a body without a content type is not taken for JSON."""
    form_limits: Mapping[str, int] = field(default_factory=dict)
    """The limits of a form that were set."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReplyPlan:
    """How the result of the handler becomes a response."""

    field: ModelField | None = None
    """The declared type of the result, or None when it is sent as it is."""
    response_class: type[Response] = JSONResponse
    is_default_class: bool = True
    """Whether no one chose the class: then JSON bytes come straight from Pydantic."""
    status_code: int | None = None
    include: IncEx | None = None
    exclude: IncEx | None = None
    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False

    @property
    def serialization(self) -> dict[str, Any]:
        """The options that Pydantic's serializer takes."""
        return {
            "include": self.include,
            "exclude": self.exclude,
            "by_alias": self.by_alias,
            "exclude_unset": self.exclude_unset,
            "exclude_defaults": self.exclude_defaults,
            "exclude_none": self.exclude_none,
        }


class StreamKind(enum.Enum):
    """What the items of a handler that yields become."""

    LINES = "JSON lines"
    EVENTS = "server-sent events"
    RAW = "pieces of the body as they are"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreamPlan:
    """How the items of a handler become a response, one by one."""

    kind: StreamKind
    field: ModelField | None = None
    """The declared type of an item, or None when it is sent as it is."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EndpointPlan:
    """Everything about an endpoint that is known before the first request."""

    dependant: Dependant
    body: BodyPlan | None = None
    reply: ReplyPlan = field(default_factory=ReplyPlan)
    is_websocket: bool = False
    """Whether it serves websockets, and not requests."""
    stream: StreamPlan | None = None
    """How items are sent, when the handler yields them."""
    overrides_provider: Any = None
    """The object whose `dependency_overrides` hold, usually the app."""

    @property
    def kind(self) -> CallableKind:
        """How the handler is called."""
        return kind_of(self.dependant.call)

    def context(self, scope: Scope) -> EndpointContext:
        """Say where the handler stands, for the texts of errors."""
        context: EndpointContext = {}
        target = innermost(self.dependant.call)
        code = getattr(target, "__code__", None)
        if code is not None:
            context["file"] = code.co_filename
            context["line"] = code.co_firstlineno
            context["function"] = getattr(target, "__name__", "unknown")
        if self.dependant.path:
            mount = scope.get("root_path", "").rstrip("/")
            context["path"] = f"{scope.get('method', 'WS')} {mount}{self.dependant.path}"
        return context
