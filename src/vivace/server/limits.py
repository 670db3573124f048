"""What one client may cost the server: sizes, counts and times, each with its reason.

This module knows nothing about how they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

__all__ = ["Limits"]

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
_SHORTEST_S = 0.01  # less than any network needs; a limit below it would refuse everyone


def _limit(default: Any, help_text: str, *, minimum: float = 1) -> Any:
    return field(default=default, metadata={"help": help_text, "minimum": minimum})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of an HTTP connection; each is also an option of ``vivace run``, in the same words.

    The idle time of kept-alive connections, the number of concurrent requests and the size of websocket messages are
    Uvicorn's own options (``timeout_keep_alive``, ``limit_concurrency``, ``ws_max_size``).

    Raises:
        ValueError: A limit would let nothing through.
    """

    # Above what Uvicorn's parsers take and far above what browsers and proxies send; bounds what a hostile head costs.
    limit_head_size: int = _limit(128 * KIB, "Bytes of the request line and the header fields together. Else 431.")
    limit_headers: int = _limit(100, "Header fields of a request. Else 431.")
    # RFC 9112 3 asks for at least 8,000.
    limit_target_size: int = _limit(16 * KIB, "Bytes of the request target: path and query. Else 414.")
    # A guard against the absurd: bodies wait for their reader, so a large one costs memory only if the app collects it.
    limit_body_size: int | None = _limit(GIB, "Bytes of a request body. Else 413. 0 for no limit.", minimum=0)
    limit_connections: int | None = _limit(
        None,
        "Open connections per process. Else 503. By default, what the file descriptors allow; 0 for no limit.",
        minimum=0,
    )
    timeout_head: float = _limit(
        20.0, "Seconds to send a request's head, from the connection or its first byte. Else 408.", minimum=_SHORTEST_S
    )
    # Slow but honest clients pass: each KiB that arrives buys one more second.
    timeout_body: float = _limit(
        30.0, "Seconds to send a request's body, and one more for each KiB that arrives. Else 408.", minimum=_SHORTEST_S
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value, minimum = getattr(self, each.name), each.metadata["minimum"]
            if value is not None and not value >= minimum:
                raise ValueError(f"{each.name} must be at least {minimum}, not {value!r}.")
