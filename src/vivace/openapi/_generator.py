"""From core schemas to raw JSON Schema: Pydantic's generator with our rules for bytes, and without its slow spots.

The one rule: what comes out is what Pydantic's own generator gives, but for `bytes`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, NoDefault
from pydantic_core import CoreSchema, core_schema

from vivace.openapi.constants import REF_TEMPLATE

__all__ = ["SchemaGenerator"]

_AS_THEY_ARE = (str, int, bool, type(None))


class SchemaGenerator(GenerateJsonSchema):
    """Makes the schemas of one document. Definitions keep unambiguous keys, to be named when all of them are known."""

    def __init__(self) -> None:
        super().__init__(ref_template=REF_TEMPLATE)

    def generate_all(self, inputs: Sequence[tuple[CoreSchema, JsonSchemaMode]]) -> list[JsonSchemaValue]:
        """Return one schema per input, in order. What they refer to is in `definitions` afterwards."""
        schemas = [self._generate(schema, mode) for schema, mode in inputs]
        for index, (core, mode) in enumerate(inputs):
            # Once more for what refers to models: keys beside a "$ref" that only repeat the model are dropped, which
            # shows when the model is known.
            if core["type"] not in _WITHOUT_REFERENCE:
                schemas[index] = self._generate(core, mode)
        return schemas

    @property
    def mode(self) -> JsonSchemaMode:
        """Whether the schema is of what is taken or of what is given."""
        # PERF: asked several times for each node; Pydantic looks the setting up with a slow __getattr__.
        override: JsonSchemaMode | None = self._config.config_dict.get("json_schema_mode_override")
        return self._mode if override is None else override

    def _generate(self, schema: CoreSchema, mode: JsonSchemaMode) -> JsonSchemaValue:
        self._mode = mode  # what GenerateJsonSchema.generate_definitions() does for each of its inputs
        return self.generate_inner(schema)

    def names_for(self, key: str) -> list[str]:
        """Return the names that a definition may have, simplest first; the last is its own alone."""
        choices: Any = self._prioritized_defsref_choices
        return [str(name) for name in choices[key]]

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        """Return the default that a schema shows; none for `...`, the old way to say that there is none."""
        default = super().get_default_value(schema)
        return NoDefault if default is ... else default

    def encode_default(self, dft: Any) -> Any:
        """Return a default as JSON data."""
        # PERF: Pydantic builds a TypeAdapter for every default; these need none.
        if type(dft) in _AS_THEY_ARE or (type(dft) is float and math.isfinite(dft)):
            return dft
        if not dft and type(dft) in (list, dict):
            return type(dft)()
        return super().encode_default(dft)

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:
        """Return the schema of bytes as JSON Schema 2020-12 says it: a string with a media type and an encoding."""
        json_schema: JsonSchemaValue = {"type": "string"}
        key = "val_json_bytes" if self.mode == "validation" else "ser_json_bytes"
        if getattr(self._config, key) == "base64":
            json_schema["contentEncoding"] = "base64"
        json_schema["contentMediaType"] = "application/octet-stream"
        self.update_with_validations(json_schema, schema, self.ValidationsMapping.bytes)
        return json_schema


# Core schemas that can hold no model, so that one pass over them is enough.
_WITHOUT_REFERENCE = frozenset(
    {"any", "none", "bool", "int", "float", "decimal", "str", "bytes", "date", "time", "datetime", "timedelta", "uuid"}
)
