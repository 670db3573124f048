"""`ModelField`: one declared value with its name, its marker and its validator. It reads nothing and sends nothing."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Hashable
from copy import deepcopy
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    ConfigDict,
    Json,
    PydanticSchemaGenerationError,
    PydanticUndefinedAnnotation,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic.warnings import UnsupportedFieldAttributeWarning
from pydantic_core import PydanticUndefined, SchemaValidator

from vivace._inspection.annotations import has_pydantic_v1_model, is_model, is_union
from vivace.exceptions import FastAPIError, PydanticV1NotSupportedError
from vivace.types import IncEx

__all__ = [
    "ErrorList",
    "ModelField",
    "create_model_field",
    "is_json_annotation",
    "is_json_field",
    "located_errors",
    "missing_error",
]

ErrorList = list[dict[str, Any]]
Location = tuple[int | str, ...]


class ModelField:
    """A parameter, a body or an answer: a type with a name.

    Validators are built at first use, and shared between fields of the same plain type: a large app declares the
    same types many times.
    """

    def __init__(
        self,
        field_info: FieldInfo,
        name: str,
        mode: Literal["validation", "serialization"] = "validation",
        config: ConfigDict | None = None,
    ) -> None:
        self.field_info = field_info
        self.name = name
        self.mode = mode
        self.config = config

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(field_info={self.field_info!r}, name={self.name!r}, mode={self.mode!r}, "
            f"config={self.config!r})"
        )

    @property
    def alias(self) -> str:
        """The name in the request: the marker's alias, or the argument's own name."""
        return self.field_info.alias or self.name

    @property
    def validation_alias(self) -> str | None:
        """The marker's validation alias, when it is one name."""
        alias = self.field_info.validation_alias
        return alias if isinstance(alias, str) else None

    @property
    def serialization_alias(self) -> str | None:
        """The marker's serialization alias as declared."""
        return self.field_info.serialization_alias

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.field_info.is_required()

    @property
    def default(self) -> Any:
        """A fresh copy of the default, or `PydanticUndefined` when there is none."""
        return self.get_default()

    @property
    def type_(self) -> Any:
        """The declared type, without the marker."""
        return self.field_info.annotation

    def get_default(self) -> Any:
        """Return the default for one request: a copy, or what the factory makes. `PydanticUndefined` for none."""
        if self.field_info.is_required():
            return PydanticUndefined
        factory: Any = self.field_info.default_factory
        if factory is None:
            return deepcopy(self.field_info.default)
        return factory({}) if self.field_info.default_factory_takes_validated_data else factory()

    @functools.cached_property
    def _type_adapter(self) -> TypeAdapter[Any]:
        # PERF: compiling the endpoints of a large app is mostly making adapters for `int` and `str | None`; alike
        # fields share one (benchmark: startup).
        key = _likeness(self.field_info) if self.config is None else None
        if key is None:
            return self._make_adapter()
        if key not in _adapters:
            _adapters[key] = self._make_adapter()
        return _adapters[key]

    def _make_adapter(self) -> TypeAdapter[Any]:
        with warnings.catch_warnings():
            # Pydantic says that an alias means nothing here. It does mean something to the request.
            warnings.simplefilter("ignore", category=UnsupportedFieldAttributeWarning)
            annotated: Any = Annotated[self.field_info.annotation, self.field_info]
            return TypeAdapter(annotated, config=self.config)

    def is_complete(self) -> bool:
        """Tell whether every name in the type exists by now. While one does not, no value can be validated."""
        adapter = self._type_adapter
        return adapter.pydantic_complete or bool(adapter.rebuild(raise_errors=False))

    @functools.cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The Pydantic adapter for the declared type and its constraints, shared where nothing but the type matters."""
        info = self.field_info
        if info.metadata or info.discriminator is not None or self.config is not None or info.validate_default:
            return self._type_adapter
        annotation: Any = info.annotation
        try:
            return _adapter_for(annotation, repr(annotation))
        except TypeError:  # an annotation that cannot be hashed
            return self._type_adapter

    @functools.cached_property
    def validator(self) -> SchemaValidator:
        """Pydantic's validator itself: one call less than through the adapter."""
        validator: Any = self.adapter.validator
        return validator if isinstance(validator, SchemaValidator) else self._rebuilt_validator()

    def _rebuilt_validator(self) -> Any:
        # A type with forward references gets its real validator once they can be resolved.
        self.adapter.rebuild(raise_errors=False)
        return self.adapter.validator

    def validate(
        self, value: Any, values: dict[str, Any] | None = None, *, loc: Location = ()
    ) -> tuple[Any, ErrorList]:
        """Validate a Python value.

        Returns the value and no errors, or None and the errors with `loc` before their locations.
        """
        try:
            return self.validator.validate_python(value, from_attributes=True), []
        except ValidationError as exc:
            return None, located_errors(exc, loc)

    def serialize(
        self,
        value: Any,
        *,
        mode: Literal["json", "python"] = "json",
        include: IncEx | None = None,
        exclude: IncEx | None = None,
        by_alias: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> Any:
        """Turn a validated value into Python data by the declared type; by default data that JSON can hold."""
        return self.adapter.dump_python(
            value,
            mode=mode,
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def serialize_json(self, value: Any, **options: Any) -> bytes:
        """Turn a validated value into JSON bytes by the declared type. Takes the options of `serialize`."""
        return self.adapter.dump_json(value, **{"by_alias": True, **options})


_adapters: dict[Hashable, TypeAdapter[Any]] = {}

# What a field may say beside its type, its constraints and its default. Fields that do are alike to no other.
_FURTHER_ATTRIBUTES = (
    *("title", "description", "examples", "deprecated", "json_schema_extra", "field_title_generator"),
    *("discriminator", "default_factory", "validate_default"),
)
_PLAIN_DEFAULTS = (str, int, float, bool, NoneType, type(PydanticUndefined))
# Where the constraints are from whose `repr` tells all about them.
_DESCRIBED_IN_FULL = frozenset({"annotated_types", "pydantic.types", "pydantic.fields", "pydantic._internal._fields"})


def _likeness(info: FieldInfo) -> Hashable | None:
    """Return what is equal for fields whose adapters are the same; None if that cannot be told."""
    text = repr(info.annotation)  # tells `int | str` from `str | int`, which are equal but do not validate alike
    if (
        any(getattr(info, name) is not None for name in _FURTHER_ATTRIBUTES)
        or type(info.default) not in _PLAIN_DEFAULTS
        or any(type(item).__module__ not in _DESCRIBED_IN_FULL for item in info.metadata)
        or "ForwardRef(" in text  # the same name means another thing in another module
    ):
        return None
    key = (info.annotation, text, *map(repr, info.metadata), type(info.default), repr(info.default))
    try:
        hash(key)
    except TypeError:
        return None
    return key


@functools.cache
def _adapter_for(annotation: Any, text: str) -> TypeAdapter[Any]:
    # `text` tells `int | str` from `str | int`, which are equal but do not validate alike.
    # `Annotated` keeps a model's own configuration from being taken for that of everything around it.
    return TypeAdapter(Annotated[annotation, FieldInfo(annotation=annotation)])


def located_errors(exc: ValidationError, loc: Location) -> ErrorList:
    """Return Pydantic's errors as plain dicts, without links to its website, with `loc` put before each location."""
    errors: ErrorList = exc.errors(include_url=False)  # type: ignore[assignment]  # a TypedDict is a dict
    for error in errors:
        error["loc"] = loc + error["loc"]
    return errors


def missing_error(loc: Location, value: Any = None) -> dict[str, Any]:
    """Return the error of a required value that is not there."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": value}


def is_json_field(field_info: FieldInfo) -> bool:
    """Tell whether the field is a `Json[...]`: JSON text in one string, whatever type it holds."""
    return any(type(item) is Json for item in field_info.metadata)


def is_json_annotation(annotation: Any) -> bool:
    """Tell whether a type is a `Json[...]`."""
    return any(type(item) is Json for item in getattr(annotation, "__metadata__", ()))


def create_model_field(
    name: str,
    field_info: FieldInfo,
    mode: Literal["validation", "serialization"] = "validation",
    *,
    written: Any = None,
) -> ModelField:
    """Make a field and check that Pydantic can handle its type. An error shows the type as it was `written`.

    Raises:
        FastAPIError: the type is not one that Pydantic can validate.
        PydanticV1NotSupportedError: the type is, or holds, a model of `pydantic.v1`.
    """
    field = ModelField(field_info=field_info, name=name, mode=mode)
    constraints = _constraints_of(field_info)
    if _is_plainly_valid(field_info.annotation) and (constraints == () or constraints in _valid_constraints):
        return field
    if has_pydantic_v1_model(field_info.annotation):
        raise PydanticV1NotSupportedError(
            "pydantic.v1 models are no longer supported by FastAPI. "
            f"Please update the response model {field_info.annotation}."
        )
    try:
        field.adapter  # noqa: B018  built now so that a wrong type fails at start-up
        if constraints is not None:
            _valid_constraints.add(constraints)
    except PydanticUndefinedAnnotation:
        pass  # named by its string, defined later
    except PydanticSchemaGenerationError:
        raise FastAPIError(
            "Invalid args for response field! Hint: "
            f"check that {field_info.annotation if written is None else written} is a valid Pydantic field type. "
            "If you are using a return type annotation that is not a valid Pydantic field "
            "(e.g. Union[Response, dict, None]) you can disable generating the response model from the type annotation "
            "with the path operation decorator parameter response_model=None. "
            "Read more: https://fastapi.tiangolo.com/tutorial/response-model/"
        ) from None
    return field


_PLAIN_CONTAINERS: frozenset[Any] = frozenset({dict, frozenset, list, set, tuple})
_PLAIN_TYPES: frozenset[Any] = frozenset({str, int, float, bool, bytes, None, NoneType, Any, *_PLAIN_CONTAINERS})


# PERF: a constraint may not fit its type, or be a regular expression that is none. Each is tried once (benchmark:
# startup).
_valid_constraints: set[Hashable] = set()


def _constraints_of(field_info: FieldInfo) -> Hashable | None:
    """Return what a type is held to, together with the type; () if nothing, None if that cannot be told."""
    if not field_info.metadata and field_info.discriminator is None:
        return ()
    if field_info.discriminator is not None or any(
        type(item).__module__ not in _DESCRIBED_IN_FULL for item in field_info.metadata
    ):
        return None
    return (repr(field_info.annotation), *map(repr, field_info.metadata))


def _is_plainly_valid(annotation: Any) -> bool:
    # PERF: most types need no trial: building their validators can wait until they are used (benchmark: startup).
    if is_union(annotation) or get_origin(annotation) in _PLAIN_CONTAINERS:
        return all(item is Ellipsis or _is_plainly_valid(item) for item in get_args(annotation))
    try:
        return annotation in _PLAIN_TYPES or is_model(annotation)
    except TypeError:  # an annotation that cannot be hashed
        return False
