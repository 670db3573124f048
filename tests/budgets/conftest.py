"""Budgets are counts of Python calls, frames and objects: they are the same on every machine, and time never decides.

The counting is the benchmarks' own, so that `benchmarks/profile_request.py` shows where a broken budget went.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
