"""Server-sent events are written, and refused, as by the reference."""

from __future__ import annotations

import importlib
from typing import Any

import fastapi.sse
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import vivace.responses
import vivace.sse

TEXT = st.none() | st.text(st.sampled_from("ab\n\r\0\x0b\x85\u2028é:"), max_size=6)


def made(module: Any, fields: dict[str, Any]) -> Any:
    try:
        return module.ServerSentEvent(**fields).model_dump()
    except ValidationError as exc:
        return [(error["type"], error["loc"], error["msg"]) for error in exc.errors()]


@given(data_str=TEXT, event=TEXT, id=TEXT, comment=TEXT, retry=st.none() | st.integers(-1, 9))
def test_an_event_is_written_as_by_the_reference(**fields: Any) -> None:
    assert vivace.sse.format_sse_event(**fields) == fastapi.sse.format_sse_event(**fields)


@given(
    data=st.none() | st.integers(0, 1),
    raw_data=TEXT | st.just(3),
    event=TEXT,
    id=TEXT,
    comment=TEXT,
    retry=st.sampled_from([None, -1, 0, "5", 1.0, 1.5, True]),
)
def test_an_event_is_validated_as_by_the_reference(**fields: Any) -> None:
    assert made(vivace.sse, fields) == made(fastapi.sse, fields)


@pytest.mark.parametrize("name", ["KEEPALIVE_COMMENT", "_PING_INTERVAL", "_SSE_EVENT_SCHEMA"])
def test_the_constants_are_those_of_the_reference(name: str) -> None:
    assert getattr(vivace.sse, name) == getattr(importlib.import_module("fastapi.sse"), name)


def test_the_response_class_has_two_import_paths() -> None:
    assert vivace.sse.EventSourceResponse is vivace.responses.EventSourceResponse
