"""A small document, as a run of the field leaves it. This module measures nothing."""

from cases import CASES
from contest import Outcome, Settings, Window
from peer_table import choose_peers
from report import Document, make_document

SETTINGS = Settings(wrk="wrk", server_core=1, rounds=2, seconds=1, idle_connections=100)


def make_windows(*costs: float) -> list[Window]:
    return [Window(cost=cost, rate=1e6 / cost, p99_ms=2.0, memory_mb=40.0) for cost in costs]


def make_outcomes() -> list[Outcome]:
    plain = Outcome(
        case=CASES["plain_json"],
        windows={
            "vivace": make_windows(20, 25),
            "fastapi": make_windows(140, 150),
            "robyn": make_windows(100, 100),
            "bare-vivace": make_windows(20, 20),
            "bare-uvicorn": make_windows(30, 30),
            "floor": make_windows(8, 8),
        },
        failures={"sanic": "The server ended with code 1.\nIts last output"},
    )
    upload = Outcome(case=CASES["upload"], windows={"vivace": make_windows(12_000, 12_000)})
    return [plain, upload]


def sample_document() -> Document:
    peers = choose_peers("vivace,fastapi,robyn,sanic,flask,bare-vivace,bare-uvicorn,floor")
    return make_document(make_outcomes(), peers, {}, {"flask": "flask cannot be installed: no network"}, SETTINGS)
