"""The editor of schedules and the sites of follow the sun, asked as a browser asks them."""

import re
from uuid import UUID

from tests.contract.browsing import Browser
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.oncall.queries import schedule_by_id

LAYER = {
    "layer0_kind": "weekly",
    "layer0_length": "1",
    "layer0_handoff_time": "09:00",
    "layer0_start_date": "2026-01-05",
}


def editor(company: Company, **more: str) -> dict[str, str]:
    return {"name": "Mine", "time_zone": "UTC", "layer0_participants": str(company.ben), **LAYER} | more


async def stored(db: Database, schedule_id: UUID) -> tuple[str, str]:
    found = await schedule_by_id(db, schedule_id)
    assert found is not None
    return found.name, str(found.version)


async def stale(browser: Browser, db: Database, company: Company) -> str:
    """Somebody saves while the editor is open; the version that it was opened with."""
    _, opened = await stored(db, company.schedule)
    theirs = editor(company, name="Theirs", version=opened, do="save")
    assert (await browser.press(f"/on-call/{company.schedule}/edit", **theirs))[0] == 303
    return opened


def ways_to_save(text: str) -> list[str]:
    return [v for v in re.findall(r'name="do" value="([^"]*)"', text) if v.startswith(("save", "over"))]


async def test_a_stale_editor_never_saves_plainly(browser: Browser, db: Database, company: Company) -> None:
    here, opened = f"/on-call/{company.schedule}/edit", await stale(browser, db, company)
    # Whatever is pressed, however often: neither the button of before, nor Enter, which looks, nor one that moves a layer.
    for do in ("save", "save", "preview", "save", "add", "save"):
        status, _, text = await browser.press(here, **editor(company, version=opened, do=do))
        name, version = await stored(db, company.schedule)
        assert name == "Theirs", do
        assert status == 422, do
        assert "Somebody else changed this schedule meanwhile" in text
        assert set(ways_to_save(text)) == {f"over:{version}"}, do
        assert f'name="version" value="{opened}"' in text, do
        # Enter presses the first button that belongs to the form.
        assert re.findall(r'<button[^>]*name="do" value="([^"]+)"', text)[0] == "preview", do
    _, version = await stored(db, company.schedule)
    assert (await browser.press(here, **editor(company, version=opened, do=f"over:{version}")))[0] == 303
    assert (await stored(db, company.schedule))[0] == "Mine"


async def test_saving_over_counts_for_what_was_seen(browser: Browser, db: Database, company: Company) -> None:
    here, opened = f"/on-call/{company.schedule}/edit", await stale(browser, db, company)
    _, seen = await stored(db, company.schedule)
    assert (await browser.press(here, **editor(company, name="A third", version=seen, do="save")))[0] == 303
    for do in (f"over:{seen}", "over:", "over:x"):
        status, _, text = await browser.press(here, **editor(company, version=opened, do=do))
        assert (status, (await stored(db, company.schedule))[0]) == (422, "A third")
        assert "meanwhile" in text


async def test_what_is_wrong_with_a_stale_form_is_said_too(
    browser: Browser, db: Database, company: Company
) -> None:
    here, opened = f"/on-call/{company.schedule}/edit", await stale(browser, db, company)
    _, version = await stored(db, company.schedule)
    wrong = editor(company, version=opened, do=f"over:{version}", layer0_handoff_time="soon")
    status, _, text = await browser.press(here, **wrong)
    assert status == 422
    assert "is not a time of day" in text
    assert "Yours cannot be saved as it is." in text
    assert ways_to_save(text) == [f"over:{version}"] * 2


async def test_a_site_with_a_name_alone_is_not_dropped(browser: Browser, company: Company) -> None:
    fields: dict[str, str | list[str]] = {
        "site0_name": "Sydney", "site0_zone": "Australia/Sydney", "site0_begins": "08:00", "site0_people": [str(company.ben)],
        "site1_name": "Dublin", "site1_zone": "Europe/Dublin", "site1_begins": "08:00", "site1_people": [str(company.ana)],
        "site2_name": "Denver", "site2_begins": "09:00", "site3_zone": "Asia/Tokyo", "site3_begins": "09:00",
    }  # fmt: skip
    status, _, text = await browser.press("/on-call/new/sites", **fields)
    assert status == 422
    for field, sentence in (
        ("site2_zone", "The time zone of Denver is needed."),
        ("site3_people", "Choose who takes turns in site 4."),
    ):
        assert f'id="p-{field}">{sentence}' in text
        assert f'href="#f-{field}"' in text
        assert f'id="f-{field}"' in text
    for kept in (
        'value="Denver"',
        '<option value="Asia/Tokyo" selected>',
        '<option value="Europe/Dublin" selected>',
    ):
        assert kept in text
    assert text.count(" checked>") == 2
    fields |= {"site2_zone": "America/Denver", "site2_people": [str(company.ada)], "site3_zone": ""}
    status, _, text = await browser.press("/on-call/new/sites", **fields)
    assert status == 200
    assert "Layer 3: <bdi>Denver</bdi>" in text


async def test_a_preview_leads_with_what_changes(browser: Browser, db: Database, company: Company) -> None:
    here = f"/on-call/{company.schedule}/edit"
    same = dict(re.findall(r'name="([^"]+)" (?:[^>]*)value="([^"]*)"', await browser.see(here)))
    _, version = await stored(db, company.schedule)
    one = editor(company, name="Payments", version=version)
    assert (await browser.press(here, **one, do="save"))[0] == 303
    _, version = await stored(db, company.schedule)
    layer = re.findall(r'name="layer0_id" value="([^"]+)"', await browser.see(here))[0]
    one |= {"version": version, "layer0_id": layer}
    status, _, text = await browser.press(f"{here}/preview", **one)
    assert status == 200
    assert "<strong>Nothing changes</strong> in these five weeks." in text
    assert "New by this edit" not in text
    assert text.count("tl-line") > 35
    assert same["name"]


async def test_a_preview_says_what_is_new_and_what_goes_on(
    browser: Browser, db: Database, company: Company
) -> None:
    here = f"/on-call/{company.schedule}/edit"
    _, version = await stored(db, company.schedule)
    assert (await browser.press(here, **editor(company, version=version, do="save")))[0] == 303
    two = editor(
        company, layer0_participants=str(company.ana), layer0_hours0_start="09:00", layer0_hours0_end="17:00"
    )
    _, _, text = await browser.press(f"{here}/preview", **two)
    order = [
        text.index(words) for words in ("in these five weeks", "loses", "New by this edit", 'class="tl ')
    ]
    assert order == sorted(order)
    # Ben's single endless turn: its end is not the end of what is looked at.
    assert re.search(
        r"<bdi>Ben Okafor</bdi></strong> loses <span class=\"soft\">everything from now on<", text
    )
    assert re.search(r"<summary>\d+ more</summary>", text), "each of them can be seen"
