"""Vivace: HTTP APIs from type hints, at a fraction of the time per request.

The one rule: nothing is imported before a name is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette import status as status

    from vivace.applications import FastAPI, Vivace
    from vivace.background import BackgroundTasks
    from vivace.datastructures import UploadFile
    from vivace.exceptions import HTTPException, WebSocketException
    from vivace.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query, Security
    from vivace.requests import Request
    from vivace.responses import Response
    from vivace.routing import APIRouter
    from vivace.websockets import WebSocket, WebSocketDisconnect

__version__ = "0.1.0"

__all__ = [
    "APIRouter",
    "BackgroundTasks",
    "Body",
    "Cookie",
    "Depends",
    "FastAPI",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Path",
    "Query",
    "Request",
    "Response",
    "Security",
    "UploadFile",
    "Vivace",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketException",
    "status",
]

_NAMES_BY_MODULE = {
    "vivace.applications": ("FastAPI", "Vivace"),
    "vivace.background": ("BackgroundTasks",),
    "vivace.datastructures": ("UploadFile",),
    "vivace.exceptions": ("HTTPException", "WebSocketException"),
    "vivace.param_functions": ("Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security"),
    "vivace.requests": ("Request",),
    "vivace.responses": ("Response",),
    "vivace.routing": ("APIRouter",),
    "vivace.websockets": ("WebSocket", "WebSocketDisconnect"),
}
_MODULE_BY_NAME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    # PERF: a command line, a supervisor of server processes, a program that uses one module: they do without Starlette
    # and Pydantic, which are nine tenths of what the names cost (benchmark: startup).
    value: Any
    if name in _MODULE_BY_NAME:
        value = getattr(import_module(_MODULE_BY_NAME[name]), name)
    elif name == "status":
        value = import_module("starlette.status")
    else:
        value = _import_submodule(name)
    globals()[name] = value
    return value


def _import_submodule(name: str) -> Any:
    # So that `vivace.routing.APIRoute` may be written after `import vivace` alone.
    path = f"{__name__}.{name}"
    try:
        return import_module(path)
    except ModuleNotFoundError as exc:
        if exc.name != path:
            raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
