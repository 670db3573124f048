"""Directories of files for programs that serve files, the same for both frameworks. This module knows no framework."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["tree"]

MODIFIED_AT_S = 1_000_000_000  # so that Last-Modified and ETag are known


@functools.cache
def _root() -> Path:
    path = tempfile.mkdtemp(prefix="differential-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


def tree(name: str, files: Mapping[str, str], links: Mapping[str, str] | None = None) -> Path:
    """Return a directory with the files, made at first use; `links` lead to paths relative to its parent."""
    directory = _root() / name
    if not directory.exists():
        directory.mkdir()
        for path, text in files.items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            os.utime(file, (MODIFIED_AT_S, MODIFIED_AT_S))
        for path, target in (links or {}).items():
            (directory / path).symlink_to(directory.parent / target)
    return directory
