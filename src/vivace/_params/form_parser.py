"""Whether the package that parses forms is installed. The one rule: a form that nobody can read fails where it stands.

Starlette parses forms with python-multipart, and finds out that it is missing with the first request.
"""

from __future__ import annotations

from importlib import import_module

__all__ = ["ensure_multipart_is_installed", "multipart_incorrect_install_error", "multipart_not_installed_error"]

multipart_not_installed_error = (
    'Form data requires "python-multipart" to be installed. \n'
    'You can install "python-multipart" with: \n\n'
    "pip install python-multipart\n"
)
multipart_incorrect_install_error = (
    'Form data requires "python-multipart" to be installed. It seems you installed "multipart" instead. \n'
    'You can remove "multipart" with: \n\n'
    "pip uninstall multipart\n\n"
    'And then install "python-multipart" with: \n\n'
    "pip install python-multipart\n"
)


def ensure_multipart_is_installed() -> None:
    """Check that forms can be read.

    Raises:
        RuntimeError: the package python-multipart is missing, or another one has its place.
    """
    # The first release whose module is `python_multipart` is 0.0.13. Compared as text, as FastAPI does.
    if _version_of("python_multipart") > "0.0.12":
        return
    if not _version_of("multipart"):
        raise RuntimeError(multipart_not_installed_error)
    if not _is_older_release():
        raise RuntimeError(multipart_incorrect_install_error)


def _version_of(module: str) -> str:
    try:
        return str(getattr(import_module(module), "__version__", ""))
    except ImportError:
        return ""


def _is_older_release() -> bool:
    """Whether `multipart` is python-multipart before its module was renamed. The other package has no such function."""
    try:
        return hasattr(import_module("multipart.multipart"), "parse_options_header")
    except ImportError:
        return False
