"""Requests: Starlette's, as they are."""

from starlette.requests import HTTPConnection, Request

__all__ = ["HTTPConnection", "Request"]
