"""The page, in a real browser: signing in, importing with progress, and what another page sees of it."""

import httpx2
import pytest
from browsing import OpenPage
from playwright.sync_api import FilePayload, Page, expect

from airports.tests.server import PASSWORD, Server
from airports.tests.test_imports import csv_of, row


def fill_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_in(page: Page, name: str) -> None:
    fill_in(page, name, PASSWORD)
    expect(page.get_by_text(f"Signed in as {name}")).to_be_visible()
    expect(page.get_by_text("connected", exact=True)).to_be_visible()


def import_file(page: Page, text: str, name: str = "fields.csv") -> None:
    file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("A CSV file").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()


def shown_counts(page: Page) -> list[str]:
    return page.locator("dd").all_inner_texts()


@pytest.mark.slow
def test_an_import_shows_its_progress_and_another_page_what_changes(
    open_page: OpenPage, changing_server: Server
) -> None:
    address = f"{changing_server.url}/live"
    viewer = open_page(address).page
    sign_in(viewer, "viewer")
    expect(viewer.get_by_role("heading", name="Import airports")).to_be_hidden()

    editor = open_page(address).page
    sign_in(editor, "editor")
    # What the progress bar has shown, noted by the page itself: no test could look as often.
    editor.evaluate(
        """() => {
            const bar = document.querySelector("progress");
            window.shown = [];
            new MutationObserver(() => window.shown.push(bar.value)).observe(
                document.querySelector("#progress-label"), { childList: true }
            );
        }"""
    )
    good = [row(f"{number:03}Q", f"Place {number}") for number in range(600)]
    import_file(editor, csv_of(*good, row("QXXX", latitude=99)))
    expect(editor.get_by_text("Done.")).to_be_visible()
    assert shown_counts(editor) == ["600", "0", "0", "1"]
    shown = editor.evaluate("window.shown")
    assert shown == sorted(shown) and (shown[0], shown[-1]) == (0, 100)  # what lies between is up to who is quicker
    expect(editor.get_by_role("row").last).to_have_text("602latitudeInput should be less than or equal to 90")

    for page in (viewer, editor):
        expect(page.locator("#changes li").first).to_contain_text("fields.csv by editor: done")
        expect(page.locator("#changes li").nth(1)).to_contain_text("Place 599, QQ (new)")
        expect(page.locator("#changes li")).to_have_count(100)


@pytest.mark.slow
def test_text_from_a_file_is_never_markup(open_page: OpenPage, changing_server: Server) -> None:
    page = open_page(f"{changing_server.url}/live").page
    sign_in(page, "editor")
    markup = "<img src=x onerror=alert(1)><b>bold</b>"
    import_file(page, csv_of(row("QI01", markup), row("QI02", "x" * 200)), name="<i>file.csv")
    expect(page.get_by_text("Done.")).to_be_visible()
    expect(page.locator("#changes li", has_text="QI01")).to_contain_text(markup)
    expect(page.locator("#progress-label")).to_have_text("<i>file.csv: 100%")
    assert page.locator("#changes img, #changes b, #progress i").count() == 0


@pytest.mark.slow
def test_a_reload_stays_signed_in_and_signing_out_ends_it(open_page: OpenPage, changing_server: Server) -> None:
    page = open_page(f"{changing_server.url}/live").page
    sign_in(page, "viewer")
    page.reload()
    expect(page.get_by_text("Signed in as viewer")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("heading", name="What changes")).to_be_hidden()


@pytest.mark.slow
def test_a_wrong_password_and_a_useless_file_are_explained(open_page: OpenPage, changing_server: Server) -> None:
    visit = open_page(f"{changing_server.url}/live")
    fill_in(visit.page, "editor", "guess")
    expect(visit.page.get_by_role("alert").first).to_have_text("No account has this name and password.")
    sign_in(visit.page, "editor")
    import_file(visit.page, "icao,name\n")
    expect(visit.page.locator("#import-problem")).to_contain_text("its first line doesn't name country")
    # The browser notes each answer above 399; nothing else was wrong.
    assert [problem for problem in visit.problems if "status of 400" not in problem] == []
    visit.problems.clear()


@pytest.mark.slow
def test_a_token_that_has_ended_leads_back_to_signing_in(open_page: OpenPage, changing_server: Server) -> None:
    page = open_page(f"{changing_server.url}/live").page
    session = '{"token": "old", "name": "viewer", "scopes": ["airports:read"]}'
    page.evaluate("session => sessionStorage.setItem('session', session)", session)
    page.reload()
    expect(page.get_by_role("alert").first).to_contain_text("The token is not one of this service, or has expired.")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_page_allows_nothing_that_does_not_come_from_here(client: httpx2.Client) -> None:
    response = client.get("/live")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "<script>" not in response.text and "style=" not in response.text and " on" + "click" not in response.text


@pytest.mark.parametrize(
    ("file", "media_type"),
    [("live.js", "text/javascript"), ("live.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
def test_its_files_are_served(client: httpx2.Client, file: str, media_type: str) -> None:
    response = client.get(f"/static/{file}")
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (200, media_type)
    assert client.get(f"/static/{file}", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/static/", "/static/..%2f..%2fmain.py", "/static/%00", "/static/missing.js"])
def test_nothing_else_is(client: httpx2.Client, path: str) -> None:
    assert client.get(path).status_code == 404
