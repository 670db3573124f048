"""Swagger UI and ReDoc in a real browser that reaches nothing but the application."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from browsing import OpenPage
from playwright.sync_api import Locator, Page, expect
from pydantic import BaseModel, Field
from server.protocol.serving import serve

from vivace import Body, Path, Vivace

pytestmark = pytest.mark.slow


class Item(BaseModel):
    """A thing with a price."""

    name: str = Field(examples=["Lamp"])
    price: float = Field(gt=0, examples=[19.5])


app = Vivace(title="Shop", version="1.2.3", root_path_in_servers=False)


@app.get("/items/{item_id}", summary="Read an item", tags=["items"])
async def read_item(item_id: Annotated[int, Path(ge=1)], q: str | None = None) -> dict[str, int | str | None]:
    """Read one *item*."""
    return {"item_id": item_id, "q": q}


@app.post("/items", summary="Create an item", tags=["items"], status_code=201)
async def create_item(item: Annotated[Item, Body()]) -> Item:
    """Create one item."""
    return item


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(app) as server:
        yield f"http://127.0.0.1:{server.port}"


def operation(page: Page, summary: str) -> Locator:
    """Find an operation in Swagger UI by its summary, and unfold it."""
    block = page.locator(".opblock", has_text=summary)
    block.locator(".opblock-summary-control").click()
    return block


def execute(block: Locator) -> None:
    block.get_by_role("button", name="Execute").click()


def answer(block: Locator) -> Locator:
    return block.locator(".live-responses-table tbody .response").first


def test_swagger_ui_shows_the_application_and_its_operations(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/docs").page
    expect(page.get_by_role("heading", name="Shop")).to_be_visible()
    expect(page.locator(".info .version").first).to_have_text("1.2.3")
    expect(page.locator(".opblock-summary-path")).to_have_text(["/items/{item_id}", "/items"])
    expect(page.get_by_text("A thing with a price.")).to_have_count(0)
    expect(page).to_have_title("Shop - Swagger UI")


def test_a_call_from_swagger_ui_shows_the_answer(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/docs").page
    block = operation(page, "Read an item")
    block.get_by_role("button", name="Try it out").click()
    block.get_by_placeholder("item_id").fill("7")
    block.get_by_placeholder("q", exact=True).fill("a & b")
    execute(block)
    expect(answer(block).locator(".response-col_status")).to_contain_text("200")
    expect(answer(block).locator(".microlight").first).to_contain_text('"q": "a & b"')
    expect(block.locator(".request-url")).to_contain_text(f"{address}/items/7?q=a%20%26%20b")


def test_a_body_from_swagger_ui_arrives(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/docs").page
    block = operation(page, "Create an item")
    block.get_by_role("button", name="Try it out").click()
    expect(block.locator("textarea")).to_have_value('{\n  "name": "Lamp",\n  "price": 19.5\n}')
    execute(block)
    expect(answer(block).locator(".response-col_status")).to_contain_text("201")


def test_a_bad_body_from_swagger_ui_shows_what_is_wrong(open_page: OpenPage, address: str) -> None:
    visit = open_page(f"{address}/docs")
    block = operation(visit.page, "Create an item")
    block.get_by_role("button", name="Try it out").click()
    block.locator("textarea").fill('{"name": "Lamp", "price": -1}')
    execute(block)
    expect(answer(block).locator(".response-col_status")).to_contain_text("422")
    expect(answer(block).locator(".microlight").first).to_contain_text("Input should be greater than 0")
    # The browser notes each answer above 399; nothing else was wrong.
    assert [problem for problem in visit.problems if "422" not in problem] == []
    visit.problems.clear()


def test_redoc_shows_the_application_and_its_operations(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/redoc").page
    expect(page.get_by_role("heading", name="Shop (1.2.3)")).to_be_visible()
    expect(page.get_by_role("heading", name="Read an item")).to_be_visible()
    expect(page.get_by_role("heading", name="Create an item")).to_be_visible()
