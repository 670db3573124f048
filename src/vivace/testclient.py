"""The client for tests: Starlette's ``TestClient``, which needs the package httpx2."""

try:
    from starlette.testclient import TestClient
except RuntimeError as exc:
    raise RuntimeError(
        f"vivace.testclient needs a package that is not installed: install vivace[standard], or httpx2 alone. ({exc})"
    ) from exc

__all__ = ["TestClient"]
