"""The server: an HTTP protocol for Uvicorn, written for few calls per request, and how it is run.

`vivace run` and `run()` serve with it, and so does `uvicorn --http vivace.server:HttpProtocol app:app`, any ASGI app.
"""

from vivace.server.limits import Limits
from vivace.server.protocol import HttpProtocol
from vivace.server.serving import run

__all__ = ["HttpProtocol", "Limits", "run"]
