"""Turns an `EndpointPlan` into a straight line: which values, which calls in which order, into which slots.

A *slot* is a place in the list that a request fills from left to right. The first ones are for what is injected by
type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from vivace._deps.graph import Dependant, flat_dependants
from vivace._deps.scope_readers import ReadScope, scope_reader_of
from vivace._deps.scopes import SecurityScopes
from vivace._endpoint.fetch import SOURCES, Fetch, lookup_paths, make_fetch
from vivace._endpoint.forms import form_keys
from vivace._endpoint.json_mode import is_same_in_json_mode
from vivace._endpoint.plan import EndpointPlan
from vivace._endpoint.together import UnfitSchema, part_of, runs_code_of_the_program, validator_of
from vivace._inspection.callables import CallableKind
from vivace._params.field import ModelField
from vivace._params.forms import form_union
from vivace._params.markers import File
from vivace._params.models import request_keys
from vivace._params.read import asks_to_be_embedded

__all__ = [
    "BACKGROUND",
    "DATA",
    "OPEN",
    "REQUEST",
    "RESPONSE",
    "Bind",
    "Check",
    "Line",
    "Step",
    "Unchanged",
    "plan_line",
    "why_exact",
]

REQUEST, RESPONSE, BACKGROUND, OPEN, DATA = range(5)
_FIRST_FREE_SLOT = 5

Bind = Callable[[list[Any]], dict[str, Any]]
"""Makes the keyword arguments of a call from the slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a dependency."""

    slot: int
    call: Callable[..., Any]
    kind: CallableKind
    bind: Bind
    node: Dependant
    read: ReadScope | None = None
    """Gives the same value from the scope alone; then nothing is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A validation that must wait for its turn, because it may see what the calls before it have done."""

    slot: int
    validator: SchemaValidator


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A look at whether the call before it, which got the request, has changed what was read from it already."""

    slot: int
    fetches: tuple[tuple[str, Fetch], ...] = ()


@dataclass(slots=True, kw_only=True)
class Line:
    """Everything that the assembler joins."""

    fetches: list[tuple[str, Fetch]] = field(default_factory=list)
    validators: list[tuple[int, SchemaValidator]] = field(default_factory=list)
    steps: list[Step | Check | Unchanged] = field(default_factory=list)
    bind: Bind
    slot_count: int
    json_validator: SchemaValidator | None = None
    """Validates the one body straight from its bytes, where that is the same."""
    injected: frozenset[int] = frozenset()
    """Which of the first slots are used."""

    @property
    def watches(self) -> bool:
        """Whether a dependency might change what was read from the request."""
        return any(isinstance(step, Unchanged) for step in self.steps)

    @property
    def yields(self) -> bool:
        """Whether something stays open until the response was sent."""
        return any(isinstance(step, Step) and step.kind.yields for step in self.steps)


def plan_line(plan: EndpointPlan) -> Line | None:
    """Lay the calls of an endpoint out in a line, or return None when it needs the exact path."""
    if why_exact(plan) is not None:
        return None
    try:
        return _Layout(plan, list(flat_dependants(plan.dependant))).line()
    except (SchemaError, UnfitSchema):
        return None  # something that Pydantic can only validate by itself, not as a part of a larger schema


def why_exact(plan: EndpointPlan) -> str | None:
    """Return why an endpoint always takes the exact path, or None when it need not."""
    body = plan.body
    for node in flat_dependants(plan.dependant):
        if body and not (body.is_form or body.embed) and any(map(asks_to_be_embedded, node.body_params)):
            return "a body is declared both whole and embedded"
        if any(isinstance(field.field_info, File) for field in node.body_params):
            return "files are uploaded"
        if any(form_union(field) for field in node.body_params):
            return "the form is one of several models"
        if node.websocket_param_name is not None and not plan.is_websocket:
            return "a websocket is injected"
        if node.request_param_name is not None and plan.is_websocket:
            return "a request is injected into a websocket"
        if node.body_params and plan.is_websocket:
            return "a websocket has no body"
        if any(len(keys) > 1 and keys[0].is_list for keys in map(request_keys, node.cookie_params)):
            return "a list in a cookie has several names"
        if node.concurrency is not None:
            return "a dependency has max_concurrency"
        # The handler has that scope, too; what it yields is its response.
        if node is not plan.dependant and node.scope == "function" and node.kind.yields:
            return 'a dependency that yields has scope "function"'
    return None


