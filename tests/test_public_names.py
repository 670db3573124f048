"""What is public stands in ``__all__``, and the names of the reference are there."""

from __future__ import annotations

import ast
import importlib
import types
import warnings
from pathlib import Path

import pytest
from starlette.exceptions import StarletteDeprecationWarning

SOURCE = Path(__file__).parents[1] / "src" / "vivace"

# Section by section, the names that programs for the reference import. A module that does not exist yet is skipped.
NAMES_BY_MODULE = {
    "vivace": "__version__ status FastAPI APIRouter BackgroundTasks UploadFile HTTPException WebSocketException Body "
    "Cookie Depends File Form Header Path Query Security Request Response WebSocket WebSocketDisconnect",
    "vivace.applications": "FastAPI",
    "vivace.routing": "APIRoute APIRouter Mount RouteContext iter_route_contexts request_response serialize_response "
    "run_endpoint_function get_request_handler get_websocket_app websocket_session solve_dependencies _IncludedRouter "
    "_EffectiveRouteContext",
    "vivace.params": "ParamTypes Param Path Query Header Cookie Body Form File Depends Security",
    "vivace.param_functions": "Path Query Header Cookie Body Form File Depends Security",
    "vivace.dependencies.models": "Dependant",
    "vivace.dependencies.utils": "get_dependant solve_dependencies SolvedDependency get_typed_signature "
    "get_typed_annotation request_params_to_args request_body_to_args",
    "vivace.security": "APIKeyCookie APIKeyHeader APIKeyQuery HTTPAuthorizationCredentials HTTPBasic "
    "HTTPBasicCredentials HTTPBearer HTTPDigest OAuth2 OAuth2AuthorizationCodeBearer OAuth2PasswordBearer "
    "OAuth2PasswordRequestForm OAuth2PasswordRequestFormStrict SecurityScopes OpenIdConnect",
    "vivace.encoders": "jsonable_encoder ENCODERS_BY_TYPE encoders_by_class_tuples generate_encoders_by_class_tuples "
    "decimal_encoder isoformat",
    "vivace.exceptions": "HTTPException WebSocketException ValidationException RequestValidationError "
    "WebSocketRequestValidationError ResponseValidationError FastAPIError DependencyScopeError "
    "PydanticV1NotSupportedError FastAPIDeprecationWarning EndpointContext RequestErrorModel WebSocketErrorModel",
    "vivace.exception_handlers": "http_exception_handler request_validation_exception_handler "
    "websocket_request_validation_exception_handler",
    "vivace.responses": "Response JSONResponse HTMLResponse PlainTextResponse RedirectResponse StreamingResponse "
    "FileResponse UJSONResponse ORJSONResponse",
    "vivace.sse": "EventSourceResponse ServerSentEvent format_sse_event KEEPALIVE_COMMENT",
    "vivace.openapi.utils": "get_openapi get_openapi_path get_openapi_operation_metadata "
    "get_openapi_operation_request_body get_fields_from_routes generate_operation_summary generate_operation_id "
    "validation_error_definition validation_error_response_definition status_code_ranges",
    "vivace.openapi.docs": "get_swagger_ui_html get_redoc_html get_swagger_ui_oauth2_redirect_html "
    "swagger_ui_default_parameters",
    "vivace.openapi.models": "OpenAPI Info Schema SchemaType Operation PathItem Example SecurityBase APIKey APIKeyIn "
    "HTTPBase HTTPBearer OAuth2 OAuthFlows",
    "vivace.openapi.constants": "METHODS_WITH_BODY REF_PREFIX REF_TEMPLATE",
    "vivace.middleware": "Middleware",
    "vivace.middleware.cors": "CORSMiddleware",
    "vivace.middleware.gzip": "GZipMiddleware",
    "vivace.middleware.httpsredirect": "HTTPSRedirectMiddleware",
    "vivace.middleware.trustedhost": "TrustedHostMiddleware",
    "vivace.middleware.wsgi": "WSGIMiddleware",
    "vivace.concurrency": "asynccontextmanager contextmanager_in_threadpool run_in_threadpool iterate_in_threadpool "
    "run_until_first_complete",
    "vivace.background": "BackgroundTasks",
    "vivace.datastructures": "UploadFile URL Address FormData Headers QueryParams State Default DefaultPlaceholder "
    "DefaultType",
    "vivace.requests": "Request HTTPConnection",
    "vivace.websockets": "WebSocket WebSocketDisconnect WebSocketState",
    "vivace.testclient": "TestClient",
    "vivace.staticfiles": "StaticFiles",
    "vivace.telemetry": "TelemetryConfig TelemetryData get_telemetry_data",
    "vivace.telemetry._asgi": "ExceptionTelemetryMiddleware NativeTelemetry",
    "vivace.telemetry._runtime": "lifespan",
    "vivace.templating": "Jinja2Templates",
    "vivace.logger": "logger",
    "vivace.types": "DecoratedCallable UnionType IncEx ModelNameMap DependencyCacheKey",
    "vivace.utils": "is_body_allowed_for_status_code get_path_param_names create_model_field generate_unique_id "
    "generate_operation_id_for_path deep_dict_update get_value_or_default",
}


def module_names() -> list[str]:
    names = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def import_or_skip(name: str) -> types.ModuleType:
    if name == "vivace.templating":
        pytest.importorskip("jinja2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StarletteDeprecationWarning)  # of Starlette's wsgi module
        return importlib.import_module(name)


def names_defined_in(module: types.ModuleType) -> set[str]:
    """Return the public names that the source binds to functions, classes and values of its own."""
    assert module.__file__ is not None
    names: set[str] = set()
    for node in ast.parse(Path(module.__file__).read_text("utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_")}


def is_function_or_class_of(module: types.ModuleType, name: str) -> bool:
    value = getattr(module, name)
    return isinstance(value, type | types.FunctionType) and value.__module__ == module.__name__


# Every class of this module is public, and there are as many as the specification has kinds of objects.
WITHOUT_LIST = {"vivace.openapi.models"}


@pytest.mark.parametrize("name", sorted({*module_names()} - WITHOUT_LIST))
def test_all_lists_names_that_exist_once_each(name: str) -> None:
    module = import_or_skip(name)
    public = getattr(module, "__all__", None)
    if public is None:
        assert not names_defined_in(module), f"{name} defines public names and has no __all__"
        return

    assert len(public) == len(set(public))
    assert [each for each in public if not hasattr(module, each)] == []


@pytest.mark.parametrize("name", sorted({name for name in module_names() if "._" not in name} - WITHOUT_LIST))
def test_a_public_module_lists_the_functions_and_classes_that_it_defines(name: str) -> None:
    module = import_or_skip(name)
    own = {each for each in names_defined_in(module) if is_function_or_class_of(module, each)}

    assert own - set(getattr(module, "__all__", ())) == set()


@pytest.mark.parametrize("name", [name for name in NAMES_BY_MODULE if name in module_names()])
def test_the_names_of_the_reference_are_there(name: str) -> None:
    module = import_or_skip(name)

    assert {each for each in NAMES_BY_MODULE[name].split() if not hasattr(module, each)} == set()
