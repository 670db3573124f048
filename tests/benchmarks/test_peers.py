"""The field is complete: every peer has a program for every workload, or a reason."""

import ast

import pytest
from cases import CASES, choose_cases
from children import BENCHMARKS
from contest import EXPECTED
from environments import PINS
from peer_table import PEERS, Peer, choose_peers

OWN = [peer for peer in PEERS.values() if not peer.framework and peer.environment != "floor"]
NAMED_PEERS = {
    *("vivace", "fastapi", "starlette", "litestar", "blacksheep", "falcon", "sanic", "aiohttp", "robyn", "granian"),
    *("socketify", "flask", "django", "bare-vivace", "bare-uvicorn", "floor"),
}


def module_of(peer: Peer) -> str:
    """Return the name of the module of a peer's programs."""
    (name,) = {part.split(":")[0] for part in peer.command if part.startswith("peer_programs.")}
    return name.rpartition(".")[2]


def selected_in(module: str) -> set[str]:
    """Return the workloads that a module selects from, without importing what it needs."""
    tree = ast.parse((BENCHMARKS / "peer_programs" / f"{module}.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (chosen,) = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "selected"]
    return {argument.id for argument in chosen.args if isinstance(argument, ast.Name)}


def test_every_peer_that_was_promised_is_in_the_field() -> None:
    assert NAMED_PEERS <= set(PEERS)


@pytest.mark.parametrize("peer", OWN, ids=lambda peer: peer.name)
def test_a_peer_has_a_program_for_every_workload_that_it_runs(peer: Peer) -> None:
    runs = {case for case in CASES if peer.runs(case)}
    selected = selected_in(module_of(peer))

    assert runs <= selected
    # Peers that differ in the server share their programs.
    assert selected <= {
        case for case in CASES for other in OWN if module_of(other) == module_of(peer) and other.runs(case)
    }


@pytest.mark.parametrize("peer", PEERS.values(), ids=lambda peer: peer.name)
def test_a_gap_names_a_workload_that_exists(peer: Peer) -> None:
    assert set(peer.absent) <= set(CASES)
    assert set(peer.other_commands) <= {case for case in CASES if peer.runs(case)}


@pytest.mark.parametrize("peer", PEERS.values(), ids=lambda peer: peer.name)
def test_a_peer_runs_in_an_environment_with_pins(peer: Peer) -> None:
    assert peer.environment in PINS or peer.environment == "floor"


def test_every_workload_has_an_answer_to_compare() -> None:
    assert set(CASES) - set(EXPECTED) == {"download", "websocket"}  # compared by size, and by the load


def test_an_unknown_workload_is_refused() -> None:
    with pytest.raises(ValueError, match="No workload is called 'plain'. Choose from: plain_json, "):
        choose_cases("plain")


def test_an_unknown_peer_is_refused() -> None:
    with pytest.raises(ValueError, match="No peer is called 'rails'. Choose from: vivace, "):
        choose_peers("vivace,rails")
