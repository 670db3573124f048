"""Pages made from templates: Starlette's ``Jinja2Templates``, which needs the package jinja2."""

from starlette.templating import Jinja2Templates

__all__ = ["Jinja2Templates"]
