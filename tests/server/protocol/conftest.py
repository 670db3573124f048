"""Connections of a test, closed with it."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest
from server.protocol.fakes import Connect, Connection, FakeLoop

from vivace.server import deadline


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLoop]:
    fake = FakeLoop()
    monkeypatch.setattr(deadline, "monotonic", fake.time)
    yield fake
    tasks = asyncio.all_tasks(fake)
    for task in tasks:
        task.cancel()
    fake.turn(5)
    fake.close()
    gc.collect(0)


@pytest.fixture
def connect(loop: FakeLoop) -> Connect:
    """Connect to an app; further arguments are those of `Connection` and of Uvicorn's `Config`."""

    def connect_to(app: Any, **options: Any) -> Connection:
        return Connection(loop, app, **options)

    return connect_to
