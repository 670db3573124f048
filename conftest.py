"""Rules for all tests, those of the examples too.

With FAIL_ON_SKIP=1 a test that would be skipped for something that its machine lacks fails: where everything is meant
to be there, a skip hides a hole. What depends on the version of Python or on the platform may be skipped; its reason
begins with "needs Python", "needs Linux" and the like.
"""

import os
from collections.abc import Generator

import pytest

pytest_plugins = ["browsing"]  # tests/browsing.py: the browser that tests of the examples use, too

ALLOWED_REASONS = ("needs Python ", "needs Linux", "needs macOS", "needs Windows", "needs CPython", "needs PyPy")
FAIL_ON_SKIP = os.environ.get("FAIL_ON_SKIP", "") not in ("", "0")

Report = pytest.TestReport | pytest.CollectReport


def fail_if_skipped(report: Report) -> None:
    """Turn a skip that is not allowed into a failure with the same reason."""
    if not FAIL_ON_SKIP or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = (
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
    )
    if not reason.startswith(ALLOWED_REASONS):
        report.outcome = "failed"
        report.longrepr = f"Skipped, where nothing may be skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the report of a test."""
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the report of a module, which `pytest.importorskip` can skip as a whole."""
    report = yield
    fail_if_skipped(report)
    return report
