"""How signatures are read and dependencies solved, under the names and with the arguments of the reference.

Thin faces over `vivace._deps` and `vivace._params`, which shape none of it.
"""

from __future__ import annotations

import inspect
from collections.abc import (
    Mapping,
    Sequence,
)
from dataclasses import dataclass, fields
from typing import Any, ForwardRef

from pydantic_core import PydanticUndefined
from starlette.datastructures import FormData

from vivace._compat import evaluate_forwardref, lenient_issubclass
from vivace._deps.graph import (
    Dependant,
    flat_dependants,
    get_dependant,
    get_parameterless_sub_dependant,
    place_argument,
)
from vivace._deps.markers import Depends
from vivace._endpoint.stages import SolvedDependency, solve_dependencies
from vivace._inspection.annotations import item_type as get_stream_item_type
from vivace._inspection.annotations import without_annotated
from vivace._inspection.signatures import read_return_annotation, read_signature
from vivace._params.bodies import combined_body_field, is_embedded
from vivace._params.field import ErrorList, ModelField
from vivace._params.form_parser import (
    ensure_multipart_is_installed,
    multipart_incorrect_install_error,
    multipart_not_installed_error,
)
from vivace._params.forms import read_form
from vivace._params.markers import Param
from vivace._params.models import flat_fields
from vivace._params.read import read_body, read_params
from vivace._params.refusals import refused

__all__ = [
    "Dependant",
    "ParamDetails",
    "SolvedDependency",
    "add_non_field_param_to_dependency",
    "add_param_to_fields",
    "analyze_param",
    "ensure_multipart_is_installed",
    "get_dependant",
    "get_flat_dependant",
    "get_flat_params",
    "get_parameterless_sub_dependant",
    "get_stream_item_type",
    "get_typed_annotation",
    "get_typed_return_annotation",
    "get_typed_signature",
    "get_validation_alias",
    "lenient_issubclass",
    "multipart_incorrect_install_error",
    "multipart_not_installed_error",
    "request_body_to_args",
    "request_params_to_args",
    "solve_dependencies",
]

_FIELD_LISTS = ("path_params", "query_params", "header_params", "cookie_params", "body_params")


@dataclass
class ParamDetails:
    """What an argument was found to be: a field, a dependency, or (neither) one that is injected by its type."""

    type_annotation: Any
    depends: Depends | None
    field: ModelField | None


def analyze_param(*, param_name: str, annotation: Any, value: Any, path_param_names: set[str]) -> ParamDetails:
    """Tell what an argument is.

    Args:
        param_name: Its name.
        annotation: Its annotation, or `inspect.Parameter.empty`.
        value: Its default, or `inspect.Parameter.empty`.
        path_param_names: The names in the path.

    Raises:
        AssertionError: it contradicts itself.
        FastAPIError: Pydantic cannot validate its type.
    """
    parameter = inspect.Parameter(param_name, inspect.Parameter.KEYWORD_ONLY, default=value, annotation=annotation)
    found = place_argument(parameter, lambda: None, param_name in path_param_names)
    type_annotation = Any if annotation is inspect.Parameter.empty else without_annotated(annotation)
    return ParamDetails(
        type_annotation=type_annotation,
        depends=getattr(found, "depends", None),
        field=found if isinstance(found, ModelField) else None,
    )


def add_param_to_fields(*, field: ModelField, dependant: Dependant) -> None:
    """Put a parameter where a dependant keeps those of its source.

    Raises:
        AssertionError: it is not of the path, the query, a header or a cookie.
    """
    info = field.field_info
    if not isinstance(info, Param):
        raise refused(
            f"non-body parameters must be in path, query, header or cookie: {field.name}",
            "use `Query()`, `Header()` or `Cookie()`.",
        )
    getattr(dependant, f"{info.in_.value}_params").append(field)


