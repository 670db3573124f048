"""Names that programs import from a module of the reference which itself only imports them.

Nobody is promised such names, and they are in use: `from fastapi.routing import Request, run_in_threadpool`. They stand
here, and nowhere else: each is the same object as under its own name, and is looked up when a program asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

__all__ = ["borrowed_names"]

# By the module that programs ask, then by the one that has the names.
_SOURCES: Final[dict[str, dict[str, str]]] = {
    "vivace.applications": {
        "enum": "Enum",
        "starlette.applications": "Starlette",
        "starlette.middleware.base": "BaseHTTPMiddleware",
        "starlette.middleware.errors": "ServerErrorMiddleware",
        "starlette.middleware.exceptions": "ExceptionMiddleware",
        "starlette.types": "ExceptionHandler Lifespan",
        "vivace._deps.markers": "Depends",
        "vivace.datastructures": "Default DefaultPlaceholder",
        "vivace.middleware.asyncexitstack": "AsyncExitStackMiddleware",
        "vivace.openapi.utils": "get_openapi",
        "vivace.options": "generate_unique_id",
        "vivace.requests": "Request",
        "vivace.responses": "HTMLResponse JSONResponse Response",
        "vivace.telemetry": "TelemetryConfig",
        "vivace.types": "IncEx",
    },
    "vivace.openapi.utils": {
        "vivace._compat": "lenient_issubclass",
        "vivace._deps.graph": "Dependant",
        "vivace._params.markers": "Body ParamTypes",
        "vivace.datastructures": "DefaultPlaceholder",
        "vivace.dependencies.utils": "get_flat_params",
        "vivace.encoders": "jsonable_encoder",
        "vivace.openapi.constants": "METHODS_WITH_BODY REF_PREFIX",
        "vivace.openapi.models": "OpenAPI",
        "vivace.responses": "JSONResponse Response",
        "vivace.utils": "deep_dict_update generate_operation_id_for_path is_body_allowed_for_status_code",
    },
    "vivace.routing": {
        "contextlib": "AsyncExitStack asynccontextmanager",
        "enum": "Enum IntEnum",
        "starlette._exception_handler": "wrap_app_handling_exceptions",
        "starlette._utils": "get_route_path is_async_callable",
        "starlette.concurrency": "iterate_in_threadpool run_in_threadpool",
        "starlette.datastructures": "URL URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.routing": "Match NoMatchFound compile_path get_name",
        "starlette.staticfiles": "StaticFiles",
        "starlette.types": "ASGIApp AppType Lifespan Receive Scope Send",
        "vivace._compat": "ModelField Undefined lenient_issubclass",
        "vivace.datastructures": "Default DefaultPlaceholder",
        "vivace.dependencies.models": "Dependant",
        "vivace.dependencies.utils": "SolvedDependency get_dependant get_parameterless_sub_dependant "
        "get_stream_item_type get_typed_return_annotation",
        "vivace.encoders": "jsonable_encoder",
        "vivace.exceptions": "EndpointContext FastAPIError RequestValidationError ResponseValidationError "
        "WebSocketRequestValidationError",
        "vivace.requests": "Request",
        "vivace.responses": "JSONResponse PlainTextResponse RedirectResponse Response StreamingResponse",
        "vivace.sse": "EventSourceResponse KEEPALIVE_COMMENT ServerSentEvent format_sse_event",
        "vivace.telemetry": "get_telemetry_data",
        "vivace.types": "DecoratedCallable IncEx",
        "vivace.utils": "create_model_field generate_unique_id get_value_or_default is_body_allowed_for_status_code",
        "vivace.websockets": "WebSocket",
    },
}
# Modules that programs take from there, as `fastapi.routing.params`.
_MODULES: Final[dict[str, dict[str, str]]] = {
    "vivace.applications": {"routing": "vivace.routing"},
    "vivace.openapi.utils": {"routing": "vivace.routing"},
    "vivace.routing": {"params": "vivace.params", "routing": "starlette.routing"},
}


def borrowed_names(module_name: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module from which programs import what it does not define.

    Args:
        module_name: The module.
    """
    modules = _MODULES.get(module_name, {})
    sources = {name: source for source, names in _SOURCES[module_name].items() for name in names.split()}

    def find(name: str) -> Any:
        if name in sources:
            return getattr(import_module(sources[name]), name)
        if name in modules:
            return import_module(modules[name])
        raise AttributeError(f"module {module_name!r} has no attribute {name!r}")

    return find
