"""The arguments of a callable with their annotations resolved. This module knows nothing about HTTP.

Annotations may be strings (`from __future__ import annotations`), name things that exist only for type checkers, or
stand behind partials and wrappers. What cannot be resolved is left as a `ForwardRef`, so that one unknown name does
not hide its neighbours.
"""

from __future__ import annotations

import builtins
import inspect
import sys
from collections.abc import Mapping
from operator import is_
from typing import Any, ForwardRef
from weakref import WeakKeyDictionary

from vivace._inspection.callables import innermost

__all__ = ["read_return_annotation", "read_signature", "resolve_annotation"]

# What was read, beside what it was read from.
_signatures: WeakKeyDictionary[Any, tuple[list[Any], inspect.Signature]] = WeakKeyDictionary()


def read_signature(call: Any) -> inspect.Signature:
    """Return the signature of `call` with every string annotation evaluated as far as possible.

    Arguments that a `functools.partial` has bound by position are gone, those bound by name have that default.
    As long as nothing about `call` changes, the same object is returned.
    """
    source = _source_of(call)
    try:
        known_source, signature = _signatures[call]
        if len(source) == len(known_source) and all(map(is_, source, known_source)):
            return signature
    except (KeyError, TypeError):  # TypeError: not hashable or not weakly referable
        pass
    signature = _read(call)
    try:
        _signatures[call] = source, signature
    except TypeError:
        pass
    return signature


def _source_of(call: Any) -> list[Any]:
    """Return what a signature is made of: programs and packages assign these attributes after the declaration."""
    source = [getattr(call, name, None) for name in ("__signature__", "__defaults__")]
    for name in ("__kwdefaults__", "__annotations__"):
        try:
            source += (getattr(call, name, None) or {}).values()
        except NameError:  # Python 3.14 evaluates annotations when asked: this one names what only type checkers see
            continue
    return source


def read_return_annotation(call: Any) -> Any:
    """Return the resolved return annotation of `call`, or None when there is none (or it is `None`)."""
    annotation = read_signature(call).return_annotation
    return None if annotation is inspect.Signature.empty else annotation


def resolve_annotation(annotation: Any, namespace: Mapping[str, Any]) -> Any:
    """Evaluate a string or `ForwardRef` annotation; names that do not exist become `ForwardRef`s of their own."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, {}, _LenientNamespace(namespace))
    except Exception:
        return ForwardRef(annotation)


class _LenientNamespace(dict[str, Any]):
    """The names an annotation may use; unknown ones evaluate to a `ForwardRef`."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name) if hasattr(builtins, name) else ForwardRef(name)


def _read(call: Any) -> inspect.Signature:
    signature = _bare_signature(call)
    needs_evaluation = any(
        isinstance(annotation, (str, ForwardRef))
        for annotation in (signature.return_annotation, *(p.annotation for p in signature.parameters.values()))
    )
    if not needs_evaluation:
        return signature
    namespace = _namespace_of(call)
    return signature.replace(
        parameters=[
            parameter.replace(annotation=resolve_annotation(parameter.annotation, namespace))
            for parameter in signature.parameters.values()
        ],
        return_annotation=resolve_annotation(signature.return_annotation, namespace),
    )


if sys.version_info >= (3, 14):
    import annotationlib

    def _bare_signature(call: Any) -> inspect.Signature:
        return inspect.signature(call, annotation_format=annotationlib.Format.FORWARDREF)
else:

    def _bare_signature(call: Any) -> inspect.Signature:
        return inspect.signature(call)


def _namespace_of(call: Any) -> dict[str, Any]:
    """Collect the names that the annotations of `call` were written among."""
    target = innermost(call)
    if inspect.isclass(target):
        target = next(
            (
                f
                for f in (target.__dict__.get("__init__"), target.__init__, target.__new__)
                if hasattr(f, "__globals__")
            ),
            target,
        )
    elif not hasattr(target, "__globals__") and not inspect.ismethod(target):
        target = innermost(type(target).__call__)
    function = getattr(target, "__func__", target)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    namespace = dict(getattr(function, "__globals__", None) or getattr(module, "__dict__", {}))
    # PEP 695 type parameters, and the local names a nested function closed over.
    namespace.update({p.__name__: p for p in getattr(function, "__type_params__", ())})
    closure, code = getattr(function, "__closure__", None), getattr(function, "__code__", None)
    if closure and code is not None:
        for name, cell in zip(code.co_freevars, closure, strict=False):
            try:
                namespace.setdefault(name, cell.cell_contents)
            except ValueError:  # a cell that is not filled yet
                continue
    return namespace
