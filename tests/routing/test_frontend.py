"""What is Vivace's own about frontends; how they behave is compared in tests/differential/programs/frontends.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from vivace import APIRouter, Depends, FastAPI, HTTPException
from vivace.testclient import TestClient

PAGE = {"accept": "text/html"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("index")
    (tmp_path / "app.js").write_text("js")
    return tmp_path


def client_of(directory: Path, app: FastAPI | None = None) -> TestClient:
    app = app or FastAPI()
    app.frontend("/", directory=directory)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_to_itself_is_no_file(site: Path, method: str) -> None:
    (site / "loop").symlink_to(site / "loop")  # on the reference: 500

    assert client_of(site).request(method, "/loop").status_code == 404


def test_a_dependency_that_swallows_the_error_is_an_error_of_the_server(site: Path) -> None:
    def swallow() -> Iterator[None]:
        try:
            yield
        except HTTPException:
            raise
        except Exception:
            pass

    # On the reference nothing at all is answered.
    assert client_of(site, FastAPI(dependencies=[Depends(swallow)])).get("/none").status_code == 500


def test_dependencies_of_scope_function_end_before_the_file_is_sent(site: Path) -> None:
    events: list[str] = []

    def until_made() -> Iterator[None]:
        yield
        events.append("dependency")

    app = FastAPI(dependencies=[Depends(until_made, scope="function")])

    class Sending:
        def __init__(self, app: FastAPI) -> None:
            self.app = app

        async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # ASGI's own
            async def noting(message) -> None:  # type: ignore[no-untyped-def]  # ASGI's own
                events.append(message["type"])
                await send(message)

            await self.app(scope, receive, noting)

    app.add_middleware(Sending)  # type: ignore[arg-type]  # takes any ASGI app

    assert client_of(site, app).get("/app.js").text == "js"
    assert events[:2] == ["dependency", "http.response.start"]  # on the reference: the other way round


def test_function_middleware_may_stream_a_file(site: Path) -> None:
    (site / "large.bin").write_bytes(bytes(200_000))
    app = FastAPI()

    @app.middleware("http")
    async def mark(request: Request, call_next) -> Response:  # type: ignore[no-untyped-def]  # any callable
        response: Response = await call_next(request)
        response.headers["x-mark"] = "1"
        return response

    answer = client_of(site, app).get("/large.bin")

    assert (len(answer.content), answer.headers["x-mark"]) == (200_000, "1")


def test_a_directory_may_be_given_as_bytes(site: Path) -> None:
    app = FastAPI()
    app.frontend("/", directory=os.fsencode(site))  # type: ignore[arg-type]  # typed as text, as on the reference

    assert TestClient(app).get("/app.js").text == "js"


def test_a_frontend_costs_the_match_table_nothing(site: Path) -> None:
    app = FastAPI()
    app.get("/items")(lambda: "items")
    routes = list(app.routes)
    app.frontend("/", directory=site)

    assert app.routes == routes
    assert TestClient(app).get("/items").json() == "items"


def test_a_wrong_path_names_the_remedy(site: Path) -> None:
    with pytest.raises(AssertionError, match="must start with '/'") as refused:
        APIRouter().frontend("ui", directory=site)

    assert refused.value.__notes__ == ["To mend it: write '/ui'."]


def test_a_directory_in_development_is_warned_of_where_it_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_ENV", "development")
    for declaring in (FastAPI(), APIRouter()):
        with pytest.warns(UserWarning, match="Frontend directory '.*none' does not exist") as warned:
            declaring.frontend("/", directory=tmp_path / "none")
        assert warned[0].filename == __file__
