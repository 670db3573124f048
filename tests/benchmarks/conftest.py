"""The benchmarks' own parts that run without a clock: tables, charts, loads, and the agreement of all programs."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
