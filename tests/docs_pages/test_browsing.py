"""The watch over a page notices what it is there to notice."""

from collections.abc import Iterator

import pytest
from browsing import OpenPage, Visit
from server.protocol.serving import serve

from vivace import Vivace
from vivace.responses import HTMLResponse

app = Vivace()
pytestmark = pytest.mark.slow


@app.get("/", response_class=HTMLResponse)
async def read_page() -> str:
    return "<!doctype html><link rel=icon href=data:,><h1>Hello</h1>"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(app) as server:
        yield f"http://127.0.0.1:{server.port}/"


def take(noted: list[str]) -> list[str]:
    taken = noted.copy()
    noted.clear()
    return taken


def problems_of(visit: Visit) -> str:
    return " ".join(take(visit.problems))


def test_a_request_to_another_server_is_stopped_and_noticed(open_page: OpenPage, address: str) -> None:
    visit = open_page(address)
    visit.page.evaluate("fetch('https://example.com/x').catch(() => {})")
    assert take(visit.foreign) == ["https://example.com/x"]
    assert "ERR_FAILED" in problems_of(visit)


def test_an_error_of_a_script_is_noticed(open_page: OpenPage, address: str) -> None:
    visit = open_page(address)
    with visit.page.expect_event("pageerror"):
        visit.page.evaluate("setTimeout(() => missing())")
    assert "missing is not defined" in problems_of(visit)


def test_a_page_that_is_in_order_leaves_nothing_to_notice(open_page: OpenPage, address: str) -> None:
    visit = open_page(address)
    assert visit.page.get_by_role("heading").inner_text() == "Hello"
    assert (visit.foreign, visit.problems) == ([], [])
