"""Files of a directory served as they are: Starlette's ``StaticFiles``."""

from starlette.staticfiles import StaticFiles

__all__ = ["StaticFiles"]
