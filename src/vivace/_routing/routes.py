"""`APIRoute`: a path, its methods and a handler, with everything that was declared about them.

A route holds declarations and makes plans of them on demand; it serves no request itself.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any, Self

from pydantic.fields import FieldInfo
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, compile_path, get_name
from typing_extensions import Unpack

from vivace._deps.graph import Dependant, flat_dependants, get_handler_dependant, get_parameterless_sub_dependant
from vivace._endpoint.assemble import assemble
from vivace._endpoint.body_limits import limiting_body
from vivace._endpoint.describe import describe
from vivace._endpoint.general import RequestHandler, endpoint_app, request_handler
from vivace._endpoint.plan import BodyPlan, EndpointPlan, ReplyPlan, StreamKind, StreamPlan
from vivace._endpoint.planner import plan_line
from vivace._endpoint.seams import seams
from vivace._endpoint.stages import PlannedDependant
from vivace._endpoint.stream_kinds import refuse_unfit_class, stream_kind
from vivace._inspection.annotations import is_subclass, item_type
from vivace._inspection.callables import describe_callable, kind_of
from vivace._inspection.signatures import read_return_annotation, read_signature
from vivace._params.bodies import combined_body_field, is_embedded
from vivace._params.field import ModelField, create_model_field
from vivace._params.markers import Form
from vivace._params.refusals import refused
from vivace._routing.templates import read_path
from vivace._signatures import ROUTE_DEFAULTS, shows_options
from vivace.datastructures import Default, DefaultPlaceholder
from vivace.options import AddRouteOptions, RouteConfig, settle
from vivace.responses import is_body_allowed_for_status_code
from vivace.sse import ServerSentEvent
from vivace.types import ASGIApp, Handler, IncEx

__all__ = ["APIRoute"]

# Options that are attributes of the route under the same names.
_PLAIN_ATTRIBUTES = (
    *(
        "summary",
        "response_description",
        "deprecated",
        "operation_id",
        "include_in_schema",
        "openapi_extra",
        "status_code",
    ),
    *("response_model_include", "response_model_exclude", "response_model_by_alias", "response_model_exclude_unset"),
    *("response_model_exclude_defaults", "response_model_exclude_none", "max_body_size"),
)


class APIRoute(Route):
    """A handler at a path.

    Attributes may be changed until the first request (`operation_id`, `tags`, `include_in_schema`... until the
    OpenAPI document is made).

    Raises:
        AssertionError: the declaration contradicts itself.
        FastAPIError: a type is not one that Pydantic can handle.
        TypeError: an option does not exist.
    """

    summary: str | None
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    include_in_schema: bool
    openapi_extra: dict[str, Any] | None
    status_code: int | None
    response_model_include: IncEx | None
    response_model_exclude: IncEx | None
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    max_body_size: int | None

    # Tells the match table that the app needs no watching: see `vivace._endpoint.sending`.
    notes_response_start = True

    @shows_options(AddRouteOptions, ROUTE_DEFAULTS)
    def __init__(
        self,
        path: str,
        endpoint: Handler,
        *,
        dependency_overrides_provider: Any = None,
        **options: Unpack[AddRouteOptions],
    ) -> None:
        if not callable(endpoint):
            raise refused("An endpoint must be a callable", f"give {path!r} a function, not {endpoint!r}.")
        config = RouteConfig.from_options(**options)
        self.endpoint = endpoint
        self.original_route: BaseRoute = self
        self.name = get_name(endpoint) if config.name is None else config.name
        if config.methods is not None and not config.methods:
            raise refused(f"The route {path!r} has no methods", "name at least one, or leave `methods` out for GET.")
        self.methods = {method.upper() for method in config.methods or ("GET",)}
        self._item_type, self.response_model = self._result_types(config)
        description = config.description or inspect.cleandoc(endpoint.__doc__ or "")
        self.description = description.split("\f")[0].strip()
        try:
            refuse_unfit_class(endpoint, config)
            self._settle(path, config, dependency_overrides_provider)
            self.dependant = self._read_dependant()
            # Asked for now, so that a type that Pydantic cannot handle fails here and not on the first request.
            _ = self.response_field, self.stream_item_field, self.response_fields
        except Exception as exc:
            exc.add_note(f"Declared for {' '.join(sorted(self.methods))} {path!r}: {describe_callable(endpoint)}.")
            raise

    def included(self, *, prefix: str, outer: RouteConfig, dependency_overrides_provider: Any) -> Self:
        """Return the route as it appears in a router that includes its own.

        Args:
            prefix: What stands before the path there.
            outer: The options of the layers around, settled.
            dependency_overrides_provider: The app whose overrides hold there.
        """
        route = copy.copy(self)
        for name in _LAZY:
            route.__dict__.pop(name, None)
        route._settle(prefix + self.path, settle(outer, self.config), dependency_overrides_provider)
        is_changed = read_signature(self.endpoint) is not self._signature  # as class-based views do after declaring
        if is_changed or "{" in prefix:  # names in the prefix may turn arguments into path parameters
            route.dependant = route._read_dependant()
        elif prefix or outer.dependencies:
            added = [
                get_parameterless_sub_dependant(depends=depends, path=route.path_format)
                for depends in outer.dependencies
            ]
            route.dependant = dataclasses.replace(
                self.dependant, path=route.path_format, dependencies=[*added, *self.dependant.dependencies]
            )
        return route

    def _settle(self, path: str, config: RouteConfig, dependency_overrides_provider: Any) -> None:
        """Set what depends on where the route stands."""
        self.path = path
        self.path_format, self.param_convertors = read_path(path)
        self.config = config
        self.dependency_overrides_provider = dependency_overrides_provider
        for name in _PLAIN_ATTRIBUTES:
            setattr(self, name, getattr(config, name))
        self.status_code = None if config.status_code is None else int(config.status_code)  # it may be an HTTPStatus
        self.tags = list(config.tags)
        self.dependencies = list(config.dependencies)
        self.responses = dict(config.responses)
        self.callbacks = list(config.callbacks)
        given = config.given
        self.response_class: type[Response] | DefaultPlaceholder = (
            config.response_class if "response_class" in given else Default(JSONResponse)
        )
        self.generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder = (
            config.generate_unique_id_function
            if "generate_unique_id_function" in given
            else Default(config.generate_unique_id_function)
        )
        self.strict_content_type = config.strict_content_type
        self.form_limits = dict(config.form_limits)

    def _result_types(self, config: RouteConfig) -> tuple[Any, Any]:
        """Return the declared types of an item, if items are yielded, and of the whole result."""
        if "response_model" in config.given:
            return None, config.response_model
        annotation = read_return_annotation(self.endpoint)
        if is_subclass(annotation, Response):
            return None, None
        item = item_type(annotation) if kind_of(self.endpoint).yields else None
        return item, annotation if item is None else None

    def _read_dependant(self) -> Dependant:
        self._signature = read_signature(self.endpoint)
        return get_handler_dependant(path=self.path_format, call=self.endpoint, dependencies=self.dependencies)

    # -- the path ------------------------------------------------------------------------------------------------------

    @cached_property
    def path_regex(self) -> re.Pattern[str]:  # type: ignore[override]  # made when asked for: most paths never are
        """The path as a regular expression."""
        return compile_path(self.path)[0]

    # -- what the OpenAPI document and the plan need, made at first use ------------------------------------------------

    @cached_property
    def unique_id(self) -> str:
        """The operation id, unless `operation_id` says otherwise."""
        function = self.generate_unique_id_function
        make_id = function.value if isinstance(function, DefaultPlaceholder) else function
        return self.operation_id or make_id(self)

    @cached_property
    def response_field(self) -> ModelField | None:
        """The declared type of the result."""
        if self.response_model is None:
            return None
        return _response_field(self.response_model, self.status_code, f"Response_{self.unique_id}")

    @cached_property
    def stream(self) -> StreamPlan | None:
        """What the items of a handler that yields become; None for other handlers."""
        kind = stream_kind(self.endpoint, self.response_class)
        if kind is None:
            return None
        item = None if kind is StreamKind.RAW else self._item_type
        if item is None or is_subclass(item, ServerSentEvent):  # whose data may be anything
            return StreamPlan(kind=kind)
        field = create_model_field(f"StreamItem_{self.unique_id}", FieldInfo(annotation=item), mode="serialization")
        return StreamPlan(kind=kind, field=field)

    @property
    def stream_item_type(self) -> Any:
        """The declared type of an item that is sent as JSON."""
        return None if self.stream is None or self.stream.kind is StreamKind.RAW else self._item_type

    @property
    def stream_item_field(self) -> ModelField | None:
        """The declared type of an item as a field."""
        return None if self.stream is None else self.stream.field

    @property
    def is_sse_stream(self) -> bool:
        """Whether the handler yields server-sent events."""
        return self._streams(StreamKind.EVENTS) and kind_of(self.endpoint).yields

    @property
    def is_json_stream(self) -> bool:
        """Whether the handler yields JSON lines."""
        return self._streams(StreamKind.LINES)

    def _streams(self, kind: StreamKind) -> bool:
        return self.stream is not None and self.stream.kind is kind

    @cached_property
    def response_fields(self) -> dict[int | str, ModelField]:
        """The models of further responses, by status code."""
        fields: dict[int | str, ModelField] = {}
        for status_code, response in self.responses.items():
            if not isinstance(response, dict):
                raise refused("An additional response must be a dict", f"it is {response!r} for {status_code!r}.")
            if model := response.get("model"):
                fields[status_code] = _response_field(model, status_code, f"Response_{status_code}_{self.unique_id}")
        return fields

    @cached_property
    def _body_params(self) -> list[ModelField]:
        return [field for node in flat_dependants(self.dependant) for field in node.body_params]

    @cached_property
    def _embed_body_fields(self) -> bool:
        return is_embedded(self._body_params)

    @cached_property
    def body_field(self) -> ModelField | None:
        """The body as one field: the declared one, or a model that has each of several as a key."""
        if not self._body_params:
            return None
        if not self._embed_body_fields:
            return self._body_params[0]
        return combined_body_field(self._body_params, self.unique_id)

    # -- serving -------------------------------------------------------------------------------------------------------

    @cached_property
    def plan(self) -> EndpointPlan:
        """Everything about the endpoint that is known before the first request."""
        response_class = self.response_class
        body = None
        if self._body_params:
            body = BodyPlan(
                embed=self._embed_body_fields,
                is_form=any(isinstance(field.field_info, Form) for field in self._body_params),
                strict_content_type=self.strict_content_type,
                form_limits=self.form_limits,
            )
        reply = ReplyPlan(
            field=self.response_field,
            response_class=response_class.value if isinstance(response_class, DefaultPlaceholder) else response_class,
            is_default_class=isinstance(response_class, DefaultPlaceholder),
            status_code=self.status_code,
            include=self.response_model_include,
            exclude=self.response_model_exclude,
            by_alias=self.response_model_by_alias,
            exclude_unset=self.response_model_exclude_unset,
            exclude_defaults=self.response_model_exclude_defaults,
            exclude_none=self.response_model_exclude_none,
        )
        return EndpointPlan(
            dependant=self.dependant,
            body=body,
            reply=reply,
            stream=self.stream,
            overrides_provider=self.dependency_overrides_provider,
        )

    def explain(self) -> str:
        """Return in words what a request to this route goes through."""
        return f"{' '.join(sorted(self.methods or ()))} {self.path}\n{describe(self.plan)}"

    def get_route_handler(self) -> RequestHandler:
        """Return the function from request to response; override it to wrap every request of the route."""
        if "get_request_handler" in seams.replaced:
            return self._replaced_handler()
        return request_handler(self.plan)

    def _replaced_handler(self) -> RequestHandler:
        plan, reply = self.plan, self.plan.reply
        handler: RequestHandler = seams["get_request_handler"](
            dependant=PlannedDependant.of(plan),
            body_field=self.body_field,
            status_code=reply.status_code,
            response_class=self.response_class,
            response_field=reply.field,
            **{f"response_model_{name}": value for name, value in reply.serialization.items()},
            dependency_overrides_provider=plan.overrides_provider,
            embed_body_fields=self._embed_body_fields,
            strict_content_type=self.strict_content_type,
            form_limits=getattr(self, "form_limits", None) or {},
            stream_item_field=getattr(self, "stream_item_field", None),
            is_json_stream=getattr(self, "is_json_stream", False),
        )
        return handler

    @cached_property
    def app(self) -> ASGIApp:  # type: ignore[override]  # compiled when first asked for
        """The endpoint as an ASGI app. The router has set `path_params`, `endpoint` and `route` in the scope."""
        try:
            compiled = self._compiled = self._compile()
        except Exception as exc:
            exc.add_note(f"Declared for {' '.join(sorted(self.methods or ()))} {self.path!r}: {self._place}.")
            raise
        seams.watch(self)
        return compiled

    def forget_compiled(self) -> None:
        """Compile the endpoint again for the next request, unless the program has put an app of its own in place."""
        if vars(self).get("app") is self._compiled:
            vars(self).pop("app", None)

    @property
    def _place(self) -> str:
        return describe_callable(self.endpoint)

    def _compile(self) -> ASGIApp:
        endpoint = self._compile_endpoint()
        return endpoint if self.max_body_size is None else limiting_body(endpoint, self.max_body_size)

    def _compile_endpoint(self) -> ASGIApp:
        handler = self.get_route_handler()
        if "request_response" in seams.replaced:
            app: ASGIApp = seams["request_response"](handler)
            return app
        exact = endpoint_app(handler)
        if seams.replaced or type(self).get_route_handler is not APIRoute.get_route_handler:
            return exact
        line = plan_line(self.plan)
        return exact if line is None else assemble(self.plan, line, exact)


_LAZY = tuple(name for name, value in vars(APIRoute).items() if isinstance(value, cached_property))


def _response_field(model: Any, status_code: int | str | None, name: str) -> ModelField:
    if not is_body_allowed_for_status_code(status_code):
        raise refused(
            f"Status code {status_code} must not have a response body",
            "take the response model or the return annotation away, or use another status code.",
        )
    return create_model_field(name, FieldInfo(annotation=model), mode="serialization")
