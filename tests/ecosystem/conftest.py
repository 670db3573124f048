"""These tests need the packages of the extra `ecosystem`, in an environment of their own: see scripts/ecosystem.

Elsewhere they are not collected. There, nothing is skipped: a package that is missing is a failure.
"""

from importlib.util import find_spec

collect_ignore_glob = ["test_*.py"] if find_spec("fastapi_pagination") is None else []
