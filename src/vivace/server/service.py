"""What the connections of one server process share: found once, not once per connection or request."""

from __future__ import annotations

import contextlib
import logging
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.server import ServerState

from vivace.server.heads import Heads
from vivace.server.limits import Limits
from vivace.types import ASGIApp

__all__ = ["Service"]

_RESERVED_DESCRIPTORS = 64  # for what the app opens itself: files, databases, the event loop

_by_state: WeakKeyDictionary[ServerState, Service] = WeakKeyDictionary()


class Service:
    """The app of a server process and how it is served."""

    def __init__(self, config: Config, state: ServerState, limits: Limits) -> None:
        self.limits = limits
        self.heads = Heads(state)
        self.logger = logging.getLogger("uvicorn.error")
        self.access_logger = logging.getLogger("uvicorn.access")
        self.outer_app: ASGIApp = config.loaded_app
        self.app = self.outer_app
        self._trusted_hosts: Any = ()
        if type(self.outer_app) is ProxyHeadersMiddleware:
            # PERF: it does nothing for a request without forwarding fields, so such a request does not pass through it
            # (benchmarks/compare.py, plain_json).
            self.app = self.outer_app.app
            self._trusted_hosts = self.outer_app.trusted_hosts
        self._max_connections = _max_connections(limits)
        self._connections = state.connections

    @classmethod
    def of(cls, config: Config, state: ServerState, default_limits: Limits) -> Service:
        """Return the service of the server that has `state`."""
        service = _by_state.get(state)
        if service is None:
            service = _by_state[state] = cls(config, state, getattr(config, "limits", default_limits))
        return service

    def is_full(self) -> bool:
        """Tell whether another connection would be one too many."""
        return self._max_connections is not None and len(self._connections) >= self._max_connections

    def trusts(self, client: tuple[str, int] | None) -> bool:
        """Tell whether the forwarding fields of a client are believed."""
        return (client[0] if client else None) in self._trusted_hosts


def _max_connections(limits: Limits) -> int | None:
    if limits.limit_connections is not None:
        return limits.limit_connections or None
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if descriptors != resource.RLIM_INFINITY:
            # Refused in words while there are descriptors left for that; without them nothing else would work either.
            return max(descriptors - _RESERVED_DESCRIPTORS, descriptors // 2)
    return None
