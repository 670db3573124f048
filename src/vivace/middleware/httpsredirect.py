"""Redirects from HTTP to HTTPS: Starlette's ``HTTPSRedirectMiddleware``."""

from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware

__all__ = ["HTTPSRedirectMiddleware"]
