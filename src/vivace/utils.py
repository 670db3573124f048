"""Small functions that programs import from the reference's module of this name.

Vivace itself uses none that stands here.
"""

from __future__ import annotations

import re
import warnings
from typing import Any, Literal

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vivace._params import field as params_field
from vivace._params.field import ModelField
from vivace.datastructures import DefaultPlaceholder
from vivace.exceptions import FastAPIDeprecationWarning
from vivace.options import generate_unique_id
from vivace.responses import is_body_allowed_for_status_code

__all__ = [
    "create_model_field",
    "deep_dict_update",
    "generate_operation_id_for_path",
    "generate_unique_id",
    "get_path_param_names",
    "get_value_or_default",
    "is_body_allowed_for_status_code",
]


def get_path_param_names(path: str) -> set[str]:
    """Return what stands between braces in a path."""
    return set(re.findall("{(.*?)}", path))


def create_model_field(
    name: str,
    type_: Any,
    default: Any | None = PydanticUndefined,
    field_info: FieldInfo | None = None,
    alias: str | None = None,
    mode: Literal["validation", "serialization"] = "validation",
) -> ModelField:
    """Make a field of a type.

    Raises:
        FastAPIError: Pydantic cannot validate the type.
    """
    info = FieldInfo(annotation=type_, default=default, alias=alias) if field_info is None else field_info
    return params_field.create_model_field(name, info, mode)


def generate_operation_id_for_path(*, name: str, path: str, method: str) -> str:
    """Return the operation id for a name, a path and a method. Deprecated: use `generate_unique_id`."""
    warnings.warn(
        "fastapi.utils.generate_operation_id_for_path() was deprecated, it is not used internally, "
        "and will be removed soon",
        category=FastAPIDeprecationWarning,
        stacklevel=2,
    )
    stem = re.sub(r"\W", "_", f"{name}{path}")
    return f"{stem}_{method.lower()}"


def deep_dict_update(main_dict: dict[Any, Any], update_dict: dict[Any, Any]) -> None:
    """Merge `update_dict` into `main_dict`: dicts are merged, lists are joined, other values replaced."""
    for key, value in update_dict.items():
        current = main_dict.get(key)
        if isinstance(current, dict) and isinstance(value, dict):
            deep_dict_update(current, value)
        elif isinstance(current, list) and isinstance(value, list):
            main_dict[key] = current + value
        else:
            main_dict[key] = value


def get_value_or_default(first_item: Any, *extra_items: Any) -> Any:
    """Return the first item that is not a `DefaultPlaceholder`, or the first one when all are."""
    return next((item for item in (first_item, *extra_items) if not isinstance(item, DefaultPlaceholder)), first_item)
