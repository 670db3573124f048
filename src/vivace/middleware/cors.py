"""Answers to cross-origin requests: Starlette's ``CORSMiddleware``."""

from starlette.middleware.cors import CORSMiddleware

__all__ = ["CORSMiddleware"]
