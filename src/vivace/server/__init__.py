"""The server: an HTTP protocol for Uvicorn, written for few calls per request, and how it is run.

`uvicorn --http vivace.server:HttpProtocol app:app` serves any ASGI app with it.
"""

from vivace.server.limits import Limits
from vivace.server.protocol import HttpProtocol

__all__ = ["HttpProtocol", "Limits"]
