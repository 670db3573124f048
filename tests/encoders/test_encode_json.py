"""``encode_json`` has the bytes of ``json.dumps(jsonable_encoder(x))``, or its error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from encoders import cases
from encoders.test_jsonable_encoder import data
from hypothesis import given

from vivace import encoders
from vivace.encoders import encode_json, jsonable_encoder

VALUES = cases.values()


def encode_in_two_steps(content: Any) -> bytes:
    text = json.dumps(
        jsonable_encoder(content), ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":")
    )
    return text.encode("utf-8")


def outcome(encode: Callable[[Any], bytes], value: Any) -> tuple[Any, str]:
    try:
        return "returned", repr(encode(value))
    except Exception as exc:
        return type(exc), str(exc)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_has_the_bytes_of_the_two_steps(name: str) -> None:
    make = VALUES[name]

    assert outcome(encode_json, make()) == outcome(encode_in_two_steps, make())


@given(value=data)
def test_any_data_has_the_bytes_of_the_two_steps(value: Any) -> None:
    assert outcome(encode_json, value) == outcome(encode_in_two_steps, value)


@pytest.mark.parametrize(
    "content",
    [
        {"hello": "world"},
        [{"id": 1, "tags": ("a", "b"), "price": 1.5, "none": None, "ok": True}],
        {1: 2, None: 3},
        "é",
        12,
    ],
)
def test_plain_data_takes_the_fast_way(content: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = encode_in_two_steps(content)
    monkeypatch.setattr(encoders, "jsonable_encoder", None)

    assert encode_json(content) == expected


def test_without_the_writer_in_c_the_bytes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_write_plain", None)

    assert encode_json({"a": [1, {"b"}], "_sa_x": 1}) == b'{"a":[1,["b"]]}'


def test_data_that_contains_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["itself"] = [data]

    with pytest.raises(RecursionError):
        encode_json(data)
