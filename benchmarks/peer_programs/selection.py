"""Which program of a module runs: the one that the environment variable WORKLOAD names."""

import os
from collections.abc import Callable
from typing import TypeVar

AppType = TypeVar("AppType")

ROUTES = 1000
CHUNK = b"x" * 65_536
CHUNKS = 160


def selected(*builders: Callable[[], AppType]) -> AppType:
    """Make the app of the function that has the name of the workload."""
    return next(builder for builder in builders if builder.__name__ == os.environ["WORKLOAD"])()
