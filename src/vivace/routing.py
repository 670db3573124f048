"""Routes and routers, under the reference's import path."""

from starlette.routing import Mount

from vivace._routing.router import APIRouter
from vivace._routing.routes import APIRoute

__all__ = ["APIRoute", "APIRouter", "Mount"]
