"""`Depends` and `Security` hold what was declared."""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from vivace import Depends as depends_function
from vivace import Security as security_function
from vivace._deps.markers import ConcurrencyLimit, Depends, Security
from vivace._deps.scopes import SecurityScopes


def call() -> None: ...


def test_the_functions_make_the_markers() -> None:
    assert depends_function(call, use_cache=False, scope="function") == Depends(call, use_cache=False, scope="function")
    assert security_function(call, scopes=["a"], use_cache=False) == Security(call, scopes=["a"], use_cache=False)


def test_markers_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Depends(call).use_cache = False  # type: ignore[misc]  # what is tested


def test_markers_can_be_hashed() -> None:
    assert len({Depends(call), Depends(call), Depends(call, use_cache=False)}) == 2


def test_markers_show_what_was_declared() -> None:
    assert repr(Depends(None, use_cache=False)) == (
        "Depends(dependency=None, use_cache=False, scope=None, max_concurrency=None)"
    )


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "2"])
def test_a_limit_must_be_a_number_that_lets_something_through(limit: Any) -> None:
    with pytest.raises(ValueError, match="max_concurrency must be a positive integer or None"):
        Depends(call, max_concurrency=limit)


def test_a_limit_belongs_to_one_declaration_on_one_event_loop() -> None:
    async def semaphores(limits: Sequence[ConcurrencyLimit]) -> list[anyio.Semaphore]:
        return [limit.get_semaphore() for limit in limits]

    one, other = ConcurrencyLimit(2), ConcurrencyLimit(2)
    first, second, of_other = asyncio.run(semaphores([one, one, other]))
    (elsewhere,) = asyncio.run(semaphores([one]))
    assert first is second
    assert of_other is not first is not elsewhere
    assert first.value == 2


def test_trio_has_semaphores_of_its_own() -> None:
    pytest.importorskip("trio")
    limit = ConcurrencyLimit(1)

    async def both() -> bool:
        return limit.get_semaphore() is limit.get_semaphore()

    assert anyio.run(both, backend="trio")


@pytest.mark.parametrize(("given", "scopes", "text"), [(None, [], ""), ([], [], ""), (["a", "b"], ["a", "b"], "a b")])
def test_security_scopes_are_a_list_and_a_text(given: Any, scopes: list[str], text: str) -> None:
    seen = SecurityScopes(given)
    assert (seen.scopes, seen.scope_str) == (scopes, text)
