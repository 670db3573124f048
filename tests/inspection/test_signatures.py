"""Annotations are resolved wherever they were written; what cannot be resolved does not hide its neighbours."""

from __future__ import annotations

import functools
import gc
import inspect
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef

import pytest
from pydantic import BaseModel

from vivace._inspection.signatures import read_return_annotation, read_signature, resolve_annotation

if TYPE_CHECKING:
    from decimal import Decimal


class Item(BaseModel):
    x: int = 0


def annotations_of(call: Any) -> dict[str, Any]:
    return {name: parameter.annotation for name, parameter in read_signature(call).parameters.items()}


def test_strings_are_evaluated_among_the_names_of_the_module() -> None:
    def handler(item: Item, x: Annotated[int, "meta"], y: list[Item] | None = None) -> Item:
        return item

    assert annotations_of(handler) == {"item": Item, "x": Annotated[int, "meta"], "y": list[Item] | None}
    assert read_return_annotation(handler) is Item


def test_a_name_for_type_checkers_stays_a_reference_and_hides_no_neighbour() -> None:
    def handler(price: Decimal, item: Item) -> None: ...

    assert annotations_of(handler) == {"price": ForwardRef("Decimal"), "item": Item}


def test_an_unknown_name_inside_a_type_becomes_a_reference_of_its_own() -> None:
    def handler(price: Annotated[Decimal, "meta"], prices: list[Decimal]) -> None: ...

    assert annotations_of(handler) == {
        "price": Annotated[ForwardRef("Decimal"), "meta"],
        "prices": list[ForwardRef("Decimal")],  # type: ignore[misc]  # what is tested
    }


def test_an_expression_that_fails_becomes_a_reference() -> None:
    assert resolve_annotation("Item.missing", {"Item": Item}) == ForwardRef("Item.missing")


def test_none_is_none_however_it_is_written() -> None:
    assert resolve_annotation("None", {}) is None
    assert resolve_annotation(None, {}) is None


def test_a_reference_is_evaluated_like_a_string() -> None:
    assert resolve_annotation(ForwardRef("Item"), {"Item": Item}) is Item
    assert resolve_annotation(int, {}) is int


def test_builtins_are_known_and_may_be_shadowed() -> None:
    assert resolve_annotation("int", {}) is int
    assert resolve_annotation("int", {"int": Item}) is Item


def test_a_local_name_that_the_function_uses_is_known() -> None:
    class Local(BaseModel):
        x: int = 0

    def handler(value: Local) -> Any:
        return Local

    assert annotations_of(handler)["value"] is Local


def test_a_closure_that_is_not_filled_yet_is_skipped() -> None:
    def make() -> Callable[..., Any]:
        def handler(value: Item) -> Any:
            return later

        assert annotations_of(handler) == {"value": Item}
        later = 1
        return handler

    assert make()(Item()) == 1


def test_positional_arguments_of_a_partial_are_gone_and_named_ones_are_defaults() -> None:
    def handler(a: Item, b: int, c: str) -> None: ...

    parameters = read_signature(functools.partial(handler, Item(), c="set")).parameters
    assert list(parameters) == ["b", "c"]
    assert parameters["c"].default == "set"
    assert parameters["b"].annotation is int


def test_a_wrapper_has_the_signature_of_what_it_wraps() -> None:
    def handler(item: Item) -> Item:
        return item

    @functools.wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Any: ...

    assert annotations_of(functools.partial(wrapper)) == {"item": Item}
    assert read_return_annotation(wrapper) is Item


def test_a_wrapper_from_another_module_resolves_names_where_the_function_stands() -> None:
    namespace: dict[str, Any] = {"__name__": "elsewhere", "functools": functools}
    exec(
        "def decorate(call):\n"
        "    @functools.wraps(call)\n"
        "    def wrapper(*args, **kwargs): return call(*args, **kwargs)\n"
        "    return wrapper\n",
        namespace,
    )

    def handler(item: Item) -> None: ...

    assert annotations_of(namespace["decorate"](handler)) == {"item": Item}


