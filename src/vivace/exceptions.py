"""The exceptions and warnings of the framework. The one rule: every error of ours has its place in this tree.

    Exception
    ├── starlette HTTPException
    │   └── HTTPException                        answered with its status code and {"detail": ...}
    ├── starlette WebSocketException
    │   └── WebSocketException                   closes the websocket with its code and reason
    ├── ValidationException                      carries a list of errors and the place of the handler
    │   ├── RequestValidationError               the client's data is wrong: 422
    │   ├── WebSocketRequestValidationError      the same on a websocket: closed with 1008
    │   └── ResponseValidationError              the handler's result is wrong: 500
    ├── RuntimeError
    │   └── FastAPIError, also VivaceError       the program is put together wrongly
    │       ├── DependencyScopeError             a longer-lived dependency needs a shorter-lived one
    │       └── PydanticV1NotSupportedError      a model of pydantic.v1 is used
    └── UserWarning
        └── FastAPIDeprecationWarning            shown by default, unlike DeprecationWarning

The class names are those of FastAPI, since programs print and match them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from pydantic import BaseModel, create_model
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.exceptions import WebSocketException as StarletteWebSocketException

__all__ = [
    "DependencyScopeError",
    "EndpointContext",
    "FastAPIDeprecationWarning",
    "FastAPIError",
    "HTTPException",
    "PydanticV1NotSupportedError",
    "RequestErrorModel",
    "RequestValidationError",
    "ResponseValidationError",
    "ValidationException",
    "VivaceError",
    "WebSocketErrorModel",
    "WebSocketException",
    "WebSocketRequestValidationError",
]


class EndpointContext(TypedDict, total=False):
    """Where a handler stands: named in the text of validation errors."""

    function: str
    path: str
    file: str
    line: int


class HTTPException(StarletteHTTPException):
    """Answer the request with an error.

    Args:
        status_code: The status code of the answer.
        detail: Anything that JSON can say; sent as ``{"detail": detail}``. Default: the phrase of the status code.
        headers: Headers to add to the answer.
    """

    def __init__(
        self,
        status_code: int,
        detail: Any = None,  # any JSON value
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=status_code, detail=detail, headers=headers)


class WebSocketException(StarletteWebSocketException):
    """Close the websocket.

    Args:
        code: The close code. Source: RFC 6455, section 7.4.1.
        reason: A text for the client, at most 123 bytes of UTF-8.
    """

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(code=code, reason=reason)


# Made when asked for, by `__getattr__()` below.
RequestErrorModel: type[BaseModel]
WebSocketErrorModel: type[BaseModel]


class ValidationException(Exception):
    """Data does not fit its declaration; ``errors()`` lists how."""

    def __init__(self, errors: Sequence[Any], *, endpoint_ctx: EndpointContext | None = None) -> None:
        # No `super().__init__()`: `args` are the errors only if they were given by position, as in the reference.
        self._errors = errors
        self.endpoint_ctx = endpoint_ctx

        context: EndpointContext = endpoint_ctx or {}
        self.endpoint_function = context.get("function")
        self.endpoint_path = context.get("path")
        self.endpoint_file = context.get("file")
        self.endpoint_line = context.get("line")

    def errors(self) -> Sequence[Any]:
        """Return the errors, in the order in which they were found."""
        return self._errors

    def __str__(self) -> str:
        count = len(self._errors)
        lines = [f"{count} validation error{'' if count == 1 else 's'}:"]
        lines += [f"  {error}" for error in self._errors]
        if self.endpoint_file and self.endpoint_line and self.endpoint_function:
            lines += ["", f'  File "{self.endpoint_file}", line {self.endpoint_line}, in {self.endpoint_function}']
            if self.endpoint_path:
                lines.append(f"    {self.endpoint_path}")
        elif self.endpoint_path:
            lines += ["", f"  Endpoint: {self.endpoint_path}"]
        return "\n".join(lines)


class RequestValidationError(ValidationException):
    """What the client sent does not fit what the handler declares. ``body`` is the body as it was received."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,  # whatever the client sent
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class WebSocketRequestValidationError(ValidationException):
    """What the client sent to open a websocket does not fit what the handler declares."""


class ResponseValidationError(ValidationException):
    """What the handler returned does not fit its response model. ``body`` is what it returned."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,  # whatever the handler returned
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class FastAPIError(RuntimeError):
    """The program is put together in a way that cannot work."""


VivaceError = FastAPIError


class DependencyScopeError(FastAPIError):
    """A dependency that lives as long as the request needs one that ends with the handler."""


class PydanticV1NotSupportedError(FastAPIError):
    """A model of ``pydantic.v1`` was given; models of Pydantic 2 are needed."""


class FastAPIDeprecationWarning(UserWarning):
    """Something will go away. A ``UserWarning``, since Python hides a ``DeprecationWarning`` by default."""


_MODEL_TITLES = {"RequestErrorModel": "Request", "WebSocketErrorModel": "WebSocket"}


def __getattr__(name: str) -> Any:
    # PERF: the first model of a process makes Pydantic look for plugins in all installed distributions, which takes a
    # twentieth of the time of `import vivace` (benchmark: startup).
    if name not in _MODEL_TITLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    model = globals()[name] = create_model(_MODEL_TITLES[name])
    return model
