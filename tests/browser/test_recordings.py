"""A call told later: its recording sent with progress, played from a line, and a line put on the timeline."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.support import overflow
from tests.contract.test_recording_doors import a_wav

pytestmark = pytest.mark.browser
VTT = "WEBVTT\n\n" + "\n".join(
    f"00:{n // 60:02}:{n % 60:02}.000 --> 00:{n // 60:02}:{n % 60:02}.900\n<v {'Ada Byron' if n % 2 else 'שרה כהן'}>line {n}, <b>the quagga</b>\n"
    for n in range(600)
)


@pytest.fixture
def key(people: People) -> str:
    found = people.house.server.api(
        "POST", "/incidents", {"summary": "Search is slow", "severity": 2}, people.house.token
    )
    return str(found["key"])


def clean(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.response["violations"] == [], found.generate_report()
    assert overflow(page) == []


def add(page: Page, what: str, file: Path) -> None:
    part = page.get_by_role("region", name=f"Add a {what}")
    part.get_by_label("File").set_input_files(file)
    # A quarter of an hour before what is offered, when it was declared.
    offered = datetime.fromisoformat(part.get_by_label("Began").input_value())
    began = offered - timedelta(minutes=15) if what == "recording" else offered
    if what == "recording":
        part.get_by_label("Began").fill(began.isoformat())
    part.get_by_role("button", name=f"Add the {what}").click()


def test_a_call_is_told_later(people: People, key: str, tmp_path: Path) -> None:
    page, sound, words = people.page, tmp_path / "call.wav", tmp_path / "call.vtt"
    sound.write_bytes(a_wav(600))
    words.write_text(VTT, encoding="utf-8")
    page.goto(f"/incidents/{key}")
    page.get_by_role("link", name="Recordings", exact=True).click()
    clean(page)
    add(page, "recording", sound)
    player = page.locator("audio.player")
    expect(player).to_be_visible()
    # Both begin at the same moment: what is there is offered, and here typed.
    began = page.locator("#starts-transcript option").first.get_attribute("value")
    part = page.get_by_role("region", name="Add a transcript")
    part.get_by_label("File").set_input_files(words)
    part.get_by_label("Began").fill(began or "")
    part.get_by_role("button", name="Add the transcript").click()
    expect(page.get_by_role("heading", name="Transcript of the call")).to_be_visible()
    expect(page.locator(".cue")).to_have_count(500)
    clean(page)
    expect(page.locator("#line-1 .when")).to_have_text(re.compile(r"^\s*\d\d:\d\d\s*$"))
    # A line plays the recording from there, by a part of the file.
    with page.expect_response(lambda r: "/files/" in r.url and r.status == 206):
        page.get_by_role("button", name="Play from 00:07:12").click()
    page.wait_for_function(
        "() => { const a = document.querySelector('audio'); return a.currentTime >= 432 && a.currentTime < 470; }"
    )
    expect(page.locator(".cue[aria-current]")).to_have_count(1)
    # And goes onto the timeline without leaving it.
    page.get_by_role("button", name="Put line 433 on the timeline").click()
    link = page.locator("#line-433").get_by_role("link", name="On the timeline")
    expect(link).to_be_focused()
    assert page.evaluate("document.querySelector('audio').currentTime") >= 432
    link.click()
    entry = page.get_by_role("log").locator(".entry", has_text="line 432, the quagga")
    expect(entry).to_contain_text("noted later")
    expect(entry).to_contain_text("שרה כהן")
    expect(page.get_by_role("log").locator("audio")).to_have_count(1)
    expect(page.get_by_role("link", name="Transcript of the call, 10 min, 2 speakers")).to_be_visible()
    clean(page)
    entry.get_by_role("link", name="what was said then").click()
    expect(page.locator("#line-433")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("region", name="The record meanwhile")).to_contain_text("line 432, the quagga")
    # The lasting address of a line on another page of it; the player is put there.
    page.goto(page.url.partition("/transcripts")[0] + "/record?q=quagga")
    expect(page.get_by_role("region", name="Said on calls")).to_contain_text("line 0, the quagga")
    seq = (
        page.get_by_role("region", name="Said on calls").get_by_role("link").first.get_attribute("href") or ""
    )
    page.goto(seq.rpartition("/")[0] + "/550")
    expect(page.locator("#line-550")).to_be_in_viewport()
    page.wait_for_function("() => Math.abs(document.querySelector('audio').currentTime - 549) < 1")


def test_on_a_phone_and_what_does_not_fit(people: People, key: str, tmp_path: Path) -> None:
    page, wrong = people.page, tmp_path / "call.mp3"
    people.watch.expected.add(422)
    wrong.write_bytes(b"MZ not sound")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/incidents/{key}/recordings")
    clean(page)
    add(page, "recording", wrong)
    part = page.get_by_role("region", name="Add a recording")
    expect(part.get_by_role("status")).to_contain_text("no recording that browsers play")
    expect(part.get_by_role("button", name="Add the recording")).to_be_enabled()
    words = tmp_path / "call.txt"
    words.write_text("[00:00:01] Ana: hello\n[00:30:00] Ben: yes\n", encoding="utf-8")
    add(page, "transcript", words)
    expect(page.locator("[data-upload-state]").first).to_contain_text("future")
    part = page.get_by_role("region", name="Add a transcript")
    part.get_by_label("Its clock was ahead by").fill("3600")
    part.get_by_role("button", name="Add the transcript").click()
    expect(page.locator(".cue")).to_have_count(2)
    expect(page.get_by_role("button", name="Play from 00:00:01")).to_have_count(0)
    clean(page)
