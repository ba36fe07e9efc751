"""Calendars stored: private addresses and what ends them, calendars as layers, and what a refresh leaves alone."""

from collections.abc import Awaitable, Callable
from datetime import date, time, timedelta
from uuid import UUID, uuid4

import icalendar
import pytest

from tests.support import Company
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import ENGINE, Actor, Database
from tocsin.kernel.errors import Forbidden, Invalid, NotFound
from tocsin.kernel.net import Outbound
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import Work
from tocsin.oncall import commands, feeds, imports, looks, queries, refresh
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.model import CalendarLayer, RotationKind
from tocsin.oncall.plans import draft_of_schedule
from tocsin.people.commands import change_profile, disable

Later = Callable[..., Awaitable[None]]
BASE = "https://tocsin.example.org"
KEYS = Keys(b"0" * 32)


async def made(db: Database, company: Company, name: str = "Search", team: UUID | None = None) -> UUID:
    """Ana and Ben in turn, a day each."""
    layer = RotationDraft((company.ana, company.ben), time(0), date(2025, 1, 6), RotationKind.DAILY)
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, ScheduleDraft(name, "UTC", (layer,), team))


async def token(feed_id: UUID) -> str:
    return feeds.address_of(KEYS, BASE, feed_id).removeprefix(f"{BASE}/calendar/").removesuffix(".ics")


async def created(db: Database, actor: Actor, **about: UUID) -> UUID:
    async with db.unit(actor, "web") as u:
        return await feeds.create_feed(u, **about)


async def summaries(db: Database, feed_id: UUID) -> set[str]:
    feed = await feeds.feed_of_token(db, KEYS, await token(feed_id))
    assert feed
    calendar = icalendar.Calendar.from_ical(await feeds.feed_text(db, feed, BASE))
    return {str(e["SUMMARY"]) for e in calendar.walk("VEVENT")}


# -- addresses


async def test_each_address_shows_its_shifts(db: Database, company: Company) -> None:
    search, _ = await made(db, company, team=company.team), await made(db, company, "Billing")
    own = await created(db, company.as_ana())
    team = await created(db, company.as_ana(), team_id=company.team)
    one = await created(db, company.as_ana(), schedule_id=search)
    assert await summaries(db, own) == {"Search", "Billing", "Payments on-call"}
    assert await summaries(db, team) == {
        "Search: Ana Silva",
        "Search: Ben Okafor",
        "Payments on-call: Ana Silva",
    }
    assert await summaries(db, one) == {"Search: Ana Silva", "Search: Ben Okafor"}
    assert [(f.id, f.name) for f in await feeds.feeds_of(db, company.ana)] == [
        (own, "Ana Silva"), (team, "Payments"), (one, "Search"),
    ]  # fmt: skip


async def test_asking_again_answers_the_same(db: Database, company: Company) -> None:
    assert await created(db, company.as_ana()) == await created(db, company.as_ana())
    assert await created(db, company.as_ben()) != await created(db, company.as_ana())
    team = await created(db, company.as_ana(), team_id=company.team)
    assert team == await created(db, company.as_ana(), team_id=company.team)


async def test_the_same_shifts_give_the_same_bytes(db: Database, company: Company, later: Later) -> None:
    search = await made(db, company)
    feed = await feeds.feed_of_token(
        db, KEYS, await token(await created(db, company.as_ana(), schedule_id=search))
    )
    assert feed
    first = await feeds.feed_text(db, feed, BASE)
    assert await feeds.feed_text(db, feed, BASE) == first
    async with db.unit(company.admin(), "web") as u:
        draft = await draft_of_schedule(u, search)
        assert draft
        await commands.change_schedule(u, search, 1, ScheduleDraft("Search 2", "UTC", draft.rotations))
    second = await feeds.feed_text(db, feed, BASE)
    before, after = (list(icalendar.Calendar.from_ical(t).walk("VEVENT")) for t in (first, second))
    assert [e["UID"] for e in before] == [e["UID"] for e in after]
    assert after[0]["SEQUENCE"] > before[0]["SEQUENCE"]


