"""The pages of calendars, asked as a browser asks them: addresses made and ended; a file looked at, then saved."""

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.contract.browsing import Browser
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.oncall import looks


async def rota(db: Database, *people: str) -> str:
    start = (await db.clock()).replace(minute=0, second=0, microsecond=0)
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART:{start + timedelta(days=n):%Y%m%dT%H%M%SZ}\r\nDURATION:P1D\r\n"
        f"SUMMARY:{who}\r\nEND:VEVENT\r\n"
        for n, who in enumerate(people)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\n{events}END:VCALENDAR\r\n"


def addresses(text: str) -> list[str]:
    return re.findall(r"http://test/calendar/[^<\"]+\.ics", text)


async def test_addresses_are_made_renewed_and_ended(browser: Browser, company: Company) -> None:
    here = "/on-call/calendars"
    assert addresses(await browser.see(here)) == []
    for fields in ({}, {"team_id": str(company.team)}, {"schedule_id": str(company.schedule)}):
        assert (await browser.press(here, **fields))[0] == 303
    text = await browser.see(here)
    first, *_ = found = addresses(text)
    assert len(found) == 3
    feed = re.findall(r'name="feed_id" value="([^"]+)"', text)[0]
    assert (await browser.press(f"{here}/renew", feed_id=feed))[0] == 303
    assert first not in addresses(await browser.see(here))
    text = await browser.see(here)
    feed = re.findall(r'name="feed_id" value="([^"]+)"', text)[0]
    assert (await browser.press(f"{here}/remove", feed_id=feed))[0] == 303
    assert len(addresses(await browser.see(here))) == 2


async def test_a_file_is_looked_at_then_saved(browser: Browser, db: Database, company: Company) -> None:
    here = f"/on-call/{company.schedule}/import"
    await browser.see(here)
    text = await rota(db, "Ben Okafor", "<b>Stranger</b>")
    status, _, seen = await browser.send(here, text, url="", name="Nights")
    assert status == 200
    assert "Ben Okafor" in seen
    assert "&lt;b&gt;Stranger&lt;/b&gt;" in seen
    assert await looks.calendar_layers(db, company.schedule) == []
    kept = unescape(
        seen.partition('<textarea name="text"')[2].partition(">")[2].partition("</textarea>")[0]
    ).lstrip("\n")
    status, headers, _ = await browser.send(here, None, save="1", text=kept, url="", name="Nights")
    assert (status, headers["location"]) == (303, f"/on-call/{company.schedule}")
    (layer,) = await looks.calendar_layers(db, company.schedule)
    assert (layer.name, layer.events, layer.unmatched) == ("Nights", 2, 1)
    assert "from a file" in await browser.see(here)
    status, _, _ = await browser.send(
        here, None, save="1", text=await rota(db, "Vic Viewer"), layer=str(layer.id)
    )
    assert status == 303
    assert [(x.id, x.events, x.unmatched) for x in await looks.calendar_layers(db, company.schedule)] == [
        (layer.id, 1, 0)
    ]


@pytest.mark.parametrize(
    ("file", "url", "sentence"),
    [
        (None, "", "Choose a file"),
        ("<html>", "", "web page"),
        ("x" * 2_000_001, "", "too large"),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR", "https://example.org/a.ics", "not both"),
        (None, "http://127.0.0.1:9/a.ics", "private address"),
        (None, "ftp://example.org/a.ics", "starts with https"),
    ],
    ids=["nothing", "page", "large", "both", "private", "scheme"],
)
async def test_what_cannot_be_imported_is_said(
    browser: Browser, db: Database, company: Company, file: str | None, url: str, sentence: str
) -> None:
    status, _, seen = await browser.send(f"/on-call/{company.schedule}/import", file, url=url, save="1")
    assert status == 422
    assert sentence in seen
    assert await looks.calendar_layers(db, company.schedule) == []


async def test_a_large_calendar_survives_the_look(browser: Browser, db: Database, company: Company) -> None:
    """Between the look and the save it travels in a field of the page."""
    text = (await rota(db, "Ben Okafor")).replace("SUMMARY", f"DESCRIPTION:{'é' * 900_000}\r\nSUMMARY")
    here = f"/on-call/{company.schedule}/import"
    assert (await browser.send(here, text, url=""))[0] == 200
    assert (await browser.send(here, None, text=text, url="", save="1"))[0] == 303
