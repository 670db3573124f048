"""Middleware: Starlette's classes under this name, and ``functions``, the machinery of ``@app.middleware("http")``."""

from starlette.middleware import Middleware

__all__ = ["Middleware"]