async def test_what_ends_an_address(db: Database, company: Company) -> None:
    search = await made(db, company)
    own, one = await created(db, company.as_ana()), await created(db, company.as_ana(), schedule_id=search)
    async with db.unit(company.as_ana(), "web") as u:
        new = await feeds.renew_feed(u, own)
    assert await feeds.feed_of_token(db, KEYS, await token(own)) is None
    assert await feeds.feed_of_token(db, KEYS, await token(new))
    async with db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, search)
    assert await feeds.feed_of_token(db, KEYS, await token(one)) is None
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.ana)
    assert await feeds.feed_of_token(db, KEYS, await token(new)) is None
    wrong = ["", "x", f"{await token(new)}x", KEYS.sign("ack", {"f": new.hex}, None), await token(uuid4())]
    assert [await feeds.feed_of_token(db, KEYS, each) for each in wrong] == [None] * 5


async def test_an_address_is_ones_own(db: Database, company: Company) -> None:
    own = await created(db, company.as_ana())
    with pytest.raises(NotFound):
        async with db.unit(company.as_ben(), "web") as u:
            await feeds.remove_feed(u, own)
    with pytest.raises(NotFound):
        async with db.unit(company.as_ben(), "web") as u:
            await feeds.renew_feed(u, own)
    async with db.unit(company.admin(), "web") as u:
        await feeds.remove_feed(u, own)
    assert await feeds.feeds_of(db, company.ana) == []
    with pytest.raises(NotFound):
        await created(db, company.as_ana(), schedule_id=uuid4())
    with pytest.raises(Invalid):
        await created(db, company.as_ana(), schedule_id=company.schedule, team_id=company.team)
    with pytest.raises(Forbidden):
        await created(db, Actor(None, "A program", "service", "member"))


# -- calendars as layers


async def text_of(db: Database, *people: str, name: str = "") -> str:
    """A day each, from this hour on."""
    start = (await db.clock()).replace(minute=0, second=0, microsecond=0)
    events = [
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART:{start + timedelta(days=n):%Y%m%dT%H%M%SZ}\r\nDURATION:P1D\r\n"
        f"SUMMARY:{who}{name}\r\nEND:VEVENT\r\n"
        for n, who in enumerate(people)
    ]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\n{''.join(events)}END:VCALENDAR\r\n"


async def added(db: Database, company: Company, schedule: UUID, text: str, url: str | None = None) -> UUID:
    found = await looks.occurrences_in(db, text, "UTC")
    async with db.unit(company.as_ana(), "web") as u:
        return await imports.add_calendar(u, schedule, found, name="Rota", url=url)


async def layer_of(db: Database, schedule: UUID) -> CalendarLayer:
    (layer,) = await looks.calendar_layers(db, schedule)
    return layer


async def coming(db: Database, schedule: UUID) -> list[str]:
    now = await db.clock()
    return [s.user_name for s in await queries.shifts_between(db, schedule, now, now + timedelta(days=3))]


async def counted(db: Database, schedule: UUID) -> int:
    """How many changes the schedule's record has."""
    found = await db.value(Statement("test", "select head from schedules where id = $1"), schedule)
    assert isinstance(found, int)
    return found


async def test_a_calendar_is_the_top_layer(db: Database, company: Company) -> None:
    search = await made(db, company)
    await added(db, company, search, await text_of(db, "Vic Viewer", "vic@example.org", "Somebody else"))
    assert (await coming(db, search))[:1] == ["Vic Viewer"]
    layer = await layer_of(db, search)
    assert (layer.name, layer.events, layer.unmatched, layer.source_url) == ("Rota", 3, 1, None)
    draft = await draft_of_schedule(db, search)
    assert draft
    assert [r.kind for r in draft.rotations] == [RotationKind.DAILY, RotationKind.CALENDAR]
    assert draft.rotations[0].participants == (company.ana, company.ben)