def add_non_field_param_to_dependency(*, param_name: str, type_annotation: Any, dependant: Dependant) -> bool | None:
    """Note an argument that is injected by its type. Returns True if it is one, else None."""
    parameter = inspect.Parameter(param_name, inspect.Parameter.KEYWORD_ONLY, annotation=type_annotation)
    slot = getattr(place_argument(parameter, lambda: None, False), "slot", None)
    if slot is None:
        return None
    setattr(dependant, slot, param_name)
    return True


def get_typed_signature(call: Any) -> inspect.Signature:
    """Return the arguments of a callable with their annotations resolved."""
    return read_signature(call).replace(return_annotation=inspect.Signature.empty)


def get_typed_return_annotation(call: Any) -> Any:
    """Return the resolved return annotation of a callable, or None."""
    return read_return_annotation(call)


def get_typed_annotation(annotation: Any, globalns: dict[str, Any]) -> Any:
    """Return an annotation resolved among the names given; one that cannot be is a `ForwardRef`."""
    if not isinstance(annotation, str):
        return annotation
    resolved = evaluate_forwardref(ForwardRef(annotation), globalns, globalns)
    return None if resolved is type(None) else resolved


def get_validation_alias(field: ModelField) -> str:
    """Return the name under which a field is looked up."""
    return field.validation_alias or field.alias


def get_flat_params(dependant: Dependant) -> list[ModelField]:
    """Return all parameters of a dependant and of what it depends on once, by source, models taken apart."""
    flat = get_flat_dependant(dependant, skip_repeats=True)
    return [field for name in _FIELD_LISTS[:-1] for field in flat_fields(getattr(flat, name))]


def get_flat_dependant(
    dependant: Dependant, *, skip_repeats: bool = False, visited: list[Any] | None = None
) -> Dependant:
    """Return one dependant with the parameters of another and of all that it depends on."""
    seen: list[Any] = [] if visited is None else visited
    flat = Dependant(**{item.name: getattr(dependant, item.name) for item in fields(Dependant)})
    flat.dependencies = []
    for name in _FIELD_LISTS:
        setattr(flat, name, list(getattr(dependant, name)))
    seen.append(dependant.cache_key)
    for sub in dependant.dependencies:
        if skip_repeats and sub.cache_key in seen:
            continue
        below = get_flat_dependant(sub, skip_repeats=skip_repeats, visited=seen)
        for name in _FIELD_LISTS:
            getattr(flat, name).extend(getattr(below, name))
        flat.dependencies += [sub, *below.dependencies]
    return flat


def request_params_to_args(
    fields: Sequence[ModelField], received_params: Mapping[str, Any]
) -> tuple[dict[str, Any], ErrorList]:
    """Read the values of parameters of one source. Returns them by name, and the errors."""
    if not fields:
        return {}, []
    info = fields[0].field_info
    if not isinstance(info, Param):
        raise refused(
            "Params must be subclasses of Param", "give parameters of the path, the query, headers or cookies."
        )
    return read_params(fields, received_params, info.in_.value)


async def request_body_to_args(
    body_fields: Sequence[ModelField], received_body: Any, embed_body_fields: bool
) -> tuple[dict[str, Any], ErrorList]:
    """Read the values of declared bodies from the received one. Returns them by name, and the errors."""
    if not body_fields:
        return {}, []
    if isinstance(received_body, FormData):
        return await read_form(body_fields, received_body)
    values, errors = read_body(body_fields, received_body, embed=embed_body_fields)
    if errors and not embed_body_fields and len(body_fields) == 1:
        values = {body_fields[0].name: None}
    return values, errors


def _get_flat_body_params(dependant: Dependant) -> list[ModelField]:
    return [field for node in flat_dependants(dependant) for field in node.body_params]


def _should_embed_body_fields(fields: list[ModelField]) -> bool:
    return is_embedded(fields)


def _get_body_field(*, body_params: list[ModelField], name: str, embed_body_fields: bool) -> ModelField | None:
    if not body_params:
        return None
    return combined_body_field(body_params, name) if embed_body_fields else body_params[0]


RequiredParam = Undefined = PydanticUndefined
