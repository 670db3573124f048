"""What `import fastapi` finds in a process that was started by one where Vivace stands in: puts Vivace in its place.

The one rule: an interpreter that has no Vivace (another environment) gets its own FastAPI. It may be an old one, so
nothing here is newer than Python 3.8.
"""

import importlib
import os
import sys

if __name__ == "fastapi":  # under any other name it is only looked at
    try:
        from vivace.compat import install
    except ModuleNotFoundError as exc:
        if exc.name not in ("vivace", "vivace.compat"):
            raise
        _directory = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        sys.path[:] = [_entry for _entry in sys.path if os.path.abspath(_entry) != _directory]
        del sys.modules["fastapi"]
        importlib.import_module("fastapi")
    else:
        install()