class _Layout:
    """Gives out slots while it walks the graph in the order in which the reference calls."""

    def __init__(self, plan: EndpointPlan, nodes: list[Dependant]) -> None:
        self.plan = plan
        self.next_slot = _FIRST_FREE_SLOT
        self.steps: list[Step | Check | Unchanged] = []
        self.validators: list[tuple[int, SchemaValidator]] = []
        self.slot_by_key: dict[tuple[Any, ...], int] = {}
        self.injected: set[int] = set()
        self.fields: dict[str, list[ModelField]] = {source: [] for source in SOURCES}
        self.json_field = self._json_field(nodes)

    def line(self) -> Line:
        bind = self._bind(self.plan.dependant)
        fetches = [(source, make_fetch(source, fields)) for source, fields in self.fields.items() if fields]
        return Line(
            fetches=fetches,
            validators=self.validators,
            steps=self._watching(fetches),
            bind=bind,
            slot_count=self.next_slot,
            json_validator=None if self.json_field is None else self.json_field.validator,
            injected=frozenset(self.injected),
        )

    def _watching(self, fetches: list[tuple[str, Fetch]]) -> list[Step | Check | Unchanged]:
        """Return the steps with the looks at what may change: path parameters and headers, if any are read.

        The query and the cookies are parsed once for all.
        """
        watched = tuple((source, fetch) for source, fetch in fetches if source in ("path", "header"))
        looked = (replace(step, fetches=watched) if isinstance(step, Unchanged) else step for step in self.steps)
        return [step for step in looked if watched or not isinstance(step, Unchanged)]

    def _new_slot(self) -> int:
        self.next_slot += 1
        return self.next_slot - 1

    def _json_field(self, nodes: list[Dependant]) -> ModelField | None:
        bodies = [body for node in nodes for body in node.body_params]
        if self.plan.body is None or self.plan.body.is_form or self.plan.body.embed or len(bodies) != 1:
            return None
        if any(node.request_param_name or node.http_connection_param_name for node in nodes if not _is_reader(node)):
            return None  # whoever takes the request may ask it for its parsed body
        if not bodies[0].is_complete():
            return None
        return bodies[0] if is_same_in_json_mode(bodies[0]._type_adapter.core_schema) else None

    def _bind(self, node: Dependant) -> Bind:
        """Lay out what `node` depends on, and return how its arguments are made."""
        sources = [(sub.name, self._slot_of(sub)) for sub in node.dependencies]
        named = [(name, slot) for name, slot in sources if name is not None]
        for slot, name in (
            (REQUEST, node.request_param_name),
            (REQUEST, node.websocket_param_name),
            (REQUEST, node.http_connection_param_name),
            (RESPONSE, node.response_param_name),
            (BACKGROUND, node.background_tasks_param_name),
        ):
            if name is not None:
                self.injected.add(slot)
                named.append((name, slot))
        bind = make_bind(self._validated_slot(node), named)
        if node.security_scopes_param_name is None:
            return bind
        return _with_scopes(bind, node.security_scopes_param_name, node.oauth_scopes)

    def _slot_of(self, node: Dependant) -> int:
        assert node.call is not None
        key = node.cache_key
        if key in self.slot_by_key and _is_all_shared(node):
            return self.slot_by_key[key]
        read = scope_reader_of(node.call)
        bind = self._bind(node) if read is None else _no_arguments
        if node.use_cache and key in self.slot_by_key:
            return self.slot_by_key[key]
        slot = self._new_slot()
        self.steps.append(Step(slot=slot, call=node.call, kind=node.kind, bind=bind, node=node, read=read))
        taken = (node.request_param_name, node.http_connection_param_name, node.websocket_param_name)
        if read is None and any(taken):
            self.steps.append(Unchanged(slot=self._new_slot()))
        self.slot_by_key.setdefault(key, slot)
        return slot

    def _validated_slot(self, node: Dependant) -> int | None:
        """Build one validator for all values that `node` reads from the request; returns the slot of its result."""
        parts: dict[str, core_schema.TypedDictField] = {}
        definitions: dict[str, core_schema.CoreSchema] = {}
        lists = (node.path_params, node.query_params, node.header_params, node.cookie_params)
        for source, fields in zip(SOURCES, lists, strict=True):
            self.fields[source].extend(fields)
            for item in fields:
                parts[item.name] = part_of(item, lookup_paths(item, source), definitions)
        for item in node.body_params:
            parts[item.name] = part_of(item, self._body_paths(item), definitions)
            if item is self.json_field:  # it comes validated
                parts[item.name]["schema"] = core_schema.any_schema()
        if not parts:
            return None
        slot = self._new_slot()
        validator = validator_of(parts, definitions)
        if self.steps and runs_code_of_the_program(parts):
            self.steps.append(Check(slot=slot, validator=validator))
        else:
            self.validators.append((slot, validator))
        return slot

    def _body_paths(self, item: ModelField) -> list[list[str | int]]:
        if self.plan.body is not None and self.plan.body.is_form:
            return [["body", key] for key in form_keys(item)]
        if self.plan.body is not None and self.plan.body.embed:
            return [["body", key.name] for key in request_keys(item)]
        return [["body"]]


def _is_reader(node: Dependant) -> bool:
    return scope_reader_of(node.call) is not None


def _is_all_shared(node: Dependant) -> bool:
    return node.use_cache and all(_is_all_shared(sub) for sub in node.dependencies)


def make_bind(validated: int | None, named: list[tuple[str, int]]) -> Bind:
    """Return the function that makes keyword arguments of validated values and of other slots."""
    names = tuple(name for name, _ in named)
    slots = tuple(slot for _, slot in named)
    if not names:
        return _no_arguments if validated is None else itemgetter(validated)
    if len(names) == 1 and validated is None:
        name, slot = named[0]
        return lambda values: {name: values[slot]}
    pick: Callable[[list[Any]], tuple[Any, ...]] = (
        itemgetter(*slots) if len(slots) > 1 else lambda values: (values[slots[0]],)
    )
    if validated is None:
        return lambda values: dict(zip(names, pick(values), strict=True))

    def bind(values: list[Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = values[validated]
        arguments.update(zip(names, pick(values), strict=True))
        return arguments

    return bind


def _no_arguments(_values: list[Any]) -> dict[str, Any]:
    return {}


def _with_scopes(bind: Bind, name: str, scopes: list[str]) -> Bind:
    return lambda values: {**bind(values), name: SecurityScopes(scopes=list(scopes))}
