"""Puts the plan of an endpoint into words: what is read, what is called in which order, how the result is sent."""

from __future__ import annotations

from collections.abc import Iterator

from vivace._deps.graph import Dependant, flat_dependants
from vivace._endpoint.plan import EndpointPlan, ReplyPlan, StreamPlan
from vivace._endpoint.planner import Line, Step, plan_line, why_exact
from vivace._endpoint.reply import json_encoder_of
from vivace._inspection.callables import CallableKind, describe_callable
from vivace._params.field import ModelField
from vivace._params.models import request_keys

__all__ = ["describe"]

_SOURCES = (
    ("path", "path_params"),
    ("query", "query_params"),
    ("header", "header_params"),
    ("cookie", "cookie_params"),
    ("body", "body_params"),
)

_WAYS = {
    CallableKind.SYNC: "in a thread",
    CallableKind.ASYNC: "awaited",
    CallableKind.GENERATOR: "in threads, finished after the response",
    CallableKind.ASYNC_GENERATOR: "awaited, finished after the response",
}


_WAYS_OF_HANDLERS = {
    CallableKind.GENERATOR: "gone through in threads",
    CallableKind.ASYNC_GENERATOR: "gone through",
}


def describe(plan: EndpointPlan) -> str:
    """Return the plan in lines of text."""
    line = plan_line(plan)
    return "\n".join(
        [
            f"handler: {describe_callable(plan.dependant.call)}, {(_WAYS | _WAYS_OF_HANDLERS)[plan.kind]}",
            f"path taken: {_path_taken(plan, line)}",
            *_reads(plan, line),
            *_calls(line),
            f"reply: {_reply(plan.reply) if plan.stream is None else _stream(plan.stream, plan.reply)}",
        ]
    )


def _path_taken(plan: EndpointPlan, line: Line | None) -> str:
    if line is not None:
        return "compiled"
    return f"exact, because {why_exact(plan) or 'Pydantic cannot validate the arguments together'}"


def _reads(plan: EndpointPlan, line: Line | None) -> Iterator[str]:
    for node in flat_dependants(plan.dependant):
        for source, attribute in _SOURCES:
            for field in getattr(node, attribute):
                yield f"reads {source}: {_field(field)}, for {_name(node)}"
    if line is not None and line.json_validator is not None:
        yield "the body is validated straight from its bytes"


def _field(field: ModelField) -> str:
    annotation = field.field_info.annotation
    type_name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    names = " or ".join(repr(key.name) for key in request_keys(field))
    return f"{names} as {type_name}" + ("" if field.required else f", default {field.get_default()!r}")


def _calls(line: Line | None) -> Iterator[str]:
    if line is None:
        return
    calls = [step for step in line.steps if isinstance(step, Step)]
    for number, step in enumerate(calls, start=1):
        way = _WAYS[step.kind] if step.read is None else "read from the scope"
        yield f"calls {number}: {describe_callable(step.call)}, {way}"


def _reply(reply: ReplyPlan) -> str:
    declared = "as returned" if reply.field is None else f"validated as {reply.field.field_info.annotation}"
    way = "JSON bytes" if json_encoder_of(reply) is not None else reply.response_class.__name__
    return f"{way}, {declared}, status {reply.status_code or 200}"


def _stream(stream: StreamPlan, reply: ReplyPlan) -> str:
    declared = "as yielded" if stream.field is None else f"validated as {stream.field.field_info.annotation}"
    return f"{stream.kind.value}, one for each item, {declared}, status {reply.status_code or 200}"


def _name(node: Dependant) -> str:
    return describe_callable(node.call).partition(" ")[0]
