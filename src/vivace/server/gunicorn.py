"""A worker for Gunicorn: `gunicorn -k vivace.server.gunicorn.Worker app:app`.

Gunicorn starts, watches and replaces the processes; what happens in one of them is as with `vivace run`. Needs the
extra `gunicorn`.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

try:
    from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]  # has no types
    from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]  # has no types
except ImportError as exc:
    raise ImportError(
        "vivace.server.gunicorn needs Gunicorn and uvicorn-worker. Install them: pip install 'vivace[gunicorn]'"
    ) from exc

from vivace.server.limits import Limits
from vivace.server.serving import Server

__all__ = ["Worker"]

# Gunicorn kills when its `graceful_timeout` has passed, so our own end comes before; a short one is shared out.
BEFORE_THE_KILL_S = 3.0


class Worker(UvicornWorker):  # type: ignore[misc]  # Gunicorn has no types
    """Serves with our protocol, limits and end.

    Subclass it to change `limits`, or Uvicorn's options in `CONFIG_KWARGS`.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {"loop": "auto", "http": "vivace.server:HttpProtocol"}
    limits: ClassVar[Limits] = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.limits = self.limits
        if self.config.timeout_graceful_shutdown is None:
            allowed_s = self.cfg.graceful_timeout
            self.config.timeout_graceful_shutdown = allowed_s - min(BEFORE_THE_KILL_S, allowed_s / 2)

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        # Gunicorn watches over the process and ends it; the server need not.
        server = Server(self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
