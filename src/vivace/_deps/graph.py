"""The graph of what a handler needs: its own parameters, and the dependencies that give the others.

Built once per route from signatures. Nothing here looks at a request.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from pydantic.fields import FieldInfo
from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from vivace._deps.markers import ConcurrencyLimit, Depends, Security
from vivace._deps.schemes import scheme_of
from vivace._deps.scopes import SecurityScopes
from vivace._inspection.annotations import inherits
from vivace._inspection.callables import CallableKind, describe_callable, kind_of
from vivace._inspection.signatures import read_signature
from vivace._params.classify import Argument, field_of, read_argument
from vivace._params.field import ModelField
from vivace._params.markers import Body, Param, ParamTypes
from vivace._params.refusals import refused
from vivace.exceptions import DependencyScopeError, FastAPIError

__all__ = [
    "Dependant",
    "call_watchers",
    "flat_dependants",
    "get_dependant",
    "get_handler_dependant",
    "get_parameterless_sub_dependant",
    "place_argument",
]

Scope = Literal["function", "request"]

# Arguments of these types are injected without a marker. The order matters: Request and WebSocket are HTTPConnections.
_SPECIAL_TYPES: tuple[tuple[type, str], ...] = (
    (Request, "request_param_name"),
    (WebSocket, "websocket_param_name"),
    (HTTPConnection, "http_connection_param_name"),
    (Response, "response_param_name"),
    (BackgroundTasks, "background_tasks_param_name"),
    (SecurityScopes, "security_scopes_param_name"),
)


@dataclass(slots=True, eq=False)
class Dependant:
    """A callable and where each of its arguments comes from."""

    path_params: list[ModelField] = field(default_factory=list)
    query_params: list[ModelField] = field(default_factory=list)
    header_params: list[ModelField] = field(default_factory=list)
    cookie_params: list[ModelField] = field(default_factory=list)
    body_params: list[ModelField] = field(default_factory=list)
    dependencies: list[Dependant] = field(default_factory=list)
    name: str | None = None
    """The argument that takes this value; None when only the call matters."""
    call: Callable[..., Any] | None = None
    request_param_name: str | None = None
    websocket_param_name: str | None = None
    http_connection_param_name: str | None = None
    response_param_name: str | None = None
    background_tasks_param_name: str | None = None
    security_scopes_param_name: str | None = None
    own_oauth_scopes: list[str] | None = None
    parent_oauth_scopes: list[str] | None = None
    use_cache: bool = True
    path: str | None = None
    scope: Scope | None = None
    concurrency: ConcurrencyLimit | None = None

    @property
    def kind(self) -> CallableKind:
        """How to call it."""
        return kind_of(self.call)

    @property
    def oauth_scopes(self) -> list[str]:
        """The OAuth2 scopes from the outermost dependency to this one: its own once, and not if one above has them."""
        above = self.parent_oauth_scopes or []
        return above + [scope for scope in dict.fromkeys(self.own_oauth_scopes or ()) if scope not in above]

    @property
    def computed_scope(self) -> Scope | None:
        """When clean-up runs: as declared, else with the request for what yields."""
        return self.scope or ("request" if self.kind.yields else None)

    @property
    def uses_scopes(self) -> bool:
        """Whether this or something below sees OAuth2 scopes, so that other scopes mean another value."""
        return (
            self.security_scopes_param_name is not None
            or bool(self.own_oauth_scopes)
            or scheme_of(self.call) is not None
            or any(sub.uses_scopes for sub in self.dependencies)
        )

    @property
    def cache_key(self) -> tuple[Any, ...]:
        """What makes two needs the same need within one request."""
        scopes = tuple(sorted(set(self.oauth_scopes))) if self.uses_scopes else ()
        return (self.call, scopes, self.computed_scope or "")


call_watchers: list[Callable[[], None]] = []
"""Called when another callable was put into a dependant that had one: what was made of the first is out of date."""


def _watch_call() -> None:
    # Packages wrap what a route calls after it was declared, or even served: `route.dependant.call = ...`.
    slot: Any = vars(Dependant)["call"]

    def set_call(self: Dependant, call: Callable[..., Any] | None) -> None:
        try:
            is_another = slot.__get__(self) is not call
        except AttributeError:  # being made
            is_another = False
        slot.__set__(self, call)
        if is_another and type(self) is Dependant:  # what is derived from it is a copy, of which nothing was made yet
            for watcher in call_watchers:
                watcher()

    setattr(Dependant, "call", property(slot.__get__, set_call))  # noqa: B010  it acts as the attribute it was


_watch_call()


class _Need(NamedTuple):
    """An argument that a dependency gives."""

    name: str
    depends: Depends


class _Special(NamedTuple):
    """An argument that is injected by its type."""

    name: str
    slot: str


_Classified = tuple[ModelField | _Need | _Special, ...]
# What the arguments of a callable are depends on its signature, and on which of them the path names.
_classified: WeakKeyDictionary[Any, tuple[inspect.Signature, dict[frozenset[str], _Classified]]] = WeakKeyDictionary()


def get_dependant(
    *,
    path: str,
    call: Callable[..., Any],
    name: str | None = None,
    own_oauth_scopes: list[str] | None = None,
    parent_oauth_scopes: list[str] | None = None,
    use_cache: bool = True,
    scope: Scope | None = None,
    above: tuple[Callable[..., Any], ...] = (),
) -> Dependant:
    """Read the signature of `call`, and of everything it depends on.

    `above` is who needs it, outermost first.

    Raises:
        AssertionError: an argument contradicts itself.
        DependencyScopeError: something that lives as long as the request needs something that ends before it.
        FastAPIError: Pydantic cannot validate a type, or dependencies need each other in a circle.
    """
    if call in above:
        circle = " -> ".join(describe_callable(each) for each in (*above[above.index(call) :], call))
        raise FastAPIError(f"Dependencies need each other in a circle: {circle}. Take one of them out.")
    dependant = Dependant(
        call=call,
        name=name,
        path=path,
        own_oauth_scopes=own_oauth_scopes,
        parent_oauth_scopes=parent_oauth_scopes,
        use_cache=use_cache,
        scope=scope,
    )
    for item in _classify(call, _path_names(path)):
        if isinstance(item, _Need):
            dependant.dependencies.append(_sub_dependant(dependant, item, (*above, call)))
        elif isinstance(item, _Special):
            setattr(dependant, item.slot, item.name)
        else:
            _fields_for(dependant, item).append(item)
    return dependant


def get_handler_dependant(*, path: str, call: Callable[..., Any], dependencies: Iterable[Depends]) -> Dependant:
    """Read a handler, and what is to be called before it for its effect."""
    dependant = get_dependant(path=path, call=call, scope="function")
    dependant.dependencies[:0] = [get_parameterless_sub_dependant(depends=each, path=path) for each in dependencies]
    return dependant


def get_parameterless_sub_dependant(*, depends: Depends, path: str) -> Dependant:
    """Build the node of a dependency that is called for its effect: `dependencies=[Depends(...)]`.

    Raises:
        AssertionError: `depends` has nothing to call.
    """
    if not isinstance(depends, Depends):
        error = AttributeError(f"{type(depends).__name__!r} object has no attribute 'dependency'")
        error.add_note(f"To mend it: write `dependencies=[Depends(...)]` around {depends!r}.")
        raise error
    if not callable(depends.dependency):
        raise refused(
            "A parameter-less dependency must have a callable dependency", "give `Depends()` a function or a class."
        )
    dependant = get_dependant(
        path=path,
        call=depends.dependency,
        own_oauth_scopes=_own_scopes(depends),
        scope=depends.scope,  # `use_cache` says nothing here: there is no value that one might want afresh
    )
    dependant.concurrency = depends._concurrency
    return dependant


def flat_dependants(dependant: Dependant) -> Iterator[Dependant]:
    """Yield a node and everything below it, in the order in which they are declared."""
    yield dependant
    for sub in dependant.dependencies:
        yield from flat_dependants(sub)


def _own_scopes(depends: Depends) -> list[str]:
    return list(depends.scopes or ()) if isinstance(depends, Security) else []


def _sub_dependant(parent: Dependant, need: _Need, above: tuple[Callable[..., Any], ...]) -> Dependant:
    depends = need.depends
    if depends.scope == "function" and parent.kind.yields and parent.computed_scope == "request":
        error = DependencyScopeError(
            f'The dependency "{getattr(parent.call, "__name__", parent.call)}" has a scope of "request", '
            'it cannot depend on dependencies with scope "function".'
        )
        error.add_note(f"To mend it: give both the same scope. At argument {need.name!r} of {_place(parent)}.")
        raise error
    assert depends.dependency is not None
    try:
        sub = get_dependant(
            path=parent.path or "",
            call=depends.dependency,
            name=need.name,
            own_oauth_scopes=_own_scopes(depends),
            parent_oauth_scopes=(parent.parent_oauth_scopes or []) + (parent.own_oauth_scopes or []),  # as declared
            use_cache=depends.use_cache,
            scope=depends.scope,
            above=above,
        )
    except Exception as exc:
        exc.add_note(f"It is needed for argument {need.name!r} of {_place(parent)}.")
        raise
    sub.concurrency = depends._concurrency
    return sub


def _place(dependant: Dependant) -> str:
    return describe_callable(dependant.call)


def _path_names(path: str) -> frozenset[str]:
    if "{" not in path:
        return frozenset()
    return frozenset(part.partition("}")[0].partition(":")[0] for part in path.split("{")[1:])


def _classify(call: Callable[..., Any], path_names: frozenset[str]) -> _Classified:
    signature = read_signature(call)
    parameters = signature.parameters
    relevant = frozenset(path_names & parameters.keys())
    try:
        known_signature, known = _classified.setdefault(call, (signature, {}))
        if known_signature is not signature:  # it was given another one
            _, known = _classified[call] = signature, {}
    except TypeError:  # not hashable or not weakly referable
        known = {}
    if relevant not in known:
        known[relevant] = tuple(place_argument(p, call, p.name in relevant) for p in parameters.values())
    return known[relevant]


def place_argument(
    parameter: inspect.Parameter, call: Callable[..., Any], is_path_param: bool
) -> ModelField | _Need | _Special:
    try:
        return _classified_argument(parameter, call, is_path_param)
    except Exception as exc:
        exc.add_note(f"At argument {parameter.name!r} of {describe_callable(call)}.")
        raise


_MARKER_TYPES: tuple[type, ...] = (Param, Body, Depends)


def _classified_argument(
    parameter: inspect.Parameter, call: Callable[..., Any], is_path_param: bool
) -> ModelField | _Need | _Special:
    argument = read_argument(parameter, _MARKER_TYPES)
    depends = _depends_of(argument)
    if depends is not None:
        return _need(argument, depends, call)
    for special_type, slot in _SPECIAL_TYPES:
        if inherits(argument.type_, special_type):
            if argument.marker is not None or isinstance(argument.default, FieldInfo):
                raise refused(
                    f"Cannot specify FastAPI annotation for type {argument.type_!r}",
                    "take the marker away: this type is injected.",
                )
            return _Special(name=argument.name, slot=slot)
    return field_of(argument, is_path_param=is_path_param)


def _depends_of(argument: Argument) -> Depends | None:
    if not isinstance(argument.default, Depends):
        return argument.marker if isinstance(argument.marker, Depends) else None
    if isinstance(argument.marker, Depends):
        raise refused(
            f"Cannot specify `Depends` in `Annotated` and default value together for {argument.name!r}",
            "keep one of them.",
        )
    if argument.marker is not None:
        raise refused(
            "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default value together "
            f"for {argument.name!r}",
            "keep one of them.",
        )
    return argument.default


def _need(argument: Argument, depends: Depends, call: Callable[..., Any]) -> _Need:
    if depends.dependency is None:
        # Not dataclasses.replace: the limit of max_concurrency belongs to the declaration and is shared.
        depends = copy.copy(depends)
        object.__setattr__(depends, "dependency", argument.type_)
    if not callable(depends.dependency):
        raise TypeError(
            f"{depends.dependency!r} is not a callable object: {describe_callable(call)} depends on it "
            f"through {argument.name!r}. Give Depends() a function or a class."
        )
    return _Need(name=argument.name, depends=depends)


_FIELD_LISTS = {
    ParamTypes.path: "path_params",
    ParamTypes.query: "query_params",
    ParamTypes.header: "header_params",
    ParamTypes.cookie: "cookie_params",
}


def _fields_for(dependant: Dependant, item: ModelField) -> list[ModelField]:
    info = item.field_info
    fields: list[ModelField] = getattr(dependant, _FIELD_LISTS[info.in_] if isinstance(info, Param) else "body_params")
    return fields
