"""Parts of a document taken through the OpenAPI models, where only those can say what becomes of them.

The one rule: the models are imported here alone, at the first need. They take longer to build than the rest of this
package, and most programs never need them.
"""

from __future__ import annotations

from vivace.openapi._json import JsonObject, plain

__all__ = ["checked", "checked_schema"]


def checked(document: JsonObject) -> JsonObject:
    """Return the document as the models read it: values converted, unknown keys kept, keys without a value dropped.

    Raises:
        pydantic.ValidationError: the models refuse it.
    """
    from vivace.openapi.models import OpenAPI

    # Dumping leaves a None where a number was infinite, or in what the models take as it is: hence `plain` as well.
    dumped = OpenAPI.model_validate(document).model_dump(mode="json", by_alias=True, exclude_none=True)
    result: JsonObject = plain(dumped)
    return result


def checked_schema(schema: JsonObject, name: str) -> JsonObject:
    """Return a schema of `components.schemas` as the models read it.

    Raises:
        pydantic.ValidationError: the models refuse it. The error says where, under the name of the schema.
    """
    document = checked({"openapi": "", "info": {"title": "", "version": ""}, "components": {"schemas": {name: schema}}})
    result: JsonObject = document["components"]["schemas"][name]
    return result
