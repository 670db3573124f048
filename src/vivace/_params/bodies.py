"""Several bodies in one: when declared bodies are keys of the received one, and the model that says so.

Reads no request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import create_model
from pydantic_core import PydanticUndefined

from vivace._inspection.annotations import is_model
from vivace._params.field import ModelField
from vivace._params.markers import Body, File, Form

__all__ = ["combined_body_field", "is_embedded"]


def is_embedded(fields: Sequence[ModelField]) -> bool:
    """Tell whether each field is a key of the received body, rather than the whole of it."""
    if not fields:
        return False
    if len({field.name for field in fields}) > 1:
        return True
    info = fields[0].field_info
    if isinstance(info, Body) and info.embed:
        return True
    return isinstance(info, Form) and not is_model(info.annotation)


def combined_body_field(fields: Sequence[ModelField], name: str) -> ModelField:
    """Make one field of several: a model with a key for each, named after the operation."""
    members: dict[str, Any] = {field.name: (field.field_info.annotation, field.field_info) for field in fields}
    model = create_model(f"Body_{name}", **members)
    infos = [field.field_info for field in fields]
    marker = next((kind for kind in (File, Form) if any(isinstance(info, kind) for info in infos)), Body)
    options: dict[str, Any] = {"annotation": model, "alias": "body"}
    media_types = {info.media_type for info in infos if isinstance(info, Body)}
    if marker is Body and len(media_types) == 1:
        options["media_type"] = media_types.pop()
    default = PydanticUndefined if any(field.required for field in fields) else None
    return ModelField(field_info=marker(default, **options), name="body")
