"""Settings, People and the pages about people's load, asked as a browser asks them."""

import re

from tests.contract.browsing import Browser
from tests.support import Company


def names(text: str) -> list[str]:
    return re.findall(r'<td class="what"><strong><span class="person"><bdi>([^<]+)', text)


async def test_people_are_searched_by_name_address_and_team(browser: Browser, company: Company) -> None:
    here = "/settings/people"
    text = await browser.see(here)
    assert re.search(r"4 people: 1 administrator, 2 members,\s+1 viewer", text)
    assert names(await browser.see(f"{here}?q=OKAFOR")) == ["Ben Okafor"]
    assert names(await browser.see(f"{here}?q=vic@")) == ["Vic Viewer"]
    assert names(await browser.see(f"{here}?q=payments")) == ["Ana Silva", "Ben Okafor"]
    assert "Nobody is called that" in await browser.see(f"{here}?q=zzz")


async def test_red_is_only_where_people_are_needed_now(browser: Browser, company: Company) -> None:
    text = await browser.see("/settings/people?show=unready")
    assert "not ready to be on call" in text
    assert 'class="small late"' not in text


async def test_a_leave_leads_with_what_is_open(browser: Browser, company: Company) -> None:
    here = f"/on-call/{company.schedule}/edit"
    version = re.findall(r'name="version" value="(\d+)"', await browser.see(here))[0]
    turns = {
        "layer0_kind": "daily",
        "layer0_length": "1",
        "layer0_handoff_time": "09:00",
        "layer0_start_date": "2026-01-05",
    }
    fields = {"name": "Payments", "time_zone": "UTC", "version": version, "do": "save", **turns}
    assert (await browser.press(here, layer0_participants=[str(company.ana)], **fields))[0] == 303
    today = re.findall(r'data-now="([^"]{10})', await browser.see("/on-call"))[0]
    year = int(today[:4]) + 1
    text = await browser.see(f"/on-call/leave?first={year}-01-04&last={year}-01-06")
    assert re.search(r"1 of 1\s+shift\s+still\s+needs somebody", text)
    assert '<optgroup label="Others who are free">' in text
    assert re.search(r"<option [^>]*>Ben Okafor</option>", text), (
        "how well somebody fits does not lengthen the choice"
    )
