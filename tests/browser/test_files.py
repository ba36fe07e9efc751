"""Files in a room: pasted, dropped, refused, taken out."""

import base64

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.contract.test_files import picture

pytestmark = pytest.mark.browser
GIVE = """([kind, name, media, bytes]) => {
    const data = new DataTransfer(), content = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    data.items.add(new File([content], name, { type: media }));
    const target = document.querySelector(kind === "paste" ? "#f-text" : ".record");
    const event = kind === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
        : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    target.dispatchEvent(event);
}"""


@pytest.fixture
def key(people: People) -> str:
    found = people.house.server.api(
        "POST", "/incidents", {"summary": "Search is slow", "severity": 2}, people.house.token
    )
    return str(found["key"])


def give(page: Page, kind: str, name: str, media: str, content: bytes) -> None:
    page.evaluate(GIVE, [kind, name, media, base64.b64encode(content).decode()])


def test_a_screenshot_is_pasted_and_a_zip_that_says_it_is_one_is_dropped(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    give(page, "paste", "graph.png", "image/png", picture())
    shown = page.locator(".attached img")
    expect(shown).to_be_visible()
    assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") == 480
    give(page, "drop", "trick.png", "image/png", b"PK\x03\x04 not a picture")
    expect(page.get_by_role("log")).to_contain_text("trick.png")
    expect(page.get_by_role("log")).to_contain_text("its content is not a picture")
    expect(shown).to_have_count(1)
    address = page.get_by_role("link", name="trick.png").get_attribute("href")
    answer = page.request.get(f"{people.house.server.url}{address}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    picture_at = page.locator("a.attached").get_attribute("href")
    assert page.request.get(f"{people.house.server.url}{picture_at}").headers["content-type"] == "image/png"


def test_what_is_too_large_is_refused_and_what_was_typed_stays(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    page.get_by_role("textbox", name="Message").fill("half a sentence")
    page.evaluate(
        """() => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array(50_000_000)], "dump.bin"));
        document.querySelector("#f-text").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""
    )
    expect(page.locator("[data-attach-state]")).to_contain_text("too large: 25 MB fit")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("half a sentence")


def test_a_redacted_file_is_gone(people: People, key: str) -> None:
    page, server = people.page, people.house.server
    page.goto(f"/incidents/{key}")
    give(page, "paste", "customers.png", "image/png", picture("PNG", (64, 64)))
    expect(page.locator(".attached img")).to_be_visible()
    address = page.locator("a.attached").get_attribute("href")
    seq = page.locator(".entry:has(.attached)").get_attribute("data-seq")
    server.api(
        "POST", f"/incidents/{key}/entries/{seq}/redact", {"reason": "names of customers"}, people.house.token
    )
    expect(page.locator(".attached img")).to_have_count(0)
    assert page.request.get(f"{server.url}{address}").status == 404