class Callee:
    def __init__(self, item: Item) -> None:
        self.item = item

    def __call__(self, number: int, item: Item) -> Item:
        return item

    def method(self, item: Item) -> None: ...

    @staticmethod
    def static(item: Item) -> None: ...

    @classmethod
    def of_class(cls, item: Item) -> Iterator[Item]:
        yield item


class Inheriting(Callee):
    pass


class WithNew:
    def __new__(cls, item: Item) -> WithNew:
        return super().__new__(cls)


@pytest.mark.parametrize(
    "call",
    [Callee, Inheriting, WithNew, Callee(Item()).method, Callee.static, Callee.of_class, functools.partial(Callee)],
    ids=["class", "inherited init", "new", "method", "static method", "class method", "partial of a class"],
)
def test_classes_and_methods_have_signatures_without_self(call: Any) -> None:
    assert annotations_of(call) == {"item": Item}


def test_an_instance_has_the_signature_of_its_call() -> None:
    assert annotations_of(Callee(Item())) == {"number": int, "item": Item}
    assert annotations_of(functools.partial(Callee(Item()), 1)) == {"item": Item}


def test_a_model_has_its_fields_for_arguments() -> None:
    assert list(read_signature(Item).parameters) == ["x"]


def test_no_return_annotation_is_none() -> None:
    def handler():  # type: ignore[no-untyped-def]  # what is tested
        pass

    def returns_none() -> None: ...

    assert read_return_annotation(handler) is None
    assert read_return_annotation(returns_none) is None


def test_a_callable_without_a_signature_is_refused() -> None:
    with pytest.raises(ValueError, match="no signature found"):
        read_signature(type)


def test_an_instance_that_cannot_be_hashed_is_read_each_time() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]  # what is tested

        def __call__(self, item: Item) -> None: ...

    call = Unhashable()
    assert annotations_of(call) == annotations_of(call) == {"item": Item}


def test_a_signature_is_read_once() -> None:
    def handler(item: Item, *, x: int = 1) -> None: ...

    assert read_signature(handler) is read_signature(handler)


def test_a_signature_that_was_assigned_later_is_noticed() -> None:
    def handler(item: Item) -> None: ...

    before = read_signature(handler)
    handler.__signature__ = inspect.Signature([])  # type: ignore[attr-defined]  # what some packages do
    assert list(before.parameters) == ["item"]
    assert not read_signature(handler).parameters


def test_annotations_and_defaults_that_were_assigned_later_are_noticed() -> None:
    def handler(item, x=1, *, y=2):  # type: ignore[no-untyped-def]  # assigned below
        pass

    read_signature(handler)
    handler.__annotations__["item"] = Item
    assert annotations_of(handler)["item"] is Item
    handler.__defaults__ = (10,)
    handler.__kwdefaults__ = {"y": 20}
    assert [parameter.default for parameter in read_signature(handler).parameters.values()][1:] == [10, 20]


def test_what_was_read_does_not_keep_a_function_alive() -> None:
    def make() -> weakref.ref[Any]:
        def handler(item: Item) -> None: ...

        read_signature(handler)
        return weakref.ref(handler)

    reference = make()
    gc.collect()
    assert reference() is None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs Python 3.12")
def test_type_parameters_are_known() -> None:
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(
        "from __future__ import annotations\ndef handler[T](value: T, values: list[T]) -> T: ...\n",
        namespace,
    )
    (parameter,) = namespace["handler"].__type_params__
    assert annotations_of(namespace["handler"])["value"] is parameter


@pytest.mark.skipif(sys.version_info < (3, 14), reason="needs Python 3.14")
def test_annotations_that_are_evaluated_late_may_name_what_does_not_exist() -> None:
    namespace: dict[str, Any] = {"__name__": "late"}
    exec("def handler(a: Missing, b: int = 1): ...", namespace)
    assert annotations_of(namespace["handler"])["b"] is int
    assert read_signature(namespace["handler"]) is read_signature(namespace["handler"])
