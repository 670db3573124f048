"""A check of the Host header: Starlette's ``TrustedHostMiddleware``."""

from starlette.middleware.trustedhost import TrustedHostMiddleware

__all__ = ["TrustedHostMiddleware"]
