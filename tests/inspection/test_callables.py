"""The kind of a callable decides how it is called: it must be seen through partials, wrappers and instances."""

import functools
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from vivace._inspection.callables import CallableKind, describe_callable, innermost, kind_of, without_partials


def plain(x: int = 0) -> int:
    return x


async def coroutine(x: int = 0) -> int:
    return x


def generator(x: int = 0) -> Iterator[int]:
    yield x


async def async_generator(x: int = 0) -> AsyncIterator[int]:
    yield x


def passing_on(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    return wrapper


def passing_on_async(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    return wrapper


class Plain:
    def __call__(self) -> int:
        return 0

    def method(self) -> int:
        return 0

    @staticmethod
    async def static() -> int:
        return 0

    @classmethod
    def yielding(cls) -> Iterator[int]:
        yield 0


class Coroutine:
    async def __call__(self) -> int:
        return 0


class Generator:
    def __call__(self) -> Iterator[int]:
        yield 0


class AsyncGenerator:
    async def __call__(self) -> AsyncIterator[int]:
        yield 0


class WrappedCall:
    @passing_on
    async def __call__(self) -> int:
        return 0


class Model(BaseModel):
    x: int = 0


BY_KIND = {
    CallableKind.SYNC: [
        plain,
        functools.partial(plain, 1),
        passing_on(plain),
        Plain,
        Model,
        Coroutine,  # making one is not awaited
        Plain(),
        Plain().method,
        functools.partial(Plain()),
        len,
        dict,
        lambda: 0,
    ],
    CallableKind.ASYNC: [
        coroutine,
        functools.partial(coroutine, x=1),
        functools.partial(functools.partial(coroutine)),
        passing_on(coroutine),
        passing_on(functools.partial(coroutine)),
        functools.partial(passing_on(coroutine)),
        passing_on_async(plain),
        Coroutine(),
        functools.partial(Coroutine()),
        passing_on(Coroutine()),
        WrappedCall(),
        Plain.static,
        Coroutine().__call__,
    ],
    CallableKind.GENERATOR: [
        generator,
        functools.partial(generator, 1),
        passing_on(generator),
        Generator(),
        passing_on(Generator()),
        Plain.yielding,
    ],
    CallableKind.ASYNC_GENERATOR: [
        async_generator,
        functools.partial(async_generator, 1),
        passing_on(async_generator),
        passing_on(passing_on(async_generator)),
        AsyncGenerator(),
        functools.partial(AsyncGenerator()),
    ],
}


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        pytest.param(call, kind, id=f"{kind.name}-{number}")
        for kind, calls in BY_KIND.items()
        for number, call in enumerate(calls)
    ],
)
def test_the_kind_is_that_of_what_is_wrapped(call: Callable[..., Any], kind: CallableKind) -> None:
    assert kind_of(call) is kind


def test_generators_yield_and_coroutines_run_on_the_loop() -> None:
    assert [kind for kind in CallableKind if kind.yields] == [CallableKind.GENERATOR, CallableKind.ASYNC_GENERATOR]
    assert [kind for kind in CallableKind if kind.is_async] == [CallableKind.ASYNC, CallableKind.ASYNC_GENERATOR]


def test_only_outer_partials_are_taken_off() -> None:
    wrapped = passing_on(functools.partial(plain))
    assert without_partials(functools.partial(functools.partial(plain), 1)) is plain
    assert without_partials(wrapped) is wrapped


def test_partials_and_wrappers_in_any_order_are_taken_off() -> None:
    assert innermost(functools.partial(passing_on(functools.partial(passing_on(plain))))) is plain
    assert innermost(plain) is plain


def test_a_function_is_described_with_file_and_line() -> None:
    assert re.fullmatch(r"plain\(\) in .*test_callables\.py, line \d+", describe_callable(functools.partial(plain)))


def test_what_has_no_code_is_described_by_its_name() -> None:
    assert describe_callable(Model) == "Model()"
    assert describe_callable(Plain()) == "Plain()"
