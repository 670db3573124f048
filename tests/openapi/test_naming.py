"""Names of definitions: as Pydantic gives them, whatever collides with whatever."""

import random
from typing import Any

import pytest
from pydantic import BaseModel, Json, create_model
from pydantic.json_schema import GenerateJsonSchema

from vivace.openapi._generator import SchemaGenerator
from vivace.openapi._naming import name_definitions
from vivace.openapi.constants import REF_PREFIX, REF_TEMPLATE


def ref(name: str) -> dict[str, str]:
    return {"$ref": REF_PREFIX + name}


def test_a_name_that_nothing_else_claims_is_the_simplest() -> None:
    assert name_definitions({"k1": {"type": "object"}}, {"k1": ["A", "A-Input", "k1"]}) == {"k1": "A"}


def test_equal_schemas_share_a_name() -> None:
    schemas = {"k1": {"type": "object", "title": "A"}, "k2": {"title": "A", "type": "object"}}
    choices = {"k1": ["A", "A-Input", "k1"], "k2": ["A", "A-Output", "k2"]}
    assert name_definitions(schemas, choices) == {"k1": "A", "k2": "A"}


def test_unequal_schemas_get_the_next_names() -> None:
    schemas = {"k1": {"type": "object"}, "k2": {"type": "string"}}
    choices = {"k1": ["A", "A-Input", "k1"], "k2": ["A", "A-Output", "k2"]}
    assert name_definitions(schemas, choices) == {"k1": "A-Input", "k2": "A-Output"}


def test_schemas_that_differ_only_in_names_become_equal_when_those_are_given() -> None:
    schemas = {
        "inner1": {"type": "object"},
        "inner2": {"type": "object"},
        "outer1": {"items": ref("inner1")},
        "outer2": {"items": ref("inner2")},
    }
    choices = {
        "inner1": ["I", "I-Input", "inner1"],
        "inner2": ["I", "I-Output", "inner2"],
        "outer1": ["O", "O-Input", "outer1"],
        "outer2": ["O", "O-Output", "outer2"],
    }
    assert name_definitions(schemas, choices) == {"inner1": "I", "inner2": "I", "outer1": "O", "outer2": "O"}


def random_models(rng: random.Random) -> list[Any]:
    """Make models of few names in few modules that hold each other."""
    leaf: list[Any] = [int, str, Json[int], list[int]]
    models: list[Any] = []
    for _ in range(rng.randint(2, 9)):
        fields: dict[str, Any] = {}
        for name in rng.sample("abc", rng.randint(1, 2)):
            kind: Any = rng.choice([*leaf, *models, *models])
            kind = rng.choice([kind, list[kind], kind | None])
            fields[name] = (kind, ...) if rng.random() < 0.5 else (Any, 1)
        models.append(create_model(rng.choice("AB"), __module__=rng.choice(["m.one", "m.two"]), **fields))
    return models


@pytest.mark.parametrize("seed", range(60))
def test_names_are_those_that_pydantic_gives(seed: int) -> None:
    rng = random.Random(seed)
    models: list[type[BaseModel]] = random_models(rng)
    inputs = [
        (model.__pydantic_core_schema__, mode)
        for model in models
        for mode in rng.sample(["validation", "serialization"], rng.randint(1, 2))
    ]
    theirs = GenerateJsonSchema(ref_template=REF_TEMPLATE)
    _, expected = theirs.generate_definitions([(i, mode, core) for i, (core, mode) in enumerate(inputs)])  # type: ignore[misc]  # modes are literals
    ours = SchemaGenerator()
    ours.generate_all(inputs)  # type: ignore[arg-type]  # as above
    raw = {str(key): schema for key, schema in ours.definitions.items()}
    names = name_definitions(raw, {key: ours.names_for(key) for key in raw})
    assert sorted(set(names.values())) == sorted(expected)
