"""A real browser for tests: a Chromium that is installed already, driven by Playwright, one for all tests of a run.

A test that asks for `open_page` runs as a whole in the browser's own thread. Playwright keeps an event loop running in
the thread that it was started in, and in the main thread that would be in the way of every test that runs one itself.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # which needs rights that containers don't give
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 10_000  # a busy machine gets time


@dataclass(kw_only=True)
class Visit:
    """A page, and what it did that it should not have done.

    Attributes:
        page: Opened at the address that was asked for.
        foreign: Addresses of other servers that it asked for, in vain.
        problems: Errors that scripts raised, or the console shows.
    """

    page: Page
    foreign: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RunningBrowser:
    """The browser of this run, and the only thread in which it may be used."""

    thread: ThreadPoolExecutor
    browser: Browser


OpenPage = Callable[[str], Visit]


@pytest.fixture(scope="session")
def running_browser() -> Iterator[RunningBrowser]:
    """Start the browser with the first test that needs it."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on the path; Debian, Ubuntu: apt install chromium")
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser") as thread:
        playwright = thread.submit(sync_playwright().start).result()
        try:
            launch = playwright.chromium.launch
            browser = thread.submit(launch, executable_path=program, args=ARGUMENTS).result()
            yield RunningBrowser(thread=thread, browser=browser)
            thread.submit(browser.close).result()
        finally:
            thread.submit(playwright.stop).result()


@pytest.fixture
def open_page(running_browser: RunningBrowser) -> Iterator[OpenPage]:
    """Give a function that opens an address as a visitor of its own, with no network but that of the address.

    At the end nothing may have been asked of other servers, and no error may be left in `Visit.problems`.
    """
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_it(address: str) -> Visit:
        context = running_browser.browser.new_context(locale="en-GB", timezone_id="UTC")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        visits.append(visit := _watch(context, address))
        visit.page.goto(address)
        return visit

    yield open_it
    for context in contexts:
        running_browser.thread.submit(context.close).result()
    assert [visit.foreign for visit in visits if visit.foreign] == []
    assert [visit.problems for visit in visits if visit.problems] == []


def _watch(context: BrowserContext, address: str) -> Visit:
    scheme, _, host, *_ = address.split("/")
    visit = Visit(page=context.new_page())

    def allow_own(route: Route, request: Request) -> None:
        if request.url.startswith((f"{scheme}//{host}/", "data:", "blob:")):
            route.continue_()
        else:
            visit.foreign.append(request.url)
            route.abort()

    def note_problems_of(page: Page) -> None:
        page.on("pageerror", lambda error: visit.problems.append(str(error)))
        page.on("console", lambda line: visit.problems.append(line.text) if line.type == "error" else None)

    context.route("**/*", allow_own)
    context.on("page", note_problems_of)  # windows that the page opens
    note_problems_of(visit.page)
    return visit


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Run a test that uses the browser in the browser's thread."""
    running: Any = pyfuncitem.funcargs.get("running_browser")
    if running is not None:
        test = pyfuncitem.obj

        def in_the_thread_of_the_browser(**arguments: object) -> None:
            running.thread.submit(test, **arguments).result()

        pyfuncitem.obj = in_the_thread_of_the_browser
    return (yield)
