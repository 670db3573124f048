"""The benchmarks compare programs that answer alike; their times would mean nothing otherwise."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from children import BENCHMARKS, run_python


def read_answers(framework: str) -> dict[str, object]:
    answers: dict[str, object] = json.loads(
        run_python(framework, str(BENCHMARKS / "measure_in_process.py"), "all", "answers")
    )
    return answers


@pytest.mark.slow
def test_the_measured_programs_answer_as_on_the_reference() -> None:
    with ThreadPoolExecutor() as pool:
        expected, given = pool.map(read_answers, ["fastapi", "vivace"])

    assert given == expected
