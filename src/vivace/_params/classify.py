"""Tells what an argument of a handler is: a parameter, a body, a dependency, or one of the special types.

The rules (which marker wins, what an unmarked argument means, what is refused and with which words) stand here and
nowhere else.
"""

from __future__ import annotations

import copy
import inspect
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vivace._inspection.annotations import (
    is_scalar,
    is_scalar_sequence,
    is_sequence,
    is_subclass,
    union_members,
    without_alias,
    without_annotated,
)
from vivace._params.field import ModelField, create_model_field, is_json_field
from vivace._params.form_parser import ensure_multipart_is_installed
from vivace._params.markers import Body, File, Form, Header, Param, Path, Query
from vivace._params.models import parameter_model
from vivace._params.refusals import refused
from vivace.datastructures import UploadFile

__all__ = ["Argument", "field_of", "read_argument"]


class Argument(NamedTuple):
    """One argument of a handler or dependency, as declared."""

    name: str
    annotation: Any
    """The type with its `Annotated` metadata."""
    type_: Any
    """The type without."""
    default: Any
    """The default, or `inspect.Parameter.empty`."""
    marker: Any
    """The last marker in `Annotated` (a `Param`, `Body` or dependency), or None."""


def read_argument(parameter: inspect.Parameter, marker_types: tuple[type, ...]) -> Argument:
    """Take an argument apart. Of several markers of `marker_types` in `Annotated` the last one counts."""
    annotation = Any if parameter.annotation is inspect.Parameter.empty else parameter.annotation
    annotation = without_alias(annotation)
    metadata: tuple[Any, ...] = ()
    type_ = annotation
    if get_origin(annotation) is Annotated:
        type_, *items = get_args(annotation)
        metadata = tuple(items)
        # An alias of an Annotated inside an Annotated: its metadata comes first, as if it were written flat. Beside a
        # marker of its own it stays a type with a name: the document shows it by that name.
        while (
            not any(isinstance(item, Param | Body) for item in metadata)
            and get_origin(inner := without_alias(type_)) is Annotated
        ):
            type_, *items = get_args(inner)
            metadata = (*items, *metadata)
        annotation = Annotated[(type_, *metadata)]
    markers = [item for item in metadata if isinstance(item, marker_types)]
    return Argument(
        name=parameter.name,
        annotation=annotation,
        type_=type_,
        default=parameter.default,
        marker=markers[-1] if markers else None,
    )


def field_of(argument: Argument, *, is_path_param: bool) -> ModelField:
    """Make the field of an argument that is read from the request.

    Raises:
        AssertionError: the declaration contradicts itself.
        FastAPIError: Pydantic cannot validate the type.
        RuntimeError: it is read from a form, and the package that parses forms is missing.
    """
    info = _marker_of(argument, is_path_param=is_path_param)
    if is_path_param and not isinstance(info, Path):
        raise refused(
            f"Cannot use `{type(info).__name__}` for path param {argument.name!r}",
            f"use `Path()`, or take {{{argument.name}}} out of the path.",
        )
    if not isinstance(info, Param | Body):
        raise refused(
            f"non-body parameters must be in path, query, header or cookie: {argument.name}",
            "use `Query()`, `Header()`, `Cookie()` or `Body()`; Pydantic's `Field()` goes into `Annotated`.",
        )
    if not info.alias and isinstance(info, Header) and info.convert_underscores:
        info.alias = argument.name.replace("_", "-")
    elif not info.alias:
        info.alias = argument.name
    field = create_model_field(argument.name, info, written=argument.annotation)
    _refuse_wrong_type(field, is_path_param=is_path_param)
    if isinstance(info, Form):
        ensure_multipart_is_installed()
    return field


def _marker_of(argument: Argument, *, is_path_param: bool) -> FieldInfo:
    default = argument.default
    if isinstance(argument.marker, FieldInfo):
        if isinstance(default, FieldInfo):
            raise refused(
                f"Cannot specify FastAPI annotations in `Annotated` and default value together for {argument.name!r}",
                "keep the one in `Annotated` and set the plain default with `=`.",
            )
        return _annotated_marker(argument, is_path_param=is_path_param)
    if isinstance(default, FieldInfo):
        info = copy.copy(default)
        info.annotation = argument.type_
        return info
    if isinstance(argument.annotation, type):
        # PERF: a class says nothing but itself, so there is nothing to merge (benchmark: startup).
        info = _inferred_marker(argument, is_path_param=is_path_param)
        info.annotation = argument.annotation
        return info
    inferred = _inferred_marker(argument, is_path_param=is_path_param)
    return _merged(inferred, FieldInfo.from_annotation(argument.annotation))


def _inferred_marker(argument: Argument, *, is_path_param: bool) -> FieldInfo:
    if is_path_param:
        return Path()  # a default in the signature is for direct calls
    default = PydanticUndefined if argument.default is inspect.Parameter.empty else argument.default
    if _is_upload(argument.type_):
        return File(default)
    return Query(default) if is_scalar(argument.type_) else Body(default)


def _annotated_marker(argument: Argument, *, is_path_param: bool) -> FieldInfo:
    said = FieldInfo.from_annotation(argument.annotation)
    info = _merged(copy.copy(argument.marker), said)
    # A default may also stand in a `Field()` beside the marker.
    for default in (info.default, said.default):
        if default is not PydanticUndefined and default is not ...:
            raise refused(
                f"`{type(info).__name__}` default value cannot be set in `Annotated` for {argument.name!r}. "
                "Set the default value with `=` instead.",
                f"write `{argument.name}: Annotated[..., {type(info).__name__}()] = {default!r}`.",
            )
    if argument.default is not inspect.Parameter.empty:
        if is_path_param:
            raise refused(
                "Path parameters cannot have default values", "take the default away, or the name out of the path."
            )
        if info.default_factory is not None and argument.default is not ...:
            raise TypeError("cannot specify both default and default_factory")
        info.default = PydanticUndefined if argument.default is ... else argument.default
    return info


def _merged(info: FieldInfo, said: FieldInfo) -> FieldInfo:
    """Add to a marker what all of `Annotated` says: `Field(gt=3)`, annotated-types. Pydantic lets the last one win."""
    for name in _MERGED_ATTRIBUTES:
        setattr(info, name, getattr(said, name))
    return info


_MERGED_ATTRIBUTES = (
    *("annotation", "metadata", "alias", "validation_alias", "serialization_alias"),
    *("title", "description", "examples", "deprecated", "discriminator", "json_schema_extra", "validate_default"),
)


def _is_upload(annotation: Any) -> bool:
    members = [without_annotated(member) for member in union_members(annotation)]
    return any(
        is_subclass(member, UploadFile)
        or (is_sequence(member) and any(is_subclass(item, UploadFile) for item in get_args(member)))
        for member in members
    )


def _refuse_wrong_type(field: ModelField, *, is_path_param: bool) -> None:
    info = field.field_info
    if is_path_param:
        if not is_scalar(info.annotation) or _is_upload(info.annotation):
            raise refused(
                "Path params must be of one of the supported types",
                "use a type that one string can carry, such as `int`, `str`, `UUID` or an enum.",
            )
    elif isinstance(info, Query):
        supported = not _is_upload(info.annotation) and (
            is_scalar(info.annotation)
            or is_scalar_sequence(info.annotation)
            or is_json_field(info)
            or parameter_model(field) is not None
        )
        if not supported:
            raise refused(
                f"Query parameter {field.name!r} must be one of the supported types",
                "write `File()`: files come in the body."
                if _is_upload(info.annotation)
                else "use a scalar, a list of scalars or a Pydantic model, or read it from the body with `Body()`.",
            )