async def test_a_look_saves_nothing(db: Database, company: Company) -> None:
    search = await made(db, company)
    before = await counted(db, search)
    found = await looks.preview(
        db, await looks.occurrences_in(db, await text_of(db, "Ana Silva", "Nobody", "Nobody"), "UTC")
    )
    assert [e.user_id for e in found.events] == [company.ana, None, None]
    assert found.unmatched == ("Nobody",)
    assert found.names[company.ana] == "Ana Silva"
    assert await counted(db, search) == before


async def test_another_file_takes_its_place(db: Database, company: Company) -> None:
    search = await made(db, company)
    layer = await added(db, company, search, await text_of(db, "Vic Viewer", "Vic Viewer"))
    text = await text_of(db, "Ada Admin", "Ada Admin", "Ada Admin")
    found = await looks.occurrences_in(db, text, "UTC")
    async with db.unit(company.as_ana(), "web") as u:
        assert await imports.import_file(u, search, layer, found) == 3
    assert (await coming(db, search))[0] == "Ada Admin"
    before = await counted(db, search)
    async with db.unit(company.as_ana(), "web") as u:
        await imports.import_file(u, search, layer, found)
    assert await counted(db, search) == before, "the same again changes nothing"
    with pytest.raises(NotFound):
        async with db.unit(company.as_ana(), "web") as u:
            await imports.import_file(u, company.schedule, layer, found)
    with pytest.raises(Forbidden):
        async with db.unit(company.as_vic(), "web") as u:
            await imports.import_file(u, search, layer, found)


async def test_damaged_files_save_nothing(db: Database) -> None:
    for text in ("<html>", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR"):
        with pytest.raises(Invalid) as refused:
            await looks.occurrences_in(db, text, "UTC")
        assert refused.value.field == "calendar"


async def test_who_comes_later_is_found(db: Database, company: Company) -> None:
    search = await made(db, company)
    layer = await added(db, company, search, await text_of(db, "Vera Viewer", "Vera Viewer"))
    assert (await layer_of(db, search)).unmatched == 2
    async with db.unit(company.as_vic(), "web") as u:
        await change_profile(u, "Vera Viewer", "UTC", "en")
    async with Outbound() as outbound:
        await refresh.refresh(db, outbound, layer)
    assert (await layer_of(db, search)).unmatched == 0
    assert (await coming(db, search))[0] == "Vera Viewer"


async def test_what_a_calendar_address_may_be() -> None:
    assert looks.checked_url(" webcal://example.org/a.ics ") == "https://example.org/a.ics"
    for url in (
        "ftp://example.org",
        "file:///etc/passwd",
        "example.org",
        "https://a b",
        f"https://{'a' * 2000}",
    ):
        with pytest.raises(Invalid):
            looks.checked_url(url)


async def test_each_calendar_is_work_of_its_own(db: Database, company: Company) -> None:
    search = await made(db, company)
    layer = await added(db, company, search, await text_of(db, "Vic Viewer"), "https://example.org/a.ics")
    hourly = Work(1, refresh.HOURLY, "hourly", {}, 1, 1)
    await refresh.hourly(db, hourly)
    await refresh.look(db, Work(2, refresh.LOOK, None, {"stream": str(search)}, 1, 1))
    due = await db.rows(
        Statement(
            "test", "select kind, payload ->> 'rotation_id' as layer from work where kind like 'calendar.%'"
        )
    )
    assert {(r["kind"], r["layer"]) for r in due} == {
        ("calendar.fetch", str(layer)),
        ("calendar.hourly", None),
    }
    async with db.unit(company.as_ana(), "web") as u:
        assert await refresh.refresh_now(u, search) == 1
    async with db.unit(ENGINE, "web") as u:
        assert await refresh.refresh_now(u, company.schedule) == 0
