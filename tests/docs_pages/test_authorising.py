"""Swagger UI's authorisation dialog: with a password, and by way of an authorisation page and the redirect back."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from browsing import OpenPage
from playwright.sync_api import Page, expect
from server.protocol.serving import serve

from vivace import Depends, Form, Security, Vivace
from vivace.responses import HTMLResponse, RedirectResponse
from vivace.security import OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer, OAuth2PasswordRequestForm

pytestmark = pytest.mark.slow

CLIENT = {"clientId": "docs", "usePkceWithAuthorizationCodeGrant": True}
app = Vivace(title="Guarded", swagger_ui_init_oauth=CLIENT)
with_password = OAuth2PasswordBearer(tokenUrl="token", scopes={"me:read": "Read yourself.", "me:write": "Change."})
with_code = OAuth2AuthorizationCodeBearer(authorizationUrl="authorize", tokenUrl="exchange", scopes={"all": "All."})


@app.post("/token", include_in_schema=False)
async def give_token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    return {"access_token": f"{form.username}/{form.password}/{'+'.join(form.scopes)}", "token_type": "bearer"}


@app.get("/authorize", include_in_schema=False)
async def ask(redirect_uri: str, state: str, client_id: str) -> RedirectResponse:
    return RedirectResponse(f"{redirect_uri}?code=for-{client_id}&state={state}")


@app.post("/exchange", include_in_schema=False)
async def exchange(code: Annotated[str, Form()], code_verifier: Annotated[str, Form()]) -> dict[str, str]:
    assert code_verifier
    return {"access_token": f"token {code}", "token_type": "bearer"}


@app.get("/by-password", summary="Read by password")
async def read_by_password(token: Annotated[str, Security(with_password, scopes=["me:read"])]) -> str:
    return token


@app.get("/by-code", summary="Read by code")
async def read_by_code(token: Annotated[str, Security(with_code)]) -> str:
    return token


@app.get("/opener", include_in_schema=False, response_class=HTMLResponse)
async def read_page() -> str:
    return "<!doctype html><link rel=icon href=data:,><h1>Another page</h1>"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(app) as server:
        yield f"http://127.0.0.1:{server.port}"


def call(page: Page, summary: str) -> tuple[str, str]:
    """Make a call by its summary; give the status and the body that Swagger UI shows."""
    block = page.locator(".opblock", has_text=summary)
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table tbody .response").first
    expect(answer.locator(".response-col_status")).not_to_be_empty()
    return answer.locator(".response-col_status").inner_text().strip(), answer.locator("pre").first.inner_text()


def open_dialog(page: Page) -> None:
    page.locator(".auth-wrapper .btn.authorize").first.click()


def close_dialog(page: Page) -> None:
    page.locator(".auth-container .btn-done").first.click()


def test_a_password_typed_into_the_dialog_authorises_calls(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/docs").page
    open_dialog(page)
    form = page.locator(".auth-container", has_text="OAuth2PasswordBearer")
    form.locator("#oauth_username").fill("alice")
    form.locator("#oauth_password").fill("secret")
    form.locator(".scopes .checkbox", has_text="me:read").locator("label").first.click()
    form.locator(".btn.authorize").click()
    expect(form.locator("button", has_text="Logout")).to_be_visible()
    close_dialog(page)
    status, body = call(page, "Read by password")
    assert (status, body) == ("200", '"alice/secret/me:read"')


def test_a_call_without_authorisation_is_answered_with_401(open_page: OpenPage, address: str) -> None:
    visit = open_page(f"{address}/docs")
    status, body = call(visit.page, "Read by password")
    assert status.startswith("401")
    assert '"detail": "Not authenticated"' in body
    assert [problem for problem in visit.problems if "401" not in problem] == []
    visit.problems.clear()


def test_the_redirect_page_brings_a_code_back(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/docs").page
    open_dialog(page)
    form = page.locator(".auth-container", has_text="OAuth2AuthorizationCodeBearer")
    with page.expect_popup() as popup:
        form.locator(".btn.authorize").click()
    expect(form.locator("button", has_text="Logout")).to_be_visible()
    assert popup.value.is_closed()
    close_dialog(page)
    status, body = call(page, "Read by code")
    assert (status, body) == ("200", '"token for-docs"')


def test_the_redirect_page_refuses_a_state_that_is_not_ours(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/opener").page
    page.evaluate(
        """() => {
            window.reported = [];
            window.called = [];
            window.swaggerUIRedirectOauth2 = {
                state: "ours",
                redirectUrl: "x",
                auth: { name: "scheme", schema: { get: () => "authorizationCode" } },
                errCb: (error) => window.reported.push(error.level + ": " + error.message),
                callback: (given) => window.called.push(given.isValid ?? null),
            };
        }"""
    )
    with page.expect_popup() as popup:
        page.evaluate("window.open('/docs/oauth2-redirect?code=x&state=theirs')")
    if not popup.value.is_closed():
        popup.value.wait_for_event("close")
    reported = page.evaluate("window.reported")
    assert [text.split(":")[0] for text in reported] == ["warning"]
