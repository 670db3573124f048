"""WSGI applications inside an ASGI one: Starlette's ``WSGIMiddleware``."""

from starlette.middleware.wsgi import WSGIMiddleware

__all__ = ["WSGIMiddleware"]
