"""A real Chromium, watched: an error in the console or a refused script or style fails the test that caused it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Response,
    expect,
    sync_playwright,
)

from tests.product.harness import Tocsin

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
MISSING = "" if CHROMIUM else "Chromium is not installed"
#: How long a page may take on a machine that is busy with other things.
PATIENCE_MS = 20_000
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Watch:
    """What went wrong in a context's pages, as sentences with the address of the page."""

    wrong: list[str] = field(default_factory=list)
    #: Statuses that a test provokes: the browser calls them console errors.
    expected: set[int] = field(default_factory=set)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.wrong.append(f"error on the page: {error.error}"))
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if any(f"status of {status}" in text for status in self.expected):
            return
        if message.type in ("error", "warning"):
            page = message.page.url if message.page else ""
            self.wrong.append(f"{page}: console {message.type}: {text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self.expected:
            self.wrong.append(f"{response.request.method} {response.url}: {response.status}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def new_context(browser: Browser, server: Tocsin, watch: Watch, **options: Any) -> BrowserContext:
    """A person's browser: cookies of its own, addresses relative to the server, watched."""
    context = browser.new_context(base_url=server.url, **options)
    context.set_default_timeout(PATIENCE_MS)
    watch.over(context)
    return context


def sign_in(page: Page, email: str, password: str) -> None:
    """Through the form, as people do."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def overflow(page: Page) -> list[str]:
    """What makes the page scroll sideways, as short descriptions; empty when nothing does."""
    try:
        found: list[str] = page.evaluate(
            """() => {
                const wide = document.documentElement.clientWidth
                if (document.documentElement.scrollWidth <= wide) return []
                return [...document.body.querySelectorAll('*')]
                    .filter(e => e.getBoundingClientRect().right > wide + 1)
                    .slice(-3).map(e => e.tagName + '.' + e.className + ' ' + (e.textContent || '').trim().slice(0, 40))
                    .concat('page is ' + document.documentElement.scrollWidth + ' wide of ' + wide)
            }"""
        )
    except Error as error:
        return [str(error)]
    return found
